"""Refinement of a latent point: damped least squares of the numbers of z from the encoder mean."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from aether_lab.model.latent import split
from aether_lab.model.objective import EVALUATION_HZ, EVALUATION_WEIGHTS, WIDE, at_evaluation_hz, measured_lsd
from aether_lab.model.settings import ModelSettings
from aether_lab.signals.spectrum import BIN_WIDTH, FREQUENCIES, WEIGHTS

_FIRST, _LAST = np.flatnonzero(WEIGHTS)[[0, -1]].astype(np.int32)
_NEAREST = np.clip(np.round(EVALUATION_HZ / BIN_WIDTH).astype(np.int32), _FIRST, _LAST)
DAMPING, EASED, STIFFENED = 0.1, 0.3, 4.0  # of the diagonal; its factors after a better and after a worse step


def weights_at_evaluation_hz(weights: Array) -> tuple[Array, Array]:
    """Weights `(..., 513)` of the distance at `EVALUATION_HZ`, sum 1, and whether they cover a wide band, `(...)`."""
    measured = weights[..., _NEAREST]
    like, full = (
        jnp.broadcast_to(jnp.asarray(values, weights.dtype), measured.shape)
        for values in (WEIGHTS[_NEAREST], EVALUATION_WEIGHTS)
    )
    at, covered = measured / like * full, jnp.where(measured > 0, full, 0).sum(-1)
    return at / at.sum(-1, keepdims=True), covered >= WIDE


def aligned(response_db: Any, weights: Any) -> Any:
    """Responses `(..., 513)` dB, NumPy or jax, at the level of spectra measured where `weights` `(..., 513)` say."""
    return response_db - (response_db * weights).sum(-1, keepdims=True)


@partial(jax.jit, static_argnums=(0, 1))
def refined(
    settings: ModelSettings,
    steps: int,
    variables: Any,
    start: Array,
    spectra_db: Array,
    weights: Array,
    kept: Array,
) -> Array:
    """Latent points `(B, Z)` after Levenberg-Marquardt steps in the numbers that `kept` `(settings.latent_dim,)` marks.

    Never worse than the start: a step counts only if it lowers the distance at the evaluation frequencies, and the
    result only if it lowers that at all bins.

    Source: Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", J. SIAM 11 (1963).
    """
    size = min(settings.latent_dim, start.shape[-1])
    kept = jnp.broadcast_to(kept[:size], (len(start), size))
    at, wide = weights_at_evaluation_hz(weights)
    target = at_evaluation_hz(spectra_db)

    rest = start[:, size:]

    def response(z: Array, frequency_hz: np.ndarray) -> Array:
        recipe = settings.recipe(*settings.network.apply(variables, *split(settings, z), method="decode"))
        return recipe.response_db(frequency_hz)

    def residual(numbers: Array, rest: Array, target: Array, at: Array, wide: Array) -> Array:
        difference = response(jnp.concatenate([numbers, rest]), EVALUATION_HZ) - target
        level = jnp.where(wide, 0.0, (difference * at).sum())
        return (difference - level) * jnp.sqrt(at)

    every = jax.vmap(residual)
    slopes = jax.vmap(jax.jacfwd(residual))

    def step(carry: Any, _: None) -> tuple[Any, None]:
        numbers, now, least, damping = carry
        slope = slopes(numbers, rest, target, at, wide) * kept[:, None]
        normal = jnp.einsum("bfi,bfj->bij", slope, slope)
        diagonal = jnp.diagonal(normal, axis1=-2, axis2=-1)
        floor = 1e-6 * diagonal.max(-1, keepdims=True) + 1e-12
        damped = normal + jnp.eye(size, dtype=normal.dtype)[None] * (damping[:, None] * diagonal + floor)[..., None]
        move = jnp.linalg.solve(damped, jnp.einsum("bfi,bf->bi", slope, now)[..., None])[..., 0]
        trial = numbers - move * kept
        then = every(trial, rest, target, at, wide)
        distance = (then**2).sum(-1)
        better = (distance < least) & jnp.isfinite(trial).all(-1)
        column = better[:, None]
        carry = (
            jnp.where(column, trial, numbers),
            jnp.where(column, then, now),
            jnp.where(better, distance, least),
            damping * jnp.where(better, EASED, STIFFENED),
        )
        return carry, None

    numbers = start[:, :size]
    now = every(numbers, rest, target, at, wide)
    begin: Any = (numbers, now, (now**2).sum(-1), jnp.full(len(start), DAMPING, start.dtype))
    (numbers, *_), _ = jax.lax.scan(step, begin, length=steps)
    end = jnp.concatenate([numbers, rest], axis=-1)
    before, after = (_distances(response(z, FREQUENCIES) - spectra_db, weights, wide) for z in (start, end))
    return jnp.where((after < before).all(-1, keepdims=True), end, start)


def _distances(difference_db: Array, weights: Array, wide: Array) -> Array:
    """Distances of `(B, 513)` at the level of the spectra, and as they are where a wide band sets it: `(B, 2)` dB."""
    free = jnp.zeros_like(wide)
    return jnp.stack([measured_lsd(difference_db, weights, free), measured_lsd(difference_db, weights, wide)], axis=-1)
