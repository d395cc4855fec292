"""The training loss: log-spectral distance, KL divergence, and the step-size variation of traversals."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from aether_lab.filters.recipe import Recipe
from aether_lab.model.objective import (
    EVALUATION_HZ,
    EVALUATION_WEIGHTS,
    SMOOTHING_DB,
    at_evaluation_hz,
    measured_lsd,
    smoothed_lsd,
)
from aether_lab.model.settings import ModelSettings
from aether_lab.model.teacher import Teacher
from aether_lab.model.vae import ENCODER_UNIT_DB, log_spaced_centres
from aether_lab.signals.spectrum import FREQUENCIES, lsd

# `traversal_loss`:
LINES, POINTS = 4, 8  # random lines, and latent points on each
REACH = 2.5  # half the length of a line, standard deviations; a slider reaches 2
COARSE = 4  # every fourth evaluation frequency is compared; also where kinds are

PREFIXES = {2: 0.05, 4: 0.27, 6: 0.2}
"""Nested dropout: how many numbers of z are kept, and how often; all of them in the other draws."""

OTHERWISE = 0.48

PLACEMENT = 0.1
"""Weight of `displacement`, dB. Without it many sections become too narrow for the evaluation frequencies (Q 200 and
more) or leave their places: they hide, ring, and jump when z moves a little. The error on held-out sources is then 0.05
dB (four numbers) to 0.2 dB (eight numbers) larger."""

CANCELLATION, HEADROOM_DB = 0.02, 16.0
"""Weight of `cancellation`, per dB, and what it leaves free. Kinds of few spectra have nothing else that keeps notches
out of curves that are between them, and a notch that moves is a jump of the knob."""

LOWEST_HZ = FREQUENCIES[1:13]
BETWEEN_HZ = np.geomspace(LOWEST_HZ[0], LOWEST_HZ[-1], 30)[1:-1]
_STRAIGHT = np.stack([np.interp(np.log(BETWEEN_HZ), np.log(LOWEST_HZ), of_bin) for of_bin in np.eye(len(LOWEST_HZ))])

TEACHING, TAUGHT = 1.0, 64
"""Weight of `teaching_loss`, and the latent points that are compared in each step."""

TAUGHT_DEVIATION = 1.3
"""Standard deviation of those points: codes of new sources lie farther out than those of the corpus, which have 1."""

SHRINKAGE = 1e-4
"""Weight of the squared weights that set the kinds of a model apart."""

Measured = tuple[Array, Array]
"""Weights `(B, F)` at the evaluation frequencies, and whether each spectrum is wide, `(B,)`."""


def kl_divergence(mean: Array, log_var: Array) -> Array:
    """KL(N(mean, exp log_var) || N(0, 1)), `(..., Z)` nats per dimension (Kingma & Welling 2014, appendix B)."""
    return 0.5 * (mean**2 + jnp.exp(log_var) - 1 - log_var)


def displacement(recipe: Recipe, model: ModelSettings) -> Array:
    """How far sections are from where training starts (`vae.log_spaced_centres`); a scalar.

    The mean squared distance of their centres, in spacings, and of their log Qs.
    """
    centres, q = log_spaced_centres(model.num_filters, model.frequency_map)
    at = jnp.asarray(np.log(centres * model.sample_rate / 2), recipe.q.dtype)
    spacing = (at[-1] - at[0]) / max(model.num_filters - 1, 1)
    off = (jnp.log(recipe.frequency_hz) - at.reshape((1,) * (recipe.q.ndim - 1) + (-1,))) / jnp.maximum(spacing, 1e-6)
    return (off**2).mean() + (jnp.log(recipe.q / q) ** 2).mean()


def cancellation(recipe: Recipe) -> Array:
    """How deep the notches are where sections cancel; a scalar, dB².

    The mean square, over recipes, of the largest level at any frequency of the strongest section over the sum of all,
    beyond `HEADROOM_DB`.
    """
    over = recipe.section_response_db(EVALUATION_HZ).max(-2) - recipe.response_db(EVALUATION_HZ)
    return (jnp.maximum(over.max(-1) - HEADROOM_DB, 0) ** 2).mean()


def ripple(recipe: Recipe) -> Array:
    """How far curves swing between the lowest bins; a scalar, dB².

    The mean squared distance, at `BETWEEN_HZ`, from straight lines over log frequency between the levels at
    `LOWEST_HZ`. Up to 600 Hz sections are closer than the bins of 47 Hz, and without a cost curves that fit the bins
    swing by up to 20 dB between them.
    """
    lines = recipe.response_db(LOWEST_HZ) @ jnp.asarray(_STRAIGHT, recipe.q.dtype)
    return ((recipe.response_db(BETWEEN_HZ) - lines) ** 2).mean()


def traversal_loss(
    variables: Any, model: ModelSettings, mean: Array, key: Array, kinds: Array | None = None
) -> tuple[Array, Recipe]:
    """Squared coefficient of variation of the step size in dB along latent lines, 0 for uniform steps; their recipes.

    The mean over random lines through the mean of the encoded points `mean` `(B, Z)`, scaled by their standard
    deviation per dimension. Random lines, not axes, because the axes are rotated after training
    (`analysis.alignment`); lines among the knobs, with details 0. With `kinds` `(B, K)`, the weights of kinds of the
    points, lines go through random points, every second one in the kind of its point, because kinds lie apart in z, and
    the others in any kind, because some have few points.
    """
    direction, choice, other = jax.random.split(key, 3)
    count = LINES if kinds is None else 2 * LINES
    line = jax.random.normal(direction, (count, 1, model.knobs), mean.dtype)
    line /= jnp.linalg.norm(line, axis=-1, keepdims=True)
    reach = jnp.linspace(-REACH, REACH, POINTS, dtype=mean.dtype)[None, :, None]
    middle, unit = jax.lax.stop_gradient((mean.mean(0, keepdims=True), mean.std(0)))  # the gradient: decoder only
    kind = None
    if kinds is not None:
        chosen = jax.random.randint(choice, (count,), 0, len(mean))
        middle = jax.lax.stop_gradient(mean[chosen])
        own = kinds[chosen]
        other = random_kinds(model, other, count, mean.dtype)
        rare = jnp.arange(count)[:, None] % 2 == 0  # every second line in any kind: some have few points
        kind = jnp.broadcast_to(jnp.where(rare, other, own)[:, None], (count, POINTS, kinds.shape[-1]))
    along = middle[:, None, : model.knobs] + reach * line * unit[None, None, : model.knobs]
    along = jnp.pad(along, ((0, 0), (0, 0), (0, model.details)))
    decoded = model.network.apply(variables, along, kind, method="decode")
    recipe = model.recipe(*decoded)
    response = recipe.response_db(EVALUATION_HZ[::COARSE])
    weights = EVALUATION_WEIGHTS[::COARSE].astype(mean.dtype)
    step_db = lsd(response[:, 1:], response[:, :-1], weights / weights.sum(), SMOOTHING_DB)
    return (step_db.var(axis=1) / step_db.mean(axis=1) ** 2).mean(), recipe


def teaching_loss(variables: Any, model: ModelSettings, teacher: Teacher, key: Array) -> tuple[Array, Recipe]:
    """How far random latent points of random kinds decode from a teacher's curves; their recipes.

    The mean distance in dB. The numbers of a point are cut by `nested_dropout`.

    Source: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015.
    """
    where, cut, which = jax.random.split(key, 3)
    dtype = teacher.mean_db.dtype
    z = TAUGHT_DEVIATION * jax.random.normal(where, (TAUGHT, model.latent_dim), dtype)
    z *= nested_dropout(model, cut, TAUGHT)
    kind = random_kinds(model, which, TAUGHT, dtype)
    recipe = model.recipe(*model.network.apply(variables, z, kind, method="decode"))
    response, weights = recipe.response_db(EVALUATION_HZ), EVALUATION_WEIGHTS.astype(dtype)
    return lsd(response, teacher.curve_db(z, kind), weights, SMOOTHING_DB).mean(), recipe


def factor_gap(codes: Array, factors: Array) -> Array:
    """How much more of each factor one number of a code explains than the others together; a scalar, at most 1.

    For codes `(B, Z)` and factors `(B, K)`: the squared correlation of the best number, less those of the others, mean
    over factors. SAP for continuous factors has only the second best in place of the others: Kumar, Sattigeri and
    Balakrishnan, "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations", ICLR 2018.
    """
    code, factor = (jax.nn.standardize(x, axis=0, epsilon=1e-6) for x in (codes, factors))
    explained = (code.T @ factor / len(code)) ** 2
    return (2 * explained.max(0) - explained.sum(0)).mean()


def nearest_kind(variables: Any, model: ModelSettings, spectra_db: Array, measured: Measured, kept: Array) -> Array:
    """The kind in which each spectrum `(B, 513)` is reconstructed best from its mean, `(B,)` indices; no gradient.

    Compared at every fourth evaluation frequency. `kept` `(B, Z)` is true for the numbers of z in use.
    """
    weights, wide = measured[0][:, ::COARSE], measured[1]
    weights = weights / jnp.maximum(weights.sum(-1, keepdims=True), 1e-6)
    target = at_evaluation_hz(spectra_db)[:, ::COARSE]

    def error(kind: Array) -> Array:
        mean, _ = model.network.apply(variables, spectra_db / ENCODER_UNIT_DB, kind, method="encode")
        decoded = model.network.apply(variables, mean * kept, kind, method="decode")
        return measured_lsd(model.recipe(*decoded).response_db(EVALUATION_HZ[::COARSE]) - target, weights, wide)

    return jax.vmap(error)(jnp.eye(len(model.kinds), dtype=spectra_db.dtype)).argmin(0)


def nested_dropout(model: ModelSettings, key: Array, n: int) -> Array:
    """`(n, Z)`: true for the first numbers of z, and false after a random one of `PREFIXES` for each row.

    All true for a model without details.

    Source: Rippel, Gelbart and Adams, "Learning ordered representations with nested dropout", ICML 2014.
    """
    if not model.details:
        return jnp.ones((n, model.latent_dim), bool)
    sizes = [*(size for size in PREFIXES if size < model.latent_dim), model.latent_dim]
    shares = [PREFIXES.get(size, OTHERWISE) for size in sizes]
    size = jax.random.choice(key, jnp.asarray(sizes), (n, 1), p=jnp.asarray(shares) / sum(shares))
    return jnp.arange(model.latent_dim)[None] < size


def random_kinds(model: ModelSettings, key: Array, n: int, dtype: Any) -> Array:
    """`(n, K)`, the weights of `n` pure kinds, each as likely."""
    count = len(model.kinds)
    return jax.nn.one_hot(jax.random.randint(key, (n,), 0, count), count, dtype=dtype)


def loss(
    variables: Any,
    model: ModelSettings,
    spectra_db: Array,
    key: Array,
    beta: ArrayLike,
    uniformity: float = 0.0,
    smoothness: float = 0.0,
    measured: Measured | None = None,
    kind: Array | None = None,
    free_kind: ArrayLike = 0.0,
    teacher: Teacher | None = None,
    supervision: float = 0.0,
    known: tuple[Array, Array] | None = None,
) -> tuple[Array, dict]:
    """The training loss of a batch `(B, 513)` dB, a scalar, and its terms by name.

    The batch mean of `smoothed_lsd + beta * KL`, plus `uniformity * traversal_loss`, `smoothness * ripple` and
    `PLACEMENT * displacement`. For a model with details, z is cut by `nested_dropout`. For one with kinds,
    `CANCELLATION * cancellation` on traversals and `SHRINKAGE` times the squared weights that set kinds apart are
    added; with a teacher, `TEACHING * teaching_loss`, and the cancellation and the ripple there. With known factors,
    `supervision * factor_gap` of the knobs is subtracted.

    Args:
        measured: where the spectra were measured, as `objective.evaluation_weights`; default: everywhere.
        kind: `(B,)`, the index of the kind of each spectrum, for a model with kinds.
        free_kind: `(B,)` or one number: the probability that the `nearest_kind` is taken instead.
        teacher: of a model with kinds.
        known: spectra `(B, 513)` dB and their factors `(B, K)`; those of a model with kinds are encoded in a random
            one.
    """
    n, network = spectra_db.shape[0], model.network
    choice, cut = jax.random.split(jax.random.fold_in(key, 2))
    kept = nested_dropout(model, cut, n)
    weights = None
    if model.kinds:
        if measured is None or kind is None:
            raise ValueError("a model with kinds needs the kind of each spectrum, and where it was measured")
        nearest = nearest_kind(jax.lax.stop_gradient(variables), model, spectra_db, measured, kept)
        free = jax.random.uniform(choice, (n,)) < jnp.broadcast_to(jnp.asarray(free_kind), (n,))
        weights = jax.nn.one_hot(jnp.where(free, nearest, kind), len(model.kinds), dtype=spectra_db.dtype)
    encoded: Any = network.apply(variables, spectra_db / ENCODER_UNIT_DB, weights, method="encode")
    mean, log_var = encoded
    z = mean + jax.random.normal(key, mean.shape, mean.dtype) * jnp.exp(log_var / 2)
    recipe = model.recipe(*network.apply(variables, z * kept, weights, method="decode"))
    distance = smoothed_lsd(recipe, spectra_db, measured).mean()
    kl = kl_divergence(mean, log_var).sum(-1).mean()
    terms = {"distance": distance, "kl": kl}
    total, moved = distance + beta * kl, displacement(recipe, model)
    if uniformity > 0:
        variation, on_lines = traversal_loss(variables, model, mean, jax.random.fold_in(key, 1), weights)
        terms["step_variation"] = variation
        total, moved = total + uniformity * variation, moved + displacement(on_lines, model)
        if model.kinds:
            terms["cancellation"] = cancellation(on_lines)
            total += CANCELLATION * terms["cancellation"]
    terms["displacement"] = moved
    total += PLACEMENT * moved
    if teacher is not None:
        terms["teaching"], taught = teaching_loss(variables, model, teacher, jax.random.fold_in(key, 3))
        total += TEACHING * terms["teaching"] + CANCELLATION * cancellation(taught)
        total += smoothness * ripple(taught)
    if smoothness > 0:
        terms["ripple"] = ripple(recipe)
        total += smoothness * terms["ripple"]
    if known is not None:
        of_known, factors = known
        one = (
            jnp.repeat(random_kinds(model, jax.random.fold_in(key, 4), 1, z.dtype), n, axis=0) if model.kinds else None
        )
        codes: Any = network.apply(variables, of_known / ENCODER_UNIT_DB, one, method="encode")
        terms["factor_gap"] = factor_gap(codes[0][:, : model.knobs], factors)
        total -= supervision * terms["factor_gap"]
    if model.kinds:
        total += SHRINKAGE * sum((layer["kinds"] ** 2).sum() for layer in _kind_layers(variables))
    return total, terms


def _kind_layers(variables: Any) -> list[dict[str, Array]]:
    return [layer for layer in variables["params"].values() if "kinds" in layer]
