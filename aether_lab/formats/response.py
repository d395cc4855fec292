"""Responses of files that were read back, and their deviation from a recipe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters import biquad
from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import Coefficients, Parsed, Values
from aether_lab.signals.curve import Curve

COMPARISON_BAND_HZ = (20.0, 20_000.0)  # the band in which a file is compared with its recipe
NYQUIST_SHARE = 0.95  # of the Nyquist frequency: comparisons end there, if it is lower
REFIT_RANGE = 60.0  # dB: lower levels are raised to the peak less this before a refit
REFIT_POINTS = 400
FFT_SIZE = 1 << 18
COMPARISON_POINTS = 2000  # before they are rounded to lines of that FFT


def peak_search_hz(recipe: Recipe) -> Values:
    """A log-spaced grid and the centres of a recipe, Hz, dense enough to find its peaks."""
    top = 0.9999 * recipe.sample_rate / 2
    return np.union1d(np.geomspace(1, top, 4000), np.asarray(recipe.frequency_hz, np.float64))


def complex_response(parsed: Parsed, w: Values) -> NDArray[np.complex128]:
    """Complex response `(F,)` at angular frequencies `w`, rad per sample."""
    assert not isinstance(parsed, Curve)
    if isinstance(parsed, Recipe):
        parsed = Coefficients(parsed.sos(), parsed.topology == "parallel")
    if isinstance(parsed, Coefficients):
        return biquad.sos_response(parsed.sos, w, parsed.parallel)
    spectrum = np.fft.rfft(parsed, FFT_SIZE)
    return spectrum[np.rint(w * (FFT_SIZE / (2 * np.pi))).astype(int)]


def level_db(parsed: Parsed, frequency_hz: Values, sample_rate: float = 48_000.0) -> Values:
    """Level `(F,)` in dB; for an FIR filter, at the nearest line of a long FFT; that of a curve is interpolated."""
    if isinstance(parsed, Curve):
        return parsed.level_at(frequency_hz)
    if isinstance(parsed, Recipe):
        return parsed.level_db(frequency_hz)
    response = complex_response(parsed, 2 * np.pi * frequency_hz / sample_rate)
    return 10 * np.log10(np.abs(response) ** 2 + biquad.POWER_FLOOR)


def comparison_hz(sample_rate: float, recipe: Recipe) -> Values:
    """Frequencies of comparison in Hz: log-spaced, rounded to the FFT lines of `complex_response`."""
    top = min(COMPARISON_BAND_HZ[1], NYQUIST_SHARE * min(sample_rate, recipe.sample_rate) / 2)
    line = sample_rate / FFT_SIZE
    return np.unique(np.rint(np.geomspace(COMPARISON_BAND_HZ[0], top, COMPARISON_POINTS) / line)) * line


def refit_target(recipe: Recipe, sample_rate: float, range_db: float = REFIT_RANGE) -> tuple[Values, Values]:
    """Frequencies, Hz, and levels, dB, `range_db` deep, for a fit at a rate; they end below both Nyquists."""
    top = min(COMPARISON_BAND_HZ[1], NYQUIST_SHARE * min(sample_rate, recipe.sample_rate) / 2)
    frequency_hz = np.geomspace(COMPARISON_BAND_HZ[0], top, REFIT_POINTS)
    level = level_db(recipe, frequency_hz)
    return frequency_hz, np.maximum(level, level.max() - range_db)


def deviation_db(a: Values, b: Values) -> tuple[float, float]:
    """Largest and root-mean-square difference of two responses, dB."""
    difference = np.abs(a - b)
    return float(difference.max()), float(np.sqrt((difference**2).mean()))
