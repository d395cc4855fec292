"""Paths through the latent space: arrays of places `z` to visit one after the other.

`Z` is the dimension of the space. The knobs reach from -2 to 2, which holds 95 % of the prior in each dimension; a path
may go beyond.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

KNOB = 2.0
"""What a knob reaches to either side of 0."""


def sweep(dimension: int, latent_dim: int, steps: int = 41, span: float = KNOB) -> NDArray[np.float64]:
    """One dimension from `-span` to `span`, the others at 0.

    Args:
        dimension: 0 to `latent_dim - 1`.
        latent_dim: `Z`.
        steps: at least 2; an odd number visits 0.
        span: above 0.

    Returns:
        `(steps, Z)`, evenly spaced.
    """
    if latent_dim < 1:
        raise ValueError(f"latent_dim is {latent_dim}; allowed is 1 and above")
    if not 0 <= dimension < latent_dim:
        raise ValueError(f"dimension is {dimension}; a space of latent_dim {latent_dim} has 0 to {latent_dim - 1}")
    path = np.zeros((_checked(steps), latent_dim))
    path[:, dimension] = _axis(steps, span)
    return path


def line(start: ArrayLike, end: ArrayLike, steps: int = 41) -> NDArray[np.float64]:
    """The straight line between two places, both included.

    Args:
        start: `(Z,)`.
        end: `(Z,)`.
        steps: at least 2.

    Returns:
        `(steps, Z)`, evenly spaced.
    """
    ends = _places([start, end])
    return np.linspace(ends[0], ends[1], _checked(steps))


def loop(places: Sequence[ArrayLike], steps: int = 41) -> NDArray[np.float64]:
    """The closed tour through `places` by straight lines at constant speed.

    Played again and again it does not jump: the step from the last row back to the first is as long as any other,
    save where a corner is cut.

    Args:
        places: two or more of `(Z,)`, not all the same.
        steps: at least 2, for the whole tour.

    Returns:
        `(steps, Z)`, beginning at the first place.
    """
    corners = _places(places)
    closed = np.concatenate([corners, corners[:1]])
    travelled = np.concatenate([[0.0], np.linalg.norm(np.diff(closed, axis=0), axis=1).cumsum()])
    if not travelled[-1]:
        raise ValueError(f"all {len(corners)} places are {corners[0].tolist()}; a loop needs two that differ")
    when = np.arange(_checked(steps)) / steps * travelled[-1]
    return np.stack([np.interp(when, travelled, closed[:, k]) for k in range(closed.shape[1])], axis=1)


def grid(steps: int = 21, span: float = KNOB) -> NDArray[np.float64]:
    """The square from `-span` to `span` of a two-dimensional space.

    Args:
        steps: along each side, at least 2.
        span: above 0.

    Returns:
        `(steps, steps, 2)`; `[row, column]` holds `(z0, z1)`, z0 rising with the column and z1 with the row,
        as an image is drawn.
    """
    axis = _axis(_checked(steps), span)
    return np.stack(np.meshgrid(axis, axis), axis=-1)


def _checked(steps: int) -> int:
    if steps < 2:
        raise ValueError(f"steps is {steps}; a path needs 2 or more")
    return steps


def _axis(steps: int, span: float) -> NDArray[np.float64]:
    if not 0 < span < np.inf:
        raise ValueError(f"span is {span}; allowed is any finite number above 0")
    return np.linspace(-span, span, steps)


def _places(places: Sequence[ArrayLike]) -> NDArray[np.float64]:
    arrays = [np.asarray(place, float) for place in places]
    shapes = [array.shape for array in arrays]
    if len(arrays) < 2 or len(set(shapes)) > 1 or len(shapes[0]) != 1 or shapes[0] == (0,):
        raise ValueError(f"places have shapes {shapes}; a path needs two or more, all (Z,) with the same Z")
    stacked = np.stack(arrays)
    if not np.isfinite(stacked).all():
        raise ValueError(f"places are {stacked.tolist()}; every coordinate must be finite")
    return stacked
