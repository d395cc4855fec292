"""The command `corpus`: a large folder of impulse responses and curves as a store on disk."""

import argparse
import sys
from pathlib import Path

from aether_lab.commands.common import report
from aether_lab.signals.corpus_index import store_beside
from aether_lab.signals.corpus_store import build_corpus
from aether_lab.signals.names import print_line as print  # file names may hold anything


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sub.add_argument("folder", type=Path, help="audio, SOFA and curves as text are read, recursively")
    sub.add_argument("--out", type=Path, help="what train and evaluate take for a folder; FOLDER.corpus by default")
    sub.add_argument("--retry", action="store_true", help="read files again that were skipped")


def run(args: argparse.Namespace) -> None:
    """Builds or continues a corpus store."""
    out = args.out or store_beside(args.folder)
    report(build_corpus(args.folder, out=out, retry=args.retry, progress=sys.stderr.isatty()))
    print(out)
