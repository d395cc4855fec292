"""Whole latent points of a space, from those that leave out details or kinds, and from what was measured."""

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.model.latent import kind_weights, latent_sizes
from aether_lab.model.space import FilterSpace
from aether_lab.signals.target import Measured


def whole_point(space: FilterSpace, z: ArrayLike = (), kind: str | ArrayLike | None = None) -> np.ndarray:
    """The whole points `(..., latent_dim)` of `z`, whose details and kind may be left out.

    Args:
        z: `(..., knobs)`, with details, or with details and kinds; `()` for the origin.
        kind: a name or a mixture `(K,)` in place of that in z; default: that in z, else the first kind of the space.

    Raises:
        ValueError: another length, or an unknown kind.

    >>> from aether_lab import FilterSpace
    >>> space = FilterSpace.untrained(latent_dim=3, details=1, kinds=("room", "ear"))
    >>> whole_point(space, [0.5, -1]).tolist(), whole_point(space, kind="ear").tolist()
    ([0.5, -1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0])
    """
    point = np.asarray(z, np.float64)
    if point.shape == (0,):
        point = np.zeros(space.knobs)
    sizes = latent_sizes(space.settings)
    if not point.shape or point.shape[-1] not in sizes:
        given = point.shape[-1] if point.shape else "no"
        raise ValueError(f"z has {given} dimensions; this space has {' or '.join(map(str, sizes))}")
    size = space.knobs + space.details
    numbers, weights = point[..., :size], point[..., size:]
    numbers = np.concatenate([numbers, np.zeros((*point.shape[:-1], size - numbers.shape[-1]))], axis=-1)
    if kind is None and (weights.shape[-1] or not space.kinds):
        return np.concatenate([numbers, weights], axis=-1)
    chosen = kind_weights(space.settings, space.kinds[0] if kind is None else kind)
    return np.concatenate([numbers, np.broadcast_to(chosen, (*point.shape[:-1], len(chosen)))], axis=-1)


def located(space: FilterSpace, target: Measured, kind: str | ArrayLike | None = None) -> np.ndarray:
    """The refined latent point `(latent_dim,)` of a measured response, float64, with its details and kind.

    Raises:
        ValueError: an unreadable target, or an unknown kind.
    """
    mixture = None if kind is None else kind_weights(space.settings, kind)  # refuses one where there are no kinds
    start = space.locate(target, kind=mixture) if space.kinds else None
    return np.asarray(space.refine(target, start), np.float64)


def kind_text(space: FilterSpace, z: ArrayLike) -> str:
    """The kind of a whole point, `(latent_dim,)`, by name; for a mixture the greatest share; "" without kinds.

    >>> from aether_lab import FilterSpace
    >>> space = FilterSpace.untrained(latent_dim=2, kinds=("room", "ear"))
    >>> kind_text(space, [0, 0, 0, 1]), kind_text(space, [0, 0, 3, 1]), kind_text(space, [0, 0, 0, 0])
    ('ear', 'mixture, 75 % room', 'mixture, 50 % room')
    """
    if not space.kinds:
        return ""
    weights = np.maximum(np.asarray(z, np.float64)[space.settings.latent_dim :], 0)
    if not weights.sum():
        weights = np.ones(len(space.kinds))
    share = weights / weights.sum()
    first = int(share.argmax())
    return space.kinds[first] if share[first] == 1 else f"mixture, {round(100 * share[first])} % {space.kinds[first]}"
