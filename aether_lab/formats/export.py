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

from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats.cascade import _below_full_scale, as_cascade
from aether_lab.formats.code import _read_c, _read_faust, _read_npy, _write_c, _write_faust, _write_npy
from aether_lab.formats.equalizers import (
    _read_camilladsp,
    _read_list,
    _write_camilladsp,
    _write_equalizerapo,
    _write_rew,
)
from aether_lab.formats.fir import RESAMPLED_DELAY, _read_wav, _write_fir, _write_fir_min
from aether_lab.formats.format import Format, Rows, Values, _exact, _Sheet
from aether_lab.formats.notes import _conventions, _listed, _rate_notes
from aether_lab.formats.parameters import _read_csv, _read_json, _write_csv, _write_json
from aether_lab.formats.response import _at_rate, _compare, _grid, _level
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
    kind, given = FORMATS[format], _exact(recipe)
    rate = given.sample_rate if sample_rate is None else float(sample_rate)
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise ValueError(f"a sample rate of {rate:g} Hz; allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz")
    notes: list[str] = []
    held, shift = given, 0.0
    if kind.holds == "cascade" and given.topology != "cascade":
        held = as_cascade(given, sections, rate) if cascade is None else _exact(cascade)
        if held.topology != "cascade":
            raise ValueError(f"cascade is a {held.topology} bank")
        worst, rms = _compare(*(_level(each, _grid(rate, given)) for each in (held, given)))
        notes.append(
            f"This format is a cascade: the parallel bank of {given.n_sections} was refitted to one of "
            f"{held.n_sections} sections, rms {rms:.2f} dB, worst {worst:.2f} dB over 20 Hz to 20 kHz."
        )
    if kind.holds != "samples":  # those are taken of the filter as it is, whatever their rate
        held, left_out = _at_rate(held, rate)
        if left_out:
            notes.append(f"Above {rate / 2:g} Hz and left out: sections at {_listed(f'{f:.0f} Hz' for f in left_out)}.")
    if kind.holds == "cascade":
        held, shift = _below_full_scale(held, kind)
        if shift:
            notes.append(f"The level is {-shift:.2f} dB under that of the filter given, so that no boost clips.")
    if format == "fir" and rate != given.sample_rate:
        notes.append(f"Resampled from {given.sample_rate:g} Hz: it begins {RESAMPLED_DELAY} samples late.")
    notes += _rate_notes(kind, held)
    about = [f"aether_lab{': ' + name if name else ''}", *_conventions(kind, held, rate), *notes]
    content = kind.write(_Sheet(held, rate, [" ".join(line.split()) for line in about]))
    again, grid = kind.read(content, rate), _grid(rate, given)
    worst, rms = _compare(_level(again, grid, rate) - shift, _level(given, grid))
    if isinstance(again, np.ndarray):
        peak = float(_level(again, grid, rate).max())
        notes.append(f"{len(again)} samples, {1000 * len(again) / rate:.0f} ms; the highest gain is {peak:+.1f} dB.")
    if isinstance(again, Rows) and format == "c":
        single, _ = _compare(_level(again, grid, rate), _level(again.in_float32(), grid, rate))
        notes.append(f"Coefficients rounded to float would move the response by up to {single:.2g} dB.")
    found = again if isinstance(again, Recipe) else held
    return Export(content, kind.suffix, found, rate, worst, rms, tuple(notes))


def read_back(content: bytes, format: str, frequency: Values, sample_rate: float = 48_000.0) -> Values:
    """The level in dB at `frequency` `(F,)` Hz of a file that `export` made, read from its bytes.

    Args:
        sample_rate: Hz, at which a list of parameters is run; files that state a rate of their own go by that.
    """
    return _level(FORMATS[format].read(content, sample_rate), np.asarray(frequency, np.float64), sample_rate)


FORMATS: dict[str, Format] = {
    "json": Format(".json", "JSON, in the words of Web Audio", "bank", _write_json, _read_json),
    "csv": Format(".csv", "CSV, one section a line", "bank", _write_csv, _read_csv),
    "npy": Format(".npy", "NumPy, second-order sections for SciPy", "coefficients", _write_npy, _read_npy),
    "fir-min": Format(".wav", "WAV, minimum-phase impulse response", "samples", _write_fir_min, _read_wav),
    "fir": Format(".wav", "WAV, impulse response as it is", "samples", _write_fir, _read_wav),
    "equalizerapo": Format(".txt", "EqualizerAPO", "cascade", _write_equalizerapo, _read_list),
    "camilladsp": Format(".yml", "CamillaDSP", "cascade", _write_camilladsp, _read_camilladsp),
    "rew": Format(".txt", "REW filters", "cascade", _write_rew, _read_list),
    "faust": Format(".dsp", "Faust", "bank", _write_faust, _read_faust),
    "c": Format(".h", "C header", "coefficients", _write_c, _read_c),
}
