"""Codes to compare a space with, and the comparison."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.analysis.alignment import varimax
from aether_lab.analysis.disentanglement import SCORES, _powers, _products, disentanglement
from aether_lab.analysis.known_factors import known_factors, known_responses
from aether_lab.analysis.pca import principal_components
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import WEIGHTS

# Codes to compare with


def pca_codes(spectra_db: ArrayLike, components: int, rotated: bool = False) -> np.ndarray:
    """The first principal components of spectra `(N, 513)` dB, fitted on themselves, each of deviation 1: `(N, Z)`.

    `rotated` turns them by varimax, so that each component has few bins of its own.
    """
    mean, basis = principal_components(spectra_db, components)
    scores = (np.asarray(spectra_db, np.float64) * np.sqrt(WEIGHTS) - mean) @ basis.T
    spread = scores.std(0)
    codes = scores / spread
    return codes @ varimax(basis.T * spread) if rotated else codes


def factor_codes(
    spectra_db: ArrayLike, learned_db: ArrayLike, factors: ArrayLike, dimensions: int, components: int = 20
) -> np.ndarray:
    """Codes `(N, Z)` that read one factor each from spectra `(N, 513)`, taught with the truth: what could be had.

    Ridge regression on the products of up to two of the principal components of `learned_db` `(M, 513)`, whose
    `factors` `(M, K)` are given; of the K the Z that it reads best, and all where Z is more.
    """
    learned, truth = np.asarray(learned_db, np.float64), np.asarray(factors, np.float64)
    mean, basis = principal_components(learned, components)
    spread = ((learned * np.sqrt(WEIGHTS) - mean) @ basis.T).std(0)
    powers = _powers(components, (components + 1) * (components + 2) // 2)

    def products(spectra: np.ndarray) -> np.ndarray:
        return _products((spectra * np.sqrt(WEIGHTS) - mean) @ basis.T / spread, powers)

    centred, x = (truth - truth.mean(0)) / truth.std(0), products(learned)
    weights = np.linalg.solve(x.T @ x + 3e-3 * len(x) * np.eye(x.shape[1]), x.T @ centred)
    rest = ((x @ weights - centred) ** 2).mean(0)
    return (products(np.asarray(spectra_db, np.float64)) @ weights)[:, np.sort(np.argsort(rest)[:dimensions])]


def compare(spaces: Mapping[str, FilterSpace], n: int = 2000, seeds: Iterable[int] = range(5)) -> dict[str, dict]:
    """`{code: {score: {"mean", "sd"}}}` over sets of `n` `known_responses`: the means of spaces, and what bounds them.

    For each number Z of dimensions that the spaces have: `pcaZ` and `varimaxZ` are fitted on the same spectra, `readZ`
    is `factor_codes`, taught on other systems, and `truthZ` the first Z factors themselves.
    """
    found: dict[str, list[dict]] = {}
    for seed in seeds:
        systems, others = known_responses(n, seed), known_responses(n, seed + 1_000_000)
        spectra, factors = systems.spectra_db, known_factors(systems)
        codes = {name: np.asarray(space.encode(spectra)[0], np.float64) for name, space in spaces.items()}
        for z in sorted({space.latent_dim for space in spaces.values()}):
            codes[f"pca{z}"], codes[f"varimax{z}"] = (pca_codes(spectra, z, rotated=r) for r in (False, True))
            codes[f"read{z}"] = factor_codes(spectra, others.spectra_db, known_factors(others), z)
            codes[f"truth{z}"] = factors[:, :z]
        for name, code in codes.items():
            found.setdefault(name, []).append(disentanglement(code, factors))
    return {
        name: {
            score: {"mean": float(np.mean(values)), "sd": float(np.std(values))}
            for score in SCORES
            for values in [[each[score] for each in of_seeds]]
        }
        for name, of_seeds in found.items()
    }
