"""The options of `recipe --correct`: a filter that takes what was measured to a target, one file for each channel."""

import argparse
from pathlib import Path

from aether_lab.commands.common import report_notes
from aether_lab.commands.fan import write_fan
from aether_lab.commands.fitting import device_of, sections_of
from aether_lab.filters.correction import MAX_BOOST_DB, MAX_SPREAD_DB, Correction, correction
from aether_lab.filters.device import DeviceProfile
from aether_lab.filters.device_correction import correction_with
from aether_lab.formats.archive import export_zip
from aether_lab.formats.export import FORMATS, export
from aether_lab.model.posterior import widest_spread_db
from aether_lab.signals.levels import SPECTRUM_SMOOTHING
from aether_lab.signals.names import print_line as print  # file names may hold anything
from aether_lab.signals.target import Target, as_target

OPTIONS = ("target", "band", "max_boost", "max_cut", "max_spread", "smoothing", "right", "per_channel")
"""The options that are for `--correct` alone."""


def add_correction(sub: argparse.ArgumentParser) -> None:
    """The options."""
    group = sub.add_argument_group(
        "correction", "instead of the response itself, the filter that takes it to a target; magnitude only"
    )
    add = group.add_argument
    quiet = argparse.SUPPRESS  # so that an option without --correct differs from its default
    add("--correct", action="store_true", help="several files are then positions or fittings of one channel")
    add("--target", metavar="T", default=quiet, help="flat (the default), tilt:-0.8 (dB per octave), or a file")
    add("--band", nargs=2, type=float, metavar=("LOW", "HIGH"), default=quiet, help="Hz, where to correct")
    add("--max-boost", type=float, metavar="DB", default=quiet, help=f"over the mean, {MAX_BOOST_DB:g} by default")
    add("--max-cut", type=float, metavar="DB", default=quiet, help="likewise; by default without a limit")
    add(
        "--max-spread",
        type=float,
        metavar="DB",
        default=quiet,
        help=f"no boost where the files differ by this standard deviation, {MAX_SPREAD_DB:g} by default",
    )
    add("--smoothing", type=float, metavar="OCTAVES", default=quiet, help="1/3 by default")
    add("--right", nargs="+", metavar="IR.wav", default=quiet, help="the right channel; the first files are the left")
    add("--per-channel", action="store_true", default=quiet, help="correct every channel of the files")


def check_without(args: argparse.Namespace) -> None:
    """Refuses options of a correction, and several files, where there is none.

    Raises:
        ValueError: naming the first of them.
    """
    for name in OPTIONS:
        if hasattr(args, name):
            raise ValueError(f"--{name.replace('_', '-')} is for a correction: say --correct too")
    if len(args.measured) > 1:
        raise ValueError(f"{len(args.measured)} files: several are positions of one channel, for --correct")


def run_correction(args: argparse.Namespace, name: str, out: Path, rates: list[float] | None) -> None:
    """Corrects, exports, and prints what is left.

    Args:
        name: of the format.
        out: the file; with several channels their names are added to it.
        rates: for an archive.

    Raises:
        ValueError: an option that does not go with a correction, or as `correction` and `export`.
    """
    if args.model is not None or args.through_model or args.kind is not None:
        raise ValueError("--correct: a correction fits sections, without --model, --kind and --through-model")
    measured = _measured(args)
    each = [target for rows in measured.values() for target in rows] if isinstance(measured, dict) else measured
    if args.fan:
        write_fan(Path(args.fan), each[0], args.noise, [*args.measured, *getattr(args, "right", [])])
    made = correction(
        measured,
        getattr(args, "target", "flat"),
        sections_of(args, shelves=args.sections > 1),
        band_hz=tuple(args.band) if hasattr(args, "band") else None,
        smoothing=getattr(args, "smoothing", SPECTRUM_SMOOTHING),
        max_boost_db=getattr(args, "max_boost", MAX_BOOST_DB),
        max_cut_db=getattr(args, "max_cut", None),
        max_spread_db=getattr(args, "max_spread", MAX_SPREAD_DB),
        spread_db=widest_spread_db(each, args.noise),
        per_channel=getattr(args, "per_channel", False),
    )
    device = None if args.device is None else device_of(args)
    for channel in made.channels:
        file = out.with_name(f"{out.stem}-{channel}{out.suffix}") if channel else out
        _write(made[channel], args, name, file, rates, device)
    print(f"preamp for a headroom of {made.headroom_db:.1f} dB: no frequency is above 0 dB")
    for note in made.notes:
        print(note)


def _measured(args: argparse.Namespace) -> list[Target] | dict[str, list[Target]]:
    left = [report_notes(as_target(path, column=args.column)) for path in args.measured]
    if not hasattr(args, "right"):
        return left
    if hasattr(args, "per_channel"):
        raise ValueError("--per-channel: --right names the channels already")
    return {"left": left, "right": [report_notes(as_target(path, column=args.column)) for path in args.right]}


def _write(
    made: Correction,
    args: argparse.Namespace,
    name: str,
    out: Path,
    rates: list[float] | None,
    device: DeviceProfile | None,
) -> None:
    rate, general = args.rate, made.notes
    if device is not None:
        made, fitted = correction_with(made, device)
        rate = device.sample_rate
        for line in str(fitted).splitlines():
            print(line)
    label = f"{made.label}, corrected to {made.target_label}"
    distance = f"{made.distance['before']:.2f} dB before, {made.distance['after']:.2f} dB after"
    channel = f" ({made.channels[0]})" if made.channels[0] else ""
    print(f"{label}{channel}, {made.band_hz[0]:.0f} to {made.band_hz[1]:.0f} Hz: {distance}")
    if rates:
        archive = export_zip(made.recipe, name, rates=rates, stem=out.stem, name=label, whole_hertz=args.whole_hertz)
        print(archive.save(out))
        return
    options = {"whole_hertz": args.whole_hertz, "device": device}
    exported = export(made.recipe, name, sample_rate=rate, name=label, **options)
    print(f"{exported.save(out)}: {FORMATS[name].title}, {made.recipe.n_sections} sections, {rate:g} Hz")
    for note in (*(each for each in made.notes if each not in general), *exported.notes):
        print(note)
