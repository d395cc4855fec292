"""The command `recipe`: a filter fitted to a measured response, or to correct it (`correct`), and exported."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab.commands.common import add_column, add_kind, report_notes
from aether_lab.commands.correct import add_correction, check_without, run_correction
from aether_lab.commands.fan import add_fan, write_fan
from aether_lab.commands.fitting import device_of, sections_of
from aether_lab.filters.device_fit import DeviceFit, fit_device
from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import TOPOLOGIES
from aether_lab.filters.spec import AUDIBLE_HZ, Sections
from aether_lab.formats.archive import export_zip
from aether_lab.formats.export import FORMATS, export, read_back
from aether_lab.formats.notes import enumerate_words
from aether_lab.formats.rates import COMMON_RATES
from aether_lab.model.direct_fit import fit_bank
from aether_lab.model.points import kind_text, located
from aether_lab.model.space import FilterSpace
from aether_lab.signals.files import is_replaceable
from aether_lab.signals.limits import HIGHEST_RATE, LOWEST_RATE
from aether_lab.signals.names import print_line as print  # file names may hold anything
from aether_lab.signals.spectrum import FREQUENCIES, erb_weights, lsd
from aether_lab.signals.target import Target, as_target


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    spec = Sections()
    sub.add_argument(
        "measured",
        nargs="+",
        metavar="IR.wav",
        help="WAV, FLAC, AIFF, OGG, SOFA, or a curve as text: REW, AutoEq, CSV; several for --correct",
    )
    add_column(sub)
    sub.add_argument("--out", metavar="F", help="by default the name of the target with the suffix of the format")
    sub.add_argument("--format", choices=FORMATS, help="by default that of the suffix of --out, else json")
    sub.add_argument("--rate", type=float, default=spec.sample_rate, metavar="HZ", help="sample rate of the file")
    sub.add_argument("--rates", metavar="all|HZ,HZ", help="instead, a .zip with a file for each of several rates")
    sub.add_argument("--whole-hertz", action="store_true", help="frequencies of a list without decimals")
    sub.add_argument("--sections", type=int, default=spec.n_sections, help="of the fit, and of a refit to a cascade")
    sub.add_argument("--topology", choices=TOPOLOGIES, default=spec.topology, help="of the fit, without --model")
    sub.add_argument("--shelves", action="store_true", help="the first and the last section of a cascade are shelves")
    sub.add_argument(
        "--device", metavar="D", help="fit the settings of this device instead: a .json profile, or one of `devices`"
    )
    sub.add_argument("--model", metavar="M", help="fit the bank of this model, starting from its own decoded recipe")
    add_kind(sub)
    sub.add_argument("--through-model", action="store_true", help="export the recipe that --model decodes, unfitted")
    add_fan(sub)
    add_correction(sub)


def run(args: argparse.Namespace) -> None:
    """Fits and exports a filter; its file is read back and compared."""
    if not args.correct:
        check_without(args)
        target = report_notes(as_target(args.measured[0], column=args.column))
        if args.noise and not args.fan:
            raise ValueError(f"--noise {args.noise:g}: that is for --fan and for --correct")
    name, out = _format_and_path(args)
    if not LOWEST_RATE <= args.rate <= HIGHEST_RATE:
        raise ValueError(f"--rate {args.rate:g}: allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz")
    if args.correct:
        run_correction(args, name, out, _rates(args) if args.rates else None)
        return
    if args.fan:
        write_fan(Path(args.fan), target, args.noise, args.measured)
    if args.through_model and args.model is None:
        raise ValueError("--through-model: say with --model which")
    if args.kind is not None and args.model is None:
        raise ValueError("--kind: say with --model in which model")
    source, rate, device = target.label, args.rate, None
    if args.device is not None:
        fitted = _fit_device(target, args)
        recipe, device, rate = fitted.recipe, fitted.device, fitted.device.sample_rate
        source += f", for {device.name}"
    elif args.model is None:
        recipe = fit_recipe(target, sections_of(args, args.shelves))
    else:
        space = FilterSpace.load(args.model)
        z = located(space, target, args.kind)
        recipe = space.decode(z)
        numbers = ", ".join(f"{value:.3f}" for value in z[: space.settings.latent_dim])
        kind = f", {kind_text(space, z)}," if space.kinds else ""
        print(f"z = {numbers}{kind} in {args.model}")
        source += f", through {args.model}" if args.through_model else f", from {args.model} on"
        if not args.through_model:
            recipe = fit_bank(target, space.settings, band_hz=target.common_band_hz(*AUDIBLE_HZ), start=recipe)
    options: dict[str, Any] = {"name": source, "whole_hertz": args.whole_hertz, "device": device}
    options["sections"] = Sections(args.sections, shelves=args.shelves)
    if args.rates:
        archive = export_zip(recipe, name, rates=_rates(args), stem=out.stem, **options)
        for line in f"{archive.save(out)}: {archive.readme}".splitlines():
            print(line)
        return
    made = export(recipe, name, sample_rate=rate, **options)
    found = read_back(made.content, name, np.minimum(FREQUENCIES, 0.49 * rate), rate)
    low, high = target.band_hz
    weights = erb_weights(low, min(high, 0.45 * rate))
    distance = lsd(found - weights @ (found - target.spectrum_db), target.spectrum_db, weights)
    print(f"{made.save(out)}: {FORMATS[name].title}, {made.recipe.n_sections} sections, {rate:g} Hz")
    print(f"from {source}, {low:.0f} to {high:.0f} Hz: LSD {distance:.2f} dB")
    print(f"the file read back, 20 Hz to 20 kHz: worst {made.worst_db:.2g} dB, rms {made.rms_db:.2g} dB off the filter")
    for note in made.notes:
        print(note)


def _fit_device(target: Target, args: argparse.Namespace) -> DeviceFit:
    """The settings of the device of `--device`, which are printed."""
    device = device_of(args)
    fitted = fit_device(target, device)
    for line in str(fitted).splitlines():
        print(line)
    print(
        f"LSD at the same level: {fitted.distance_db:.2f} dB with these settings, {fitted.rounded_db:.2f} dB with the "
        f"free fit rounded to the device, {fitted.free_db:.2f} dB with the free fit"
    )
    return fitted


def _rates(args: argparse.Namespace) -> list[float]:
    """The sample rates of `--rates` in Hz."""
    if args.rates == "all":
        return list(COMMON_RATES)
    try:
        return [float(part) for part in args.rates.split(",")]
    except ValueError as error:
        raise ValueError(f"--rates {args.rates}: allowed are all, or rates such as 44100,96000") from error


def _format_and_path(args: argparse.Namespace) -> tuple[str, Path]:
    """From `--format` and `--out`, each of which may follow from the other; with `--rates`, a .zip."""
    if args.rates:
        _rates(args)
        out = Path(args.out or Path(args.measured[0]).stem + ".zip")
        if out.suffix.lower() not in ("", ".zip"):
            raise ValueError(f"--out {out}: --rates writes an archive; use a .zip name")
        return args.format or "json", out.with_suffix(".zip")
    suffix = Path(args.out).suffix.lower().replace(".yaml", ".yml") if args.out else ""
    named = [name for name, each in FORMATS.items() if each.suffix == suffix]
    if args.format is None and suffix and len(named) != 1:
        which = f"which of {enumerate_words(named)}" if named else f"one of {', '.join(FORMATS)}"
        raise ValueError(f"--out {args.out}: say with --format {which}")
    name = args.format or (named[0] if named else "json")
    out = Path(args.out or Path(args.measured[0]).stem)
    named_in_full = args.out and (out.suffix or not is_replaceable(out))  # a device has no suffix
    out = out if named_in_full else out.with_name(out.name + FORMATS[name].suffix)
    if out.exists() and any(Path(path).exists() and out.samefile(path) for path in args.measured):
        raise ValueError(f"--out {out}: that is the file to be matched; name another")
    return name, out
