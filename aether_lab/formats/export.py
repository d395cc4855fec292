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

import dataclasses
import io
import json
import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.io.wavfile
import scipy.linalg
import scipy.signal
import soundfile
from numpy.typing import NDArray

from aether_lab.filters import biquad
from aether_lab.filters.fit import Sections, fit_recipe
from aether_lab.filters.recipe import Recipe
from aether_lab.signals.audio_files import HIGHEST_RATE, LOWEST_RATE, minimum_phase
from aether_lab.signals.files import write_bytes

CHECKED = (20.0, 20_000.0)  # Hz, where a file is compared with the recipe
USED = 0.95  # of Nyquist, where a rate ends the comparison before
RATES = (44_100.0, 48_000.0, 96_000.0)  # Hz, of hosts that a note warns of
FIR_ERROR = 0.1  # dB, which the length of an FIR filter is chosen for
LONGEST_FIR = 1 << 17  # taps
RESAMPLED_DELAY = 32  # samples, to 110 dB down of what rings before an impulse response at another rate
REFIT_RANGE = 60.0  # dB under the peak, below which a refit sees no more
REFIT_POINTS = 400
_FFT = 1 << 18
_MUTED = -200.0  # dB
_NUMBER = r"[-+]?[\d.]+(?:e[-+]?\d+)?"
_LIST_KINDS = {  # what the lists call the kinds of sections
    "equalizerapo": {"peaking": "PK", "lowshelf": "LSC", "highshelf": "HSC"},
    "rew": {"peaking": "PK", "lowshelf": "LS Q", "highshelf": "HS Q"},
    "camilladsp": {"peaking": "Peaking", "lowshelf": "Lowshelf", "highshelf": "Highshelf"},
}


Values = NDArray[np.float64]


class Rows(NamedTuple):
    """Biquads by their coefficients, `(S, 6)` in SciPy's order, in series or side by side."""

    sos: Values
    parallel: bool

    def in_float32(self) -> Rows:
        return Rows(self.sos.astype(np.float32).astype(np.float64), self.parallel)


Held = Recipe | Rows | NDArray
"""What is read back from a file: a recipe, coefficients, or the taps of an FIR filter."""


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


class _Sheet(NamedTuple):
    recipe: Recipe
    sample_rate: float  # Hz, of the file
    about: list[str]  # lines of comment


@dataclass(frozen=True)
class Format:
    """One kind of file."""

    suffix: str
    words: str  # for a menu
    holds: str  # "bank" or "cascade" as parameters, "coefficients" or "samples"
    write: Callable[[_Sheet], bytes]
    read: Callable[[bytes, float], Held]


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


def as_cascade(recipe: Recipe, sections: Sections = Sections(), sample_rate: float | None = None) -> Recipe:
    """A cascade with the response of any recipe `(S,)`, as near as so many sections come; float64.

    It runs at `sample_rate` Hz, that of the recipe unless told otherwise, and is fitted as it responds there.

    Raises:
        ValueError: sections that are no cascade.
    """
    given = _exact(recipe)
    if given.topology == "cascade":
        return given
    if sections.topology != "cascade":
        raise ValueError(f"sections of a {sections.topology} bank; a list of bands is a cascade")
    rate = given.sample_rate if sample_rate is None else float(sample_rate)
    low, high = sections.hertz
    fitting = dataclasses.replace(sections, hertz=(low, min(high, biquad.CENTRE_RANGE[1] * rate / 2)), sample_rate=rate)
    frequency = np.geomspace(CHECKED[0], min(CHECKED[1], USED * rate / 2, USED * given.sample_rate / 2), REFIT_POINTS)
    target = _level(given, frequency)
    target = np.maximum(target, target.max() - REFIT_RANGE)
    return _exact(fit_recipe(target, fitting, frequency=frequency))


def series_sos(recipe: Recipe) -> Values:
    """`(n, 6)` rows whose cascade (`scipy.signal.sosfilt`) is the whole recipe `(S,)`, a parallel bank too.

    Every band-pass has the zeros of `1 - z^-2`. The others are those of `Σ g_k / (1 + a1_k z^-1 + a2_k z^-2)`, found
    as generalised eigenvalues of its state space (Emami-Naeini & Van Dooren, "Computation of zeros of linear
    multivariable systems", Automatica 18, 1982), with one block per section: multiplied out as polynomials, 8 sections
    lose 50 dB already.
    """
    exact = _exact(recipe)
    rows = exact.sos()
    if exact.topology == "cascade":
        return rows
    gain, a1, a2 = rows[:, 0], rows[:, 4], rows[:, 5]
    n = 2 * len(rows)
    system, mass = np.zeros((n + 1, n + 1)), np.diag([1.0] * n + [0.0])
    real, discriminant = -a1 / 2, a1**2 / 4 - a2
    for i, (g, sigma, d) in enumerate(zip(gain, real, discriminant, strict=True)):
        at = slice(2 * i, 2 * i + 2)
        if d < 0:  # a rotation: poles sigma ± j omega
            omega = np.sqrt(-d)
            system[at, at] = [[sigma, omega], [-omega, sigma]]
            system[n, at] = [g * (sigma**2 - omega**2) / omega, 2 * g * sigma]
        else:  # two real poles in a row
            first, second = sigma + np.sqrt(d), sigma - np.sqrt(d)
            system[at, at] = [[first, 1], [0, second]]
            system[n, at] = [g * first**2, g * (first + second)]
        system[2 * i + 1, n] = 1
        system[n, n] += g
    zeros = scipy.linalg.eigvals(system, mass)
    zeros = zeros[np.isfinite(zeros)]
    zeros = zeros[np.argsort(np.abs(zeros))[2:]]  # two are z = 0, of z² in the numerators
    upper = zeros[zeros.imag > 1e-12 * np.abs(zeros)]
    alone = zeros[np.abs(zeros.imag) <= 1e-12 * np.abs(zeros)].real
    zeros = np.concatenate([upper, upper.conj(), alone, [1.0, -1.0]])
    root = np.emath.sqrt(discriminant)
    poles = np.concatenate([real + root, real - root])
    w = np.pi * np.geomspace(1e-3, 0.9, 400)
    whole = _response(Rows(rows, True), w)
    best = int(np.argmax(np.abs(whole)))
    product = np.exp(np.log(np.exp(1j * w[best]) - zeros).sum() - np.log(np.exp(1j * w[best]) - poles).sum())
    return scipy.signal.zpk2sos(zeros, poles, float((whole[best] / product).real))


def _exact(recipe: Recipe) -> Recipe:
    """The recipe in float64, its values within the legal ranges: what every bank makes of them."""
    if np.ndim(recipe.frequency) != 1:
        raise ValueError(f"one recipe of shape (S,) is exported, not {np.shape(recipe.frequency)}: index it first")
    frequency, q, gain_db = (np.asarray(x, np.float64) for x in (recipe.frequency, recipe.q, recipe.gain_db))
    if not all(np.isfinite(x).all() for x in (frequency, q, gain_db)):
        raise ValueError("the recipe holds a NaN or an infinity")
    shelf = np.array(["shelf" in kind for kind in recipe.kinds])
    return _with(
        recipe,
        frequency=np.clip(frequency, *biquad.CENTRE_RANGE),
        q=np.where(shelf, biquad.SHELF_Q, np.clip(q, *biquad.Q_RANGE)),
        gain_db=gain_db,
        preamp_db=np.float64(_preamp(recipe)),
    )


def _with(recipe: Recipe, **fields: Any) -> Recipe:
    return dataclasses.replace(recipe, **fields)


def _preamp(recipe: Recipe) -> float:
    return 0.0 if recipe.preamp_db is None else float(recipe.preamp_db)


def _made(hertz: Any, q: Any, gain_db: Any, sample_rate: float, **fields: Any) -> Recipe:
    """A recipe in float64 of what was read; `Recipe.of` would round it to float32 where jax does."""
    hertz, q, gain_db = (np.asarray(x, np.float64) for x in (hertz, q, gain_db))
    return Recipe(hertz / (sample_rate / 2), q, gain_db, sample_rate=sample_rate, **fields)  # type: ignore[arg-type]


def _below_full_scale(recipe: Recipe, kind: Format) -> tuple[Recipe, float]:
    """The recipe with a preamp that keeps its response, as the file rounds it, at or under 0 dB; and what that cost."""
    bare = _with(recipe, preamp_db=np.float64(0))
    rounded = kind.read(kind.write(_Sheet(bare, recipe.sample_rate, [])), recipe.sample_rate)
    headroom = -max(0.0, float(_level(rounded, _fine(recipe)).max()))
    given = _preamp(recipe)
    if given <= headroom:
        return recipe, 0.0
    preamp = np.floor(1000 * headroom - 1) / 1000  # a thousandth more: a peak may lie between two frequencies
    return _with(recipe, preamp_db=np.float64(preamp)), preamp - given


def _fine(recipe: Recipe) -> Values:
    """Frequencies among which every peak of a recipe lies: a log-spaced grid and the centres, Hz."""
    nyquist = recipe.sample_rate / 2
    return np.union1d(np.geomspace(1, 0.9999 * nyquist, 4000), np.asarray(recipe.frequency, np.float64) * nyquist)


def _at_rate(recipe: Recipe, sample_rate: float) -> tuple[Recipe, list[float]]:
    """The sections at another rate, at the Hz they had, and the centres of those that it cannot hold."""
    hertz = np.asarray(recipe.frequency) * (recipe.sample_rate / 2)
    if sample_rate == recipe.sample_rate:
        return recipe, []
    centre = hertz / (sample_rate / 2)
    over = centre > biquad.CENTRE_RANGE[1]
    silent = _MUTED if recipe.topology == "parallel" else 0.0  # muted, not dropped: polarity goes by position
    moved = _with(
        recipe,
        frequency=np.clip(centre, *biquad.CENTRE_RANGE),
        gain_db=np.where(over, silent, recipe.gain_db),
        sample_rate=float(sample_rate),
    )
    return moved, hertz[over].tolist()


def _response(held: Held, w: Values) -> NDArray[np.complex128]:
    """Complex response `(F,)` at `w` rad per sample."""
    if isinstance(held, Recipe):
        held = Rows(held.sos(), held.topology == "parallel")
    if isinstance(held, Rows):
        z = np.exp(-1j * w)
        whole = np.zeros_like(z) if held.parallel else np.ones_like(z)
        for b0, b1, b2, _, a1, a2 in held.sos:
            part = (b0 + z * (b1 + z * b2)) / (1 + z * (a1 + z * a2))
            whole = whole + part if held.parallel else whole * part
        return whole
    spectrum = np.fft.rfft(held, _FFT)
    return spectrum[np.rint(w * (_FFT / (2 * np.pi))).astype(int)]


def _level(held: Held, frequency: Values, sample_rate: float = 48_000.0) -> Values:
    """Level `(F,)` dB at Hz; of an FIR filter at the nearest line of a long FFT."""
    rate = held.sample_rate if isinstance(held, Recipe) else sample_rate
    return 10 * np.log10(np.abs(_response(held, 2 * np.pi * frequency / rate)) ** 2 + biquad.POWER_FLOOR)


def _grid(sample_rate: float, given: Recipe) -> Values:
    """Frequencies of comparison, Hz: log-spaced, moved to lines of the FFT that reads FIR filters."""
    top = min(CHECKED[1], USED * sample_rate / 2, USED * given.sample_rate / 2)
    line = sample_rate / _FFT
    return np.unique(np.rint(np.geomspace(CHECKED[0], top, 2000) / line)) * line


def _compare(a: Values, b: Values) -> tuple[float, float]:
    difference = np.abs(a - b)
    return float(difference.max()), float(np.sqrt((difference**2).mean()))


def _conventions(kind: Format, recipe: Recipe, sample_rate: float) -> list[str]:
    rate = f"{sample_rate:g} Hz"
    if kind.holds == "samples":
        return [f"The impulse response of the filter at {rate}; convolved at that rate it has the gain it was given."]
    lines = [
        "Q as in Robert Bristow-Johnson's cookbook: centre over bandwidth, between the points of half the gain in dB.",
        "Gain in dB. Shelves have Q 0.7071 (slope 1), and their frequency is the middle of the slope.",
    ]
    if recipe.topology == "parallel":
        lines = [
            "A parallel bank: the sum of band-passes (Robert Bristow-Johnson's cookbook, 0 dB at the centre),",
            "each with its own gain in dB and a sign. Q is centre over bandwidth between the points 3 dB down.",
        ]
    if kind.holds == "coefficients":
        return [*lines, f"Coefficients are for {rate} only: at another rate every frequency moves in proportion."]
    return [*lines, f"Made and checked at {rate}."]


def _rate_notes(kind: Format, recipe: Recipe) -> list[str]:
    """How far the same parameters deviate in hosts at other rates."""
    if kind.holds not in ("bank", "cascade"):
        return []
    words = []
    for rate in RATES:
        if rate != recipe.sample_rate:
            other, _ = _at_rate(recipe, rate)
            grid = _grid(rate, recipe)
            difference = np.abs(_level(other, grid) - _level(recipe, grid))
            where = int(np.argmax(difference))
            words.append(f"{difference[where]:.2f} dB at {rate:g} Hz (near {grid[where]:.0f} Hz)")
    return [f"In a host at another rate the curve bends near Nyquist, by at most {_listed(words)}."]


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _comment(sheet: _Sheet, mark: str) -> str:
    return "".join(f"{mark} {line}\n" for line in sheet.about)


# Parameters: JSON and CSV hold any bank as it is.


def _write_json(sheet: _Sheet) -> bytes:
    state = json.loads(sheet.recipe.to_json())
    return json.dumps({"about": sheet.about, **state}, indent=1).encode()


def _read_json(content: bytes, _: float) -> Recipe:
    state = json.loads(content)
    hertz, q, gain_db = ([each[key] for each in state["sections"]] for key in ("frequency", "Q", "gain"))
    return _made(
        hertz,
        q,
        gain_db,
        state["sampleRate"],
        topology=state["topology"],
        polarity=state["polarity"],
        shelves=state["sections"][0]["type"] == "lowshelf",
        preamp_db=np.float64(state.get("preamp", 0.0)),
    )


def _write_csv(sheet: _Sheet) -> bytes:
    recipe = sheet.recipe
    head = f"# topology {recipe.topology}, preamp {_preamp(recipe)!r} dB, sample rate {recipe.sample_rate!r} Hz\n"
    lines = [
        f"{kind},{f!r},{q!r},{gain!r},{int(sign):+d}\n"
        for (kind, f, q, gain), sign in zip(_sections(recipe), np.asarray(recipe.signs), strict=True)
    ]
    return (_comment(sheet, "#") + head + "type,frequency_hz,q,gain_db,sign\n" + "".join(lines)).encode()


def _read_csv(content: bytes, _: float) -> Recipe:
    text = content.decode()
    head = re.search(rf"^# topology (\w+), preamp ({_NUMBER}) dB, sample rate ({_NUMBER}) Hz$", text, re.M)
    assert head is not None
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith(("#", "type"))]
    kinds, hertz, q, gain_db, signs = zip(*rows, strict=True)
    return _made(
        hertz,
        q,
        gain_db,
        float(head[3]),
        topology=head[1],
        polarity="alternating" if "-1" in signs else "positive",
        shelves=kinds[0] == "lowshelf",
        preamp_db=np.float64(head[2]),
    )


def _sections(recipe: Recipe) -> list[tuple[str, float, float, float]]:
    """(kind, Hz, Q, dB) of each section, in Python's floats."""
    hertz = np.asarray(recipe.frequency) * (recipe.sample_rate / 2)
    columns = (hertz.tolist(), np.asarray(recipe.q).tolist(), np.asarray(recipe.gain_db).tolist())
    return list(zip(recipe.kinds, *columns, strict=True))


# Lists of equaliser bands.


def _write_equalizerapo(sheet: _Sheet) -> bytes:
    words = _LIST_KINDS["equalizerapo"]
    lines = [f"Preamp: {_preamp(sheet.recipe):.3f} dB\n"]
    for i, (kind, f, q, gain) in enumerate(_sections(sheet.recipe), start=1):
        lines.append(f"Filter {i}: ON {words[kind]} Fc {f:.2f} Hz Gain {gain:.3f} dB Q {q:.4f}\n")
    return (_comment(sheet, "#") + "".join(lines)).encode()


def _write_rew(sheet: _Sheet) -> bytes:
    words = _LIST_KINDS["rew"]
    preamp = f"Preamp: {_preamp(sheet.recipe):.3f} dB, to be set by hand: REW filters have none.\n"
    lines = ["Filter Settings file\n\nRoom EQ V5.20\n\nNotes:\n", *(f"{line}\n" for line in sheet.about), preamp]
    lines.append("\nEqualiser: Generic\n")
    for i, (kind, f, q, gain) in enumerate(_sections(sheet.recipe), start=1):
        lines.append(f"Filter {i:2}: ON  {words[kind]:8} Fc {f:8.2f} Hz  Gain {gain:7.2f} dB  Q {q:7.3f}\n")
    return "".join(lines).encode()


def _read_list(content: bytes, sample_rate: float) -> Recipe:
    text = content.decode()
    preamp = re.search(rf"^Preamp: +({_NUMBER}) dB", text, re.M)
    line = rf"^Filter +\d+: +ON +(PK|LSC|HSC|LS Q|HS Q) +Fc +({_NUMBER}) Hz +Gain +({_NUMBER}) dB +Q +({_NUMBER})$"
    kinds, hertz, gain_db, q = zip(*re.findall(line, text, re.M), strict=True)
    shelves = kinds[0] in ("LSC", "LS Q")
    level = np.float64(preamp[1] if preamp else 0)
    return _made(hertz, q, gain_db, sample_rate, topology="cascade", shelves=shelves, preamp_db=level)


def _write_camilladsp(sheet: _Sheet) -> bytes:
    words = _LIST_KINDS["camilladsp"]
    names = ["aether_preamp"]
    lines = ["filters:\n", "  aether_preamp:\n    type: Gain\n    parameters:\n"]
    lines.append(f"      gain: {_preamp(sheet.recipe):.3f}\n      scale: dB\n")
    for i, (kind, f, q, gain) in enumerate(_sections(sheet.recipe), start=1):
        names.append(f"aether_{i:02}")
        lines.append(
            f"  {names[-1]}:\n    type: Biquad\n    parameters:\n      type: {words[kind]}\n"
            f"      freq: {f:.2f}\n      q: {q:.4f}\n      gain: {gain:.3f}\n"
        )
    lines.append("pipeline:\n  - type: Filter\n    channels: [0, 1]\n    names:\n")
    lines += [f"      - {name}\n" for name in names]
    more = "# CamillaDSP 3. Add the devices of your machine, or merge filters and pipeline into your own file.\n"
    return (_comment(sheet, "#") + more + "".join(lines)).encode()


def _read_camilladsp(content: bytes, sample_rate: float) -> Recipe:
    text = content.decode()
    preamp = re.search(rf"type: Gain\n +parameters:\n +gain: ({_NUMBER})", text)
    block = rf"parameters:\n +type: (\w+)\n +freq: ({_NUMBER})\n +q: ({_NUMBER})\n +gain: ({_NUMBER})\n"
    kinds, hertz, q, gain_db = zip(*re.findall(block, text), strict=True)
    level = np.float64(preamp[1] if preamp else 0)
    shelves = kinds[0] == "Lowshelf"
    return _made(hertz, q, gain_db, sample_rate, topology="cascade", shelves=shelves, preamp_db=level)


# Coefficients.


def _write_npy(sheet: _Sheet) -> bytes:
    file = io.BytesIO()
    np.save(file, series_sos(sheet.recipe), allow_pickle=False)
    return file.getvalue()


def _read_npy(content: bytes, _: float) -> Rows:
    return Rows(np.load(io.BytesIO(content), allow_pickle=False), parallel=False)


_C = """\
#ifndef AETHER_FILTER_H
#define AETHER_FILTER_H

#ifndef AETHER_REAL
#define AETHER_REAL double /* or float, see above */
#endif

#define AETHER_SAMPLE_RATE {rate}
#define AETHER_PARALLEL {parallel} /* 1: sections side by side, outputs added; 0: in series */
#define AETHER_SECTIONS {n}

/* b0 b1 b2 a1 a2 of each section, a0 = 1: y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2] */
static const AETHER_REAL aether_sos[AETHER_SECTIONS][5] = {{
{rows}
}};

/* Memory of one channel: begin with all zeros, and keep one for each channel. */
typedef struct {{
    AETHER_REAL s1[AETHER_SECTIONS], s2[AETHER_SECTIONS];
}} aether_filter;

/* One sample, transposed direct form II. */
static inline AETHER_REAL aether_process(aether_filter *memory, AETHER_REAL x) {{
    AETHER_REAL sum = 0;
    for (int i = 0; i < AETHER_SECTIONS; i++) {{
        const AETHER_REAL *c = aether_sos[i];
        const AETHER_REAL y = c[0] * x + memory->s1[i];
        memory->s1[i] = c[1] * x - c[3] * y + memory->s2[i];
        memory->s2[i] = c[2] * x - c[4] * y;
        if (AETHER_PARALLEL)
            sum += y;
        else
            x = y;
    }}
    return AETHER_PARALLEL ? sum : x;
}}

#endif
"""


def _write_c(sheet: _Sheet) -> bytes:
    rows = np.delete(sheet.recipe.sos(), 3, axis=1).tolist()
    about = "\n".join(f" * {line.replace('*/', '* /')}" for line in sheet.about)
    body = _C.format(
        rate=repr(sheet.recipe.sample_rate),
        parallel=int(sheet.recipe.topology == "parallel"),
        n=len(rows),
        rows=",\n".join(f"    {{{', '.join(map(repr, row))}}}" for row in rows),
    )
    return f"/*\n{about}\n */\n{body}".encode()


def _read_c(content: bytes, _: float) -> Rows:
    text = content.decode()
    found = re.findall(r"^    \{(.+)\},?$", text, re.M)
    rows = np.array([[float(number) for number in row.split(",")] for row in found])
    return Rows(np.insert(rows, 3, 1.0, axis=1), parallel="AETHER_PARALLEL 1" in text)


_FAUST = """\
import("stdfaust.lib");

// RBJ sections with Q; fi.peak_eq and fi.peak_eq_cq have other ideas of bandwidth, and no prewarping of it.
normal(b0, b1, b2, a0, a1, a2) = fi.tf2(b0/a0, b1/a0, b2/a0, a1/a0, a2/a0);
angle(f) = 2*ma.PI*f/ma.SR;
alpha(f, q) = sin(angle(f))/(2*q);
amp(g) = pow(10.0, g/40.0);
bandpass(f, q, c) = normal(c*alpha(f, q), 0, 0-c*alpha(f, q), 1 + alpha(f, q), 0-2*cos(angle(f)), 1 - alpha(f, q));
peaking(f, q, g) = normal(1 + alpha(f, q)*amp(g), 0-2*cos(angle(f)), 1 - alpha(f, q)*amp(g),
                          1 + alpha(f, q)/amp(g), 0-2*cos(angle(f)), 1 - alpha(f, q)/amp(g));
lowshelf(f, g) = normal(A*((A+1) - (A-1)*c + s), 2*A*((A-1) - (A+1)*c), A*((A+1) - (A-1)*c - s),
                        (A+1) + (A-1)*c + s, 0-2*((A-1) + (A+1)*c), (A+1) + (A-1)*c - s)
    with { A = amp(g); c = cos(angle(f)); s = sqrt(2.0*A)*sin(angle(f)); };
highshelf(f, g) = normal(A*((A+1) + (A-1)*c + s), 0-2*A*((A-1) + (A+1)*c), A*((A+1) + (A-1)*c - s),
                         (A+1) - (A-1)*c + s, 2*((A-1) - (A+1)*c), (A+1) - (A-1)*c - s)
    with { A = amp(g); c = cos(angle(f)); s = sqrt(2.0*A)*sin(angle(f)); };

"""


def _write_faust(sheet: _Sheet) -> bytes:
    recipe = sheet.recipe
    more = (
        "// Sections follow the rate of the host. Compile with -double: in single precision low centres are coarse.\n"
    )
    parts = [
        f"{kind}({f!r}, {gain!r})" if "shelf" in kind else f"{kind}({f!r}, {q!r}, {value!r})"
        for (kind, f, q, gain), value in zip(_sections(recipe), _faust_gains(recipe), strict=True)
    ]
    between = ",\n    " if recipe.topology == "parallel" else " :\n    "
    whole = between.join(parts)
    inner = f"_ <:\n    {whole}\n    :> _" if recipe.topology == "parallel" else whole
    process = f"process = *(ba.db2linear({_preamp(recipe)!r})) : {inner};\n"
    return (_comment(sheet, "//") + more + _FAUST + process).encode()


def _faust_gains(recipe: Recipe) -> list[float]:
    """Third argument of each section: dB of a peaking one, the signed linear gain of a band-pass."""
    gain_db = np.asarray(recipe.gain_db)
    if recipe.topology == "cascade":
        return gain_db.tolist()
    return (np.asarray(recipe.signs, np.float64) * 10 ** (gain_db / 20)).tolist()


def _read_faust(content: bytes, sample_rate: float) -> Recipe:
    process = content.decode().partition("process =")[2]
    preamp = re.search(rf"db2linear\(({_NUMBER})\)", process)
    numbers = rf"\(({_NUMBER}), ({_NUMBER})(?:, ({_NUMBER}))?\)"
    found = re.findall(rf"(bandpass|peaking|lowshelf|highshelf){numbers}", process)
    kinds = [kind for kind, *_ in found]
    hertz = [float(f) for _, f, _, _ in found]
    q = [float(second) if third else biquad.SHELF_Q for _, _, second, third in found]
    last = np.array([float(third or second) for _, _, second, third in found])
    level = np.float64(preamp[1] if preamp else 0)
    if kinds[0] != "bandpass":
        shelves = kinds[0] == "lowshelf"
        return _made(hertz, q, last, sample_rate, topology="cascade", shelves=shelves, preamp_db=level)
    polarity = "alternating" if (last < 0).any() else "positive"
    gain_db = 20 * np.log10(np.abs(last))
    return _made(hertz, q, gain_db, sample_rate, topology="parallel", polarity=polarity, preamp_db=level)


# Samples.


def _write_fir(sheet: _Sheet) -> bytes:
    recipe, rate = sheet.recipe, sheet.sample_rate
    if rate == recipe.sample_rate:
        rows, impulse = recipe.sos(), np.zeros(LONGEST_FIR)
        impulse[0] = 1.0
        if recipe.topology == "cascade":
            samples = scipy.signal.sosfilt(rows, impulse)
        else:
            samples = np.sum([scipy.signal.lfilter(row[:3], row[3:], impulse) for row in rows], axis=0)
    else:  # resampled, through a low-pass above the band that rings after the impulse, and hardly before it
        frequency = np.arange(_FFT // 2 + 1) * (rate / _FFT)
        nyquist = 0.5 * min(rate, recipe.sample_rate)
        edge = min(CHECKED[1], USED * nyquist)
        slope = np.clip((frequency - edge) / (nyquist - edge), 0, 1)
        low_pass = minimum_phase(10 ** (-14 * np.sin(np.pi / 2 * slope) ** 2))
        samples = np.fft.irfft(low_pass * _response_at(recipe, np.minimum(frequency, recipe.sample_rate / 2)))
        samples = np.roll(samples, RESAMPLED_DELAY)
    return _wav(_shortened(samples, sheet), sheet)


def _write_fir_min(sheet: _Sheet) -> bytes:
    recipe, rate = sheet.recipe, sheet.sample_rate
    frequency, top = np.arange(_FFT // 2 + 1) * (rate / _FFT), recipe.sample_rate / 2
    # At a higher rate the magnitude is held above the band: the bank's own goes to 0 at its Nyquist frequency.
    at = np.minimum(frequency, top if rate <= recipe.sample_rate else 0.9 * top)
    return _wav(_shortened(np.fft.irfft(minimum_phase(np.abs(_response_at(recipe, at)) ** 2)), sheet), sheet)


def _response_at(recipe: Recipe, frequency: Values) -> NDArray[np.complex128]:
    return _response(recipe, 2 * np.pi * frequency / recipe.sample_rate)


def _shortened(samples: Values, sheet: _Sheet) -> NDArray[np.float32]:
    """The fewest samples, a power of two from 256, that keep the response within `FIR_ERROR`."""
    taps, n = samples.astype(np.float32), 256
    while n < LONGEST_FIR and _fir_error(taps[:n], sheet.sample_rate, sheet.recipe) > 0.9 * FIR_ERROR:
        n *= 2
    return taps[:n]


def _fir_error(taps: NDArray, sample_rate: float, wanted: Recipe) -> float:
    grid = _grid(sample_rate, wanted)
    return _compare(_level(taps, grid, sample_rate), _level(wanted, grid))[0]


def _wav(samples: NDArray[np.float32], sheet: _Sheet) -> bytes:
    """A WAV file of 32-bit floats, the same bytes for the same filter: libsndfile would write the time of day."""
    file = io.BytesIO()
    scipy.io.wavfile.write(file, round(sheet.sample_rate), samples)
    text = " ".join(sheet.about).encode("latin-1", "replace") + b"\0"
    text += bytes(len(text) % 2)
    comment = b"LIST" + struct.pack("<I4s4sI", len(text) + 12, b"INFO", b"ICMT", len(text)) + text
    whole = file.getvalue() + comment
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def _read_wav(content: bytes, _: float) -> Values:
    return soundfile.read(io.BytesIO(content), dtype="float64")[0]


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
