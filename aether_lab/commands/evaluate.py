"""The command `evaluate`: reconstruction error by stage."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from aether_lab.analysis.reconstruction import STAGES, describe_errors, evaluate, reference_corpus
from aether_lab.commands.common import add_column, add_model, read_corpus, report_notes, splits_of
from aether_lab.model.space import FilterSpace
from aether_lab.signals.contents import audio_type, read_head
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.files import write_bytes
from aether_lab.signals.names import print_line as print  # file names may hold anything
from aether_lab.signals.target import Target, as_target


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    help = "of impulse responses and curves, or a store built by `corpus`; or one file: a response, or a curve as text"
    sub.add_argument("folder", nargs="+", type=Path, help=help)
    add_model(sub)
    add_column(sub)
    sub.add_argument("--json", metavar="OUT", help="write the figures here")


def run(args: argparse.Namespace) -> None:
    """Prints reconstruction errors by stage."""
    space, reference = FilterSpace.load(args.model), None
    measured: Corpus | Target
    one_file = len(args.folder) == 1 and args.folder[0].is_file()
    if one_file:
        measured = _channels_or_target(args.folder[0], args.column)
        reference = reference_corpus()
        print(f"mean curve and PCA fitted on {len(reference)} synthetic responses")
    else:
        measured, splits = read_corpus(args.folder), splits_of(args.folder)
        if splits:
            measured, reference = measured.where(splits["test"]), measured.where(splits["train"])
            if not len(measured) or not len(reference):
                folders = ", ".join(map(str, args.folder))
                raise ValueError(f"{folders}: splits.json names no source in here to learn from, or none to test on")
            print(
                f"PCA fitted on {len(reference)} spectra of the train sources, "
                f"figures for {len(measured)} of the test ones"
            )
    report = evaluate(space, measured, reference, progress=sys.stderr.isatty())
    width = max(map(len, report["by_source"]))
    print(f"{'mean dB':{width}} " + "".join(f"{stage:>11}" for stage in STAGES))
    one = len(report["by_source"]) == 1 and one_file
    for source, errors in {**report["by_source"], **({} if one else {"overall": report["overall"]})}.items():
        print(f"{source:{width}} " + "".join(f"{errors[stage]['mean']:11.2f}" for stage in STAGES))
    for statistic in () if one else ("median", "p90"):
        numbers = "".join(f"{report['overall'][stage][statistic]:11.2f}" for stage in STAGES)
        print(f"{f'overall {statistic}':{width}} {numbers}")
    print(describe_errors({stage: each["mean"] for stage, each in report["overall"].items()}, space.latent_dim))
    if args.json:
        write_bytes(args.json, json.dumps(report, indent=1).encode())


def _channels_or_target(file: Path, column: str | None) -> Corpus | Target:
    """Each channel and measurement of an audio file as a source of its own; a text as the target that it is."""
    if audio_type(read_head(file)):
        corpus = read_corpus([file])
        return dataclasses.replace(corpus, sources=corpus.names)
    return report_notes(as_target(file, column=column))
