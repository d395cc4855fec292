"""Disentanglement scores MIG, SAP and DCI of codes `(N, Z)` for known factors `(N, K)`, one row per response.

No score changes when dimensions are reordered, reversed, shifted or scaled. MIG and SAP are means over factors and at
most Z / K, because one dimension cannot inform about several independent factors more than about one. Other variation
of the spectrum lowers every score (`factor_codes` shows by how much). Completeness and disentanglement do not depend on
how well a factor is predicted; read them beside informativeness.

The factors of `synthetic.FACTORS` depend on each other through the family that sets their ranges. `known_responses`
draws those that all families share from one range.
"""

import numpy as np
from numpy.typing import ArrayLike

SCORES = ("mig", "sap", "disentanglement", "completeness", "informativeness")

BINS = 16
"""Bins of equal count per dimension and per factor, for mutual information."""

FEWEST = 4 * BINS**2  # responses: the bias correction needs four per cell

NOISE_SHARE = 0.02  # importance and prediction below this share of a factor's variance count as 0


def disentanglement(codes: ArrayLike, factors: ArrayLike) -> dict:
    """All scores of a code as plain JSON.

    Args:
        codes: `(N, Z)`, finite; N >= 1024.
        factors: `(N, K)`, finite, none of them constant.

    Returns:
        `mig`, `sap`, `disentanglement`, `completeness`, `informativeness`, each 0 to 1; `ceiling`, the maximum of MIG
        and SAP, min(1, Z / K); `information` `(Z, K)`, mutual information over the entropy of the factor; and
        `importance` `(Z, K)` as in `dci`.

    Raises:
        ValueError: other shapes, values that are not finite, or a constant factor.
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
    """Mean over factors of the gap between the best dimension and the second, for scores `(Z, K)`.

    For mutual information it is MIG, (1/K) sum_k (I(z_best; v_k) - max_(j not best) I(z_j; v_k)) / H(v_k): Chen, Li,
    Grosse & Duvenaud, "Isolating Sources of Disentanglement in VAEs", NeurIPS 2018, eq. 6. Here z is the encoder's
    mean, not a sample. For the variance share of a linear regression it is SAP for continuous factors: Kumar,
    Sattigeri & Balakrishnan, "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations",
    ICLR 2018, section 3.
    """
    ranked = np.sort(np.concatenate([np.zeros((1, score.shape[1])), score]), axis=0)
    return float((ranked[-1] - ranked[-2]).mean())


def mutual_information(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Mutual information of each dimension with each factor over the factor's entropy: `(N, Z)`, `(N, K)` to `(Z, K)`.

    From counts in `BINS` by `BINS` bins of equal count; equal values share a bin. The finite-sample bias, (cells - rows
    - columns + 1) / 2N nats for the non-empty ones, is subtracted and the result clipped at 0 (Roulston,
    "Estimating the errors on measured entropy and mutual information", Physica D 125 (1999), eq. 17).
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
            information = _entropy(rows) + _entropy(columns) - _entropy(counts.ravel()) - bias
            result[j, k] = np.clip(information / entropy, 0, 1)
    return result


def _binned(values: np.ndarray) -> np.ndarray:
    edges = np.quantile(values, np.arange(1, BINS) / BINS, axis=0)
    return np.stack([np.searchsorted(e, v, side="right") for e, v in zip(edges.T, values.T, strict=True)], axis=1)


def _entropy(counts: np.ndarray) -> float:
    """Entropy of a histogram, nats."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())


def dci(codes: np.ndarray, factors: np.ndarray) -> tuple[float, float, float, np.ndarray]:
    """Disentanglement, completeness, informativeness, and the importance `(Z, K)` of each dimension for each factor.

    With P the importances R as shares along a row or a column: D = sum_j rho_j (1 - H_K(P_j.)), rho_j the share of all
    importance in dimension j; C = mean over k of 1 - H_Z(P_.k), with the entropies to the base K and Z: Eastwood &
    Williams, "A Framework for the Quantitative Evaluation of Disentangled Representations", ICLR 2018, section 2. Our
    choices:

    - The predictor of a factor is ridge regression on products of up to three of the standardised dimensions (two or
      one, where there are more than N / 8 products), trained on half of the responses.
    - R is the permutation importance on the other half, the growth of the error as a share of the factor's variance,
      mean of five shuffles (Breiman, "Random Forests", Machine Learning 45 (2001), section 10). Below `NOISE_SHARE` it
      is 0, as it is for a factor whose predicted share is smaller than that.
    - Informativeness is the predicted share of variance on that half, mean over factors; the paper uses the error.
    - A factor without importance in any dimension has completeness 0.
    """
    n, z = codes.shape
    rng = np.random.default_rng(0)
    order = rng.permutation(n)
    learned, tested = order[: n // 2], order[n // 2 :]
    code = (codes - codes[learned].mean(0)) / np.maximum(codes[learned].std(0), 1e-12)
    factor = (factors - factors[learned].mean(0)) / factors[learned].std(0)
    exponents = monomial_exponents(z, n // 8)
    products = monomials(code[learned], exponents)
    ridge = 1e-3 * len(learned) * np.eye(products.shape[1])
    ridge[0, 0] = 0
    weights = np.linalg.solve(products.T @ products + ridge, products.T @ factor[learned])

    def error(code: np.ndarray) -> np.ndarray:
        return ((monomials(code, exponents) @ weights - factor[tested]) ** 2).mean(0) / factor[tested].var(0)

    whole = error(code[tested])
    importance = np.zeros((z, factor.shape[1]))
    for j in range(z):
        for _ in range(5):
            shuffled = code[tested].copy()
            shuffled[:, j] = rng.permutation(shuffled[:, j])
            importance[j] += (error(shuffled) - whole) / 5
    importance = np.where((importance < NOISE_SHARE) | (1 - whole < NOISE_SHARE), 0.0, importance)
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


def monomial_exponents(z: int, most: int) -> np.ndarray:
    """Exponents `(P, Z)` of the monomials of `z` variables, of degree 3 or lower so that there are at most `most`."""
    by_degree = [np.zeros((1, z), int)]
    for _ in range(3):
        more = np.unique((by_degree[-1][:, None] + np.eye(z, dtype=int)).reshape(-1, z), axis=0)
        if len(by_degree) > 1 and sum(map(len, by_degree)) + len(more) > most:
            break
        by_degree.append(more)
    return np.concatenate(by_degree)


def monomials(code: np.ndarray, exponents: np.ndarray) -> np.ndarray:
    """`(N, Z)` to `(N, P)`."""
    powers = code[:, :, None] ** np.arange(exponents.max() + 1)
    result = np.ones((len(code), len(exponents)))
    for j in range(code.shape[1]):
        result *= powers[:, j, exponents[:, j]]
    return result


def _checked(codes: ArrayLike, factors: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    code, factor = np.asarray(codes, np.float64), np.asarray(factors, np.float64)
    if code.ndim != 2 or factor.ndim != 2 or len(code) != len(factor) or 0 in (code.shape[1], factor.shape[1]):
        raise ValueError(f"codes have shape {code.shape}, factors {factor.shape}; expected (N, Z) and (N, K)")
    if len(code) < FEWEST:
        raise ValueError(
            f"{len(code)} responses; mutual information over {BINS} by {BINS} bins needs at least {FEWEST}"
        )
    for name, values in (("codes", code), ("factors", factor)):
        if not np.isfinite(values).all():
            raise ValueError(f"some {name} are not finite")
    if constant := np.flatnonzero(factor.std(0) == 0).tolist():
        raise ValueError(f"factors {constant} are constant; a factor must vary")
    return code, factor
