"""The details that a *Detail* slider scales from 0, what the knobs say, to 1, as measured."""

import numpy as np
from numpy.typing import ArrayLike

OFF_RAY = 1e-3
"""Details are a share of others if they differ from it by at most this, relative to the length of the others."""


def detail_share(full: ArrayLike, details: ArrayLike) -> float | None:
    """`s` from 0 to 1 for which `details` are `s * full`; None if there is none.

    >>> detail_share([2, -4], [1, -2]), detail_share([2, -4], [0, 0]), detail_share([2, -4], [1, 2])
    (0.5, 0.0, None)
    """
    whole, part = np.asarray(full, np.float64), np.asarray(details, np.float64)
    length = float(whole @ whole) if whole.shape == part.shape else 0.0
    if not length:
        return None if part.any() else 0.0
    share = min(max(float(part @ whole) / length, 0.0), 1.0)
    return share if np.linalg.norm(part - share * whole) <= OFF_RAY * np.sqrt(length) else None


def full_details(before: ArrayLike, details: ArrayLike) -> list[float]:
    """The details at 100 % after those of z have become `details`: `before` if these are a share of them."""
    return np.asarray(details if detail_share(before, details) is None else before, np.float64).tolist()
