"""Training a `FilterSpace`: one optax step, epochs under one scan, checkpoints that resume bit for bit.

A step draws a batch from the corpus, augments and encodes it, samples z, decodes, and compares the closed-form response
of the bank with the batch in dB under the ERB weights (`loss`). All randomness follows from `(seed, step)`.
"""

import dataclasses
import hashlib
import os
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.typing import ArrayLike
from tqdm.auto import tqdm

from aether_lab.model import distributed
from aether_lab.model.augment import augment
from aether_lab.model.checkpoint import continued, save_checkpoint
from aether_lab.model.loss import loss
from aether_lab.model.objective import evaluation_weights
from aether_lab.model.run import Run, State, Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.teacher import Teacher
from aether_lab.signals.corpus import Corpus, balanced
from aether_lab.signals.known_factors import known_factors, known_responses
from aether_lab.signals.locks import sole_writer
from aether_lab.signals.spectrum import FREQUENCIES
from aether_lab.signals.synthetic import FAMILIES

SYNTHETIC = 20_000
"""Default number of synthetic responses added to a corpus."""

TRAINING_FAMILIES = (*FAMILIES, "cabinets", "microphones")
"""Families of the synthetic responses; cabinets and microphones twice, because measured ones are rare."""

SYNTHETIC_SHARE = 0.9
"""Synthetic share of the draws, for a dozen measured sources: at 0.75 the mean error on held-out sources is 2.28 dB, at
0.9 it is 2.20 dB. With 39 sources it is 2.95 at 0.7 and 3.01 at 0.9."""

FREE_KIND = 0.5
"""How often a model with kinds learns a spectrum in the kind that fits it best, not in its own. With 0 and 1 the errors
on held-out sources are 0.1 dB larger: kinds that only know their own spectra do not help with those of new sources."""

SUPERVISING, SUPERVISING_SEED = 20_000, 3_000_000
"""Synthetic responses with known factors that supervise the knobs, and the offset of their seed: `alignment` and the
scores of disentanglement draw others."""


def with_synthetic(
    corpus: Corpus, synthetic: Corpus | None, share: float = SYNTHETIC_SHARE
) -> tuple[Corpus, np.ndarray]:
    """The training mix: a corpus with synthetic responses added, and the probability of drawing each spectrum, `(N,)`.

    A `share` of the draws is synthetic; each part is `balanced`. A larger share lowers the error on held-out sources
    and raises it on those of the corpus.
    """
    if synthetic is None:
        return corpus, balanced(corpus.sources)
    parts = [(1 - share) * balanced(corpus.sources), share * balanced(synthetic.sources)]
    return corpus + synthetic, np.concatenate(parts)


@struct.dataclass
class Draws:
    """What batches are drawn from: `N` spectra, each with the band in which it was measured and its kind."""

    spectra_db: Array  # (N, 513)
    cumulative: Array  # (N,), of the probabilities
    band: Array  # (N,), an index into the next two
    weights: Array  # (U, F), as `objective.evaluation_weights`
    wide: Array  # (U,)
    kind: Array  # (N,), an index into the kinds of the model
    free_kind: Array  # (N,), how often the nearest kind is taken instead
    known: tuple[Array, Array] | None  # (M, 513), (M, K): responses with known factors, where they supervise

    @classmethod
    def of(cls, corpus: Corpus, probability: np.ndarray, model: ModelSettings, training: Training) -> "Draws":
        bands, band = np.unique(corpus.bands_hz, axis=0, return_inverse=True)
        weights, wide = evaluation_weights(bands)
        has_kind = np.array([kind in model.kinds for kind in corpus.kinds], bool)
        kind = [model.kinds.index(kind) if kind in model.kinds else 0 for kind in corpus.kinds]
        arrays: dict[str, Any] = {
            "spectra_db": corpus.spectra_db,
            "cumulative": np.cumsum(probability / probability.sum()).astype(np.float32),
            "band": band.reshape(-1),
            "weights": weights,
            "wide": wide,
            "kind": np.array(kind, np.int32),
            "free_kind": np.where(has_kind, FREE_KIND, 1.0).astype(np.float32),
            "known": _known(training.seed) if training.supervision > 0 else None,
        }
        return cls(**jax.tree.map(jnp.asarray, arrays))


def train(
    spectra_db: ArrayLike | Corpus,
    model: ModelSettings = ModelSettings(),
    training: Training = Training(),
    *,
    probability: ArrayLike | None = None,
    start: FilterSpace | None = None,
    teacher: Teacher | None = None,
    validation_db: ArrayLike | Corpus | None = None,
    checkpoint: str | os.PathLike | None = None,
    resume: bool = False,
    progress: bool = True,
    mesh: Mesh | None = None,
    on_epoch: Callable[[Run], None] | None = None,
) -> Run:
    """Trains a model on a corpus, or on level-aligned spectra `(N, 513)` dB.

    Of a corpus, only what was measured counts (`Corpus.bands_hz`), and a model with kinds learns from `Corpus.kinds`.

    Args:
        probability: `(N,)`, of drawing each spectrum (see `balanced`); default: uniform.
        start: the space whose weights training begins with, such as a shipped one or `linear_start`; default: random
            weights.
        teacher: a linear model that a network with kinds stays near (`loss.teaching_loss`), such as a `linear_teacher`.
        validation_db: `(V, 513)` dB or a corpus, evaluated after each epoch at the encoder mean; adds `validation` to
            the history.
        checkpoint: file, rewritten atomically after each epoch, by one process at a time.
        resume: continue from `checkpoint` if it exists; the final parameters are bit for bit those of an uninterrupted
            run. Without, an existing file is refused.
        progress: show a tqdm bar with the loss terms.
        mesh: the devices that share each batch along an axis `data`; default: all of `jax.devices()`.
        on_epoch: called with the run after each epoch, for example to draw a live curve.

    Raises:
        ValueError: spectra of another shape or not finite, a batch that does not divide evenly among the devices, a
            `start` of other settings, a `teacher` of another shape, or a checkpoint that is damaged, in use, there
            without `resume`, or has other settings, another corpus, start or teacher.

    >>> from aether_lab import ModelSettings, Training, synthetic_responses, train
    >>> settings = Training(epochs=1, steps_per_epoch=2, batch_size=8, augment=0, uniformity=0)
    >>> run = train(synthetic_responses(16).spectra_db, ModelSettings(2, 8), settings, progress=False)
    >>> run.space.latent_dim, sorted(run.history[-1])
    (2, ['beta', 'displacement', 'distance', 'kl', 'ripple', 'step'])
    """
    learned = spectra_db if isinstance(spectra_db, Corpus) else _as_corpus(spectra_db)
    mesh = mesh or Mesh(np.asarray(jax.devices()), ("data",))
    if training.batch_size % mesh.size:
        raise ValueError(f"a batch of {training.batch_size} does not divide evenly among {mesh.size} devices")
    n = len(learned)
    draw = np.full(n, 1 / n) if probability is None else np.asarray(probability, np.float64)
    if draw.shape != (n,) or not (np.isfinite(draw).all() and (draw >= 0).all() and draw.sum() > 0):
        raise ValueError(f"probability must be {n} numbers >= 0, one per spectrum")

    space = FilterSpace.untrained(training.seed, **dataclasses.asdict(model)) if start is None else start
    if space.settings != model:
        raise ValueError(f"start has other settings than the model: {space.settings} in place of {model}")
    if teacher is not None and teacher.change_db.shape[:2] != (len(model.kinds), model.latent_dim):
        kinds, size = teacher.change_db.shape[:2]
        raise ValueError(
            f"teacher has {kinds} kinds and {size} numbers, the model {len(model.kinds)} and {model.latent_dim}"
        )
    run = Run(
        model, training, State(space.variables, training.optimizer.init(space.variables), jnp.zeros((), jnp.int32))
    )
    digest = _digest(learned, draw, (start.variables if start else None, teacher))
    distributed.check_same(digest, "corpora")
    everywhere = NamedSharding(mesh, PartitionSpec())
    draws, teacher = jax.device_put((Draws.of(learned, draw, model, training), teacher), everywhere)
    if validation_db is not None and not isinstance(validation_db, Corpus):
        validation_db = _as_corpus(validation_db)
    writes = checkpoint is not None and distributed.is_first()
    with sole_writer(checkpoint) if checkpoint is not None and writes else nullcontext():
        with distributed.together():
            run = continued(checkpoint, run, digest, resume)
        distributed.check_same(f"{len(run.history):9}", "checkpoints; all hosts must see the same folder")
        run.state = jax.device_put(run.state, everywhere)
        done = len(run.history)
        with tqdm(total=training.epochs, initial=done, desc="training", unit="epoch", disable=not progress) as bar:
            for _ in range(done, training.epochs):
                run.state, terms = _epoch(run.state, draws, teacher, model, training, mesh)
                entry = {name: float(np.mean(value)) for name, value in terms.items()}
                if validation_db is not None:
                    entry["validation"] = _validate(run.space, validation_db)
                run.history.append({"step": int(run.state.step), **entry})
                if checkpoint is not None and writes:
                    save_checkpoint(checkpoint, run, digest)
                bar.set_postfix({name: f"{value:.3g}" for name, value in entry.items()}, refresh=False)
                bar.update()
                if on_epoch:
                    on_epoch(run)
    if jax.process_count() > 1:
        run.state = jax.device_get(run.state)  # which one process can use without the others
    return run


def step(
    state: State,
    draws: Draws,
    model: ModelSettings,
    training: Training,
    mesh: Mesh | None = None,
    teacher: Teacher | None = None,
) -> tuple[State, dict]:
    """One optimiser step on a batch drawn from a corpus."""
    draw, vary, sample = jax.random.split(jax.random.fold_in(jax.random.key(training.seed), state.step), 3)
    chosen = jnp.searchsorted(draws.cumulative, jax.random.uniform(draw, (2, training.batch_size)))
    chosen = jnp.minimum(chosen, draws.spectra_db.shape[0] - 1)
    batch, others = draws.spectra_db[chosen]
    band = draws.band[chosen[0]]
    measured, known = (draws.weights[band], draws.wide[band]), None
    if draws.known is not None:
        rows = jax.random.randint(jax.random.fold_in(draw, 1), chosen[0].shape, 0, len(draws.known[0]))
        known = draws.known[0][rows], draws.known[1][rows]
    if mesh is not None:
        shared = NamedSharding(mesh, PartitionSpec("data"))
        batch, others, measured, known = jax.lax.with_sharding_constraint((batch, others, measured, known), shared)
    if training.augment > 0:
        batch = augment(vary, batch, others, training.augment)
    beta = training.beta_at(state.step)
    gradient, terms = jax.grad(loss, has_aux=True)(
        state.variables,
        model,
        batch,
        sample,
        beta,
        training.uniformity,
        training.smoothness,
        measured,
        kind=draws.kind[chosen[0]] if model.kinds else None,
        free_kind=draws.free_kind[chosen[0]],
        teacher=teacher,
        supervision=training.supervision,
        known=known,
    )
    updates, optimizer = training.optimizer.update(gradient, state.optimizer, state.variables)
    variables = optax.apply_updates(state.variables, updates)
    return State(variables, optimizer, state.step + 1), {**terms, "beta": beta}


@partial(jax.jit, static_argnames=("model", "training", "mesh"))
def _epoch(
    state: State, draws: Draws, teacher: Teacher | None, model: ModelSettings, training: Training, mesh: Mesh
) -> Any:
    return jax.lax.scan(
        lambda state, _: step(state, draws, model, training, mesh, teacher), state, length=training.steps_per_epoch
    )


def _validate(space: FilterSpace, corpus: Corpus) -> float:
    """The mean distance at the encoder mean."""
    response = space.reconstruct(corpus.spectra_db, corpus.weights, space.details, refine=0)
    return float(np.sqrt((corpus.weights * (np.asarray(response) - corpus.spectra_db) ** 2).sum(-1)).mean())


def _known(seed: int) -> tuple[np.ndarray, np.ndarray]:
    responses = known_responses(SUPERVISING, SUPERVISING_SEED + seed)
    return responses.spectra_db, known_factors(responses).astype(np.float32)


def _as_corpus(spectra_db: ArrayLike) -> Corpus:
    data = np.asarray(spectra_db, np.float32)
    if data.ndim != 2 or data.shape[1] != FREQUENCIES.size or not data.shape[0]:
        raise ValueError(f"training takes spectra of shape (N, {FREQUENCIES.size}) with N > 0, not {data.shape}")
    if not np.isfinite(data).all():
        raise ValueError("some training spectra are not finite")
    return Corpus(data, tuple(map(str, range(len(data)))), ("",) * len(data))


def _digest(corpus: Corpus, draw: np.ndarray, begun: Any) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(corpus.spectra_db).data)
    for values in (corpus.bands_hz, draw):
        digest.update(np.ascontiguousarray(values).data)
    digest.update("\0".join(corpus.kinds).encode())
    for leaf in jax.tree.leaves(begun):
        digest.update(np.ascontiguousarray(leaf).data)
    return digest.hexdigest()
