"""What a model computes, compiled: encoding with and without kinds, decoding, and the error of a latent point."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from aether_lab.filters.recipe import Recipe
from aether_lab.model.knobs import KNOB
from aether_lab.model.latent import split
from aether_lab.model.refinement import aligned
from aether_lab.model.settings import ModelSettings
from aether_lab.model.vae import ENCODER_UNIT_DB, LOG_VAR_LIMIT, Z_LIMIT

BEYOND_DB = 0.7
"""In the choice of a kind, a code beyond the reach of the knobs counts as this many dB farther for each unit."""


@partial(jax.jit, static_argnums=0)
def encode(settings: ModelSettings, variables: dict, spectra_db: Array) -> Any:
    """Mean and log-variance of spectra `(..., 513)` dB, for a model without kinds."""
    return settings.network.apply(variables, spectra_db / ENCODER_UNIT_DB, method="encode")


@partial(jax.jit, static_argnums=0)
def encode_in(settings: ModelSettings, variables: dict, spectra_db: Array, mixture: Array, kept: Array) -> Any:
    """As `encode`, as latent points with their kinds, weights `(..., K)`; numbers that `kept` `(Z,)` drops are 0."""
    encoded: Any = settings.network.apply(variables, spectra_db / ENCODER_UNIT_DB, mixture, method="encode")
    mean, log_var = encoded
    certain = jnp.full(mixture.shape, -LOG_VAR_LIMIT, mean.dtype)
    return jnp.concatenate([mean * jnp.broadcast_to(kept, mean.shape), mixture], -1), jnp.concatenate(
        [log_var, certain], -1
    )


@partial(jax.jit, static_argnums=(0, 1))
def likely_kinds(
    settings: ModelSettings, count: int, variables: dict, spectra_db: Array, weights: Array, kept: Array
) -> list[Any]:
    """Mean and log-variance in the `count` most likely kinds of spectra, the most likely first.

    That is by the distance and `BEYOND_DB`. By the distance alone more new spectra, a tenth of all, fall to a foreign
    kind where no knob reaches them.
    """
    count_kinds = len(settings.kinds)
    each = jnp.eye(count_kinds, dtype=spectra_db.dtype)
    mixtures = jnp.broadcast_to(
        each.reshape(count_kinds, *[1] * (spectra_db.ndim - 1), count_kinds),
        (count_kinds, *spectra_db.shape[:-1], count_kinds),
    )
    z, log_var = jax.vmap(lambda mixture: encode_in(settings, variables, spectra_db, mixture, kept))(mixtures)
    distance = jax.vmap(lambda z: errors(settings, variables, z, spectra_db, weights))(z)
    beyond = jnp.maximum(jnp.abs(z[..., : settings.knobs]).max(-1) - KNOB, 0)
    order = jnp.argsort(distance + BEYOND_DB * beyond, axis=0)[:count]
    pick = [jnp.take_along_axis(values, order[..., None], axis=0) for values in (z, log_var)]
    return [(pick[0][rank], pick[1][rank]) for rank in range(count)]


@partial(jax.jit, static_argnums=0)
def errors(settings: ModelSettings, variables: dict, z: Array, spectra_db: Array, weights: Array) -> Array:
    """LSD `(...)` dB at latent points `(..., latent_dim)`, at the level of spectra measured where `weights` say."""
    response = aligned(response_db(settings, variables, z), weights)
    return jnp.sqrt((weights * (response - spectra_db) ** 2).sum(-1))


@partial(jax.jit, static_argnums=0)
def decode(settings: ModelSettings, variables: dict, z: Array) -> Recipe:
    """Recipes `(..., S)` of latent points; every z gives a valid filter."""
    z = jnp.clip(jnp.nan_to_num(z), -Z_LIMIT, Z_LIMIT)
    return settings.recipe(*settings.network.apply(variables, *split(settings, z), method="decode"))


@partial(jax.jit, static_argnums=0)
def response_db(settings: ModelSettings, variables: dict, z: Array) -> Array:
    """Magnitude of the decoded bank at the 513 bins, `(..., 513)` dB."""
    return decode(settings, variables, z).response_db()
