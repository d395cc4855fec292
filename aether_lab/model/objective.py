"""The objective, the smoothed distance between a recipe's response and a target, and its minimisation by Adam.

Training, the refinement of z and the direct fit of a bank share it.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from aether_lab.filters.recipe import Recipe
from aether_lab.signals.spectrum import BAND, FREQUENCIES, WEIGHTS, erb, lsd

SMOOTHING_DB = 0.1
"""Smoothing epsilon of the distance: keeps its gradient finite at a perfect match, see `spectrum.lsd`."""

_UNDER = np.geomspace(FREQUENCIES[1], FREQUENCIES[2], 5)[:-1]
_LAST = int(np.flatnonzero(WEIGHTS)[-1])  # the bin at 20 kHz
_BINS = np.unique(np.round(np.geomspace(2, _LAST, 1 + round(24 * np.log2(_LAST / 2)))).astype(np.int32))
EVALUATION_HZ = np.concatenate([_UNDER, FREQUENCIES[_BINS]])
"""Evaluation grid, Hz: bins from 94 Hz to 20 kHz, and four points in the octave below.

Above 1.6 kHz one bin per 1/24 octave is enough, because spectra are smoothed over 1/3 octave; a training step takes a
third of the time of all 513 bins. The reported distance begins at 100 Hz. The four points below prevent peaks of 20 dB
between the bins at 47 and 94 Hz.
"""

UNDER_SHARE = 0.1
"""Of their ERB weight, what frequencies under 100 Hz keep. The reported distance does not count them, bins of 47 Hz
hardly resolve them, and there spectra differ most: at their whole weight, 6 % of all, they take so much of four numbers
that the error on held-out sources is 0.2 dB larger."""

EVALUATION_WEIGHTS = np.gradient(EVALUATION_HZ) / erb(EVALUATION_HZ)
EVALUATION_WEIGHTS[BAND[0] > EVALUATION_HZ] *= UNDER_SHARE
EVALUATION_WEIGHTS /= EVALUATION_WEIGHTS.sum()
_TO_UNDER = np.log(_UNDER / FREQUENCIES[1]) / np.log(FREQUENCIES[2] / FREQUENCIES[1])


def at_evaluation_hz(spectra_db: Array) -> Array:
    """Spectra `(..., 513)` at `EVALUATION_HZ`, interpolated linearly over log frequency."""
    low, high = spectra_db[..., 1:2], spectra_db[..., 2:3]
    part = jnp.asarray(_TO_UNDER, spectra_db.dtype).reshape((1,) * (spectra_db.ndim - 1) + (-1,))
    return jnp.concatenate([low + part * (high - low), jnp.take(spectra_db, _BINS, axis=-1, mode="clip")], axis=-1)


WIDE = 0.9
"""A band that covers at least this share of the ERB weights sets the level of a spectrum."""


def evaluation_weights(bands_hz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights at `EVALUATION_HZ` for spectra measured in the bands `(N, 2)` Hz, and whether each is wide, `(N,)`.

    `(N, F)` float32 rows of sum 1, 0 outside the band; a band from 100 Hz also covers what lies below. The level of a
    spectrum that is not wide is free in a comparison: it was aligned over another band than a decoded response.
    """
    low, high = np.asarray(bands_hz, np.float64).T
    low = np.where(low <= BAND[0], 0.0, low)
    inside = (low[:, None] <= EVALUATION_HZ) & (high[:, None] >= EVALUATION_HZ)
    weights = inside * EVALUATION_WEIGHTS
    covered = weights.sum(1)
    return (weights / covered[:, None]).astype(np.float32), covered >= WIDE


def smoothed_lsd(recipe: Recipe, target_db: Array, measured: tuple[Array, Array] | None = None) -> Array:
    """LSD at `EVALUATION_HZ` between recipes `(..., S)` and targets `(..., 513)` dB: `(...)` dB, differentiable.

    Args:
        measured: where the targets were measured, as `evaluation_weights`; default: everywhere.
    """
    response, target = recipe.response_db(EVALUATION_HZ), at_evaluation_hz(target_db)
    if measured is None:
        return lsd(response, target, EVALUATION_WEIGHTS.astype(target_db.dtype), SMOOTHING_DB)
    return measured_lsd(response - target, *measured, SMOOTHING_DB)


def measured_lsd(difference: Array, weights: Array, wide: Array, smoothing_db: float = 0.0) -> Array:
    """The weighted rms `(...)` of differences `(..., F)` dB, without their mean where `wide` `(...)` is false."""
    level = (difference * weights).sum(-1, keepdims=True)
    difference = difference - jnp.where(wide[..., None], 0.0, level)
    return jnp.sqrt((difference**2 * weights).sum(-1) + smoothing_db**2)


def minimize(recipe: Callable[[Array], Recipe], start: Array, target: Array, steps: int, learning_rate: Array) -> Array:
    """Adam with a cosine schedule to zero; for each leading index, the parameters with the smallest distance."""
    optimizer = optax.adam(lambda count: learning_rate * 0.5 * (1 + jnp.cos(jnp.pi * count / steps)))

    def total(x: Array) -> tuple[Array, Array]:
        each = smoothed_lsd(recipe(x), target)
        return each.sum(), each

    def keep(x: Array, each: Array, best: Array, least: Array) -> tuple[Array, Array]:
        better = each < least
        column = better.reshape(*better.shape, *[1] * (x.ndim - better.ndim))
        return jnp.where(column, x, best), jnp.minimum(each, least)

    def step(carry: Any, _: None) -> tuple[Any, None]:
        x, state, best, least = carry
        gradient, each = jax.grad(total, has_aux=True)(x)
        best, least = keep(x, each, best, least)
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(x, updates), state, best, least), None

    least = jnp.full(target.shape[:-1], jnp.inf, target.dtype)
    (x, _, best, least), _ = jax.lax.scan(step, (start, optimizer.init(start), start, least), length=steps)
    return keep(x, total(x)[1], best, least)[0]
