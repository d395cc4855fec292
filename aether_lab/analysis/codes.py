"""Reference codes, and the disentanglement of spaces beside them."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.analysis.alignment import varimax
from aether_lab.analysis.disentanglement import SCORES, disentanglement, monomial_exponents, monomials
from aether_lab.analysis.pca import principal_components
from aether_lab.model.space import FilterSpace
from aether_lab.signals.known_factors import known_factors, known_responses
from aether_lab.signals.spectrum import WEIGHTS


def pca_codes(spectra_db: ArrayLike, components: int, rotated: bool = False) -> np.ndarray:
    """The first principal components of spectra `(N, 513)` dB, scaled to standard deviation 1: `(N, Z)`.

    `rotated` applies varimax, so that each component has large loadings at few bins.
    """
    mean, basis = principal_components(spectra_db, components)
    scores = (np.asarray(spectra_db, np.float64) * np.sqrt(WEIGHTS) - mean) @ basis.T
    deviation = scores.std(0)
    codes = scores / deviation
    return codes @ varimax(basis.T * deviation) if rotated else codes


def factor_codes(
    spectra_db: ArrayLike, learned_db: ArrayLike, factors: ArrayLike, dimensions: int, components: int = 20
) -> np.ndarray:
    """Supervised codes `(N, Z)`, each an estimate of one factor from spectra `(N, 513)`: an upper reference.

    Ridge regression on products of up to two principal components of `learned_db` `(M, 513)` with known `factors`
    `(M, K)`. The Z best-predicted factors are kept, or all K if Z is larger.
    """
    learned, truth = np.asarray(learned_db, np.float64), np.asarray(factors, np.float64)
    mean, basis = principal_components(learned, components)
    deviation = ((learned * np.sqrt(WEIGHTS) - mean) @ basis.T).std(0)
    exponents = monomial_exponents(components, (components + 1) * (components + 2) // 2)

    def products(spectra: np.ndarray) -> np.ndarray:
        return monomials((spectra * np.sqrt(WEIGHTS) - mean) @ basis.T / deviation, exponents)

    centred, x = (truth - truth.mean(0)) / truth.std(0), products(learned)
    weights = np.linalg.solve(x.T @ x + 3e-3 * len(x) * np.eye(x.shape[1]), x.T @ centred)
    rest = ((x @ weights - centred) ** 2).mean(0)
    return (products(np.asarray(spectra_db, np.float64)) @ weights)[:, np.sort(np.argsort(rest)[:dimensions])]


def compare(spaces: Mapping[str, FilterSpace], n: int = 2000, seeds: Iterable[int] = range(5)) -> dict[str, dict]:
    """Disentanglement of spaces and reference codes: `{code: {score: {"mean", "sd"}}}` over sets of `n` responses.

    The code of a space is its knobs. For each number Z of knobs, `pcaZ` and `varimaxZ` are fitted to the same spectra,
    `readZ` is `factor_codes` trained on other responses, and `truthZ` the first Z factors.
    """
    scores: dict[str, list[dict]] = {}
    for seed in seeds:
        responses, others = known_responses(n, seed), known_responses(n, seed + 1_000_000)
        spectra, factors = responses.spectra_db, known_factors(responses)
        codes = {name: _knobs(space, spectra) for name, space in spaces.items()}
        for z in sorted({space.knobs for space in spaces.values()}):
            codes[f"pca{z}"], codes[f"varimax{z}"] = (pca_codes(spectra, z, rotated=r) for r in (False, True))
            codes[f"read{z}"] = factor_codes(spectra, others.spectra_db, known_factors(others), z)
            codes[f"truth{z}"] = factors[:, :z]
        for name, code in codes.items():
            scores.setdefault(name, []).append(disentanglement(code, factors))
    return {
        name: {
            score: {"mean": float(np.mean(values)), "sd": float(np.std(values))}
            for score in SCORES
            for values in [[each[score] for each in per_seed]]
        }
        for name, per_seed in scores.items()
    }


def _knobs(space: FilterSpace, spectra_db: np.ndarray) -> np.ndarray:
    return np.asarray(space.encode(spectra_db)[0][:, : space.knobs], np.float64)
