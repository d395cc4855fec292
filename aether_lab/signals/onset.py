"""The onset of an impulse response, and the DC offset of its recording."""

from __future__ import annotations

import numpy as np

ONSET_THRESHOLD = 0.03  # of the peak: -30 dB; noise and pre-ringing of published responses lie below -39 dB
ONSET_LEAD = 3e-3  # s before the threshold is crossed: quiet treble may precede loud bass
OFFSET_DURATION = 0.1  # s; the mean of a shorter response is part of its bass


def without_offset(samples: np.ndarray, sample_rate: float) -> np.ndarray:
    """`(T,)` samples without the DC offset of the recording, estimated as the median of the whole file.

    Most of a file is tail, so the response itself hardly changes the median. Responses shorter than 0.1 s, such as
    head-related ones of 5 ms, are returned unchanged: their mean is part of their bass.
    """
    if len(samples) < OFFSET_DURATION * sample_rate:
        return samples
    return samples - np.median(samples)


def find_onset(samples: np.ndarray, sample_rate: float) -> int:
    """Index 3 ms before `(T,)` samples first reach 0.03 of their peak, whatever their polarity, level or DC offset."""
    return onset_without_offset(without_offset(samples, sample_rate), sample_rate)


def onset_without_offset(samples: np.ndarray, sample_rate: float) -> int:
    """`find_onset` of samples from `without_offset`, whose median takes as long as an FFT."""
    magnitude = np.abs(samples)
    crossing = int(np.argmax(magnitude >= ONSET_THRESHOLD * magnitude.max()))
    return max(0, crossing - int(ONSET_LEAD * sample_rate))
