"""Exports of a recipe as a file for an equaliser, a DAW, a DSP board or a program.

Every file is read back from its bytes and compared with the recipe over 20 Hz to 20 kHz (`Export.worst_db`, `rms_db`).
`Export.notes` states further limitations. A comment in the file states its conventions, which are common to all
formats:

- Q is that of Robert Bristow-Johnson's cookbook: centre over bandwidth, for a peaking section between the points at
  half its gain in dB. Shelves have Q 1/sqrt(2) (slope 1); their frequency is the middle of the slope.
- Gain is in dB, for a band-pass at its centre.
- Sections are bilinear transforms at the sample rate of the file. With the same Hz, Q and dB at another sample rate,
  the response differs, most near Nyquist; a note states by how much at the common rates, and for which of them another
  file should be exported. A file for another rate than the recipe's is fitted again (`rates.refitted`).

A list of equaliser bands is a cascade, so a parallel bank is first refitted as a cascade (`as_cascade`); a note states
the error. `npy` and `c-series` hold any bank exactly as sections in series, ordered and scaled for hosts in single
precision; a note states what that precision costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from aether_lab.filters.device import DeviceProfile
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats.adjust import adjusted, with_slope
from aether_lab.formats.cascade import as_cascade, below_full_scale, below_full_scale_in_steps
from aether_lab.formats.code import (
    read_c,
    read_faust,
    read_npy,
    write_c,
    write_c_series,
    write_faust,
    write_npy,
)
from aether_lab.formats.equalizers import (
    REW_SLOPE,
    read_camilladsp,
    read_equalizerapo,
    read_rew,
    write_camilladsp,
    write_equalizerapo,
    write_rew,
)
from aether_lab.formats.fir import RESAMPLED_DELAY, read_wav, write_fir, write_fir_min
from aether_lab.formats.format import Coefficients, ExportContext, Format, Values, in_float64
from aether_lab.formats.graphic import read_graphic, write_graphic
from aether_lab.formats.notes import conventions, enumerate_words, rate_notes
from aether_lab.formats.parameters import read_csv, read_json, write_csv, write_json
from aether_lab.formats.pipewire import read_pipewire, write_pipewire
from aether_lab.formats.rates import moved_deviation, refitted
from aether_lab.formats.response import comparison_hz, deviation_db, level_db
from aether_lab.formats.single_precision import single_precision_error
from aether_lab.signals.files import is_replaceable, write_bytes
from aether_lab.signals.limits import check_rate
from aether_lab.signals.names import comment


@dataclass(frozen=True, eq=False)
class Export:
    """A file in memory, and its deviation from the recipe."""

    content: bytes
    suffix: str
    recipe: Recipe  # of the file, in float64; of FIR files the sampled one; shelves of REW files have another slope
    sample_rate: float  # Hz
    worst_db: float  # largest deviation, 20 Hz to 20 kHz, without the change of level in `notes`
    rms_db: float  # rms deviation over log frequency
    notes: tuple[str, ...] = ()

    def save(self, path: str | Path) -> Path:
        """Writes the file atomically; the default suffix is that of the format."""
        path = Path(path)
        named_in_full = path.suffix or not is_replaceable(path)  # a device has no suffix
        return write_bytes(path if named_in_full else path.with_suffix(self.suffix), self.content)


def export(
    recipe: Recipe,
    format: str,
    *,
    sample_rate: float | None = None,
    sections: Sections = Sections(),
    cascade: Recipe | None = None,
    name: str = "",
    whole_hertz: bool = False,
    device: DeviceProfile | None = None,
) -> Export:
    """A recipe as a file in memory.

    >>> file = export(Recipe.of([1000], [1], [6]), "equalizerapo")
    >>> print(file.content.decode().splitlines()[-1])
    Filter 1: ON PK Fc 1000.00 Hz Gain 6.000 dB Q 1.0000

    Args:
        recipe: of shape `(S,)`.
        format: one of `FORMATS`.
        sample_rate: of the file in Hz; by default that of the recipe. At another rate the sections are fitted again
            (`rates.refitted`), and a note states the error; FIR files are computed from the filter itself.
        sections: the refit of a parallel bank for a format that stores cascades.
        cascade: a finished refit (`as_cascade`) instead, for several exports.
        name: of the model or measurement, for the comment in the file.
        whole_hertz: for a list of bands in a device that accepts no decimals: frequencies are whole, and the other
            values are fitted around them.
        device: to which the recipe was fitted (`fit_device`): the values stay on its grid, and where the level must be
            lowered, that is done in the steps of its preamp.

    Raises:
        ValueError: an unknown format, a rate outside 8 to 384 kHz, whole frequencies in another format than a list,
            shelves of another Q than 1/sqrt(2) in a REW file, another rate than that of the device, or a recipe of
            another shape.
    """
    if format not in FORMATS:
        raise ValueError(f"format {format!r}; allowed are {', '.join(FORMATS)}")
    file_format, exact = FORMATS[format], in_float64(recipe)
    rate = exact.sample_rate if sample_rate is None else float(sample_rate)
    check_rate(rate)
    if whole_hertz and file_format.representation != "cascade":
        lists = enumerate_words(name for name, each in FORMATS.items() if each.representation == "cascade")
        raise ValueError(f"whole frequencies in format {format!r}; they are for lists of bands: {lists}")
    _check_device(exact, format, rate, whole_hertz, device)
    exported: Recipe = exact
    notes: list[str] = []
    if file_format.representation == "cascade" and exact.topology != "cascade":
        exported, notes = _cascade(exact, rate, sections, cascade)
    if file_format.representation not in ("samples", "points"):  # computed from the filter itself, at any rate
        exported, refit_notes = _at_rate(exported, rate)
        notes += refit_notes
    if whole_hertz or (exported.shelves and file_format.slope != 1):
        exported = adjusted(exported, exact, file_format.slope, whole_hertz)
        notes.append(_adjustment(exported, exact, file_format, whole_hertz))
    context = ExportContext(exported, rate, [], whole_hertz)
    level_change = 0.0
    if file_format.below_full_scale and device is not None and file_format.representation == "cascade":
        exported, level_change, over = below_full_scale_in_steps(context, file_format, device.preamp_db)
        if level_change:
            notes.append(f"The preamp is {-level_change:g} dB lower than that of the fit, against clipping.")
        if over > 0:
            notes.append(f"The highest gain is {over:+.1f} dB, which no preamp of the device avoids: lower its input.")
    elif file_format.below_full_scale:
        exported, level_change = below_full_scale(context, file_format)
        if level_change:
            notes.append(f"The level is {-level_change:.3f} dB lower than that of the recipe, so that nothing clips.")
    if format.startswith("fir") and "min" not in format and rate != exact.sample_rate:
        notes.append(f"Resampled from {exact.sample_rate:g} Hz: the onset is delayed by {RESAMPLED_DELAY} samples.")
    context = context._replace(recipe=exported)
    notes += [] if device else rate_notes(file_format, exported)
    notes += _precision_notes(context, file_format)
    about = [f"aether_lab{': ' + comment(name) if name else ''}", *conventions(file_format, exported, rate), *notes]
    content = file_format.write(context._replace(about=[" ".join(line.split()) for line in about]))
    parsed, grid_hz = file_format.read(content, rate), comparison_hz(rate, exact)
    worst, rms = deviation_db(level_db(parsed, grid_hz, rate) - level_change, level_db(exact, grid_hz))
    if isinstance(parsed, np.ndarray):
        peak = float(level_db(parsed, grid_hz, rate).max())
        notes.append(f"{len(parsed)} samples, {1000 * len(parsed) / rate:.0f} ms; the highest gain is {peak:+.1f} dB.")
    written = parsed if isinstance(parsed, Recipe) else exported
    return Export(content, file_format.suffix, written, rate, worst, rms, tuple(notes))


def _check_device(exact: Recipe, format: str, rate: float, whole_hertz: bool, device: DeviceProfile | None) -> None:
    """Raises `ValueError` for what would move a recipe of `section_kinds`, or of a device, away from its values."""
    if exact.section_kinds is not None and (whole_hertz or format == "rew"):
        what = "whole frequencies are" if whole_hertz else "a REW file, whose shelves have slope 0.9, is"
        raise ValueError(f"{what} not for shelves of any Q or place; allowed is a recipe with `shelves`")
    if device is not None:
        if rate != device.sample_rate or exact.sample_rate != device.sample_rate:
            raise ValueError(
                f"{rate:g} Hz; {device.name} filters at {device.sample_rate:g} Hz, allowed is its own rate"
            )
        if whole_hertz or (exact.shelves and FORMATS[format].slope != 1):
            raise ValueError(f"format {format!r} would fit the values of {device.name} again, away from its grid")


def _cascade(exact: Recipe, rate: float, sections: Sections, cascade: Recipe | None) -> tuple[Recipe, list[str]]:
    """A parallel bank refitted as a cascade, with a note on its error."""
    refit = as_cascade(exact, sections, rate) if cascade is None else in_float64(cascade)
    if refit.topology != "cascade":
        raise ValueError(f"topology of cascade is {refit.topology!r}; it must be 'cascade'")
    worst, rms = deviation_db(*(level_db(each, comparison_hz(refit.sample_rate, exact)) for each in (refit, exact)))
    return refit, [
        f"This format is a cascade: the parallel bank of {exact.n_sections} was refitted to one of "
        f"{refit.n_sections} sections, rms {rms:.2f} dB, worst {worst:.2f} dB over 20 Hz to 20 kHz."
    ]


def _at_rate(recipe: Recipe, rate: float) -> tuple[Recipe, list[str]]:
    """The recipe fitted again at a rate, with a note on its error."""
    if rate == recipe.sample_rate:
        return recipe, []
    fitted, worst, rms = refitted(recipe, rate)
    unfitted, _ = moved_deviation(recipe, rate)
    error = f"rms {rms:.2f} dB, worst {worst:.2f} dB over the band of both rates"
    if worst < unfitted:
        kept = f"the values of {recipe.sample_rate:g} Hz would deviate by {unfitted:.2f} dB"
        return fitted, [f"Fitted again from {recipe.sample_rate:g} Hz to {rate:g} Hz: {error}; {kept}."]
    notes = [f"The values of {recipe.sample_rate:g} Hz, at {rate:g} Hz: {error}."]
    if len(omitted := recipe.frequency_hz[recipe.frequency_hz > rate / 2]):
        centres = enumerate_words(f"{centre:.0f} Hz" for centre in omitted)
        notes.append(f"Sections above {rate / 2:g} Hz are omitted: {centres}.")
    return fitted, notes


def _adjustment(recipe: Recipe, exact: Recipe, file_format: Format, whole_hertz: bool) -> str:
    """A note on restricted shelves and frequencies, and on their error."""
    grid_hz = comparison_hz(recipe.sample_rate, exact)
    restricted = level_db(with_slope(recipe, file_format.slope), grid_hz, recipe.sample_rate)
    worst, rms = deviation_db(restricted, level_db(exact, grid_hz))
    what = ["the frequencies are whole"] if whole_hertz else []
    if recipe.shelves and file_format.slope != 1:
        what.append(f"LS and HS are shelves of slope {file_format.slope:g}, which REW and EqualizerAPO read alike")
    return f"Fitted again because {enumerate_words(what)}: rms {rms:.2f} dB, worst {worst:.2f} dB."


def _precision_notes(context: ExportContext, file_format: Format) -> list[str]:
    """What a host in float32 deviates by, for coefficients."""
    if file_format.representation != "coefficients":
        return []
    coefficients = file_format.read(file_format.write(context), context.sample_rate)
    assert isinstance(coefficients, Coefficients)
    cost = single_precision_error(coefficients, context.sample_rate)
    return [f"In a host that computes in single precision (float32), the response deviates by about {cost:.2g} dB."]


def read_back(content: bytes, format: str, frequency_hz: Values, sample_rate: float = 48_000.0) -> Values:
    """The level in dB at `frequency_hz` `(F,)` of an exported file.

    Args:
        sample_rate: of the host in Hz, for formats that do not store one.

    Raises:
        ValueError: the content is damaged or of another format, or its response is not finite.
    """
    file_format, title = FORMATS[format], FORMATS[format].title
    try:
        with np.errstate(all="ignore"):
            parsed = file_format.read(content, sample_rate)
            level = level_db(parsed, np.asarray(frequency_hz, np.float64), sample_rate)
    except Exception as error:  # the readers raise those of the libraries that parse each format
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ValueError(f"not a file of format {title} ({reason})") from error
    if not np.isfinite(level).all():
        raise ValueError(f"a file of format {title} whose response is not finite")
    return level


FORMATS: dict[str, Format] = {
    "json": Format(".json", "JSON with the names of Web Audio", "bank", write_json, read_json),
    "csv": Format(".csv", "CSV, one section per line", "bank", write_csv, read_csv),
    "npy": Format(".npy", "NumPy, second-order sections for SciPy", "coefficients", write_npy, read_npy),
    "fir-min": Format(".wav", "WAV, minimum-phase impulse response", "samples", write_fir_min, read_wav),
    "fir": Format(".wav", "WAV, impulse response", "samples", write_fir, read_wav),
    "fir-min-pcm24": Format(
        ".wav",
        "WAV, minimum phase, 24-bit integers",
        "samples",
        partial(write_fir_min, pcm=True),
        read_wav,
        below_full_scale=True,
    ),
    "fir-pcm24": Format(
        ".wav",
        "WAV, impulse response, 24-bit integers",
        "samples",
        partial(write_fir, pcm=True),
        read_wav,
        below_full_scale=True,
    ),
    "equalizerapo": Format(
        ".txt", "EqualizerAPO", "cascade", write_equalizerapo, read_equalizerapo, below_full_scale=True
    ),
    "camilladsp": Format(".yml", "CamillaDSP", "cascade", write_camilladsp, read_camilladsp, below_full_scale=True),
    "pipewire": Format(
        ".conf", "PipeWire filter chain", "cascade", write_pipewire, read_pipewire, below_full_scale=True
    ),
    "graphiceq": Format(
        ".txt", "GraphicEQ of 127 points", "points", write_graphic, read_graphic, below_full_scale=True
    ),
    "rew": Format(".txt", "REW filters", "cascade", write_rew, read_rew, REW_SLOPE, below_full_scale=True),
    "faust": Format(".dsp", "Faust", "bank", write_faust, read_faust),
    "c": Format(".h", "C header", "coefficients", write_c, read_c),
    "c-series": Format(".h", "C header, sections in series", "coefficients", write_c_series, read_c),
}
