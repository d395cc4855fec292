"""The command `instrument`: a space as a C header or a Faust program."""

import argparse
import os
from pathlib import Path

from aether_lab.commands.common import add_model
from aether_lab.instrument.controls import MIX, controls
from aether_lab.instrument.write import write_host, write_instrument
from aether_lab.model.space import FilterSpace
from aether_lab.signals.names import print_line as print  # file names may hold anything


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_model(sub)
    sub.add_argument("--out", required=True, metavar="FILE", help=".h for C99, .dsp for Faust")
    host = "also an example in C that plays a WAV file through the header, moved by a table of its knobs"
    sub.add_argument("--host", metavar="PLAY.c", help=host)


def run(args: argparse.Namespace) -> None:
    """Writes a space as an instrument, and names its controls."""
    if args.host and not args.out.lower().endswith(".h"):
        raise ValueError(f"--host {args.host}: the example includes a C header; use a .h name for --out")
    space = FilterSpace.load(args.model)
    path = write_instrument(space, args.out)
    names = ", ".join([*(control.name for control in controls(space)), MIX])
    print(f"{path}: {path.stat().st_size // 1000} kB; controls {names}")
    if args.host:
        print(write_host(args.host, Path(os.path.relpath(path, Path(args.host).parent)).as_posix()))
