"""Noise with the same samples as the browser's sources."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from aether_lab.signals.pseudo_random import scramble

PINK_POLES = (0.99886, 0.99332, 0.969, 0.8665, 0.55, -0.7616)
PINK_GAINS = (0.0555179, 0.0750759, 0.153852, 0.3104856, 0.5329522, -0.016898)
PINK_DIRECT = (0.5362, 0.115926)
"""Kellet's filter ("pk3") at 44.1 kHz: one-pole sections in parallel, each with its gain, and the share of the sample
and of the one before it."""

PINK_SCALE = 0.0575
"""Brings the filter above to -20 dBFS RMS."""


def white_noise(n: int, seed: int = 0) -> NDArray[np.float64]:
    """`(n,)`, uniform in [-1, 1): the samples of the browser's white source before scaling."""
    return scramble(scramble(np.array([seed])) + np.arange(n)) / 2**31 - 1


def pink_noise(n: int, seed: int = 0) -> NDArray[np.float64]:
    """`(n,)`, -3 dB per octave, -20 dBFS RMS as in the browser. Source: Paul Kellet's filter "pk3" (musicdsp.org)."""
    white = white_noise(n, seed)
    parts = [lfilter([gain], [1, -pole], white) for pole, gain in zip(PINK_POLES, PINK_GAINS, strict=True)]
    return PINK_SCALE * (np.sum(parts, axis=0) + lfilter(PINK_DIRECT, [1], white))
