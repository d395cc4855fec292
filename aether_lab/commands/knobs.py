"""The command `knobs`: what each knob does, how uniform it is, and disentanglement scores."""

import argparse
import json
from typing import Any

from aether_lab.analysis.axes import axis_properties, captions, effects, names
from aether_lab.analysis.codes import compare
from aether_lab.analysis.disentanglement import SCORES
from aether_lab.model.space import FilterSpace
from aether_lab.signals.files import write_bytes
from aether_lab.signals.names import print_line as print  # file names may hold anything


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sub.add_argument("--model", nargs="+", default=["4d"], help="shipped names or files")
    sub.add_argument("--seeds", type=int, default=5, help="sets of 2000 synthetic responses that are scored")
    sub.add_argument("--json", metavar="OUT", help="write the figures here")


def run(args: argparse.Namespace) -> None:
    """Prints what each knob does, and disentanglement scores."""
    if args.seeds < 1:
        raise ValueError(f"--seeds {args.seeds}: at least one set of systems is needed")
    spaces = {name: FilterSpace.load(name) for name in args.model}
    knobs: dict[str, Any] = {
        name: {"names": names(space, found), "captions": captions(space, found), **axis_properties(space)}
        for name, space in spaces.items()
        for found in [effects(space)]
    }
    for name, found in knobs.items():
        print(f"{name}: sections at most {found['cancellation_p95_db']} dB over their sum (95 %)")
        for k, (even, rough) in enumerate(zip(found["step_variation"], found["step_ratio"], strict=True)):
            title = f"z{k} {found['names'][k]:12} {found['captions'][k]:46}"
            print(f"  {title} step variation {even:.2f}, peak-to-median step {rough:.2f}")
    scores = compare(spaces, seeds=range(args.seeds))
    width = max(map(len, scores))
    print(f"{'mean of ' + str(args.seeds):{width}} " + "".join(f"{score:>17}" for score in SCORES))
    for name, each in scores.items():
        print(f"{name:{width}} " + "".join(f"{each[s]['mean']:10.3f} ±{each[s]['sd']:.3f}" for s in SCORES))
    if args.json:
        write_bytes(args.json, json.dumps({"knobs": knobs, "scores": scores}, indent=1).encode())
