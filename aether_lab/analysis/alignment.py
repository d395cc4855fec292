"""Axes along the known factors."""

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.analysis.known_factors import KNOWN, known_factors, known_responses
from aether_lab.model.space import FilterSpace

# Axes along the factors


def alignment(space: FilterSpace, n: int = 4000, seed: int = 2_000_000) -> np.ndarray:
    """The rotation `(Z, Z)` of z after which each dimension goes with few of the known factors.

    What a space holds does not depend on the axes that it is seen along, and training leaves these to chance; its
    knobs are axes. Varimax of the covariance `(K, Z)` of factors and means finds those that are simplest. Dimensions
    come in the order of `KNOWN`, by the factor that each goes with most, and turned so that more of it is more level
    (for the low cut a lower corner). `space.rotated(alignment(space)).calibrated(spectra)` decodes as before. The
    systems of `seed` have taught the axes: judge them on others.
    """
    systems = known_responses(n, seed)
    factors, mean = known_factors(systems), np.asarray(space.encode(systems.spectra_db)[0], np.float64)
    factors = (factors - factors.mean(0)) / factors.std(0) * [-1 if name == "low_cut_hz" else 1 for name in KNOWN]
    covariance = factors.T @ (mean - mean.mean(0)) / n
    rotation = varimax(covariance)
    goes_with = covariance @ rotation
    most = np.abs(goes_with).argmax(0)
    order = np.argsort(most, kind="stable")
    sign = np.sign(goes_with[most, np.arange(len(most))])
    return (rotation * np.where(sign == 0, 1, sign))[:, order]


def varimax(loadings: ArrayLike, steps: int = 500) -> np.ndarray:
    """The rotation `(Z, Z)` after which the squares of loadings `(F, Z)` vary most within each column.

    Source: Kaiser, "The varimax criterion for analytic rotation in factor analysis", Psychometrika 23 (1958), without
    the normalisation of rows; climbed by the singular value decomposition of its gradient, as in R's `varimax`.
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
