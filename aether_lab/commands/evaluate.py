"""The command `evaluate`: reconstruction error by stage."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from aether_lab.analysis.reconstruction import STAGES, describe_errors, evaluate, reference_corpus
from aether_lab.commands.common import add_model, read_corpus
from aether_lab.model.space import FilterSpace
from aether_lab.signals.audio_files import SUFFIXES
from aether_lab.signals.corpus import read_splits
from aether_lab.signals.files import write_bytes


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sub.add_argument("folder", type=Path, help="of impulse responses, or one file")
    add_model(sub)
    sub.add_argument("--json", metavar="OUT", help="write the figures here")


def run(args: argparse.Namespace) -> None:
    """Prints reconstruction errors by stage."""
    space, measured, reference = FilterSpace.load(args.model), args.folder, None
    if args.folder.is_file():
        if args.folder.suffix.lower() in SUFFIXES:  # each channel and measurement of it
            measured = read_corpus([args.folder])
            measured = dataclasses.replace(measured, sources=measured.names)
        reference = reference_corpus()
        print(f"mean curve and PCA fitted on {len(reference)} synthetic responses")
    else:
        measured, splits = read_corpus([args.folder]), read_splits(args.folder)
        if splits:
            measured, reference = measured.where(splits["test"]), measured.where(splits["train"])
            if not len(measured) or not len(reference):
                raise ValueError(f"{args.folder}: the splits.json beside it names no source that lies in it")
            print(
                f"PCA fitted on {len(reference)} spectra of the train sources, "
                f"figures for {len(measured)} of the test ones"
            )
    report = evaluate(space, measured, reference, progress=sys.stderr.isatty())
    width = max(map(len, report["by_source"]))
    print(f"{'mean dB':{width}} " + "".join(f"{stage:>11}" for stage in STAGES))
    one = len(report["by_source"]) == 1 and args.folder.is_file()
    for source, errors in {**report["by_source"], **({} if one else {"overall": report["overall"]})}.items():
        print(f"{source:{width}} " + "".join(f"{errors[stage]['mean']:11.2f}" for stage in STAGES))
    for statistic in () if one else ("median", "p90"):
        numbers = "".join(f"{report['overall'][stage][statistic]:11.2f}" for stage in STAGES)
        print(f"{f'overall {statistic}':{width}} {numbers}")
    print(describe_errors({stage: each["mean"] for stage, each in report["overall"].items()}, space.latent_dim))
    if args.json:
        write_bytes(args.json, json.dumps(report, indent=1).encode())
