"""The command `sweep`: what each knob does, as a figure."""

import argparse

import numpy as np

from aether_lab import plots
from aether_lab.audio import motion
from aether_lab.commands.common import add_kind, add_model
from aether_lab.model.points import whole_point
from aether_lab.model.space import FilterSpace
from aether_lab.signals.names import print_line as print  # file names may hold anything


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_model(sub)
    add_kind(sub)
    sub.add_argument("--out", required=True, help=".html, .png, .svg or .pdf")
    sub.add_argument("--curves", type=int, default=21, help="per knob")


def run(args: argparse.Namespace) -> None:
    """Writes the sweep figure."""
    space = FilterSpace.load(args.model)
    z = np.stack([motion.sweep(k, space.knobs, args.curves) for k in range(space.knobs)])
    frequency = np.geomspace(20, 20_000, 400)  # the 513 bins are coarse below 200 Hz
    curves = np.asarray(space.decode(whole_point(space, z, args.kind)).response_db(frequency))
    captions = None
    if "names" in space.card:
        named = zip(space.card["names"], space.card["captions"], strict=True)
        captions = [f"{name}, {effect}" for name, effect in named][: space.knobs]
    figure = plots.sweep(z[0, :, 0], curves, captions, frequency)
    print(plots.save(figure, args.out))
