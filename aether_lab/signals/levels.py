"""Levels of a measurement at any frequencies, with a smoothing of one's choice.

Spectra (`spectrum`) have 513 bins, 47 Hz apart, and are smoothed over 1/3 octave. A correction needs more: the bass
between the bins, and finer or broader smoothing. `levels_at` therefore goes back to what was measured: the FFT lines of
an impulse response, or the points of a curve.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aether_lab.signals import spectrum
from aether_lab.signals.curve import Curve
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.target import Measured, Target, as_target

Values = NDArray[np.float64]

SPECTRUM_SMOOTHING = 1 / 3  # octaves, of every spectrum of 513 bins
SMOOTHING_RANGE = (1 / 48, 2.0)  # octaves
LOWEST_HZ = 20.0
PER_OCTAVE = 192  # points at which a curve is interpolated before its power is averaged


class Levels(NamedTuple):
    """Levels in dB at the frequencies asked for, and the band in Hz in which they were measured."""

    level_db: Values  # (..., F)
    band_hz: tuple[float, float]


def check_smoothing(octaves: float) -> float:
    """The width of a smoothing in octaves.

    Raises:
        ValueError: it is outside `SMOOTHING_RANGE`.
    """
    low, high = SMOOTHING_RANGE
    if isinstance(octaves, bool) or not isinstance(octaves, int | float | np.number) or not low <= octaves <= high:
        raise ValueError(f"smoothing is {octaves!r} octaves; allowed are 1/48 to {high:g}")
    return float(octaves)


def levels_at(x: Measured, frequency_hz: Values, octaves: float = SPECTRUM_SMOOTHING, channel: int = 0) -> Levels:
    """The level of a measurement: its mean power over a width in octaves around each frequency.

    An impulse response is measured up to 0.45 of its sample rate, and down to one period in its length from its onset,
    but at least from 100 Hz on; a curve within its points. A spectrum of 513 bins is smoothed over 1/3 octave already,
    so it becomes no finer, and counts from its first bin on, 47 Hz, where it is measured from 100 Hz on.

    >>> bell = Curve([20, 1000, 20_000], [0, 6, 0])
    >>> levels_at(bell, np.array([1000.0])).level_db.round(1).tolist()
    [5.9]

    Args:
        x: anything `as_target` accepts.
        frequency_hz: `(F,)`, positive. Outside the measured band, levels are those of its ends.
        octaves: 1/48 to 2.
        channel: of an impulse response.

    Returns:
        `(F,)` dB, not aligned.

    Raises:
        ValueError: as `as_target`, or a smoothing out of range.
    """
    octaves = check_smoothing(octaves)
    target = as_target(x)
    measured = target.measured
    if isinstance(measured, ImpulseResponse):
        return _of_response(measured, frequency_hz, octaves, channel)
    if isinstance(measured, Curve):
        low, high = float(measured.frequency_hz[0]), float(measured.frequency_hz[-1])
        return Levels(_of_curve(measured, frequency_hz, octaves), (low, high))
    return _of_spectrum(target, frequency_hz, octaves)


def _of_response(response: ImpulseResponse, frequency_hz: Values, octaves: float, channel: int) -> Levels:
    power, lines = spectrum.power_spectrum(response.samples[channel], response.sample_rate)
    seconds = min(spectrum.LONGEST, (response.samples.shape[1] - response.onset) / response.sample_rate)
    low = float(np.clip(1 / seconds, LOWEST_HZ, spectrum.BAND[0]))
    high = spectrum.USABLE * response.sample_rate
    at = np.clip(frequency_hz, low, high)
    mean = spectrum.mean_power(power, lines, *_around(at, octaves))
    peak = mean.max()
    return Levels(10 * np.log10(np.maximum(mean, peak * 10 ** (-spectrum.DYNAMIC_RANGE / 10))), (low, high))


def _of_curve(curve: Curve, frequency_hz: Values, octaves: float) -> Values:
    low, high = curve.frequency_hz[0], curve.frequency_hz[-1]
    points = np.geomspace(low, high, 2 + round(PER_OCTAVE * np.log2(high / low)))[1:-1]
    lines = np.union1d(curve.frequency_hz, points)
    level = curve.level_at(lines)
    peak = level.max()
    edges = _around(np.clip(frequency_hz, low, high), octaves)
    # The integral begins at the first point instead of 0 Hz, and the lines are shifted so that it does.
    bounds = (np.clip(edge, low, high) - low for edge in edges)
    mean = spectrum.mean_power(10 ** ((level - peak) / 10), lines - low, *bounds)
    return peak + 10 * np.log10(np.maximum(mean, 1e-30))


def _of_spectrum(target: Target, frequency_hz: Values, octaves: float) -> Levels:
    low, high = target.band_hz
    low = spectrum.BIN_WIDTH if low == spectrum.BAND[0] else low
    curve = Curve(spectrum.FREQUENCIES[1:], target.spectrum_db[1:], target.name)
    at = np.clip(frequency_hz, low, high)
    if octaves <= SPECTRUM_SMOOTHING:
        return Levels(curve.level_at(at), (low, high))
    further = float(np.sqrt(octaves**2 - SPECTRUM_SMOOTHING**2))  # widths of repeated smoothing add as squares
    return Levels(_of_curve(curve, at, further), (low, high))


def _around(frequency_hz: Values, octaves: float) -> tuple[Values, Values]:
    half = 2 ** (octaves / 2)
    return frequency_hz / half, frequency_hz * half
