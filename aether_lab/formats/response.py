"""The response of what was read back from a file, and how far it is off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters import biquad
from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import Coefficients, Parsed, Values

CHECKED = (20.0, 20_000.0)  # Hz, where a file is compared with the recipe
USED = 0.95  # of Nyquist, where a rate ends the comparison before
FFT_SIZE = 1 << 18


def peak_search_hz(recipe: Recipe) -> Values:
    """Frequencies among which every peak of a recipe lies: a log-spaced grid and the centres, Hz."""
    top = 0.9999 * recipe.sample_rate / 2
    return np.union1d(np.geomspace(1, top, 4000), np.asarray(recipe.frequency_hz, np.float64))


def complex_response(held: Parsed, w: Values) -> NDArray[np.complex128]:
    """Complex response `(F,)` at `w` rad per sample."""
    if isinstance(held, Recipe):
        held = Coefficients(held.sos(), held.topology == "parallel")
    if isinstance(held, Coefficients):
        z = np.exp(-1j * w)
        whole = np.zeros_like(z) if held.parallel else np.ones_like(z)
        for b0, b1, b2, _, a1, a2 in held.sos:
            part = (b0 + z * (b1 + z * b2)) / (1 + z * (a1 + z * a2))
            whole = whole + part if held.parallel else whole * part
        return whole
    spectrum = np.fft.rfft(held, FFT_SIZE)
    return spectrum[np.rint(w * (FFT_SIZE / (2 * np.pi))).astype(int)]


def level_db(held: Parsed, frequency: Values, sample_rate: float = 48_000.0) -> Values:
    """Level `(F,)` dB at Hz; of an FIR filter at the nearest line of a long FFT."""
    rate = held.sample_rate if isinstance(held, Recipe) else sample_rate
    return 10 * np.log10(np.abs(complex_response(held, 2 * np.pi * frequency / rate)) ** 2 + biquad.POWER_FLOOR)


def comparison_hz(sample_rate: float, given: Recipe) -> Values:
    """Frequencies of comparison, Hz: log-spaced, moved to lines of the FFT that reads FIR filters."""
    top = min(CHECKED[1], USED * sample_rate / 2, USED * given.sample_rate / 2)
    line = sample_rate / FFT_SIZE
    return np.unique(np.rint(np.geomspace(CHECKED[0], top, 2000) / line)) * line


def deviation_db(a: Values, b: Values) -> tuple[float, float]:
    """Largest and root-mean-square difference of two responses, dB."""
    difference = np.abs(a - b)
    return float(difference.max()), float(np.sqrt((difference**2).mean()))
