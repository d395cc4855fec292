"""Measured curves in memory: level over frequency.

A curve becomes a spectrum (513 bins, level-aligned dB, see `spectrum`) in three steps:

1. It is interpolated linearly in dB over log frequency. Outside its range it has the values of its end points.
2. Its power is averaged over 1/3 octave around each bin, as for a response (`spectrum.smooth`). Every point counts;
   where points are more than 1/8 bin apart, the interpolated curve is sampled in steps of 1/8 bin.
3. It is floored 60 dB under its peak and aligned (`spectrum.floor_and_align`) over the part of 100 Hz to 20 kHz that
   it covers. Its absolute level and the values outside its range are therefore ignored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aether_lab.signals import spectrum

LARGEST_LEVEL = 1000.0  # dB; a larger one is no level
LEAST_COVERAGE = 2.0  # ratio of highest to lowest frequency within 100 Hz to 20 kHz: an octave


@dataclass(frozen=True, eq=False)
class Curve:
    """Level over frequency.

    >>> Curve([100, 1000, 10_000], [0, 6, 0], "bell").level_at([1000]).tolist()
    [6.0]

    Raises:
        ValueError: other shapes, fewer than two points, a value not finite, a level beyond ±1000 dB, frequencies not
            positive and rising, or less than an octave between 100 Hz and 20 kHz. The message begins with the name.
    """

    frequency_hz: np.ndarray  # (F,) float64, positive and rising
    level_db: np.ndarray  # (F,) float64, at any level
    name: str = "curve"
    notes: tuple[str, ...] = ()  # what a reader chose, converted or left out

    def __post_init__(self) -> None:
        frequency, level = (np.array(values, dtype=np.float64) for values in (self.frequency_hz, self.level_db))
        object.__setattr__(self, "frequency_hz", frequency)
        object.__setattr__(self, "level_db", level)
        if frequency.ndim != 1 or frequency.shape != level.shape or len(frequency) < 2:
            raise ValueError(
                f"{self.name}: frequencies of shape {frequency.shape} and levels of shape {level.shape}; "
                "both must be (F,) with at least two points"
            )
        if not (np.isfinite(frequency).all() and np.isfinite(level).all()):
            raise ValueError(f"{self.name}: NaN or infinity; every frequency and level must be finite")
        if np.abs(level).max() > LARGEST_LEVEL:
            worst = float(level[np.argmax(np.abs(level))])
            raise ValueError(f"{self.name}: a level of {worst:g} dB; allowed is ±{LARGEST_LEVEL:g} dB")
        if frequency[0] <= 0 or not (np.diff(frequency) > 0).all():
            raise ValueError(f"{self.name}: frequencies must be positive and rising")
        low, high = self.band_hz
        if high < LEAST_COVERAGE * low:
            hint = "; are they in kHz?" if frequency[-1] <= 48 else ""
            raise ValueError(
                f"{self.name}: covers {frequency[0]:g} to {frequency[-1]:g} Hz{hint}; "
                f"at least an octave between {spectrum.BAND[0]:g} and {spectrum.BAND[1]:g} Hz is needed"
            )

    @property
    def band_hz(self) -> tuple[float, float]:
        """The part of 100 Hz to 20 kHz that the curve covers; it is aligned, and fits are evaluated, only there."""
        low, high = spectrum.BAND
        return max(low, float(self.frequency_hz[0])), min(high, float(self.frequency_hz[-1]))

    @property
    def weights(self) -> np.ndarray:
        """`(513,)` weights for `spectrum.lsd`, 0 outside `band_hz`."""
        return spectrum.erb_weights(*self.band_hz)

    def level_at(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Level in dB at `(K,)` Hz, interpolated over log frequency; outside the range, that of the end points."""
        lowest = self.frequency_hz[0]
        return np.interp(np.log(np.maximum(frequency_hz, lowest)), np.log(self.frequency_hz), self.level_db)

    @property
    def spectrum_db(self) -> np.ndarray:
        """The curve as a spectrum, `(513,)` float32, level-aligned dB (see the module)."""
        top = spectrum.FREQUENCIES[-1]
        points, step = self.frequency_hz[self.frequency_hz < top], spectrum.BIN_WIDTH / 8
        between = np.arange(0, top, step)
        gap = np.diff(points, prepend=-np.inf, append=np.inf)[np.searchsorted(points, between)]
        lines = np.append(np.union1d(between[gap > step], points), top)
        level = self.level_at(lines)
        power = 10 ** ((level - level.max()) / 10)
        low, high = self.band_hz
        return spectrum.floor_and_align(spectrum.smooth(power, lines), high, low)
