"""The training loss: log-spectral distance, KL divergence, and the step-size variation of traversals."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from aether_lab.model.objective import EVALUATION_HZ, EVALUATION_WEIGHTS, SMOOTHING_DB, smoothed_lsd
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import ENCODER_UNIT_DB
from aether_lab.signals.spectrum import lsd

# `step_variation_loss`:
LINES, POINTS = 4, 8  # random lines, and latent points on each
REACH = 2.5  # half the length of a line, standard deviations; a slider reaches 2
COARSE = 4  # every fourth evaluation frequency is compared


def kl_divergence(mean: Array, log_var: Array) -> Array:
    """KL(N(mean, exp log_var) || N(0, 1)), `(..., Z)` nats per dimension (Kingma & Welling 2014, appendix B)."""
    return 0.5 * (mean**2 + jnp.exp(log_var) - 1 - log_var)


def step_variation_loss(variables: Any, model: ModelSettings, mean: Array, key: Array) -> Array:
    """Squared coefficient of variation of the step size in dB along latent lines; a scalar, 0 for uniform steps.

    The mean over random lines through the mean of the encoded points `mean` `(B, Z)`, scaled by their standard
    deviation per dimension. Random lines, not axes, because the axes are rotated after training
    (`analysis.alignment`).
    """
    line = jax.random.normal(key, (LINES, 1, model.latent_dim), mean.dtype)
    line /= jnp.linalg.norm(line, axis=-1, keepdims=True)
    reach = jnp.linspace(-REACH, REACH, POINTS, dtype=mean.dtype)[None, :, None]
    middle, unit = jax.lax.stop_gradient((mean.mean(0), mean.std(0)))  # the gradient reaches the decoder only
    along = middle[None, None] + reach * line * unit[None, None]
    decoded = model.network.apply(variables, along, method="decode")
    response = model.recipe(*decoded).response_db(EVALUATION_HZ[::COARSE])
    weights = EVALUATION_WEIGHTS[::COARSE].astype(mean.dtype)
    step_db = lsd(response[:, 1:], response[:, :-1], weights / weights.sum(), SMOOTHING_DB)
    return (step_db.var(axis=1) / step_db.mean(axis=1) ** 2).mean()


def loss(
    variables: Any, model: ModelSettings, spectra_db: Array, key: Array, beta: ArrayLike, uniformity: float = 0.0
) -> tuple[Array, dict]:
    """The training loss of a batch `(B, 513)` dB, a scalar, and its terms by name.

    The batch mean of `smoothed_lsd + beta * KL`, plus `uniformity * step_variation_loss`.
    """
    outputs: Any = model.network.apply(variables, spectra_db / ENCODER_UNIT_DB, key)
    *parameters, mean, log_var = outputs
    distance = smoothed_lsd(model.recipe(*parameters), spectra_db).mean()
    kl = kl_divergence(mean, log_var).sum(-1).mean()
    terms = {"distance": distance, "kl": kl}
    total = distance + beta * kl
    if uniformity > 0:
        terms["step_variation"] = step_variation_loss(variables, model, mean, jax.random.fold_in(key, 1))
        total += uniformity * terms["step_variation"]
    return total, terms
