"""How well the prior N(0, I) describes the codes of real responses, and random draws from it real responses.

The weight `beta` of the KL term trades this for the reconstruction error (`analysis.beta`). Afterwards `finish` only
turns, shifts and scales z: it cannot make a prior fit that training did not.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from aether_lab.model.calibration import moments, weighed
from aether_lab.model.refinement import aligned
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.curve import LEAST_COVERAGE
from aether_lab.signals.spectrum import WEIGHTS, erb_weights

LIMIT = 2.0  # standard deviations; the reach of a slider
DRAWS = 1000


def prior_match(
    space: FilterSpace, corpus: Corpus, others: Corpus | None = None, draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Codes of a corpus and random draws from the prior, as plain JSON.

    - `"codes"`: `"mean"` and `"deviation"` of the encoder means in each knob, and the share `"inside"` ±2 in all knobs
      at once (of independent standard normal knobs it is 0.95 to the power of their number). Each source weighs the
      same.
    - `"nearest_db"`: the distance to the nearest measured spectrum, `{"draws", "measured"}`, `{"mean", "median"}` each:
      of responses decoded at random z from N(0, I), details included, and of spectra of the corpus to those of other
      sources. Two spectra are compared where both were measured.

    Args:
        corpus: measured spectra, of sources that the model did not learn from if the figures are to hold for others.
        others: more spectra that may be the nearest, such as those that the model learned from.
        draws: how many; a space with kinds decodes each in the kind of a spectrum of the corpus.
        seed: of the draws.

    Raises:
        ValueError: `draws` below 1, or fewer than two sources to be compared.

    >>> from aether_lab import synthetic_responses
    >>> found = prior_match(FilterSpace.load("2d"), synthetic_responses(24, seed=1).corpus(), draws=20)
    >>> len(found["codes"]["mean"]), sorted(found["nearest_db"])
    (2, ['draws', 'measured'])
    """
    if draws < 1:
        raise ValueError(f"draws is {draws}; it must be at least 1")
    measured = corpus if others is None else corpus + others
    if len(set(measured.sources)) < 2:
        raise ValueError("spectra of one source; there must be another one to compare them with")
    spectra, weights, share = weighed(corpus)
    z = np.asarray(space.encode(spectra, weights=weights)[0], np.float64)
    knobs = z[:, : space.knobs]
    mean, deviation = moments(knobs, share)
    drawn = _draws(space, z[:, space.knobs + space.details :], share, draws, seed)
    to_others = nearest_db(corpus, measured)
    found = np.isfinite(to_others)
    return {
        "codes": {
            "mean": mean.tolist(),
            "deviation": deviation.tolist(),
            "inside": float(share @ (np.abs(knobs) <= LIMIT).all(-1)),
        },
        "nearest_db": {
            "draws": _statistics(nearest_db(drawn, measured), np.full(draws, 1 / draws)),
            "measured": _statistics(to_others[found], share[found]),
        },
    }


def nearest_db(corpus: Corpus, among: Corpus) -> np.ndarray:
    """The distance `(N,)` dB from each spectrum to the nearest of another source, where both were measured.

    It is infinite where no other source was measured in a common octave.
    """
    nearest = np.full(len(corpus), np.inf)
    sources, other_sources = np.asarray(corpus.sources), np.asarray(among.sources)
    for rows, band in _bands(corpus):
        for columns, other_band in _bands(among):
            low, high = max(band[0], other_band[0]), min(band[1], other_band[1])
            if high < LEAST_COVERAGE * low:
                continue
            weights = erb_weights(low, high)
            a, b = (_scaled(each, weights) for each in (corpus.spectra_db[rows], among.spectra_db[columns]))
            squares = (a**2).sum(-1)[:, None] + (b**2).sum(-1) - 2 * a @ b.T
            squares[sources[rows][:, None] == other_sources[columns]] = np.inf
            nearest[rows] = np.minimum(nearest[rows], np.sqrt(np.maximum(squares.min(-1), 0)))
    return nearest


def describe_prior(found: dict[str, Any]) -> str:
    """The figures of `prior_match` in two sentences.

    >>> nearest = {"draws": {"mean": 2.0, "median": 1.8}, "measured": {"mean": 2.5, "median": 2.2}}
    >>> codes = {"mean": [0.1, -0.2], "deviation": [0.9, 1.1], "inside": 0.9}
    >>> print(describe_prior({"codes": codes, "nearest_db": nearest}))
    Codes: mean 0.10, -0.20; deviation 0.90, 1.10; 90% inside ±2 in all knobs. To the nearest measured spectrum it is \
2.00 dB from a random draw, and 2.50 dB from one of another source.
    """
    codes, nearest = found["codes"], found["nearest_db"]
    mean, deviation = (", ".join(f"{value:.2f}" for value in codes[key]) for key in ("mean", "deviation"))
    return (
        f"Codes: mean {mean}; deviation {deviation}; {codes['inside']:.0%} inside ±{LIMIT:g} in all knobs. To the "
        f"nearest measured spectrum it is {nearest['draws']['mean']:.2f} dB from a random draw, and "
        f"{nearest['measured']['mean']:.2f} dB from one of another source."
    )


def _draws(space: FilterSpace, kinds: np.ndarray, share: np.ndarray, count: int, seed: int) -> Corpus:
    """Decoded random points, each in the kind `(N, K)` of a spectrum drawn with probability `share`."""
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal((count, space.knobs + space.details))
    z = np.concatenate([numbers, kinds[rng.choice(len(kinds), count, p=share)]], axis=1)
    response = aligned(np.asarray(space.response_db(z), np.float64), WEIGHTS)
    return Corpus(response.astype(np.float32), ("",) * count, ("drawn from the prior",) * count)


def _scaled(spectra_db: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Spectra aligned over a band, so that squared differences sum to the square of the distance."""
    spectra = np.asarray(spectra_db, np.float64)
    return (spectra - (spectra @ weights)[:, None]) * np.sqrt(weights)


def _bands(corpus: Corpus) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    bands, which = np.unique(corpus.bands_hz, axis=0, return_inverse=True)
    for k, band in enumerate(bands):
        yield np.flatnonzero(which.reshape(-1) == k), band


def _statistics(distances: np.ndarray, share: np.ndarray) -> dict[str, float]:
    """Mean and median of values that weigh `share` each."""
    order = np.argsort(distances)
    below = np.cumsum(share[order]) / share.sum()
    return {
        "mean": float(distances @ share / share.sum()),
        "median": float(distances[order][np.searchsorted(below, 0.5)]),
    }
