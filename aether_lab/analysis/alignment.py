"""Alignment of the latent axes with the known factors."""

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.analysis.known_factors import KNOWN, known_factors, known_responses
from aether_lab.model.space import FilterSpace


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
