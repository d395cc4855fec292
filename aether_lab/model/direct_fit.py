"""The bank of a model fitted directly, with no network: the floor that no decoder over the same bank can pass."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from aether_lab.filters.fit import fit_recipe, measured_levels
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import AUDIBLE_HZ
from aether_lab.model.objective import minimize
from aether_lab.model.settings import ModelSettings
from aether_lab.model.vae import bank_parameters, log_spaced_bias
from aether_lab.signals.target import Measured

ROBUST = ("parallel", "alternating")
"""The bank that least squares fits well from log-spaced centres; others start where Adam ends (`_adam_start`)."""


def fit_bank(
    target: Measured, settings: ModelSettings = ModelSettings(), steps: int = 100, starts: int = 4, **options: Any
) -> Recipe:
    """Fits the bank of a model to each target, in the ranges of its decoder, without a level of its own.

    Args:
        target: what `as_target` takes, or many spectra `(..., 513)` dB.
        settings: whose bank; the latent dimension is ignored.
        options: those of `fit_recipe`.

    Raises:
        ValueError: as `fit_recipe`.
    """
    levels, covered = measured_levels(target, AUDIBLE_HZ)
    options = {"band_hz": covered, "start": None, **options}
    if options["start"] is None and (settings.topology, settings.polarity) != ROBUST:
        options["start"] = _adam_start(settings, jnp.asarray(levels))
    return fit_recipe(levels, settings.sections, steps, starts=starts, **options)


@partial(jax.jit, static_argnums=0)
def _adam_start(settings: ModelSettings, target: Array) -> Recipe:
    """Where Adam ends in 1500 steps to targets `(..., 513)` from log-spaced centres.

    Neighbours of one sign cancel between their centres, and a cascade without a level of its own must make it of wide
    sections: in both least squares stops in local minima that Adam leaves.
    """
    bias = log_spaced_bias(settings.num_filters, settings.frequency_map)
    start = bias(jax.random.key(0), (settings.num_filters, 3), target.dtype)
    start = jnp.broadcast_to(start, (*target.shape[:-1], *start.shape))

    def recipe(raw: Array) -> Recipe:
        return settings.recipe(*bank_parameters(raw, settings.frequency_map))

    return recipe(minimize(recipe, start, target, 1500, jnp.asarray(0.05, target.dtype)))
