"""Calibration: the shift and scale of z after which the codes of a corpus have mean 0 and standard deviation 1."""

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.model.settings import ModelSettings
from aether_lab.signals.corpus import Corpus, balanced
from aether_lab.signals.target import measured_spectra

PRIOR_SHARE = 0.05
"""A kind that this share of the sources encodes to has moments half way between its own and those of all."""

LEAST_SCALE = 1e-3
"""Keeps an unused dimension unused."""


def calibration(
    settings: ModelSettings, z: np.ndarray, share: np.ndarray, inside: float
) -> tuple[np.ndarray, np.ndarray, list[list[float]]]:
    """The map of `FilterSpace.calibrated`: matrices and shifts as `latent.mapped` takes them, and the learned range.

    Args:
        z: `(N, latent_dim)` encoded points of spectra that weigh `share` `(N,)`, sum 1.
        inside: as in `calibrated`.
    """
    size = settings.latent_dim
    numbers, kind = z[:, :size], z[:, size:].argmax(-1) if settings.kinds else None
    if kind is None:
        shift, scale = moments(numbers, share)
    else:
        shift, scale = moments_of_kinds(numbers, share, kind, len(settings.kinds))
    shift = np.where(np.arange(size) < settings.knobs, shift, 0.0)
    scale = np.maximum(scale, LEAST_SCALE)
    own = (numbers - (shift if kind is None else shift[kind])) / (scale if kind is None else scale[kind])
    factor = spread(own[:, : settings.knobs], share, inside)
    limits = np.quantile(own / factor, [0.025, 0.975], axis=0, weights=share, method="inverted_cdf").T.round(3).tolist()
    return np.eye(size) / (factor * scale)[..., None, :], shift, [*limits, *[[0.0, 1.0]] * len(settings.kinds)]


def weighed(measured: Corpus | ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spectra, their weights, and the share of each, `(N,)` of sum 1."""
    if not isinstance(measured, Corpus):
        spectra, weights = measured_spectra(measured)
        return spectra, weights, np.full(len(spectra), 1 / len(spectra))
    return measured.spectra_db, measured.weights, balanced(measured.sources)


def moments(numbers: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of `(N, Z)`, weighed by `(N,)`."""
    mean = share @ numbers
    return mean, np.sqrt(share @ (numbers - mean) ** 2)


def moments_of_kinds(
    numbers: np.ndarray, share: np.ndarray, chosen: np.ndarray, kinds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation in each kind, `(K, Z)`; those of all, where few spectra are of a kind."""
    overall = moments(numbers, share)
    result = [overall] * kinds
    for kind in range(kinds):
        own = chosen == kind
        if own.any():
            mean, deviation = moments(numbers[own], share[own] / share[own].sum())
            trust = share[own].sum() / (share[own].sum() + PRIOR_SHARE)
            variance = trust * deviation**2 + (1 - trust) * overall[1] ** 2
            result[kind] = trust * mean + (1 - trust) * overall[0], np.sqrt(variance)
    means, deviations = zip(*result, strict=True)
    return np.array(means), np.array(deviations)


def spread(knobs: np.ndarray, share: np.ndarray, inside: float) -> float:
    """The factor, at least 1, by which knobs `(N, K)` must be divided for a share `inside` of them to lie within ±2."""
    farthest = np.abs(knobs).max(1)
    order = np.argsort(farthest)
    reached = np.searchsorted(np.cumsum(share[order]), inside)
    return max(1.0, float(farthest[order][min(reached, len(order) - 1)]) / 2) if inside > 0 else 1.0
