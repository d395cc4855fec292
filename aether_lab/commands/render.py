"""The command `render`: a sound file through a filter in motion."""

import argparse
import sys

from aether_lab.audio import motion, render, sound_file
from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.commands.common import add_kind, add_model
from aether_lab.filters.recipe import Recipe
from aether_lab.model.points import whole_point
from aether_lab.model.space import FilterSpace
from aether_lab.signals.files import is_replaceable
from aether_lab.signals.names import print_line as print  # file names may hold anything


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    default = motion.Motion()
    sub.add_argument("dry", metavar="DRY.wav", help="WAV, FLAC, AIFF or OGG of one or two channels")
    sub.add_argument("--out", required=True, metavar="WET.wav")
    add_model(sub)
    add_kind(sub)
    sub.add_argument("--motion", choices=motion.KINDS, default="spiral")
    recorded = "a motion that was recorded in a panel or a page, in place of --motion"
    sub.add_argument("--recorded", metavar="MOTION.csv", help=recorded)
    centre = "z in the middle of the motion, such as --centre=0,1.5,-2,0: the knobs, and details if any"
    sub.add_argument("--centre", metavar="Z", help=centre)
    sub.add_argument("--rate", type=float, default=default.rate, help=f"of the fast pair, up to {motion.FASTEST:g} Hz")
    sub.add_argument("--slow-rate", type=float, default=default.slow_rate, help="of the slow pair, Hz")
    sub.add_argument("--radius", type=float, default=default.radius, help="of the fast pair")
    sub.add_argument("--slow-radius", type=float, default=default.slow_radius, help="of the slow pair")
    sub.add_argument("--swap", action="store_true", help="z2 and z3 are the fast pair")
    sub.add_argument("--point", action="append", default=[], metavar="Z", help="of a path; two or more times")
    sub.add_argument("--back", action="store_true", help="a path returns the way it came instead of closing")
    sub.add_argument("--seed", type=int, default=default.seed, help="of a walk")
    cycles = "cycles by which the right channel is ahead; makes stereo"
    sub.add_argument("--stereo-offset", type=float, default=default.stereo_offset, help=cycles)
    sub.add_argument("--mix", type=float, default=1.0, help="0 dry to 1 wet")
    sub.add_argument("--residual", metavar="R.json", help="a cascade after the bank, as Recipe.to_json writes it")


def run(args: argparse.Namespace) -> None:
    """Renders a sound file through a filter in motion."""
    space = FilterSpace.load(args.model)
    moved = RecordedMotion.load(args.recorded) if args.recorded else _motion(args, space)
    residual = Recipe.load(args.residual) if args.residual else None
    wet = render.render_file(args.dry, args.out, space, moved, args.mix, residual, progress=sys.stderr.isatty())
    rendered = f"{sound_file.duration(wet):.2f} s of " if is_replaceable(wet) else ""  # not from a pipe
    print(f"{wet}: {rendered}{args.dry}")


def _motion(args: argparse.Namespace, space: FilterSpace) -> motion.Motion:
    """The motion that the options describe."""
    return motion.Motion(
        kind=args.motion,
        centre=_point(space, args.kind, "--centre", args.centre),
        rate=args.rate,
        slow_rate=args.slow_rate,
        radius=args.radius,
        slow_radius=args.slow_radius,
        swap=args.swap,
        points=tuple(_point(space, args.kind, "--point", point) for point in args.point),
        closed=not args.back,
        seed=args.seed,
        stereo_offset=args.stereo_offset,
    )


def _point(space: FilterSpace, kind: str | None, flag: str, text: str | None) -> tuple[float, ...]:
    """The whole latent point of numbers with commas between; the origin without text."""
    try:
        numbers = [float(part) for part in text.split(",")] if text else []
    except ValueError as error:
        raise ValueError(f"{flag} {text}: numbers with commas between are needed, such as 0,1.5,-2,0") from error
    try:
        return tuple(whole_point(space, numbers, kind).tolist())
    except ValueError as error:
        raise ValueError(f"{flag} {text}: {error}" if text else str(error)) from error
