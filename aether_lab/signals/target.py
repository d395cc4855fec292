"""What a filter is to match: an impulse response or a measured curve."""

from __future__ import annotations

import numpy as np

from aether_lab.signals import spectrum
from aether_lab.signals.curve import LEAST_COVERAGE, Curve
from aether_lab.signals.impulse_response import ImpulseResponse


def spectrum_of(target: ImpulseResponse | Curve) -> np.ndarray:
    """What a filter is to match on the grid of `spectra`, `(513,)` dB; of an impulse response its first channel."""
    if isinstance(target, Curve):
        return target.spectrum_db
    return spectrum.spectrum_db(target.samples[0], target.sample_rate)


def band_of(target: ImpulseResponse | Curve) -> tuple[float, float]:
    """What a target says something about of 100 Hz to 20 kHz, in Hz."""
    if isinstance(target, Curve):
        return target.band
    return spectrum.BAND[0], min(spectrum.BAND[1], spectrum.USABLE * target.sample_rate)


def common_band(target: ImpulseResponse | Curve, hertz: tuple[float, float]) -> tuple[float, float]:
    """What of the band `hertz` a target says something about, in Hz; one that reaches 100 Hz is fitted below as well.

    Raises:
        ValueError: if less than an octave is left.
    """
    (lowest, highest), (low, high) = band_of(target), hertz
    if lowest == spectrum.BAND[0]:
        lowest = low
    common = max(lowest, low), min(highest, high)
    if common[1] < LEAST_COVERAGE * common[0]:
        raise ValueError(
            f"{target.name}: covers {lowest:.0f} to {highest:.0f} Hz; of the band {low:g} to {high:g} Hz less than an "
            "octave is left: widen it"
        )
    return common
