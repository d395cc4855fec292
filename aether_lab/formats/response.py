"""The response of what was read back from a file, and how far it is off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters import biquad
from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import Held, Rows, Values, _with

CHECKED = (20.0, 20_000.0)  # Hz, where a file is compared with the recipe


USED = 0.95  # of Nyquist, where a rate ends the comparison before


_FFT = 1 << 18


_MUTED = -200.0  # dB


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
