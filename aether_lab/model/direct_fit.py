"""Direct fit of a model's bank, without the network: a lower bound on the error of any decoder of that bank."""

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
"""Least squares fits this bank well from log-spaced centres; other banks start from `_adam_start`."""


def fit_bank(
    target: Measured, settings: ModelSettings = ModelSettings(), steps: int = 100, starts: int = 4, **options: Any
) -> Recipe:
    """Fits the bank of a model to each target, within the ranges of its decoder and without a preamp.

    Args:
        target: anything `as_target` accepts, or spectra `(..., 513)` dB.
        settings: the model; `latent_dim` is ignored.
        steps, starts, options: as in `fit_recipe`, as are the errors.
    """
    levels, covered = measured_levels(target, AUDIBLE_HZ)
    options = {"band_hz": covered, "start": None, **options}
    if options["start"] is None and (settings.topology, settings.polarity) != ROBUST:
        options["start"] = _adam_start(settings, jnp.asarray(levels))
    return fit_recipe(levels, settings.sections, steps, starts=starts, **options)


@partial(jax.jit, static_argnums=0)
def _adam_start(settings: ModelSettings, target: Array) -> Recipe:
    """The recipes that Adam reaches in 1500 steps from log-spaced centres, for targets `(..., 513)` dB.

    Least squares stops in local minima in two cases: adjacent sections of one sign cancel between their centres, and a
    cascade without a preamp needs wide sections to set its level.
    """
    bias = log_spaced_bias(settings.num_filters, settings.frequency_map)
    start = bias(jax.random.key(0), (settings.num_filters, 3), target.dtype)
    start = jnp.broadcast_to(start, (*target.shape[:-1], *start.shape))

    def recipe(raw: Array) -> Recipe:
        return settings.recipe(*bank_parameters(raw, settings.frequency_map, settings.gain_limit_db))

    return recipe(minimize(recipe, start, target, 1500, jnp.asarray(0.05, target.dtype)))
