"""Training a `FilterSpace`: the loss, one optax step, whole epochs under one scan, checkpoints that resume exactly.

A step draws a batch from the corpus, varies it (`augment`), encodes, samples z, decodes, plays the bank in closed
form and compares decibels under the ERB weights. A traversal whose steps differ costs extra
(`step_variation_loss`). Everything random is drawn from `(seed, step)`, so a run that was interrupted and resumed ends
in the same bits as one that was not.
"""

import dataclasses
import hashlib
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.typing import ArrayLike
from tqdm.auto import tqdm

from aether_lab.model.augment import augment
from aether_lab.model.checkpoint import load_checkpoint, save_checkpoint
from aether_lab.model.loss import loss
from aether_lab.model.run import Run, State, Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import ENCODER_UNIT_DB, FilterSpace
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.spectrum import FREQUENCIES, lsd
from aether_lab.signals.synthetic import FAMILIES

SYNTHETIC = 20_000
"""Synthetic responses that a model learns from besides a corpus, unless told otherwise."""

TRAINING_FAMILIES = (*FAMILIES, "cabinets", "microphones")
"""Families of the synthetic ones: cabinets and microphones come twice as often, since measured ones are rare."""

SYNTHETIC_SHARE = 0.9
"""Of what is drawn. With three of four, held-out sources were reconstructed less well (mean 2.28 against 2.20 dB)."""


def balanced(sources: Sequence[str]) -> np.ndarray:
    """How often each spectrum is drawn, `(N,)` summing to 1: a source weighs the square root of its size.

    A hundred directions of one head then do not drown the six takes of a headphone.
    """
    _, source, count = np.unique(np.asarray(sources), return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(count[source])
    return weight / weight.sum()


def with_synthetic(
    corpus: Corpus, systems: Corpus | None, share: float = SYNTHETIC_SHARE
) -> tuple[np.ndarray, np.ndarray]:
    """A corpus and synthetic responses to learn from at once: spectra `(N, 513)`, and how often each is drawn, `(N,)`.

    A `share` of the draws are systems, which have shapes that the few sources of a corpus have not. The more of them,
    the nearer come sources never seen (see `models/build.py`), and the further are those of the corpus. Each part is
    `balanced` in itself.
    """
    if systems is None:
        return corpus.spectra_db, balanced(corpus.sources)
    spectra = np.concatenate([corpus.spectra_db, systems.spectra_db])
    return spectra, np.concatenate([(1 - share) * balanced(corpus.sources), share * balanced(systems.sources)])


def train(
    spectra_db: ArrayLike,
    model: ModelSettings = ModelSettings(),
    training: Training = Training(),
    *,
    probability: ArrayLike | None = None,
    validation_db: ArrayLike | None = None,
    checkpoint: str | os.PathLike | None = None,
    resume: bool = False,
    progress: bool = True,
    mesh: Mesh | None = None,
    on_epoch: Callable[[Run], None] | None = None,
) -> Run:
    """Trains a model on level-aligned spectra `(N, 513)` dB.

    Args:
        probability: `(N,)`, how often each spectrum is drawn (see `balanced`); uniform by default.
        validation_db: `(V, 513)`, measured after each epoch at the latent mean; adds `validation` to the history.
        checkpoint: file rewritten (atomically) after each epoch.
        resume: go on from `checkpoint` where it exists. The parameters at the end are bit for bit those of a run
            that was never interrupted.
        progress: show a tqdm bar with the loss terms.
        mesh: the devices that share each batch, along an axis `data`; all of `jax.devices()` by default.
        on_epoch: called with the run after each epoch, to draw a live curve say.

    Raises:
        ValueError: for spectra of a wrong shape or not finite, a batch that the devices cannot share evenly, or a
            checkpoint that is damaged or belongs to other settings or another corpus.
    """
    data = np.asarray(spectra_db, np.float32)
    if data.ndim != 2 or data.shape[1] != FREQUENCIES.size or not data.shape[0]:
        raise ValueError(f"training takes spectra of shape (N, {FREQUENCIES.size}) with N > 0, not {data.shape}")
    if not np.isfinite(data).all():
        raise ValueError("the training spectra hold values that are not finite")
    mesh = mesh or Mesh(np.asarray(jax.devices()), ("data",))
    if training.batch_size % mesh.size:
        raise ValueError(f"a batch of {training.batch_size} cannot be shared evenly by {mesh.size} devices")
    draw = np.full(len(data), 1 / len(data)) if probability is None else np.asarray(probability, np.float64)
    if draw.shape != (len(data),) or not (np.isfinite(draw).all() and (draw >= 0).all() and draw.sum() > 0):
        raise ValueError(f"probability must be {len(data)} numbers not below 0, one for each spectrum")

    space = FilterSpace.untrained(training.seed, **dataclasses.asdict(model))
    run = Run(
        model, training, State(space.variables, training.optimizer.init(space.variables), jnp.zeros((), jnp.int32))
    )
    digest = _digest(data, draw)
    if resume and checkpoint and Path(checkpoint).exists():
        run = load_checkpoint(checkpoint, run, digest)
    everywhere = NamedSharding(mesh, PartitionSpec())
    corpus = jax.device_put((data, np.cumsum(draw / draw.sum()).astype(np.float32)), everywhere)
    run.state = jax.device_put(run.state, everywhere)
    validation = None if validation_db is None else jnp.asarray(validation_db, jnp.float32)

    done = len(run.history)
    with tqdm(total=training.epochs, initial=done, desc="training", unit="epoch", disable=not progress) as bar:
        for _ in range(done, training.epochs):
            run.state, terms = _epoch(run.state, corpus, model, training, mesh)
            entry = {name: float(np.mean(value)) for name, value in terms.items()}
            if validation is not None:
                entry["validation"] = float(_validate(run.state.variables, model, validation))
            run.history.append({"step": int(run.state.step), **entry})
            if checkpoint and jax.process_index() == 0:
                save_checkpoint(checkpoint, run, digest)
            bar.set_postfix({name: f"{value:.3g}" for name, value in entry.items()}, refresh=False)
            bar.update()
            if on_epoch:
                on_epoch(run)
    return run


def step(
    state: State, corpus: tuple[Array, Array], model: ModelSettings, training: Training, mesh: Mesh | None = None
) -> tuple[State, dict]:
    """One optimiser step on a batch drawn from `corpus`, the spectra `(N, 513)` and their cumulative probability."""
    data, cumulative = corpus
    draw, vary, sample = jax.random.split(jax.random.fold_in(jax.random.key(training.seed), state.step), 3)
    chosen = jnp.searchsorted(cumulative, jax.random.uniform(draw, (2, training.batch_size)))
    batch, others = data[jnp.minimum(chosen, data.shape[0] - 1)]
    if mesh is not None:
        shared = NamedSharding(mesh, PartitionSpec("data"))
        batch, others = jax.lax.with_sharding_constraint((batch, others), shared)
    if training.augment > 0:
        batch = augment(vary, batch, others, training.augment)
    beta = training.beta_at(state.step)
    gradient, terms = jax.grad(loss, has_aux=True)(state.variables, model, batch, sample, beta, training.uniformity)
    updates, optimizer = training.optimizer.update(gradient, state.optimizer, state.variables)
    variables = optax.apply_updates(state.variables, updates)
    return State(variables, optimizer, state.step + 1), {**terms, "beta": beta}


@partial(jax.jit, static_argnames=("model", "training", "mesh"))
def _epoch(state: State, corpus: tuple[Array, Array], model: ModelSettings, training: Training, mesh: Mesh) -> Any:
    return jax.lax.scan(
        lambda state, _: step(state, corpus, model, training, mesh), state, length=training.steps_per_epoch
    )


@partial(jax.jit, static_argnames="model")
def _validate(variables: Any, model: ModelSettings, spectra_db: Array) -> Array:
    network = model.network
    mean, _ = network.apply(variables, spectra_db / ENCODER_UNIT_DB, method="encode")
    recipe = model.recipe(*network.apply(variables, mean, method="decode"))
    return lsd(recipe.response_db(), spectra_db).mean()


def _digest(data: np.ndarray, draw: np.ndarray) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(data).data)
    digest.update(draw.data)
    return digest.hexdigest()
