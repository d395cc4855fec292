"""Exports of a recipe as a file for an equaliser, a DAW, a DSP board or a program.

Every file is read back from its bytes and compared with the recipe over 20 Hz to 20 kHz (`Export.worst_db`, `rms_db`).
`Export.notes` states further limitations. A comment in the file states its conventions, which are common to all
formats:

- Q is that of Robert Bristow-Johnson's cookbook: centre over bandwidth, for a peaking section between the points at
  half its gain in dB. Shelves have Q 1/sqrt(2) (slope 1); their frequency is the middle of the slope.
- Gain is in dB, for a band-pass at its centre.
- Sections are bilinear transforms at the sample rate of the file. With the same Hz, Q and dB at another sample rate,
  the response near Nyquist differs; a note states by how much.

A list of equaliser bands is a cascade, so a parallel bank is first refitted as a cascade (`as_cascade`); a note states
the error.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aether_lab.filters import biquad
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats.cascade import as_cascade, below_full_scale
from aether_lab.formats.code import read_c, read_faust, read_npy, write_c, write_faust, write_npy
from aether_lab.formats.equalizers import (
    read_camilladsp,
    read_list,
    write_camilladsp,
    write_equalizerapo,
    write_rew,
)
from aether_lab.formats.fir import RESAMPLED_DELAY, read_wav, write_fir, write_fir_min
from aether_lab.formats.format import Coefficients, ExportContext, Format, Values, in_float64
from aether_lab.formats.notes import conventions, enumerate_words, rate_notes
from aether_lab.formats.parameters import read_csv, read_json, write_csv, write_json
from aether_lab.formats.response import comparison_hz, deviation_db, level_db
from aether_lab.signals.files import is_replaceable, write_bytes
from aether_lab.signals.impulse_response import HIGHEST_RATE, LOWEST_RATE
from aether_lab.signals.names import comment


@dataclass(frozen=True, eq=False)
class Export:
    """A file in memory, and its deviation from the recipe."""

    content: bytes
    suffix: str
    recipe: Recipe  # of the file, in float64; of FIR files the sampled one
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
) -> Export:
    """A recipe as a file in memory.

    >>> file = export(Recipe.of([1000], [1], [6]), "equalizerapo")
    >>> print(file.content.decode().splitlines()[-1])
    Filter 1: ON PK Fc 1000.00 Hz Gain 6.000 dB Q 1.0000

    Args:
        recipe: of shape `(S,)`.
        format: one of `FORMATS`.
        sample_rate: of the file in Hz; by default that of the recipe. Sections keep their Hz, Q and dB; those above the
            new Nyquist frequency are omitted, with a note.
        sections: the refit of a parallel bank for a format that stores cascades.
        cascade: a finished refit (`as_cascade`) instead, for several exports.
        name: of the model or measurement, for the comment in the file.

    Raises:
        ValueError: an unknown format, a rate outside 8 to 384 kHz, or a recipe of another shape.
    """
    if format not in FORMATS:
        raise ValueError(f"format {format!r}; allowed are {', '.join(FORMATS)}")
    file_format, exact = FORMATS[format], in_float64(recipe)
    rate = exact.sample_rate if sample_rate is None else float(sample_rate)
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise ValueError(f"a sample rate of {rate:g} Hz; allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz")
    notes: list[str] = []
    exported, level_change = exact, 0.0
    if file_format.representation == "cascade" and exact.topology != "cascade":
        exported = as_cascade(exact, sections, rate) if cascade is None else in_float64(cascade)
        if exported.topology != "cascade":
            raise ValueError(f"topology of cascade is {exported.topology!r}; it must be 'cascade'")
        worst, rms = deviation_db(*(level_db(each, comparison_hz(rate, exact)) for each in (exported, exact)))
        notes.append(
            f"This format is a cascade: the parallel bank of {exact.n_sections} was refitted to one of "
            f"{exported.n_sections} sections, rms {rms:.2f} dB, worst {worst:.2f} dB over 20 Hz to 20 kHz."
        )
    if file_format.representation != "samples":  # which are computed from the filter itself, at any rate
        omitted = exported.frequency_hz[exported.frequency_hz > biquad.CENTRE_RANGE[1] * rate / 2]
        if len(omitted):
            centres = enumerate_words(f"{centre:.0f} Hz" for centre in omitted)
            notes.append(f"Sections above {rate / 2:g} Hz are omitted: {centres}.")
        exported = exported.at_rate(rate)
    if file_format.representation == "cascade":
        exported, level_change = below_full_scale(exported, file_format)
        if level_change:
            notes.append(f"The level is {-level_change:.2f} dB lower than that of the recipe, so that no boost clips.")
    if format == "fir" and rate != exact.sample_rate:
        notes.append(f"Resampled from {exact.sample_rate:g} Hz: the onset is delayed by {RESAMPLED_DELAY} samples.")
    notes += rate_notes(file_format, exported)
    about = [f"aether_lab{': ' + comment(name) if name else ''}", *conventions(file_format, exported, rate), *notes]
    content = file_format.write(ExportContext(exported, rate, [" ".join(line.split()) for line in about]))
    parsed, grid_hz = file_format.read(content, rate), comparison_hz(rate, exact)
    worst, rms = deviation_db(level_db(parsed, grid_hz, rate) - level_change, level_db(exact, grid_hz))
    if isinstance(parsed, np.ndarray):
        peak = float(level_db(parsed, grid_hz, rate).max())
        notes.append(f"{len(parsed)} samples, {1000 * len(parsed) / rate:.0f} ms; the highest gain is {peak:+.1f} dB.")
    if isinstance(parsed, Coefficients) and format == "c":
        single, _ = deviation_db(level_db(parsed, grid_hz, rate), level_db(parsed.in_float32(), grid_hz, rate))
        notes.append(f"Coefficients rounded to float would move the response by up to {single:.2g} dB.")
    written = parsed if isinstance(parsed, Recipe) else exported
    return Export(content, file_format.suffix, written, rate, worst, rms, tuple(notes))


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
    "equalizerapo": Format(".txt", "EqualizerAPO", "cascade", write_equalizerapo, read_list),
    "camilladsp": Format(".yml", "CamillaDSP", "cascade", write_camilladsp, read_camilladsp),
    "rew": Format(".txt", "REW filters", "cascade", write_rew, read_list),
    "faust": Format(".dsp", "Faust", "bank", write_faust, read_faust),
    "c": Format(".h", "C header", "coefficients", write_c, read_c),
}
