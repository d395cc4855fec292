"""Where an impulse response begins, and the DC offset that a recorder added to it."""

from __future__ import annotations

import numpy as np

ONSET_THRESHOLD = 0.03  # of the peak: 30 dB under it, where published responses have noise and pre-ringing below 39 dB


ONSET_LEAD = 3e-3  # s kept before the threshold is crossed: treble may begin there, softly, before loud bass


OFFSET_DURATION = 0.1  # s; in a shorter response a mean is part of its bass, in a longer one it is an offset


def without_offset(samples: np.ndarray, sample_rate: float) -> np.ndarray:
    """`(T,)` samples less the constant that a recorder added to them.

    The constant is the median over the whole file, which the response itself hardly touches once it is longer than
    0.1 s, because most of a file is tail; zeros appended to a clean response leave it as it is. A shorter response
    is returned unchanged: there the mean is the bass, and a head-related response of 5 ms would lose its own.
    """
    if len(samples) < OFFSET_DURATION * sample_rate:
        return samples
    return samples - np.median(samples)


def find_onset(samples: np.ndarray, sample_rate: float) -> int:
    """Index at which `(T,)` samples begin: 3 ms before they first reach 0.03 of their largest magnitude.

    Polarity, level and a DC offset do not move it.
    """
    return onset_without_offset(without_offset(samples, sample_rate), sample_rate)


def onset_without_offset(samples: np.ndarray, sample_rate: float) -> int:
    """`find_onset` where `without_offset` has been called: its median costs as much as an FFT."""
    magnitude = np.abs(samples)
    crossing = int(np.argmax(magnitude >= ONSET_THRESHOLD * magnitude.max()))
    return max(0, crossing - int(ONSET_LEAD * sample_rate))
