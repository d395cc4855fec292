"""Training a `FilterSpace`: the loss, one optax step, whole epochs under one scan, checkpoints that resume exactly.

A step draws a batch from the corpus, varies it (`augment`), encodes, samples z, decodes, plays the bank in closed
form and compares decibels under the ERB weights. Knobs that hurry in one place and idle in another cost extra
(`unevenness`). Everything random is drawn from `(seed, step)`, so a run that was interrupted and resumed ends in the
same bits as one that was not.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import safetensors
from flax import struct
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.typing import ArrayLike
from tqdm.auto import tqdm

from aether_lab.model.objective import CORNER_DB, WATCHED, WATCHED_WEIGHTS, mismatch
from aether_lab.model.space import ENCODER_UNIT_DB, FilterSpace, ModelSettings, serialise
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.files import write_bytes
from aether_lab.signals.spectrum import DYNAMIC_RANGE, FREQUENCIES, WEIGHTS, lsd

LINES, PLACES = 4, 8  # paths that `unevenness` looks along, and places on each
REACH = 2.5  # deviations to both sides: the travel of a knob and a little more
COARSE = 4  # of the frequencies that are compared, each fourth is enough there


@dataclass(frozen=True)
class Training:
    """How a model is trained. A checkpoint stores these beside the model's own settings.

    `beta` is the final weight of the KL term (nats, summed over z) against a distance in dB; it rises linearly from
    0 over the first `anneal` of all steps. `augment` is the share of each batch that is varied. `evenness` is the
    weight of `unevenness`, in dB.
    """

    epochs: int = 120
    steps_per_epoch: int = 100
    batch_size: int = 64
    learning_rate: float = 2e-3
    beta: float = 0.02
    anneal: float = 0.5
    augment: float = 0.8
    evenness: float = 3.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "steps_per_epoch", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("learning_rate", "beta", "anneal", "augment", "evenness"):
            if not (np.isfinite(value := getattr(self, name)) and value >= 0):
                raise ValueError(f"{name} is {value}; it must be a number not below 0")

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    def beta_at(self, step: ArrayLike) -> Array:
        """The annealed weight of the KL term, the one that the loss uses."""
        return self.beta * jnp.clip(jnp.asarray(step) / max(self.anneal * self.steps, 1.0), 0.0, 1.0)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Adam, gradients clipped to norm 1; the rate warms up over 200 steps (at most a tenth), then a cosine."""
        warmup = min(200, self.steps // 10)
        rate = optax.warmup_cosine_decay_schedule(
            0.0, self.learning_rate, warmup, self.steps, 0.01 * self.learning_rate
        )
        return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))


@struct.dataclass
class State:
    """What a checkpoint holds: parameters, Adam's moments, and the step from which all randomness follows."""

    variables: Any
    optimizer: Any
    step: Array


@dataclass
class Run:
    """A training in progress or done: the state and, per finished epoch, the mean of each loss term."""

    model: ModelSettings
    training: Training
    state: State
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def space(self) -> FilterSpace:
        return FilterSpace(self.model, self.state.variables, {"name": "unnamed"})


def kl_divergence(mean: Array, log_var: Array) -> Array:
    """KL(N(mean, exp log_var) || N(0, 1)), `(..., Z)` nats per dimension (Kingma & Welling 2014, appendix B)."""
    return 0.5 * (mean**2 + jnp.exp(log_var) - 1 - log_var)


def unevenness(variables: Any, model: ModelSettings, mean: Array, key: Array) -> Array:
    """How much the dB per unit vary along a straight path through a cloud of codes `(B, Z)`: a scalar, 0 if not at all.

    The squared coefficient of variation of the distances between neighbours, averaged over random lines through the
    cloud's middle; a unit is the cloud's deviation in each dimension. Lines and not axes, since knobs are turned after
    training (`disentanglement.alignment`).
    """
    line = jax.random.normal(key, (LINES, 1, model.latent_dim), mean.dtype)
    line /= jnp.linalg.norm(line, axis=-1, keepdims=True)
    reach = jnp.linspace(-REACH, REACH, PLACES, dtype=mean.dtype)[None, :, None]
    middle, unit = jax.lax.stop_gradient((mean.mean(0), mean.std(0)))  # move the decoder, not the codes
    along = middle[None, None] + reach * line * unit[None, None]
    decoded = model.network.apply(variables, along, method="decode")
    response = model.recipe(*decoded).response_db(WATCHED[::COARSE])
    weights = WATCHED_WEIGHTS[::COARSE].astype(mean.dtype)
    step_db = lsd(response[:, 1:], response[:, :-1], weights / weights.sum(), CORNER_DB)
    return (step_db.var(axis=1) / step_db.mean(axis=1) ** 2).mean()


def loss(
    variables: Any, model: ModelSettings, spectra_db: Array, key: Array, beta: ArrayLike, evenness: float = 0.0
) -> tuple[Array, dict]:
    """Mean over the batch of `objective.mismatch + beta * KL`, plus `evenness * unevenness`: `(B, 513)` dB to a scalar.

    Beside it come the terms, by name.
    """
    outputs: Any = model.network.apply(variables, spectra_db / ENCODER_UNIT_DB, key)
    *parameters, mean, log_var = outputs
    distance = mismatch(model.recipe(*parameters), spectra_db).mean()
    kl = kl_divergence(mean, log_var).sum(-1).mean()
    terms = {"distance": distance, "kl": kl}
    total = distance + beta * kl
    if evenness > 0:
        terms["unevenness"] = unevenness(variables, model, mean, jax.random.fold_in(key, 1))
        total += evenness * terms["unevenness"]
    return total, terms


def augment(key: Array, spectra_db: Array, others_db: Array, share: float) -> Array:
    """Varies a `share` of the batch `(B, 513)`: each is mixed with another, shifted, tilted and given three bells.

    Mixing is linear in dB between a response and one of `others_db`; the shift is up to ±0.4 octave along log
    frequency; the tilt ±2 dB per octave about 1 kHz; the bells up to ±9 dB at random places and widths. The floor
    60 dB under the peak and the level alignment are applied again, so that the result is a spectrum as `spectra`
    defines it.
    """
    n = spectra_db.shape[0]
    keys = jax.random.split(key, 7)
    column = partial(jax.random.uniform, shape=(n, 1), dtype=spectra_db.dtype)
    octave = jnp.log2(jnp.maximum(jnp.asarray(FREQUENCIES, spectra_db.dtype), 20.0) / 1000.0)[None]
    x = spectra_db + column(keys[0], minval=0.0, maxval=0.5) * (others_db - spectra_db)
    x = _shift(x, column(keys[1], minval=-0.4, maxval=0.4))
    x = x + column(keys[2], minval=-2.0, maxval=2.0) * octave
    centre, width, gain = (
        jax.random.uniform(k, (n, 3, 1), spectra_db.dtype, *span)
        for k, span in zip(keys[3:6], ((-4.0, 4.3), (0.1, 1.0), (-9.0, 9.0)), strict=True)
    )
    x = x + (gain * jnp.exp(-0.5 * ((octave[None] - centre) / width) ** 2)).sum(1)
    weights = jnp.asarray(WEIGHTS, x.dtype)[None]
    peak = jnp.where(weights > 0, x, -jnp.inf).max(-1, keepdims=True)
    x = jnp.maximum(x, peak - DYNAMIC_RANGE)
    x = x - (weights * x).sum(-1, keepdims=True)
    return jnp.where(jax.random.bernoulli(keys[6], share, (n, 1)), x, spectra_db)


def _shift(x: Array, octaves: Array) -> Array:
    """Each row of `(B, 513)` read at `2^octaves` times its own frequency, by linear interpolation between bins."""
    last = x.shape[-1] - 1
    at = jnp.clip(jnp.arange(x.shape[-1], dtype=x.dtype)[None] * 2**octaves, 0, last)
    low = jnp.minimum(at.astype(jnp.int32), last - 1)
    part = at - low
    take = partial(jnp.take_along_axis, x, axis=-1)
    return (1 - part) * take(low) + part * take(low + 1)


def balanced(sources: Sequence[str]) -> np.ndarray:
    """How often each spectrum is drawn, `(N,)` summing to 1: a source weighs the square root of its size.

    A hundred directions of one head then do not drown the six takes of a headphone.
    """
    _, source, count = np.unique(np.asarray(sources), return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(count[source])
    return weight / weight.sum()


def with_bodies(corpus: Corpus, bodies: Corpus | None, share: float = 0.75) -> tuple[np.ndarray, np.ndarray]:
    """A corpus and synthetic bodies to learn from at once: spectra `(N, 513)`, and how often each is drawn, `(N,)`.

    A `share` of the draws are bodies, which have shapes that the few sources of a corpus have not. The more of them,
    the nearer come sources never seen (see `models/build.py`), and the further are those of the corpus. Each part is
    `balanced` in itself.
    """
    if bodies is None:
        return corpus.spectra_db, balanced(corpus.sources)
    spectra = np.concatenate([corpus.spectra_db, bodies.spectra_db])
    return spectra, np.concatenate([(1 - share) * balanced(corpus.sources), share * balanced(bodies.sources)])


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
    gradient, terms = jax.grad(loss, has_aux=True)(state.variables, model, batch, sample, beta, training.evenness)
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


def save_checkpoint(path: str | os.PathLike, run: Run, digest: str) -> None:
    """Writes the whole state of a run, atomically; `digest` names the corpus that it belongs to."""
    leaves = jax.tree_util.tree_flatten_with_path(run.state)[0]
    arrays = {jax.tree_util.keystr(key): np.asarray(leaf) for key, leaf in leaves}
    header = {**_settings(run), "history": json.dumps(run.history), "corpus": digest}
    write_bytes(path, serialise(arrays, header))


def load_checkpoint(path: str | os.PathLike, fresh: Run, digest: str) -> Run:
    """The run stored at `path`; `fresh` is the run that would start otherwise, and gives settings and shapes.

    Raises:
        ValueError: if the file is damaged or belongs to other settings or another corpus.
    """
    try:
        with safetensors.safe_open(path, "numpy") as file:
            header = file.metadata() or {}
            stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (safetensors.SafetensorError, OSError) as error:
        raise ValueError(f"{path}: damaged or no checkpoint ({error})") from error
    for name, value in {**_settings(fresh), "corpus": digest}.items():
        if header.get(name) != value:
            raise ValueError(f"{path}: a checkpoint of another {name}: {header.get(name)}, not {value}")
    leaves, tree = jax.tree_util.tree_flatten_with_path(fresh.state)
    state = jax.tree_util.tree_unflatten(tree, [jnp.asarray(stored[jax.tree_util.keystr(key)]) for key, _ in leaves])
    return dataclasses.replace(fresh, state=state, history=json.loads(header["history"]))


def _settings(run: Run) -> dict[str, str]:
    return {
        "model": json.dumps(dataclasses.asdict(run.model)),
        "training": json.dumps(dataclasses.asdict(run.training)),
    }
