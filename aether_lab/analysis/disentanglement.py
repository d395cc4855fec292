"""How far each dimension of a code holds one factor of its own: MIG, SAP and DCI, on systems whose factors are known.

A code is `(N, Z)`, factors are `(N, K)`, one row per system. No score changes when dimensions are reordered, reversed,
shifted or scaled. MIG and SAP are means over factors, and one dimension holds no more about independent factors
together than about one of them alone, so they end at Z / K. What else moves the spectrum lowers every score further:
`factor_codes` shows how far. Completeness and disentanglement ask how, not how much: a factor that shows faintly, but
in one dimension only, is complete, and they are to be read beside informativeness.

The factors of `synthetic.FACTORS` are drawn from ranges of a family, and therefore depend on each other through it.
`known_responses` draws the few that every family shares, and that a spectrum shows, from one range for all.
"""

import numpy as np
from numpy.typing import ArrayLike

SCORES = ("mig", "sap", "disentanglement", "completeness", "informativeness")


BINS = 16
"""Per code and per factor, of equal count, for mutual information."""


FEWEST = 4 * BINS**2  # systems: under four to a cell the correction of the bias does not hold


HELD = 0.02  # share of a factor's variance: what is predicted, or lost by shuffling, below this is noise: none


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

    From counts in `BINS` by `BINS` bins of equal count; equal values share a bin. Few samples show information
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
      one, where there are more than N / 8 such products), learned on one half of the systems;
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


def _checked(codes: ArrayLike, factors: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    code, factor = np.asarray(codes, np.float64), np.asarray(factors, np.float64)
    if code.ndim != 2 or factor.ndim != 2 or len(code) != len(factor) or 0 in (code.shape[1], factor.shape[1]):
        raise ValueError(f"codes {code.shape} and factors {factor.shape}; (N, Z) and (N, K) are needed")
    if len(code) < FEWEST:
        raise ValueError(f"{len(code)} systems; at least {FEWEST} are needed to count {BINS} by {BINS} bins")
    for name, values in (("codes", code), ("factors", factor)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} hold values that are not finite")
    if constant := np.flatnonzero(factor.std(0) == 0).tolist():
        raise ValueError(f"factors {constant} are the same in every system; a factor must vary")
    return code, factor
