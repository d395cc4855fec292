"""The curves that are compared by ear: decoded responses at frequencies evenly spaced on the ear's scale, in float64.

At `EAR_HZ` every point weighs the same, because these frequencies are one step of the ERB-rate scale apart, and so the
root mean square of the difference of two curves is their LSD (`spectrum.lsd`), up to the coarser grid. The browser
computes the same numbers (`static/dsp/ear_curves.js`).
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters.biquad import CENTRE_RANGE, POWER_FLOOR, Q_RANGE
from aether_lab.model.space import FilterSpace
from aether_lab.model.vae import LOWEST_LINEAR_CENTRE, LOWEST_LOG_CENTRE, LOWEST_Q
from aether_lab.signals.spectrum import BAND

EAR_POINTS = 40
"""One for each ERB between the ends of `spectrum.BAND`, to which they are centred."""


def ear_frequencies(points: int = EAR_POINTS) -> NDArray[np.float64]:
    """`(points,)` Hz, the middles of equal parts of `spectrum.BAND` on the ERB-rate scale.

    Source: Glasberg & Moore, Hearing Research 47 (1990), eq. 4: `21.4 log10(1 + 0.00437 f)` ERBs up to `f` Hz.
    """
    low, high = np.log10(1 + 0.00437 * np.asarray(BAND))
    middles = low + (high - low) * (np.arange(points) + 0.5) / points
    return (10**middles - 1) / 0.00437


EAR_HZ = ear_frequencies().round(6)  # the last digits differ between processors, and the browser has them as text


class EarCurves(Protocol):
    """Filters that are searched by ear: each is some numbers and a kind, and has a curve."""

    size: int
    """How many numbers."""

    kinds: int
    """How many kinds; 1 where there are none."""

    deviation: float
    """Standard deviation of the numbers before the first answer; their mean is 0."""

    def __call__(self, numbers: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.float64]:
        """Curves `(N, 40)` dB of mean 0 at `EAR_HZ`, of numbers `(N, size)` and kinds `(N,)`."""
        ...


CHUNK = 64
"""Curves computed at a time: what a cache of the processor holds is four times as fast as the next size."""

DEVIATION = 0.9
"""Of the knobs. Of the refined spectra of the 52 training sources, each source weighed alike, it is 0.76 in `4d`; of
440 of them 0.84 in `nested`, within their kind."""


class SpaceCurves:
    """The knobs and kinds of a space, with all details 0.

    >>> curves = SpaceCurves(FilterSpace.load("2d"))
    >>> curves(np.zeros((3, 2)), np.zeros(3, int)).shape
    (3, 40)
    """

    def __init__(self, space: FilterSpace) -> None:
        self.size, self.kinds = space.knobs, max(1, len(space.kinds))
        self.deviation = DEVIATION
        self._settings = space.settings
        layers = [tuple(part.astype(np.float64) for part in layer) for layer in space.decoder_layers]
        linear = space.decoder_linear
        first = [layers[0] if linear is None else (layers[0][0][k], layers[0][1][k]) for k in range(self.kinds)]
        self._first = [(kernel[: self.size], bias) for kernel, bias in first]  # details are 0
        self._rest = layers[1:]
        self._linear = None if linear is None else tuple(part.astype(np.float64) for part in linear)

    def __call__(self, numbers: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.float64]:
        parts = [slice(at, at + CHUNK) for at in range(0, len(numbers), CHUNK)]
        levels = np.concatenate([self._levels(numbers[part], kind[part]) for part in parts])
        return levels - levels.mean(-1, keepdims=True)

    def _levels(self, numbers: NDArray, kind: NDArray) -> NDArray[np.float64]:
        settings = self._settings
        fractions = np.minimum(EAR_HZ / (settings.sample_rate / 2), 1)
        return _bank_db(fractions, *self._parameters(numbers, kind), settings.topology, settings.polarity)

    def _parameters(self, numbers: NDArray, kind: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Frequency (fraction of Nyquist), Q and gain (dB), `(N, S)` each, as `vae.bank_parameters` in float64."""
        settings = self._settings
        raw = np.zeros((len(numbers), 3 * settings.num_filters))
        for k, (kernel, bias) in enumerate(self._first):
            rows = np.flatnonzero(kind == k)
            x = np.maximum(numbers[rows] @ kernel + bias, 0)
            (hidden, offset), (last, last_bias) = self._rest
            raw[rows] = np.maximum(x @ hidden + offset, 0) @ last + last_bias
            if self._linear is not None:
                raw[rows] += numbers[rows] @ self._linear[0][k, : self.size] + self._linear[1][k]
        position, width, gain = np.moveaxis(raw.reshape(len(numbers), -1, 3), -1, 0)
        where = 1 / (1 + np.exp(-position))
        if settings.frequency_map == "log":
            frequency = LOWEST_LOG_CENTRE ** (1 - where)
        else:
            frequency = LOWEST_LINEAR_CENTRE + (1 - LOWEST_LINEAR_CENTRE) * where
        return frequency, np.logaddexp(0, width) + LOWEST_Q, settings.gain_limit_db * np.tanh(gain)


def _bank_db(
    fractions: NDArray, frequency: NDArray, q: NDArray, gain_db: NDArray, topology: str, polarity: str
) -> NDArray[np.float64]:
    """Banks `(N, S)` at `fractions` `(F,)` of Nyquist, `(N, F)` dB: the closed forms of `biquad` in float64."""
    half = np.pi / 2 * np.clip(frequency, *CENTRE_RANGE)[..., None]
    at = np.pi / 2 * fractions
    p, m = np.sin(at) * np.cos(half), np.cos(at) * np.sin(half)
    below, above = p * m, np.clip(q, *Q_RANGE)[..., None] * (p - m) * (p + m)  # v = above / below
    gain = 10 ** (gain_db / 20)[..., None]
    if topology == "cascade":
        above, below = above**2, below**2
        return 10 * np.log10((above + below * gain) / (above + below / gain)).sum(-2)
    if polarity == "alternating":
        gain = gain * np.where(np.arange(q.shape[-1]) % 2, -1, 1)[:, None]
    scale = gain * below / (below**2 + above**2)
    return 10 * np.log10((scale * below).sum(-2) ** 2 + (scale * above).sum(-2) ** 2 + POWER_FLOOR)
