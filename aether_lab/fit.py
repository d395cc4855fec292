"""Fitting by gradient through the bank, with no training: a recipe to a curve, or z to a curve in a learned space.

The first is the floor that no network over the same bank can pass; the second is what a perfect encoder would find.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from jax.typing import ArrayLike

from aether_lab.recipe import Recipe
from aether_lab.space import FilterSpace, ModelSettings
from aether_lab.spectra import FREQUENCIES, lsd
from aether_lab.vae import bank_parameters, log_spaced_bias

CORNER_DB = 0.1
"""Rounds off the corner of the distance at a perfect match, see `spectra.lsd`."""


def fit_recipe(
    target_db: ArrayLike, settings: ModelSettings = ModelSettings(), steps: int = 1500, learning_rate: float = 0.05
) -> Recipe:
    """Fits one bank to each target by Adam, all targets at once, from log-spaced centres.

    Args:
        target_db: `(..., 513)` level-aligned dB.
        settings: topology, polarity, frequency map and number of filters; the latent dimension is of no matter.

    Returns:
        Recipes `(..., S)`, within the ranges that the decoder of such a model has.
    """
    target = _targets(target_db)
    return _fit_recipe(settings, steps, target, jnp.float32(learning_rate))


@partial(jax.jit, static_argnums=(0, 1))
def _fit_recipe(settings: ModelSettings, steps: int, target: Array, learning_rate: Array) -> Recipe:
    bias = log_spaced_bias(settings.num_filters, settings.frequency_map)
    start = bias(jax.random.key(0), (settings.num_filters, 3), target.dtype)
    start = jnp.broadcast_to(start, (*target.shape[:-1], *start.shape))

    def recipe(raw: Array) -> Recipe:
        return settings.recipe(*bank_parameters(raw, settings.frequency_map))

    raw = _descend(lambda raw: recipe(raw).response_db(), start, target, steps, learning_rate)
    return recipe(raw)


def refine(
    space: FilterSpace, target_db: ArrayLike, z: ArrayLike | None = None, steps: int = 300, learning_rate: float = 0.05
) -> Array:
    """The z, `(..., Z)`, decoded nearest to each target `(..., 513)` dB: by Adam, from the encoder's own mean.

    `z` `(..., Z)` is where to start instead. The best z met on the way is returned, so refining never makes it worse.
    """
    target = _targets(target_db)
    start = space.encode(target)[0] if z is None else jnp.asarray(z, jnp.float32)
    return _refine(space.settings, steps, space.variables, start, target, jnp.float32(learning_rate))


@partial(jax.jit, static_argnums=(0, 1))
def _refine(settings: ModelSettings, steps: int, variables: dict, start: Array, target: Array, rate: Array) -> Array:
    def response_db(z: Array) -> Array:
        return settings.recipe(*settings.network.apply(variables, z, method="decode")).response_db()

    return _descend(response_db, start, target, steps, rate)


def _descend(
    response_db: Callable[[Array], Array], start: Array, target: Array, steps: int, learning_rate: Array
) -> Array:
    """Adam with a cosine to zero; of each leading index the parameters with the smallest distance met."""
    optimizer = optax.adam(lambda count: learning_rate * 0.5 * (1 + jnp.cos(jnp.pi * count / steps)))

    def total(x: Array) -> tuple[Array, Array]:
        each = lsd(response_db(x), target, corner=CORNER_DB)
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


def _targets(target_db: ArrayLike) -> Array:
    target = np.asarray(target_db, np.float32)
    if target.shape[-1:] != (FREQUENCIES.size,) or not np.isfinite(target).all():
        raise ValueError(f"a target is {FREQUENCIES.size} finite values in dB; got the shape {target.shape}")
    return jnp.asarray(target)
