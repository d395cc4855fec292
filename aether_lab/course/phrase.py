"""A dry sound to send through systems, made here so that nothing must be downloaded."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from aether_lab.audio.noise import white_noise

NOTES = (110.0, 164.8, 220.0, 277.2)
"""Hz: an A major chord, from the lowest note up."""


def phrase(sample_rate: float, seconds: float = 1.2) -> NDArray[np.float64]:
    """Four plucked strings, one after the other, `(T,)`, peak 1.

    Each is a burst of noise in a comb filter that loses treble at each round (Karplus & Strong, "Digital synthesis of
    plucked-string and drum timbres", Computer Music Journal 7, 1983).

    >>> float(abs(phrase(24_000)).max())
    1.0
    """
    out = np.zeros(round(seconds * sample_rate))
    for k, note in enumerate(NOTES):
        period = round(sample_rate / note)
        start = round(0.16 * seconds * k * sample_rate)
        burst = np.zeros(len(out) - start)
        burst[:period] = white_noise(period, seed=k)
        loop = np.zeros(period + 2)
        loop[0], loop[-2:] = 1, -0.497
        out[start:] += lfilter([1], loop, burst)
    return out / np.abs(out).max()
