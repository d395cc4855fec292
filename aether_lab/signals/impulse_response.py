"""Impulse responses in memory, and the minimum-phase response of a power spectrum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from aether_lab.signals import limits
from aether_lab.signals.limits import HIGHEST_RATE, LOWEST_RATE, check_rate
from aether_lab.signals.onset import find_onset
from aether_lab.signals.spectrum import BAND, USABLE, spectrum_db


@dataclass(frozen=True, eq=False)
class ImpulseResponse:
    """The impulse response of a system, with one or more channels.

    >>> response = ImpulseResponse([0, 1, 0.5, 0.25], sample_rate=48_000, name="decay")
    >>> response.samples.shape, response.spectrum_db.shape
    ((1, 4), (513,))

    Raises:
        ValueError: fewer than two samples, a NaN or infinite sample, silence in every channel, or a sample rate
            outside 8 to 384 kHz. The message begins with the name.
    """

    samples: np.ndarray  # (C, T) float64, at any level; (T,) becomes (1, T)
    sample_rate: float  # Hz
    name: str = "impulse response"
    notes: tuple[str, ...] = ()  # what the reader left out, such as a silent first channel

    def __post_init__(self) -> None:
        samples = np.atleast_2d(np.asarray(self.samples, dtype=np.float64))
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "sample_rate", float(self.sample_rate))
        check_rate(self.sample_rate, self.name)
        if samples.ndim != 2 or samples.size == 0:
            raise ValueError(f"{self.name}: no samples (an array of shape {samples.shape}; (C, T) is needed)")
        if samples.shape[1] < 2:
            raise ValueError(f"{self.name}: one sample only; an impulse response needs at least two")
        if not np.isfinite(samples).all():
            where = int(np.argmin(np.isfinite(samples).all(axis=0)))
            raise ValueError(f"{self.name}: a NaN or infinite sample (the first at {where}); every one must be finite")
        if (samples == samples[:, :1]).all():
            value = samples[0, 0]
            raise ValueError(f"{self.name}: silence (every sample is {value:g}); it has no spectrum")

    @cached_property
    def spectrum_db(self) -> np.ndarray:
        """Spectrum of the first channel, `(513,)` float32, level-aligned dB (`spectrum.spectrum_db`)."""
        return spectrum_db(self.samples[0], self.sample_rate)

    @property
    def band_hz(self) -> tuple[float, float]:
        """The part of 100 Hz to 20 kHz below 0.45 of the sample rate, where the low-pass of the converter begins."""
        return BAND[0], min(BAND[1], USABLE * self.sample_rate)

    @property
    def channels(self) -> int:
        return self.samples.shape[0]

    @property
    def duration(self) -> float:
        """Length in seconds, including the pre-delay."""
        return self.samples.shape[1] / self.sample_rate

    @property
    def onset(self) -> int:
        """Index at which the earliest channel begins, with its pre-ringing (`onset.find_onset`)."""
        return min(find_onset(channel, self.sample_rate) for channel in self.samples)

    def aligned_to_onset(self) -> ImpulseResponse:
        """The response without its pre-delay; the delay between channels is unchanged."""
        return replace(self, samples=self.samples[:, self.onset :])

    def resampled(self, sample_rate: float) -> ImpulseResponse:
        """The response at another sample rate, Hz, scaled so that convolution keeps its gain.

        Raises:
            ValueError: a rate outside 8 to 384 kHz, or a response that becomes longer than `limits` allows.
        """
        if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
            raise ValueError(
                f"{self.name}: resampled to {sample_rate:g} Hz; allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz"
            )
        limits.check(self.name, int(self.samples.size * sample_rate / self.sample_rate), "LONGEST_RESPONSE")
        from scipy.signal import resample_poly  # imported here, because it is slow to load

        ratio = Fraction(sample_rate / self.sample_rate).limit_denominator(1000)
        samples = resample_poly(self.samples, ratio.numerator, ratio.denominator, axis=1) / float(ratio)
        return replace(self, samples=samples, sample_rate=sample_rate)


def distinct_channels(samples: np.ndarray) -> np.ndarray:
    """`(C, T)` without constant channels and copies of an earlier one; unchanged where all are constant."""
    distinct: list[np.ndarray] = []
    for channel in samples:
        varies = (channel != channel[:1]).any()  # also with NaN, which `ImpulseResponse` refuses
        if varies and not any(np.array_equal(channel, other) for other in distinct):
            distinct.append(channel)
    return np.array(distinct) if distinct else samples


def minimum_phase(power: np.ndarray) -> np.ndarray:
    """The complex minimum-phase response `(K + 1,)` with this power at `K + 1` FFT lines from 0 to Nyquist.

    The power is floored 140 dB under its peak. Source: Oppenheim & Schafer, *Discrete-Time Signal Processing*, 3rd ed.,
    section 13.5 (folded real cepstrum).
    """
    cepstrum = np.fft.irfft(np.log(np.maximum(power, 1e-14 * power.max())) / 2)
    half = len(cepstrum) // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    return np.exp(np.fft.rfft(cepstrum))
