"""The command `beta`: what the weight of the KL term does."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from aether_lab.analysis.beta import BETAS, SHORT, compare_betas, describe_betas
from aether_lab.commands.common import read_corpus, splits_of
from aether_lab.model.settings import ModelSettings
from aether_lab.signals.files import write_bytes
from aether_lab.signals.names import print_line as print  # file names may hold anything
from aether_lab.signals.synthetic import synthetic_responses

RESPONSES = 3000  # synthetic, where no folder is given


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    help = f"default: {RESPONSES} synthetic responses; test sources of a splits.json are measured"
    sub.add_argument("folder", nargs="*", type=Path, help=help)
    sub.add_argument("--betas", nargs="+", type=float, default=list(BETAS), metavar="BETA")
    sub.add_argument("--latent", type=int, default=4, help="dimensions of z")
    sub.add_argument("--epochs", type=int, default=SHORT.epochs, help=f"of {SHORT.steps_per_epoch} steps")
    sub.add_argument("--seed", type=int, default=SHORT.seed)
    sub.add_argument("--json", metavar="OUT", help="write the figures here")


def run(args: argparse.Namespace) -> None:
    """Trains a model per value and prints a table."""
    settings = dataclasses.replace(SHORT, epochs=args.epochs, seed=args.seed)
    if args.folder:
        corpus, splits = read_corpus(args.folder), splits_of(args.folder)
        unseen = corpus.where(splits["test"]) if splits else None
        corpus = corpus.where(splits["train"]) if splits else corpus
    else:
        corpus, unseen = synthetic_responses(RESPONSES, args.seed).corpus(), None
    model = ModelSettings(latent_dim=args.latent)
    rows = compare_betas(corpus, args.betas, model, settings, unseen=unseen, progress=sys.stderr.isatty())
    for line in describe_betas(rows).splitlines():
        print(line)
    if args.json:
        write_bytes(args.json, json.dumps([dataclasses.asdict(row) for row in rows], indent=1).encode())
