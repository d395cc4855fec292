"""Impulse responses in memory.

Samples are `(C, T)` float64 at the level of the file; times are in samples where a name does not say seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from aether_lab.signals.onset import find_onset
from aether_lab.signals.spectrum import BAND, USABLE, spectrum_db

LOWEST_RATE, HIGHEST_RATE = 8_000.0, 192_000.0  # Hz; outside it a header is broken, or the spectrum says nothing


@dataclass(frozen=True, eq=False)
class ImpulseResponse:
    """What a system answers to a click.

    Raises:
        ValueError: fewer than two samples, a NaN or infinite sample, silence in every channel, or a sample rate
            outside 8 to 192 kHz. The message begins with the name.
    """

    samples: np.ndarray  # (C, T) float64
    sample_rate: float  # Hz
    name: str = "impulse response"

    def __post_init__(self) -> None:
        samples = np.atleast_2d(np.asarray(self.samples, dtype=np.float64))
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "sample_rate", float(self.sample_rate))
        if not LOWEST_RATE <= self.sample_rate <= HIGHEST_RATE:
            raise ValueError(
                f"{self.name}: a sample rate of {self.sample_rate:g} Hz; "
                f"allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz"
            )
        if samples.ndim != 2 or samples.size == 0:
            raise ValueError(f"{self.name}: no samples (an array of shape {samples.shape}; (C, T) is needed)")
        if samples.shape[1] < 2:
            raise ValueError(f"{self.name}: one sample only; an impulse response needs at least two")
        if not np.isfinite(samples).all():
            where = int(np.argmin(np.isfinite(samples).all(axis=0)))
            raise ValueError(f"{self.name}: a NaN or infinite sample (the first at {where}); every one must be finite")
        if (samples == samples[:, :1]).all():
            value = samples[0, 0]
            raise ValueError(f"{self.name}: silence (every sample is {value:g}); there is no response in it")

    @cached_property
    def spectrum_db(self) -> np.ndarray:
        """Spectrum of the first channel, `(513,)` float32 dB (`spectrum.spectrum_db`)."""
        return spectrum_db(self.samples[0], self.sample_rate)

    @property
    def band_hz(self) -> tuple[float, float]:
        """What it covers of 100 Hz to 20 kHz: up to 0.45 of its rate, where the converter's own low-pass begins."""
        return BAND[0], min(BAND[1], USABLE * self.sample_rate)

    @property
    def channels(self) -> int:
        return self.samples.shape[0]

    @property
    def duration(self) -> float:
        """Length in seconds, pre-delay included."""
        return self.samples.shape[1] / self.sample_rate

    @property
    def onset(self) -> int:
        """First sample of the response: that of the earliest channel."""
        return min(find_onset(channel, self.sample_rate) for channel in self.samples)

    def aligned_to_onset(self) -> ImpulseResponse:
        """The same response without its pre-delay; the delay between channels stays."""
        return replace(self, samples=self.samples[:, self.onset :])

    def resampled(self, sample_rate: float) -> ImpulseResponse:
        """The same response at another rate, Hz.

        Scaled by the ratio of rates, so that convolution at the new rate has the gain it had at the old one.
        """
        from scipy.signal import resample_poly  # here: it takes four times as long to load as all else that reads files

        ratio = Fraction(sample_rate / self.sample_rate).limit_denominator(1000)
        samples = resample_poly(self.samples, ratio.numerator, ratio.denominator, axis=1) / float(ratio)
        return replace(self, samples=samples, sample_rate=sample_rate)


def _distinct(samples: np.ndarray) -> np.ndarray:
    """`(C, T)` less the channels that are constant or repeat an earlier one; all of them where all are constant."""
    kept: list[np.ndarray] = []
    for channel in samples:
        sounds = (channel != channel[:1]).any()  # NaN counts as sound here, and is refused later
        if sounds and not any(np.array_equal(channel, other) for other in kept):
            kept.append(channel)
    return np.array(kept) if kept else samples


def minimum_phase(power: np.ndarray) -> np.ndarray:
    """The complex response `(K + 1,)` of least delay that has this power at `K + 1` lines from 0 to Nyquist.

    From the folded real cepstrum (Oppenheim & Schafer, *Discrete-Time Signal Processing*, 3rd ed., section 13.5). The
    power is floored 140 dB under its peak.
    """
    cepstrum = np.fft.irfft(np.log(np.maximum(power, 1e-14 * power.max())) / 2)
    half = len(cepstrum) // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    return np.exp(np.fft.rfft(cepstrum))
