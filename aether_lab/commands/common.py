"""What several commands share: the options `--model` and `--column`, and how a corpus is read and reported."""

import argparse
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from aether_lab.signals.corpus import Corpus, read_folder, read_splits
from aether_lab.signals.corpus_index import is_store, open_corpus
from aether_lab.signals.measurements import is_other
from aether_lab.signals.names import pluralize
from aether_lab.signals.names import print_line as print  # file names may hold anything
from aether_lab.signals.target import Target


def add_model(sub: argparse.ArgumentParser) -> None:
    """The option `--model`."""
    sub.add_argument("--model", default="4d", help="a shipped name or a file")


def add_kind(sub: argparse.ArgumentParser) -> None:
    """The option `--kind`."""
    sub.add_argument("--kind", metavar="NAME", help="of system, such as room, for a model that knows kinds")


def read_corpus(folders: list[Path]) -> Corpus:
    """Of folders of impulse responses and curves, and of stores that the command `corpus` has built."""
    read = partial(read_folder, progress=sys.stderr.isatty())
    first, *more = (open_corpus(folder) if is_store(folder) else read(folder) for folder in folders)
    return report(sum(more, first))


def splits_of(folders: list[Path]) -> dict[str, list[str]] | None:
    """`read_splits` of all folders, None where none of them has a splits.json.

    Raises:
        ValueError: only some have one, so that the sources of the others would be left out silently.
    """
    without = [folder for folder in folders if read_splits(folder) is None]
    if 0 < len(without) < len(folders):
        raise ValueError(f"{without[0]}: there is no splits.json beside it, but there is for another of the folders")
    return read_splits(*folders)


def report(corpus: Corpus) -> Corpus:
    """Prints the size of a corpus, and the files that were skipped."""
    print(f"{pluralize(len(corpus), 'spectrum', 'spectra')} of {pluralize(len(set(corpus.sources)), 'source')}")
    others: Counter[str] = Counter()
    for path, reason in corpus.skipped:
        if is_other(path, reason):
            others[Path(path).suffix or "without suffix"] += 1
        else:
            print(f"skipped {path}: {reason}", file=sys.stderr)
    if others:
        kinds = ", ".join(f"{suffix} {count}" for suffix, count in others.most_common())
        print(f"skipped {pluralize(others.total(), 'other file')} ({kinds})", file=sys.stderr)
    return corpus


def add_column(sub: argparse.ArgumentParser) -> None:
    """The option `--column`."""
    sub.add_argument("--column", metavar="LABEL", help="of the level in a curve: its label, a part of it, or 1, 2, ...")


def report_notes(target: Target) -> Target:
    """Prints what the reader of a curve chose, converted or left out."""
    for note in target.notes:
        print(f"{target.label}: {note}")
    return target
