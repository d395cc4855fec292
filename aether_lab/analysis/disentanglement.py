"""How far each dimension of a code holds one factor of its own: MIG, SAP and DCI, on bodies whose factors are known.

A code is `(N, Z)`, factors are `(N, K)`, one row per body. No score changes when dimensions are reordered, reversed,
shifted or scaled. MIG and SAP are means over factors, and one dimension holds no more about independent factors
together than about one of them alone, so they end at Z / K. What else moves the spectrum lowers every score further:
`factor_codes` shows how far. Completeness and disentanglement ask how, not how much: a factor that shows faintly, but
in one dimension only, is complete, and they are to be read beside informativeness.

The factors of `synthetic.FACTORS` are drawn from ranges of a family, and therefore depend on each other through it.
`known_bodies` draws the few that every family shares, and that a spectrum shows, from one range for all.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.analysis.reconstruction import principal_components
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import WEIGHTS
from aether_lab.signals.synthetic import FACTORS, Bodies, synthetic_bodies

KNOWN = {
    "tilt_db": (-3.0, 3.0),
    "low_cut_hz": (50.0, 800.0),
    "high_cut_hz": (3e3, 18e3),
    "main_db": (-12.0, 12.0),
    "notch_db": (-24.0, 0.0),
}
"""The factors that a code is compared with, and the range they are drawn from: tilt, the two roll-offs, a bell in the
middle and a notch in the treble. Each alone moves the spectrum by 1.8 to 4.3 dB (rms, as `spectrum.lsd` weighs it)."""

FIXED = {"low_cut_order": 2.0, "high_cut_order": 3.0, "main_hz": 1e3, "main_q": 0.7, "notch_hz": 5e3, "notch_q": 1.0}
"""What must stay where it is for a factor to mean the same in every body."""

SCORES = ("mig", "sap", "disentanglement", "completeness", "informativeness")

BINS = 16
"""Per code and per factor, of equal count, for mutual information."""
FEWEST = 4 * BINS**2  # bodies: under four to a cell the correction of the bias does not hold
HELD = 0.02  # share of a factor's variance: what is predicted, or lost by shuffling, below this is noise: none


def known_bodies(n: int = 2000, seed: int = 0, others: float = 0.5) -> Bodies:
    """Bodies of all families whose `KNOWN` factors are independent of each other, of the family and of all the rest.

    Args:
        others: share that is kept of the shelves, bells, resonances, ripple and reflection of each family. At 0 a
            spectrum holds nothing but the known factors, a noise floor and the end of the file's band.

    Raises:
        ValueError: `n` below 1, or `others` outside 0 to 1.
    """
    if not 0 <= others <= 1:
        raise ValueError(f"others is {others}; allowed is 0 to 1")
    bodies = synthetic_bodies(n, seed)
    rng = np.random.default_rng((seed, 1))
    chosen: dict[str, float | np.ndarray] = dict(FIXED)
    for name, (low, high) in KNOWN.items():
        even = rng.uniform(size=n)
        chosen[name] = low * (high / low) ** even if FACTORS[name].log else low + (high - low) * even
    notches = np.zeros((n, FACTORS["notch_db"].count))  # the first; a body has no other
    notches[:, 0] = chosen["notch_db"]
    chosen["notch_db"] = notches
    for name in ("low_shelf_db", "high_shelf_db", "bell_db", "resonance_db", "ripple_db", "comb_depth"):
        chosen[name] = others * bodies.factors[name]
    return bodies.with_factors(**chosen)


def known_factors(bodies: Bodies) -> np.ndarray:
    """`(N, K)`: the `KNOWN` factors of bodies, those drawn over a logarithm as their logarithm."""
    columns = [bodies.factors[name] for name in KNOWN]
    columns = [values if values.ndim == 1 else values[:, 0] for values in columns]
    return np.stack([np.log(v) if FACTORS[k].log else v for k, v in zip(KNOWN, columns, strict=True)], axis=1)


def disentanglement(codes: ArrayLike, factors: ArrayLike) -> dict:
    """All scores of one code as plain JSON.

    Args:
        codes: `(N, Z)`, finite; N at least 1024.
        factors: `(N, K)`, finite, none of them constant.

    Returns:
        `mig`, `sap`, `disentanglement`, `completeness`, `informativeness`, each 0 to 1; `ceiling`, the most that MIG
        and SAP can be, Z / K or 1; `information` `(Z, K)`, the mutual information of each pair as a share of the
        factor's entropy, and `importance` `(Z, K)` as in `dci`.

    Raises:
        ValueError: for other shapes, values that are not finite, or a factor that is constant.
    """
    code, factor = _checked(codes, factors)
    information = mutual_information(code, factor)
    standard = [(x - x.mean(0)) / np.maximum(x.std(0), 1e-12) for x in (code, factor)]
    correlation = standard[0].T @ standard[1] / len(code)
    disentangled, complete, informative, importance = dci(code, factor)
    return {
        "mig": _gap(information),
        "sap": _gap(correlation**2),
        "disentanglement": disentangled,
        "completeness": complete,
        "informativeness": informative,
        "ceiling": min(1.0, code.shape[1] / factor.shape[1]),
        "information": np.round(information, 4).tolist(),
        "importance": np.round(importance, 4).tolist(),
    }


def _gap(score: np.ndarray) -> float:
    """Mean over factors of the best dimension's lead over the second: `(Z, K)` to a number.

    Of mutual information it is MIG, (1/K) sum_k (I(z_best; v_k) - max_(j not best) I(z_j; v_k)) / H(v_k): Chen, Li,
    Grosse & Duvenaud, "Isolating Sources of Disentanglement in VAEs", NeurIPS 2018, eq. 6. Here z is the encoder's
    mean, not a sample. Of the share of variance that a straight line explains it is SAP for continuous factors: Kumar,
    Sattigeri & Balakrishnan, "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations",
    ICLR 2018, section 3.
    """
    ranked = np.sort(np.concatenate([np.zeros((1, score.shape[1])), score]), axis=0)
    return float((ranked[-1] - ranked[-2]).mean())


def mutual_information(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Mutual information of each dimension with each factor over the factor's entropy: `(N, Z)`, `(N, K)` to `(Z, K)`.

    From counts in `BINS` by `BINS` bins of equal count; equal values share a bin. Counts of few bodies show information
    where there is none, on average (cells - rows - columns + 1) / 2N nats, counting those that are not empty: that is
    taken off, and what falls below 0 is 0 (Roulston, "Estimating the errors on measured entropy and mutual
    information", Physica D 125 (1999), eq. 17).
    """
    n = len(codes)
    code, factor = _binned(codes), _binned(factors)
    result = np.zeros((codes.shape[1], factors.shape[1]))
    for k in range(factors.shape[1]):
        entropy = _entropy(np.bincount(factor[:, k]))
        for j in range(codes.shape[1]):
            counts = np.zeros((BINS, BINS))
            np.add.at(counts, (code[:, j], factor[:, k]), 1)
            rows, columns = counts.sum(1), counts.sum(0)
            bias = (np.sum(counts > 0) - np.sum(rows > 0) - np.sum(columns > 0) + 1) / (2 * n)
            found = _entropy(rows) + _entropy(columns) - _entropy(counts.ravel()) - bias
            result[j, k] = np.clip(found / entropy, 0, 1)
    return result


def _binned(values: np.ndarray) -> np.ndarray:
    edges = np.quantile(values, np.arange(1, BINS) / BINS, axis=0)
    return np.stack([np.searchsorted(e, v, side="right") for e, v in zip(edges.T, values.T, strict=True)], axis=1)


def _entropy(counts: np.ndarray) -> float:
    """Of a histogram, nats."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())


def dci(codes: np.ndarray, factors: np.ndarray) -> tuple[float, float, float, np.ndarray]:
    """Disentanglement, completeness, informativeness, and the importance `(Z, K)` of each dimension for each factor.

    With P the importances R as shares along a row or a column: D = sum_j rho_j (1 - H_K(P_j.)), rho_j the share of all
    importance in dimension j; C = mean over k of 1 - H_Z(P_.k), with the entropies to the base K and Z: Eastwood &
    Williams, "A Framework for the Quantitative Evaluation of Disentangled Representations", ICLR 2018, section 2. It is
    our choice that

    - a factor is predicted by ridge regression on the products of up to three of the standardised dimensions (of two or
      one, where there are more than N / 8 such products), learned on one half of the bodies;
    - R is how much the error grows on the other half when one dimension is shuffled there, as a share of the factor's
      variance, mean of five shuffles (Breiman, "Random Forests", Machine Learning 45 (2001), section 10); less than
      `HELD` is none, and so is all importance for a factor of which less than that is predicted;
    - informativeness is the share of variance that is predicted on that half, mean over factors, where the paper gives
      the error that is left;
    - a factor that nothing holds has completeness 0.
    """
    n, z = codes.shape
    rng = np.random.default_rng(0)
    order = rng.permutation(n)
    learned, judged = order[: n // 2], order[n // 2 :]
    code = (codes - codes[learned].mean(0)) / np.maximum(codes[learned].std(0), 1e-12)
    factor = (factors - factors[learned].mean(0)) / factors[learned].std(0)
    powers = _powers(z, n // 8)
    products = _products(code[learned], powers)
    ridge = 1e-3 * len(learned) * np.eye(products.shape[1])
    ridge[0, 0] = 0
    weights = np.linalg.solve(products.T @ products + ridge, products.T @ factor[learned])

    def error(code: np.ndarray) -> np.ndarray:
        return ((_products(code, powers) @ weights - factor[judged]) ** 2).mean(0) / factor[judged].var(0)

    whole = error(code[judged])
    importance = np.zeros((z, factor.shape[1]))
    for j in range(z):
        for _ in range(5):
            shuffled = code[judged].copy()
            shuffled[:, j] = rng.permutation(shuffled[:, j])
            importance[j] += (error(shuffled) - whole) / 5
    importance = np.where((importance < HELD) | (1 - whole < HELD), 0.0, importance)
    per_code = importance.sum(1)
    disentangled = [1 - _entropy(row) / np.log(max(row.size, 2)) if row.any() else 0.0 for row in importance]
    complete = [1 - _entropy(column) / np.log(max(z, 2)) if column.any() else 0.0 for column in importance.T]
    total = per_code.sum()
    return (
        float(per_code @ disentangled / total) if total else 0.0,
        float(np.mean(complete)),
        float((1 - whole).clip(0).mean()),
        importance,
    )


def _powers(z: int, most: int) -> np.ndarray:
    """Exponents `(P, Z)` of every product of up to three variables, or fewer where these are more than `most`."""
    found = [np.zeros((1, z), int)]
    for _ in range(3):
        more = np.unique((found[-1][:, None] + np.eye(z, dtype=int)).reshape(-1, z), axis=0)
        if len(found) > 1 and sum(map(len, found)) + len(more) > most:
            break
        found.append(more)
    return np.concatenate(found)


def _products(code: np.ndarray, powers: np.ndarray) -> np.ndarray:
    """`(N, Z)` to `(N, P)`."""
    steps = code[:, :, None] ** np.arange(powers.max() + 1)
    result = np.ones((len(code), len(powers)))
    for j in range(code.shape[1]):
        result *= steps[:, j, powers[:, j]]
    return result


# Axes along the factors


def alignment(space: FilterSpace, n: int = 4000, seed: int = 2_000_000) -> np.ndarray:
    """The rotation `(Z, Z)` of z after which each dimension goes with few of the known factors.

    What a space holds does not depend on the axes that it is seen along, and training leaves these to chance; its
    knobs are axes. Varimax of the covariance `(K, Z)` of factors and means finds those that are simplest. Dimensions
    come in the order of `KNOWN`, by the factor that each goes with most, and turned so that more of it is more level
    (for the low cut a lower corner). `space.rotated(alignment(space)).calibrated(spectra)` decodes as before. The
    bodies of `seed` have taught the axes: judge them on others.
    """
    bodies = known_bodies(n, seed)
    factors, mean = known_factors(bodies), np.asarray(space.encode(bodies.spectra_db)[0], np.float64)
    factors = (factors - factors.mean(0)) / factors.std(0) * [-1 if name == "low_cut_hz" else 1 for name in KNOWN]
    covariance = factors.T @ (mean - mean.mean(0)) / n
    rotation = varimax(covariance)
    goes_with = covariance @ rotation
    most = np.abs(goes_with).argmax(0)
    order = np.argsort(most, kind="stable")
    sign = np.sign(goes_with[most, np.arange(len(most))])
    return (rotation * np.where(sign == 0, 1, sign))[:, order]


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
    """`{code: {score: {"mean", "sd"}}}` over sets of `n` `known_bodies`: the means of spaces, and what bounds them.

    For each number Z of dimensions that the spaces have: `pcaZ` and `varimaxZ` are fitted on the same spectra, `readZ`
    is `factor_codes`, taught on other bodies, and `truthZ` the first Z factors themselves.
    """
    found: dict[str, list[dict]] = {}
    for seed in seeds:
        bodies, others = known_bodies(n, seed), known_bodies(n, seed + 1_000_000)
        spectra, factors = bodies.spectra_db, known_factors(bodies)
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


def _checked(codes: ArrayLike, factors: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    code, factor = np.asarray(codes, np.float64), np.asarray(factors, np.float64)
    if code.ndim != 2 or factor.ndim != 2 or len(code) != len(factor) or 0 in (code.shape[1], factor.shape[1]):
        raise ValueError(f"codes {code.shape} and factors {factor.shape}; (N, Z) and (N, K) are needed")
    if len(code) < FEWEST:
        raise ValueError(f"{len(code)} bodies; at least {FEWEST} are needed to count {BINS} by {BINS} bins")
    for name, values in (("codes", code), ("factors", factor)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} hold values that are not finite")
    if constant := np.flatnonzero(factor.std(0) == 0).tolist():
        raise ValueError(f"factors {constant} are the same in every body; a factor must vary")
    return code, factor
