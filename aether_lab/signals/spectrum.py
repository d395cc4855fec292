"""Spectra of impulse responses on one grid of 513 bins, and the distance between two of them.

Every spectrum in the package is in dB on `FREQUENCIES`, 0 to 24 kHz in steps of 46.875 Hz, and is made so:

1. A response longer than 0.1 s loses its median, the DC offset of the recorder (`audio_files.without_offset`).
2. It is cut from its onset (`audio_files.find_onset`) to 2 s after it, without a window.
3. Its power spectrum comes from an FFT at its own sample rate, padded with zeros to the power of two that holds both
   the response and a sixth of a second. No resampling: power is gathered by frequency.
4. `smooth`: the level at each bin is the mean power over 1/3 octave centred there, from `f 2^(-1/6)` to `f 2^(1/6)`,
   or over one bin, `f ± 23.4375 Hz`, where that is wider; as much of it as lies below the Nyquist frequency of the
   response. Each FFT line is spread evenly over what lies closest to it, so the mean is a difference of the cumulative
   power. Bins above that Nyquist frequency are empty.
5. `floor_and_align`: levels are raised to 60 dB under the peak, and their mean, weighted by 1/ERB over 100 Hz to
   20 kHz (or to 0.45 of the sample rate where that is lower), becomes 0 dB. The peak is sought over the same band:
   what is left of a DC offset or of rumble under it must not decide where the floor lies.

`lsd` is the ERB-weighted root mean square of the difference of two such spectra, in dB.
ERB(f) = 24.7 (4.37 f / 1000 + 1) Hz: Glasberg & Moore, "Derivation of auditory filter shapes from notched-noise data",
Hearing Research 47 (1990), eq. 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from aether_lab.signals.onset import onset_without_offset, without_offset

SAMPLE_RATE = 48_000.0  # Hz, of every bank and of the grid
N_BINS = 513
FREQUENCIES = np.arange(N_BINS) * SAMPLE_RATE / (2 * (N_BINS - 1))  # (513,) Hz
BIN_WIDTH = float(FREQUENCIES[1])  # Hz
BAND = (100.0, 20_000.0)  # Hz, where spectra are aligned and compared
DYNAMIC_RANGE = 60.0  # dB
LONGEST = 2.0  # s after the onset
USABLE = 0.45  # of the sample rate: above it a converter's own low-pass is heard, not the system


def erb(frequency: np.ndarray) -> np.ndarray:
    """Equivalent rectangular bandwidth of the ear at `frequency`, both in Hz (Glasberg & Moore)."""
    return 24.7 * (4.37 * frequency / 1000 + 1)


def erb_weights(low: float = BAND[0], high: float = BAND[1]) -> np.ndarray:
    """`(513,)` weights, proportional to 1/ERB(f) from `low` to `high` Hz (both included), 0 elsewhere; sum 1.

    Raises:
        ValueError: no bin of the grid lies between `low` and `high`.
    """
    inside = (low <= FREQUENCIES) & (high >= FREQUENCIES)
    if not inside.any():
        raise ValueError(f"no bin between {low:g} and {high:g} Hz; bins lie {BIN_WIDTH:g} Hz apart from 0 to 24000 Hz")
    weights = inside / erb(FREQUENCIES)
    return weights / weights.sum()


WEIGHTS = erb_weights()


def smooth(power: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Mean power over 1/3 octave, never less than one bin, around each bin of the grid.

    Args:
        power: `(..., K)` power at each line.
        frequency: `(K,)` Hz, rising from 0 to the Nyquist frequency, in whatever steps; below 1 kHz best half a bin
            or less. A line stands for what lies closer to it than to its neighbours.

    Returns:
        `(..., 513)`, 0 above the last line.
    """
    nyquist = frequency[-1]
    edges = np.concatenate([[0.0], (frequency[1:] + frequency[:-1]) / 2, [nyquist]])
    cumulative = np.zeros((*power.shape[:-1], len(edges)))
    np.cumsum(power * np.diff(edges), axis=-1, out=cumulative[..., 1:])

    low = np.minimum(FREQUENCIES * 2 ** (-1 / 6), FREQUENCIES - BIN_WIDTH / 2).clip(0, nyquist)
    high = np.maximum(FREQUENCIES * 2 ** (1 / 6), FREQUENCIES + BIN_WIDTH / 2).clip(0, nyquist)
    inside = nyquist >= FREQUENCIES
    gathered = _interpolate(cumulative, edges, high) - _interpolate(cumulative, edges, low)
    return np.where(inside, gathered / np.where(inside, high - low, 1.0), 0.0)


def _interpolate(values: np.ndarray, x: np.ndarray, at: np.ndarray) -> np.ndarray:
    """`np.interp` along the last axis of `(..., K)` values."""
    index = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    fraction = (at - x[index]) / (x[index + 1] - x[index])
    return values[..., index] * (1 - fraction) + values[..., index + 1] * fraction


def floor_and_align(power: np.ndarray, high: float = BAND[1], low: float = BAND[0]) -> np.ndarray:
    """Smoothed power to level-aligned dB: floored 60 dB under the peak, weighted mean over `low` to `high` at 0 dB.

    Args:
        power: `(..., 513)`, linear, not zero throughout the band.
        high, low: ends of the band in Hz, within 100 Hz to 20 kHz.

    Returns:
        `(..., 513)` float32, dB.
    """
    weights = erb_weights(max(BAND[0], low), min(BAND[1], high))
    peak = power[..., weights > 0].max(axis=-1, keepdims=True)
    magnitude_db = 10 * np.log10(np.maximum(power / peak, 10 ** (-DYNAMIC_RANGE / 10)))
    return (magnitude_db - (magnitude_db @ weights)[..., None]).astype(np.float32)


def spectrum_db(samples: np.ndarray, sample_rate: float) -> np.ndarray:
    """Spectrum of one channel of an impulse response, as the module defines it.

    Args:
        samples: `(T,)`, at least two, at any level.
        sample_rate: Hz, 8 to 192 kHz.

    Returns:
        `(513,)` float32, dB.

    Raises:
        ValueError: another shape, a sample that is not finite, or silence.
    """
    samples = np.asarray(samples, dtype=np.float64)
    if samples.ndim != 1 or len(samples) < 2:
        raise ValueError(f"samples of shape {samples.shape}; (T,) with at least two is needed")
    if not 8_000 <= sample_rate <= 192_000:
        raise ValueError(f"a sample rate of {sample_rate:g} Hz; allowed are 8000 to 192000 Hz")
    if not np.isfinite(samples).all():
        raise ValueError("samples hold a NaN or an infinity; every one must be finite")
    if (samples == samples[0]).all():
        raise ValueError("samples are silent; a spectrum has no level then")
    samples = without_offset(samples / np.abs(samples).max(), sample_rate)
    onset = onset_without_offset(samples, sample_rate)
    response = samples[onset : onset + int(LONGEST * sample_rate)]
    n = 1 << int(np.ceil(np.log2(max(len(response), sample_rate / 6))))
    power = np.abs(np.fft.rfft(response, n)) ** 2
    return floor_and_align(smooth(power, np.fft.rfftfreq(n, 1 / sample_rate)), USABLE * sample_rate)


def lsd(a: Any, b: Any, weights: Any = WEIGHTS, corner: float = 0.0) -> Any:
    """Log-spectral distance `sqrt(sum w (a - b)²)` of `(..., 513)` spectra in dB; `(...)`, dB.

    Takes NumPy and jax arrays and returns the like. Its gradient is infinite where `a` equals `b`; what descends it
    rounds that corner off, `sqrt(sum w (a - b)² + corner²)`.
    """
    difference = a - b
    weights = weights.reshape((1,) * (difference.ndim - 1) + (-1,))  # jax may be told to refuse unequal ranks
    return ((difference**2 * weights).sum(axis=-1) + corner**2) ** 0.5


def tilt(levels_db: Any, frequency: Any) -> np.ndarray:
    """Slope of level over log frequency between 100 Hz and 10 kHz, by least squares.

    Args:
        levels_db: `(..., F)` dB.
        frequency: `(F,)` Hz, above 0.

    Returns:
        `(...)` dB per octave. Bins count by their width in octaves, so that the top octave does not outvote the rest.
    """
    hertz = np.asarray(frequency, float)
    inside = (hertz >= 100) & (hertz <= 10_000)
    octaves = np.log2(hertz[inside])
    weights = np.gradient(octaves)
    weights /= weights.sum()
    centred = octaves - weights @ octaves
    levels = np.asarray(levels_db, float)[..., inside]
    return levels @ (weights * centred) / (weights @ centred**2)
