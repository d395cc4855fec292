"""What several commands share: the option `--model`, and how a corpus is read and reported."""

import argparse
import sys
from functools import partial
from pathlib import Path

from aether_lab.signals.corpus import Corpus, pluralize, read_folder
from aether_lab.signals.corpus_index import is_store, open_corpus


def add_model(sub: argparse.ArgumentParser) -> None:
    """The option `--model`."""
    sub.add_argument("--model", default="4d", help="a shipped name or a file")


def read_corpus(folders: list[Path]) -> Corpus:
    """Of folders of impulse responses, and of stores that the command `corpus` has built."""
    read = partial(read_folder, progress=sys.stderr.isatty())
    first, *more = (open_corpus(folder) if is_store(folder) else read(folder) for folder in folders)
    return report(sum(more, first))


def report(corpus: Corpus) -> Corpus:
    """Prints the size of a corpus, and the files that were skipped."""
    print(f"{pluralize(len(corpus), 'spectrum', 'spectra')} of {pluralize(len(set(corpus.sources)), 'source')}")
    for path, reason in corpus.skipped:
        print(f"skipped {path}: {reason}", file=sys.stderr)
    return corpus
