"""Time-invariant banks, by SciPy's second-order sections."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import sosfilt

from aether_lab.filters.side_by_side import side_by_side

SHARES = 4
"""Parts of a parallel bank that run at the same time; fixed, so that sums do not depend on the number of cores."""


def filter_cascade(x: ArrayLike, rows: ArrayLike) -> NDArray[np.float64]:
    """Filters `(T,)` samples with rows `(S, 6)` in SciPy's order, in series."""
    return sosfilt(rows, x)


def filter_parallel(x: ArrayLike, rows: ArrayLike) -> NDArray[np.float64]:
    """Filters `(T,)` samples with each of the rows `(S, 6)` in SciPy's order; returns the sum.

    >>> filter_parallel([1.0, 0.0], [[1, 0, 0, 1, 0, 0], [2, 1, 0, 1, 0, 0]]).tolist()
    [3.0, 1.0]
    """
    x, rows = np.asarray(x, np.float64), np.asarray(rows, np.float64)
    shares = np.array_split(rows, min(SHARES, len(rows)))

    def filtered(share: NDArray) -> NDArray[np.float64]:
        y = sosfilt(share[:1], x)
        for row in share[1:]:
            y += sosfilt(row[None], x)
        return y

    y, *others = side_by_side(filtered, shares)
    for other in others:
        y += other
    return y
