"""Noise with the same samples as the browser's sources."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from aether_lab.audio.motion import scramble


def white_noise(n: int, seed: int = 0) -> NDArray[np.float64]:
    """`(n,)`, uniform in [-1, 1): the samples of the browser's white source before scaling."""
    return scramble(scramble(np.array([seed])) + np.arange(n)) / 2**31 - 1


def pink_noise(n: int, seed: int = 0) -> NDArray[np.float64]:
    """`(n,)`, -3 dB per octave, -20 dBFS RMS as in the browser. Source: Paul Kellet's filter "pk3" (musicdsp.org)."""
    white = white_noise(n, seed)
    poles = (0.99886, 0.99332, 0.969, 0.8665, 0.55, -0.7616)
    gains = (0.0555179, 0.0750759, 0.153852, 0.3104856, 0.5329522, -0.016898)
    parts = [lfilter([gain], [1, -pole], white) for pole, gain in zip(poles, gains, strict=True)]
    return 0.0575 * (np.sum(parts, axis=0) + lfilter([0.5362, 0.115926], [1], white))
