"""The command `evaluate`: reconstruction error by stage."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from aether_lab.analysis.baseline import Baseline, baseline_of, is_linear
from aether_lab.analysis.prior import describe_prior, prior_match
from aether_lab.analysis.reconstruction import all_stages, describe_errors, describe_gains, evaluate
from aether_lab.commands.common import add_column, add_model, read_corpus, report_notes, splits_of
from aether_lab.model.space import FilterSpace
from aether_lab.signals.contents import audio_type, read_head
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.files import write_bytes
from aether_lab.signals.names import pluralize
from aether_lab.signals.names import print_line as print  # file names may hold anything
from aether_lab.signals.target import Target, as_target


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    help = "of impulse responses and curves, or a store built by `corpus`; or one file: a response, or a curve as text"
    sub.add_argument("folder", nargs="+", type=Path, help=help)
    add_model(sub)
    add_column(sub)
    help = "fit PCA to what the model learned from (mix), or to its measured part alone: spectra of the train sources"
    sub.add_argument("--pca-on", choices=("mix", "measured"), default="mix", help=help)
    help = "compare codes with the prior N(0, I), and random draws from it with measured spectra; for folders"
    sub.add_argument("--prior", action="store_true", help=help)
    sub.add_argument("--json", metavar="OUT", help="write the figures here")


def run(args: argparse.Namespace) -> None:
    """Prints reconstruction errors by stage, source and kind."""
    space = FilterSpace.load(args.model)
    one_file = len(args.folder) == 1 and args.folder[0].is_file()
    if args.prior and one_file:
        raise ValueError(f"--prior: needs folders of several sources; {args.folder[0]} is a file")
    measured: Corpus | Target
    if one_file:
        measured, train = _channels_or_target(args.folder[0], args.column), None
    else:
        measured, train = _test_and_train(args.folder, space)
    stages = all_stages(space)
    baseline = _baseline(args.pca_on, space, train, [stage for stage in stages if is_linear(stage)])
    print(f"PCA fitted to {baseline.fitted_on}")
    if isinstance(measured, Corpus) and not one_file:
        sources = pluralize(len(set(measured.sources)), "source")
        print(f"errors of {pluralize(len(measured), 'spectrum', 'spectra')} of {sources}")
    report = evaluate(space, measured, progress=sys.stderr.isatty(), stages=stages, baseline=baseline)
    _print(report, single=one_file and len(report["by_source"]) == 1)
    means = {stage: each["mean"] for stage, each in report["over_sources"].items()}
    for line in describe_gains(means, space.knobs):
        print(line)
    print(describe_errors(means, space.knobs))
    if args.prior and isinstance(measured, Corpus):
        report["prior"] = prior_match(space, measured, train)
        print(describe_prior(report["prior"]))
    if args.json:
        write_bytes(args.json, json.dumps(report, indent=1).encode())


def _test_and_train(folders: list[Path], space: FilterSpace) -> tuple[Corpus, Corpus | None]:
    """The test sources of the splits, and the train sources that the model learned from; or all, without splits.

    Train sources that the card of the model does not name are left out, unless it names none of them.
    """
    corpus, splits = read_corpus(folders), splits_of(folders)
    if not splits:
        return corpus, None
    learned = [source for source in splits["train"] if source in space.card.get("sources", {})]
    test, train = corpus.where(splits["test"]), corpus.where(learned or splits["train"])
    if not len(test) or not len(train):
        raise ValueError(
            f"{', '.join(map(str, folders))}: splits.json names no source in here to learn from, or none to test on"
        )
    return test, train


def _baseline(fit_to: str, space: FilterSpace, train: Corpus | None, stages: list[str]) -> Baseline:
    if fit_to == "mix":
        return baseline_of(space.card, train, stages)
    if train is None:
        raise ValueError("--pca-on measured: needs folders with train sources in a splits.json beside them")
    return Baseline.fit(train, stages=stages)


def _print(report: dict[str, Any], single: bool) -> None:
    """The table: a row per source, and unless there is a single one, per kind, then the means of all."""
    rows = {source: _cells(each, "mean") for source, each in report["by_source"].items()}
    if not single:
        rows |= {f"all of kind {kind}": _cells(each, "mean") for kind, each in report["by_kind"].items()}
        rows["mean over sources"] = _cells(report["over_sources"], "mean")
        rows |= {f"{what} over spectra": _cells(report["overall"], what) for what in ("mean", "median", "p90")}
    width = max(map(len, rows))
    print(f"{'mean dB':{width}} " + "".join(f"{stage:>11}" for stage in report["overall"]))
    for name, cells in rows.items():
        print(f"{name:{width}} {cells}")


def _cells(errors: dict[str, dict[str, float]], statistic: str) -> str:
    return "".join(f"{errors[stage][statistic]:11.2f}" for stage in errors)


def _channels_or_target(file: Path, column: str | None) -> Corpus | Target:
    """Each channel and measurement of an audio file as a source of its own; a text as the target that it is."""
    if audio_type(read_head(file)):
        corpus = read_corpus([file])
        return dataclasses.replace(corpus, sources=corpus.names)
    return report_notes(as_target(file, column=column))
