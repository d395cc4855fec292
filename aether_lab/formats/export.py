"""Exports: a recipe in the format that an equaliser, a DAW, a DSP board or a notebook loads, proven to be that filter.

Every file that is made here is read back from its own bytes, and what was read is compared with the recipe that was
given over 20 Hz to 20 kHz: `Export.worst_db` and `rms_db`. What that cannot say stands in `Export.notes`, and the file
itself states its conventions in a comment, which are the same everywhere:

- Q is that of Robert Bristow-Johnson's cookbook: centre over bandwidth, of a peaking section between the points at
  half its gain in dB. Shelves have Q 1/sqrt(2), that is slope 1, and their frequency is the middle of the slope.
- Gain is in dB, of a band-pass at its centre.
- Sections are bilinear transforms at the sample rate of the file. A host that runs at another keeps Hz, Q and dB, and
  bends the curve near its Nyquist frequency; the note says by how much.

A list of equaliser bands is a cascade. A parallel bank pasted into one would be another filter, so it is refitted to
a cascade first (`as_cascade`), and the note says with what error.
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
from aether_lab.signals.files import write_bytes
from aether_lab.signals.impulse_response import HIGHEST_RATE, LOWEST_RATE


@dataclass(frozen=True, eq=False)
class Export:
    """A file in memory, and how well it holds what was given."""

    content: bytes
    suffix: str
    recipe: Recipe  # what the file holds, in float64; of FIR files what was sampled
    sample_rate: float  # Hz
    worst_db: float  # largest deviation from the recipe given over 20 Hz to 20 kHz, apart from a stated change of level
    rms_db: float  # root mean square of the same over log frequency
    notes: tuple[str, ...] = ()

    def save(self, path: str | Path) -> Path:
        """Writes the file, whole or not at all; a path without a suffix gets the format's own."""
        path = Path(path)
        return write_bytes(path if path.suffix else path.with_suffix(self.suffix), self.content)


def export(
    recipe: Recipe,
    format: str,
    *,
    sample_rate: float | None = None,
    sections: Sections = Sections(),
    cascade: Recipe | None = None,
    name: str = "",
) -> Export:
    """One recipe as a file.

    Args:
        recipe: of shape `(S,)`.
        format: one of `FORMATS`.
        sample_rate: Hz, of the file; that of the recipe unless told otherwise. Sections keep their Hz, Q and dB;
            those above the new Nyquist frequency are left out, and named in the notes.
        sections: what a parallel bank is refitted to where the format means a cascade.
        cascade: such a refit that has been made already (`as_cascade`), so that several lists take one.
        name: of the source, such as the model or the file that was matched; it is written into the file.

    Raises:
        ValueError: an unknown format, a rate outside 8 to 192 kHz, or a recipe of another shape.
    """
    if format not in FORMATS:
        raise ValueError(f"format {format!r}; allowed are {', '.join(FORMATS)}")
    kind, given = FORMATS[format], in_float64(recipe)
    rate = given.sample_rate if sample_rate is None else float(sample_rate)
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise ValueError(f"a sample rate of {rate:g} Hz; allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz")
    notes: list[str] = []
    held, shift = given, 0.0
    if kind.holds == "cascade" and given.topology != "cascade":
        held = as_cascade(given, sections, rate) if cascade is None else in_float64(cascade)
        if held.topology != "cascade":
            raise ValueError(f"cascade is a {held.topology} bank")
        worst, rms = deviation_db(*(level_db(each, comparison_hz(rate, given)) for each in (held, given)))
        notes.append(
            f"This format is a cascade: the parallel bank of {given.n_sections} was refitted to one of "
            f"{held.n_sections} sections, rms {rms:.2f} dB, worst {worst:.2f} dB over 20 Hz to 20 kHz."
        )
    if kind.holds != "samples":  # those are taken of the filter as it is, whatever their rate
        left_out = held.frequency_hz[held.frequency_hz > biquad.CENTRE_RANGE[1] * rate / 2]
        if len(left_out):
            centres = enumerate_words(f"{centre:.0f} Hz" for centre in left_out)
            notes.append(f"Above {rate / 2:g} Hz and left out: sections at {centres}.")
        held = held.at_rate(rate)
    if kind.holds == "cascade":
        held, shift = below_full_scale(held, kind)
        if shift:
            notes.append(f"The level is {-shift:.2f} dB under that of the filter given, so that no boost clips.")
    if format == "fir" and rate != given.sample_rate:
        notes.append(f"Resampled from {given.sample_rate:g} Hz: it begins {RESAMPLED_DELAY} samples late.")
    notes += rate_notes(kind, held)
    about = [f"aether_lab{': ' + name if name else ''}", *conventions(kind, held, rate), *notes]
    content = kind.write(ExportContext(held, rate, [" ".join(line.split()) for line in about]))
    again, grid = kind.read(content, rate), comparison_hz(rate, given)
    worst, rms = deviation_db(level_db(again, grid, rate) - shift, level_db(given, grid))
    if isinstance(again, np.ndarray):
        peak = float(level_db(again, grid, rate).max())
        notes.append(f"{len(again)} samples, {1000 * len(again) / rate:.0f} ms; the highest gain is {peak:+.1f} dB.")
    if isinstance(again, Coefficients) and format == "c":
        single, _ = deviation_db(level_db(again, grid, rate), level_db(again.in_float32(), grid, rate))
        notes.append(f"Coefficients rounded to float would move the response by up to {single:.2g} dB.")
    found = again if isinstance(again, Recipe) else held
    return Export(content, kind.suffix, found, rate, worst, rms, tuple(notes))


def read_back(content: bytes, format: str, frequency_hz: Values, sample_rate: float = 48_000.0) -> Values:
    """The level in dB at `frequency_hz` `(F,)` of a file that `export` made, read from its bytes.

    Args:
        sample_rate: Hz, at which a list of parameters is run; files that state a rate of their own go by that.
    """
    return level_db(FORMATS[format].read(content, sample_rate), np.asarray(frequency_hz, np.float64), sample_rate)


FORMATS: dict[str, Format] = {
    "json": Format(".json", "JSON, in the words of Web Audio", "bank", write_json, read_json),
    "csv": Format(".csv", "CSV, one section a line", "bank", write_csv, read_csv),
    "npy": Format(".npy", "NumPy, second-order sections for SciPy", "coefficients", write_npy, read_npy),
    "fir-min": Format(".wav", "WAV, minimum-phase impulse response", "samples", write_fir_min, read_wav),
    "fir": Format(".wav", "WAV, impulse response as it is", "samples", write_fir, read_wav),
    "equalizerapo": Format(".txt", "EqualizerAPO", "cascade", write_equalizerapo, read_list),
    "camilladsp": Format(".yml", "CamillaDSP", "cascade", write_camilladsp, read_camilladsp),
    "rew": Format(".txt", "REW filters", "cascade", write_rew, read_list),
    "faust": Format(".dsp", "Faust", "bank", write_faust, read_faust),
    "c": Format(".h", "C header", "coefficients", write_c, read_c),
}
