"""Spectra of impulse responses on one grid of 513 bins, and the distance between two of them.

Every spectrum in the package is in dB on `FREQUENCIES`, 0 to 24 kHz in steps of 46.875 Hz, and is computed in five
steps:

1. The DC offset of a response longer than 0.1 s is removed (`onset.without_offset`).
2. The response is cut from its onset, or from the pre-ringing before it (`onset.find_onset`), to 2 s after the onset,
   without a window. The spectrum of a linear-phase filter is so that of the whole.
3. Its power spectrum is an FFT at its own sample rate, zero-padded to the next power of two that is at least as long as
   the response and 1/6 s. There is no resampling.
4. `smooth`: the level of a bin is the mean power over 1/3 octave, from `f 2^(-1/6)` to `f 2^(1/6)`, or over one bin,
   `f ± 23.4375 Hz`, where that is wider, up to the Nyquist frequency of the response. The power of an FFT line counts
   as constant as far as half way to its neighbours. Bins above that Nyquist frequency have no power.
5. `floor_and_align`: levels are floored 60 dB under the peak, and their mean, weighted by 1/ERB over 100 Hz to 20 kHz
   (or to 0.45 of the sample rate where that is lower), is set to 0 dB. The peak is that of the same band, so that DC
   and rumble do not move the floor.

`lsd` is the ERB-weighted root mean square of the difference of two such spectra, in dB.
ERB(f) = 24.7 (4.37 f / 1000 + 1) Hz: Glasberg & Moore, "Derivation of auditory filter shapes from notched-noise data",
Hearing Research 47 (1990), eq. 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from aether_lab.signals.limits import check_rate
from aether_lab.signals.onset import first_arrival, onset_without_offset, without_offset

SAMPLE_RATE = 48_000.0  # Hz, of every bank and of the grid
N_BINS = 513
FREQUENCIES = np.arange(N_BINS) * SAMPLE_RATE / (2 * (N_BINS - 1))  # (513,) Hz
BIN_WIDTH = float(FREQUENCIES[1])  # Hz
BAND = (100.0, 20_000.0)  # Hz, where spectra are aligned and compared
DYNAMIC_RANGE = 60.0  # dB
LONGEST = 2.0  # s after the onset
USABLE = 0.45  # of the sample rate: the low-pass of the converter lies above


def erb(frequency_hz: np.ndarray) -> np.ndarray:
    """Equivalent rectangular bandwidth of the auditory filter in Hz (Glasberg & Moore)."""
    return 24.7 * (4.37 * frequency_hz / 1000 + 1)


def erb_weights(low_hz: float = BAND[0], high_hz: float = BAND[1]) -> np.ndarray:
    """`(513,)` weights of sum 1, proportional to 1/ERB(f) from `low_hz` to `high_hz` inclusive, 0 elsewhere.

    Raises:
        ValueError: no bin lies between `low_hz` and `high_hz`.
    """
    inside = (low_hz <= FREQUENCIES) & (high_hz >= FREQUENCIES)
    if not inside.any():
        raise ValueError(
            f"no bin between {low_hz:g} and {high_hz:g} Hz; bins are {BIN_WIDTH:g} Hz apart from 0 to 24000 Hz"
        )
    weights = inside / erb(FREQUENCIES)
    return weights / weights.sum()


WEIGHTS = erb_weights()


def smooth(power: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Mean power over 1/3 octave, or one bin where that is wider, around each of the 513 bins.

    Args:
        power: `(..., K)`.
        frequency_hz: `(K,)`, rising from 0 to the Nyquist frequency in any steps, below 1 kHz preferably of half a bin
            or less.

    Returns:
        `(..., 513)`, 0 above the last frequency.
    """
    low = np.minimum(FREQUENCIES * 2 ** (-1 / 6), FREQUENCIES - BIN_WIDTH / 2)
    high = np.maximum(FREQUENCIES * 2 ** (1 / 6), FREQUENCIES + BIN_WIDTH / 2)
    inside = frequency_hz[-1] >= FREQUENCIES
    smoothed = np.zeros((*power.shape[:-1], N_BINS))
    smoothed[..., inside] = mean_power(power, frequency_hz, low[inside], high[inside])
    return smoothed


def mean_power(power: np.ndarray, frequency_hz: np.ndarray, low_hz: np.ndarray, high_hz: np.ndarray) -> np.ndarray:
    """Mean power between pairs of frequencies, `(..., P)`.

    Args:
        power, frequency_hz: as in `smooth`.
        low_hz, high_hz: `(P,)`, clipped to 0 and the last frequency; every pair must then be apart.
    """
    nyquist = frequency_hz[-1]
    edges = np.concatenate([[0.0], (frequency_hz[1:] + frequency_hz[:-1]) / 2, [nyquist]])
    cumulative = np.zeros((*power.shape[:-1], len(edges)))
    np.cumsum(power * np.diff(edges), axis=-1, out=cumulative[..., 1:])
    low, high = np.clip(low_hz, 0, nyquist), np.clip(high_hz, 0, nyquist)
    return (_interpolate(cumulative, edges, high) - _interpolate(cumulative, edges, low)) / (high - low)


def _interpolate(values: np.ndarray, x: np.ndarray, at: np.ndarray) -> np.ndarray:
    """`np.interp` along the last axis of `(..., K)` values."""
    index = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    fraction = (at - x[index]) / (x[index + 1] - x[index])
    return values[..., index] * (1 - fraction) + values[..., index + 1] * fraction


def floor_and_align(power: np.ndarray, high_hz: float = BAND[1], low_hz: float = BAND[0]) -> np.ndarray:
    """Smoothed power in level-aligned dB: floored 60 dB under its peak, with an ERB-weighted mean of 0 dB.

    Args:
        power: `(..., 513)`, linear, not all zero in the band.
        high_hz, low_hz: ends of the band of the peak and the mean, clipped to 100 Hz to 20 kHz.

    Returns:
        `(..., 513)` float32, dB.
    """
    weights = erb_weights(max(BAND[0], low_hz), min(BAND[1], high_hz))
    peak = power[..., weights > 0].max(axis=-1, keepdims=True)
    magnitude_db = 10 * np.log10(np.maximum(power / peak, 10 ** (-DYNAMIC_RANGE / 10)))
    return (magnitude_db - (magnitude_db @ weights)[..., None]).astype(np.float32)


def spectrum_db(samples: np.ndarray, sample_rate: float) -> np.ndarray:
    """Spectrum of one channel of an impulse response (see the module).

    Args:
        samples: `(T,)`, at least two, at any level.
        sample_rate: 8 to 384 kHz, in Hz.

    Returns:
        `(513,)` float32, level-aligned dB.

    Raises:
        ValueError: another shape or rate, a sample that is not finite, or silence.
    """
    power, frequency_hz = power_spectrum(samples, sample_rate)
    return floor_and_align(smooth(power, frequency_hz), USABLE * sample_rate)


def power_spectrum(samples: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Power `(K,)` of a response after the steps 1 to 3 of the module, and the frequencies of its lines in Hz.

    Arguments and errors are those of `spectrum_db`.
    """
    samples = np.asarray(samples, dtype=np.float64)
    if samples.ndim != 1 or len(samples) < 2:
        raise ValueError(f"samples of shape {samples.shape}; (T,) with at least two is needed")
    check_rate(sample_rate)
    if not np.isfinite(samples).all():
        raise ValueError("samples contain a NaN or an infinity; every sample must be finite")
    if (samples == samples[0]).all():
        raise ValueError("samples are silent; silence has no spectrum")
    samples = without_offset(samples / np.abs(samples).max(), sample_rate)
    onset = onset_without_offset(samples, sample_rate)
    response = samples[onset : first_arrival(samples, sample_rate) + int(LONGEST * sample_rate)]
    n = 1 << int(np.ceil(np.log2(max(len(response), sample_rate / 6))))
    return np.abs(np.fft.rfft(response, n)) ** 2, np.fft.rfftfreq(n, 1 / sample_rate)


def lsd(a: Any, b: Any, weights: Any = None, smoothing_db: float = 0.0) -> Any:
    """Log-spectral distance `sqrt(Σ w (a - b)² + smoothing_db²)` of two spectra.

    >>> import numpy as np
    >>> float(lsd(np.zeros(513), np.full(513, 3.0)).round(6))
    3.0

    Args:
        a, b: `(..., F)` dB, NumPy or jax.
        weights: `(F,)` of sum 1; by default `WEIGHTS`, which are for the 513 bins.
        smoothing_db: 0 for the distance itself. A positive value keeps the gradient finite where `a` equals `b`.

    Returns:
        `(...)` dB.
    """
    difference = a - b
    weights = WEIGHTS if weights is None else weights
    weights = weights.reshape((1,) * (difference.ndim - 1) + (-1,))  # for jax_numpy_rank_promotion="raise"
    return ((difference**2 * weights).sum(axis=-1) + smoothing_db**2) ** 0.5


def tilt(levels_db: Any, frequency_hz: Any) -> np.ndarray:
    """Slope of level over log frequency between 100 Hz and 10 kHz, by least squares.

    Args:
        levels_db: `(..., F)`.
        frequency_hz: `(F,)`, positive.

    Returns:
        `(...)` dB per octave. Each bin is weighted by its width in octaves.
    """
    frequency_hz = np.asarray(frequency_hz, float)
    inside = (frequency_hz >= 100) & (frequency_hz <= 10_000)
    octaves = np.log2(frequency_hz[inside])
    weights = np.gradient(octaves)
    weights /= weights.sum()
    centred = octaves - weights @ octaves
    levels = np.asarray(levels_db, float)[..., inside]
    return levels @ (weights * centred) / (weights @ centred**2)
