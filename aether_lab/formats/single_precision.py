"""What single precision costs a filter, and rows of second-order sections that make it cost less.

A host in single precision rounds twice: coefficients when it reads them, samples at every step. Of the first, the
numerators can be spared: a row may be multiplied by any factor if another is divided by it, and of 64 factors within an
octave one rounds all three numbers of the row 10 to 100 times better than the average one. The second depends on the
order of the rows: a signal that earlier rows amplify and later ones attenuate keeps the rounding errors of its peak.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from aether_lab.filters.biquad import POWER_FLOOR
from aether_lab.formats.format import Coefficients, Values
from aether_lab.formats.response import COMPARISON_BAND_HZ, FFT_SIZE, NYQUIST_SHARE, complex_response

FACTORS = 2 ** np.linspace(-0.5, 0.5, 64, endpoint=False)
SECONDS = 0.7  # of the impulse response: later rounding errors are small
INAUDIBLE = 1e-15  # rms of the noise after the impulse, without which denormal numbers make filtering slow
POINTS = 200  # log-spaced frequencies at which rounding is evaluated


def single_precision_error(coefficients: Coefficients, sample_rate: float) -> float:
    """The largest deviation in dB, 20 Hz to 20 kHz, of the impulse response that a host computes in float32."""
    samples = round(SECONDS * sample_rate)
    x = np.random.default_rng(0).normal(0, INAUDIBLE, samples).astype(np.float32)
    x[0] = 1
    error = _filtered(coefficients, x) - _filtered(coefficients, x.astype(np.float64))
    w = 2 * np.pi * np.rint(_band_hz(sample_rate, 2000) * (FFT_SIZE / sample_rate)) / FFT_SIZE
    exact = complex_response(coefficients, w)
    level, single = (10 * np.log10(np.abs(h) ** 2 + POWER_FLOOR) for h in (exact, exact + complex_response(error, w)))
    return float(np.abs(level - single).max())


def _filtered(coefficients: Coefficients, x: NDArray) -> Values:
    """Samples `(T,)` filtered in their own precision."""
    rows = coefficients.sos.astype(x.dtype)
    y = [scipy.signal.sosfilt(each, x) for each in (rows[:, None] if coefficients.parallel else [rows])]
    return np.sum(y, axis=0, dtype=x.dtype).astype(np.float64)


def for_single_precision(sos: Values, sample_rate: float) -> Values:
    """The same filter `(S, 6)` with its rows scaled and in the best of five orders for a host in float32.

    The orders are the given one, rising and falling frequencies of the poles, and two that keep the level flat from row
    to row. Every row has the same mean level over log frequency, so that no level builds up from row to row.
    """
    pole = np.sqrt(np.maximum(0, sos[:, 3:].sum(axis=1)))  # |1 - p|, which rises with the frequency
    rising = np.argsort(pole, kind="stable")
    level = _level(sos, sample_rate)
    flat = [_flat_order(level, spread) for spread in (np.std, np.ptp)]
    orders = (np.arange(len(sos)), rising, rising[::-1], *flat)
    candidates = [scaled(sos[order], sample_rate) for order in orders]
    return min(candidates, key=lambda rows: single_precision_error(Coefficients(rows, False), sample_rate))


def _flat_order(level: Values, spread: Callable[..., Values]) -> NDArray[np.intp]:
    """The order of rows in which the level after each, that of all rows so far, has the least spread."""
    left, order = list(range(len(level))), list[int]()
    while left:
        after = level[order].sum(axis=0) + level[left]
        order.append(left.pop(int(spread(after, axis=1).argmin())))
    return np.array(order, np.intp)


def _level(sos: Values, sample_rate: float) -> Values:
    """`(S, POINTS)`: the natural logarithm of the response of each row over log frequency."""
    powers = _powers(sample_rate)
    return np.log(np.abs(sos[:, :3] @ powers) / np.abs(sos[:, 3:] @ powers))


def scaled(sos: Values, sample_rate: float) -> Values:
    """The rows `(S, 6)` of a cascade with equal mean levels and numerators that float32 hardly rounds."""
    powers = _powers(sample_rate)
    level = _level(sos, sample_rate).mean(axis=1)
    rows = sos.copy()
    rows[:, :3] *= np.exp(level.mean() - level)[:, None]
    sensitivity = np.abs(rows[:, :3]).max(axis=1) / np.abs(rows[:, :3] @ powers).min(axis=1)
    octaves = 0.0
    for row in rows:
        choices = row[:3] * FACTORS[:, None]
        rounding = (choices.astype(np.float32) - choices) @ powers / (choices @ powers)
        best = np.abs(rounding).max(axis=1).argmin()
        octaves += np.log2(FACTORS[best])
        row[:3] = choices[best] * 2.0 ** -round(octaves)  # which rounds nothing
        octaves -= round(octaves)
    change = np.log(np.abs(rows[:, 0]) / np.abs(sos[:, 0])).sum()
    rows[np.argmin(sensitivity), :3] *= np.exp(-change)
    return rows


def _powers(sample_rate: float) -> NDArray[np.complex128]:
    """`(3, POINTS)`: 1, z^-1 and z^-2 over log frequency."""
    delay = np.exp(-2j * np.pi * _band_hz(sample_rate, POINTS) / sample_rate)
    return np.stack([np.ones_like(delay), delay, delay**2])


def _band_hz(sample_rate: float, points: int) -> Values:
    return np.geomspace(COMPARISON_BAND_HZ[0], min(COMPARISON_BAND_HZ[1], NYQUIST_SHARE * sample_rate / 2), points)
