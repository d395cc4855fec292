"""Alignment of the latent axes: with the known factors, between the kinds, and to uniform traversals."""

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.analysis.axes import ANALYSIS_WEIGHTS, changes_db, ratio, steps_db, variation
from aether_lab.model.space import FilterSpace
from aether_lab.signals.known_factors import KNOWN, known_factors, known_responses

UNIFORM, SMOOTH = 0.35, 3.0  # upper limits of the step variation and the step ratio of an axis
SCANNED = 5  # degrees from one orientation of a pair to the next
POINTS = 400  # of each kind, for effects that differ by the kind and hardly by the points drawn
MARGIN = 0.9  # of the limits, in a scan: calibration after it and finer steps change both figures by a few percent


def alignment(space: FilterSpace, n: int = 4000, seed: int = 2_000_000) -> np.ndarray:
    """The rotation `(Z, Z)` of z after which each dimension covaries with few of the known factors.

    Training leaves the orientation of the axes to the seed. Varimax of the covariance `(K, Z)` of factors and encoded
    means finds the simplest one. Dimensions follow the order of `KNOWN`, by the factor with the largest covariance;
    signs are such that a larger z means more level (a lower corner for the low cut). Apply it by
    `space.rotated(alignment(space)).calibrated(spectra)`, and evaluate the axes on responses of another `seed`.
    """
    responses = known_responses(n, seed)
    factors, mean = known_factors(responses), np.asarray(space.encode(responses.spectra_db)[0], np.float64)
    factors = (factors - factors.mean(0)) / factors.std(0) * [-1 if name == "low_cut_hz" else 1 for name in KNOWN]
    covariance = factors.T @ (mean - mean.mean(0)) / n
    rotation = varimax(covariance)
    rotated = covariance @ rotation
    factor = np.abs(rotated).argmax(0)
    order = np.argsort(factor, kind="stable")
    sign = np.sign(rotated[factor, np.arange(len(factor))])
    return (rotation * np.where(sign == 0, 1, sign))[:, order]


def varimax(loadings: ArrayLike, steps: int = 500) -> np.ndarray:
    """The rotation `(Z, Z)` that maximises the variance of the squared loadings `(F, Z)` within each column.

    Source: Kaiser, "The varimax criterion for analytic rotation in factor analysis", Psychometrika 23 (1958), without
    the normalisation of rows; maximised by singular value decompositions of the gradient, as in R's `varimax`.
    """
    loading = np.asarray(loadings, np.float64)
    rotation = np.eye(loading.shape[1])
    reached = 0.0
    for _ in range(steps):
        turned = loading @ rotation
        u, s, vt = np.linalg.svd(loading.T @ (turned**3 - turned * (turned**2).mean(0)))
        rotation = u @ vt
        if s.sum() <= reached * (1 + 1e-9):
            break
        reached = s.sum()
    return rotation


def agreeing(space: FilterSpace) -> np.ndarray:
    """The rotations `(K, knobs, knobs)` of a space with kinds after which its knobs mean the same in every kind.

    Each turns, and perhaps reflects, the knobs of one kind within their pairs, so that the first two stay as good a
    code as they were: by generalised orthogonal Procrustes analysis of the effects, dB per unit weighted as
    `spectrum.lsd`.

    Source: Gower, "Generalized Procrustes analysis", Psychometrika 40 (1975), without translation and scaling.
    """
    changes = changes_db(space, POINTS * len(space.kinds))
    effects = changes.mean(1) * np.sqrt(ANALYSIS_WEIGHTS)  # (K, knobs, F)
    rotations = np.broadcast_to(np.eye(space.knobs), (len(effects), space.knobs, space.knobs)).copy()
    for pair in pairs(space.knobs):
        rotations[:, pair, pair] = procrustes(effects[:, pair])
    return rotations


def pairs(knobs: int) -> list[slice]:
    """The knobs two by two; the last alone if their number is odd.

    >>> pairs(3)
    [slice(0, 2, None), slice(2, 3, None)]
    """
    return [slice(first, min(first + 2, knobs)) for first in range(0, knobs, 2)]


def procrustes(shapes: np.ndarray, steps: int = 100) -> np.ndarray:
    """The orthogonal `(K, Z, Z)` after which shapes `(K, Z, F)`, as `R.T @ shape`, are closest to their mean."""
    mean = shapes[np.linalg.norm(shapes, axis=(1, 2)).argmax()]
    rotations = np.zeros((len(shapes), shapes.shape[1], shapes.shape[1]))
    for _ in range(steps):
        u, _, vt = np.linalg.svd(shapes @ mean.T)
        before, rotations = rotations, u @ vt
        mean = (np.swapaxes(rotations, 1, 2) @ shapes).mean(0)
        if np.allclose(before, rotations, atol=1e-9):
            break
    return rotations


def most_uniform(space: FilterSpace, steps: int = 101) -> np.ndarray:
    """The rotation `(knobs, knobs)` within pairs that makes traversals uniform and smooth, in every kind.

    Of the orientations of a pair within `UNIFORM` and `SMOOTH` the one whose effects overlap least in frequency; if
    there is none, the one whose worse axis exceeds them least. A single knob stays.
    """
    rotation = np.eye(space.knobs)
    effects = changes_db(space).mean((0, 1)) * np.sqrt(ANALYSIS_WEIGHTS)
    for pair in pairs(space.knobs):
        if pair.stop - pair.start == 2:
            rotation[pair, pair] = _best_of_pair(space, pair.start, effects[pair], steps)
    return rotation


def _best_of_pair(space: FilterSpace, first: int, effects: np.ndarray, steps: int) -> np.ndarray:
    angles = np.radians(np.arange(0, 90, SCANNED))
    turns = np.array([[[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]] for a in angles])
    columns = np.concatenate([turns[:, :, 0], turns[:, :, 1]])  # directions of both axes
    path = np.zeros((steps, space.knobs))
    worst = []
    for direction in columns:
        path[:, first : first + 2] = np.linspace(-2, 2, steps)[:, None] * direction
        sizes = np.array([steps_db(space, path, kind) for kind in space.kinds or (None,)])
        worst.append(max(variation(sizes).max() / UNIFORM, ratio(sizes).max() / SMOOTH))
    of_both = np.maximum(worst[: len(angles)], worst[len(angles) :])
    turned = np.swapaxes(turns, 1, 2) @ effects
    overlap = (np.abs(turned[:, 0]) * np.abs(turned[:, 1])).sum(-1)
    fit = of_both <= MARGIN
    return turns[np.where(fit, overlap, np.inf).argmin() if fit.any() else of_both.argmin()]
