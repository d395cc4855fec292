"""Fitting by gradient through the bank, with no training: a recipe to a curve, or z to a curve in a learned space.

The first is the floor that no network over the same bank can pass; the second is what a perfect encoder would find.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from aether_lab.descent import descend, targets
from aether_lab.recipe import Recipe
from aether_lab.space import FilterSpace, ModelSettings
from aether_lab.vae import bank_parameters, log_spaced_bias


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
    target = targets(target_db)
    return _fit_recipe(settings, steps, target, jnp.float32(learning_rate))


@partial(jax.jit, static_argnums=(0, 1))
def _fit_recipe(settings: ModelSettings, steps: int, target: Array, learning_rate: Array) -> Recipe:
    bias = log_spaced_bias(settings.num_filters, settings.frequency_map)
    start = bias(jax.random.key(0), (settings.num_filters, 3), target.dtype)
    start = jnp.broadcast_to(start, (*target.shape[:-1], *start.shape))

    def recipe(raw: Array) -> Recipe:
        return settings.recipe(*bank_parameters(raw, settings.frequency_map))

    return recipe(descend(recipe, start, target, steps, learning_rate))


def refine(
    space: FilterSpace, target_db: ArrayLike, z: ArrayLike | None = None, steps: int = 300, learning_rate: float = 0.05
) -> Array:
    """The z, `(..., Z)`, decoded nearest to each target `(..., 513)` dB: see `FilterSpace.refine`."""
    return space.refine(target_db, z, steps, learning_rate)
