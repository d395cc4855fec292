"""Training settings, training state, and the run that contains both."""

from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jax import Array
from jax.typing import ArrayLike

from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace


@dataclass(frozen=True)
class Training:
    """Training settings. A checkpoint stores them beside the model's settings.

    `beta` is the final weight of the KL term (nats, summed over z) relative to a distance in dB; it rises linearly
    from 0 during the first `anneal` of all steps. `augment` is the share of each batch that is augmented. `uniformity`
    is the weight of `traversal_loss`, dB, `smoothness` that of `ripple`, per dB², and `supervision` that of
    `factor_gap`, dB: with more than 0, the knobs also learn to follow the known factors of synthetic responses.

    Raises:
        ValueError: a count below 1, or another value that is negative or not finite.

    >>> from aether_lab import Training
    >>> training = Training(epochs=3, steps_per_epoch=50)
    >>> training.steps, round(float(training.beta_at(training.steps)), 3)
    (150, 0.02)
    """

    epochs: int = 480
    steps_per_epoch: int = 100
    batch_size: int = 64
    learning_rate: float = 3e-3
    beta: float = 0.02
    anneal: float = 0.5
    augment: float = 0.3
    uniformity: float = 3.0
    smoothness: float = 0.05
    supervision: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "steps_per_epoch", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("learning_rate", "beta", "anneal", "augment", "uniformity", "smoothness", "supervision"):
            if not (np.isfinite(value := getattr(self, name)) and value >= 0):
                raise ValueError(f"{name} is {value}; it must be a finite number >= 0")

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    def beta_at(self, step: ArrayLike) -> Array:
        """The annealed weight of the KL term at `step`."""
        return self.beta * jnp.clip(jnp.asarray(step) / max(self.anneal * self.steps, 1.0), 0.0, 1.0)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Adam with gradients clipped to norm 1; linear warm-up over 200 steps (at most a tenth), then cosine decay."""
        warmup = min(200, self.steps // 10)
        rate = optax.warmup_cosine_decay_schedule(
            0.0, self.learning_rate, warmup, self.steps, 0.01 * self.learning_rate
        )
        return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))


@struct.dataclass
class State:
    """The contents of a checkpoint: parameters, Adam's moments and the step, which determines all randomness."""

    variables: Any
    optimizer: Any
    step: Array


@dataclass
class Run:
    """A training run, in progress or finished: the state, and the mean of each loss term per finished epoch."""

    model: ModelSettings
    training: Training
    state: State
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def space(self) -> FilterSpace:
        return FilterSpace(self.model, self.state.variables, {"name": "unnamed"})
