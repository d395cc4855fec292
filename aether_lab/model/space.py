"""A learned space of filters: a trained network, its filter bank, and a card that describes its origin."""

import dataclasses
import json
import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import Array
from jax.typing import ArrayLike

from aether_lab.filters.recipe import Recipe
from aether_lab.model.card import checked_card
from aether_lab.model.objective import minimize
from aether_lab.model.settings import ModelSettings
from aether_lab.model.tensors import open_tensors, read_tensors, serialise
from aether_lab.model.vae import Z_LIMIT, parameter_shapes
from aether_lab.signals.files import write_bytes
from aether_lab.signals.json_files import parse_json
from aether_lab.signals.spectrum import N_BINS
from aether_lab.signals.target import Measured, as_spectra

SHIPPED = Path(__file__).parents[1] / "models"

ENCODER_UNIT_DB = 20.0
"""The encoder's input is in units of this, so that it is of order one."""

LARGEST_FILE = 1 << 28
"""Bytes of a model file; a shipped model has 1.2 MB, one of 4096 filters 9 MB."""

AXIS_ENTRIES = ("learned_range", "captions", "landmarks", "axes")
"""Card entries about single dimensions or points of z, valid for the present axes only."""


@dataclass(frozen=True)
class FilterSpace:
    """A trained model with its settings and card.

    `card` is plain JSON: name, licence, sources, metrics, and `learned_range`, the 2.5 and 97.5 percentiles of the
    training corpus in each dimension of z.

    >>> from aether_lab import FilterSpace
    >>> space = FilterSpace.load("4d")
    >>> space.response_db([0, 0, 0, 0]).shape, space.decode([0, 0, 0, 0]).n_sections
    ((513,), 32)
    """

    settings: ModelSettings
    variables: Any  # flax variables: {"params": {layer: {"kernel", "bias"}}}
    card: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def untrained(cls, seed: int = 0, **settings: Any) -> "FilterSpace":
        """A space with random weights; `settings` are those of `ModelSettings`."""
        chosen = ModelSettings(**settings)
        key = jax.random.key(seed)
        variables = chosen.network.init(key, jnp.ones((1, N_BINS), jnp.float32), key)
        return cls(chosen, variables, {"name": "untrained", "learned_range": [[-2.0, 2.0]] * chosen.latent_dim})

    @classmethod
    def load(cls, name_or_path: str | os.PathLike = "4d", largest: int = LARGEST_FILE) -> "FilterSpace":
        """A shipped model by name ("4d", "2d", "baseline-4d") or a `.safetensors` file by path.

        Args:
            largest: bytes; a larger file is refused unread.

        Raises:
            ValueError: neither a shipped name nor a file; a file that is damaged or not an aether_lab model; or weights
                or a card that do not match the settings. The message names the file and the reason.
        """
        path = Path(name_or_path)
        if not path.suffix and not path.exists():
            path = SHIPPED / f"{name_or_path}.safetensors"
        if not path.exists():
            names = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.safetensors")))
            raise ValueError(f"{str(name_or_path)!r} is neither a model file nor a shipped model ({names})")
        with open_tensors(path, largest) as file:
            settings, card = _read_header(file.metadata() or {})
            shapes = parameter_shapes(settings.num_filters, settings.latent_dim, N_BINS)
            arrays = read_tensors(file, {name: (shape, ("F16", "F32")) for name, shape in shapes.items()})
        variables = unflatten_dict({k: jnp.asarray(a, jnp.float32) for k, a in arrays.items()}, sep="/")
        return cls(settings, variables, card)

    def save(self, path: str | os.PathLike, half: bool = False) -> Path:
        """Writes a safetensors file with settings and card in its header; `half` stores 16-bit weights."""
        dtype = np.float16 if half else np.float32
        arrays = {key: np.asarray(leaf, dtype) for key, leaf in _flat(self.variables).items()}
        header = {"settings": json.dumps(dataclasses.asdict(self.settings)), "card": json.dumps(self.card)}
        return write_bytes(path, serialise(arrays, header))

    def rounded(self) -> "FilterSpace":
        """The space with weights rounded to the 16 bits of `save(half=True)`."""
        variables = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf, np.float16), jnp.float32), self.variables)
        return dataclasses.replace(self, variables=variables)

    @property
    def latent_dim(self) -> int:
        return self.settings.latent_dim

    @property
    def num_filters(self) -> int:
        return self.settings.num_filters

    @property
    def learned_range(self) -> np.ndarray:
        """`(Z, 2)`: the range of the training corpus in each dimension; -2 to 2 if the card has none."""
        return np.asarray(self.card.get("learned_range", [[-2.0, 2.0]] * self.latent_dim))

    @property
    def decoder_layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The decoder's three (kernel `(in, out)`, bias `(out,)`), float32, for decoders outside JAX."""
        layers = [self.variables["params"][f"decoder_{i}"] for i in range(3)]
        return [(np.asarray(layer["kernel"], np.float32), np.asarray(layer["bias"], np.float32)) for layer in layers]

    def encode(self, spectra_db: Measured, refine: int = 0) -> tuple[Array, Array]:
        """Mean and log-variance of the approximate posterior q(z | spectrum), `(..., Z)` each.

        Args:
            spectra_db: anything `as_target` accepts, or level-aligned spectra `(..., 513)` dB.
            refine: steps by which the method `refine` improves the mean; the log-variance stays that of the encoder.

        Raises:
            ValueError: as `as_target`, or `refine` below 0.
        """
        if refine < 0:
            raise ValueError(f"refine is {refine}; it must be at least 0")
        spectra_db = as_spectra(spectra_db)
        mean, log_var = _encode(self.settings, self.variables, spectra_db)
        return (self.refine(spectra_db, mean, refine), log_var) if refine else (mean, log_var)

    def decode(self, z: ArrayLike) -> Recipe:
        """Decodes any z, `(..., Z)`, to recipes `(..., S)`.

        Raises:
            ValueError: the last axis is not `Z` long.
        """
        return _decode(self.settings, self.variables, self._checked(z))

    def response_db(self, z: ArrayLike) -> Array:
        """Magnitude of the decoded bank at the 513 bins, `(..., 513)` dB, for any z `(..., Z)`."""
        return _response_db(self.settings, self.variables, self._checked(z))

    def _checked(self, z: ArrayLike) -> Array:
        if not isinstance(z, Array):  # clip before the cast: 1e300 overflows float32
            z = np.clip(np.asarray(z, np.float64), -Z_LIMIT, Z_LIMIT)
        z = jnp.asarray(z, jnp.float32)
        if z.shape[-1:] != (self.latent_dim,):
            raise ValueError(
                f"z has shape {z.shape}; this space has {self.latent_dim} dimensions: (..., {self.latent_dim})"
            )
        return z

    def refine(
        self, target: Measured, z: ArrayLike | None = None, steps: int = 300, learning_rate: float = 0.05
    ) -> Array:
        """Optimises z, `(..., Z)`, by Adam until its filter is close to the target.

        Args:
            target: anything `as_target` accepts, or spectra `(..., 513)` dB.
            z: the start, `(..., Z)`; default: the encoder mean.

        Returns:
            The best z of all steps, never worse than the start.
        """
        spectra = jnp.asarray(as_spectra(target))
        start = self.encode(spectra)[0] if z is None else self._checked(z)
        return _refine(self.settings, steps, self.variables, start, spectra, jnp.float32(learning_rate))

    def calibrated(self, spectra_db: ArrayLike) -> "FilterSpace":
        """The space with z shifted and scaled so that the encoded means of `spectra_db` `(N, 513)` have mean 0, SD 1.

        The affine map is folded into the weights on both sides of z, so every encoded response decodes as before. The
        spectra also set the card's `learned_range`.
        """
        mean = np.asarray(self.encode(spectra_db)[0], np.float64)
        shift, scale = mean.mean(0), np.maximum(mean.std(0), 1e-3)  # the floor keeps an unused dimension unused
        limits = np.percentile((mean - shift) / scale, [2.5, 97.5], axis=0).T
        card = {**self.card, "learned_range": np.round(limits, 3).tolist()}
        return FilterSpace(self.settings, self._mapped(np.diag(1 / scale), shift), card)

    def rotated(self, rotation: ArrayLike) -> "FilterSpace":
        """The space along other axes: `z @ rotation` decodes as z did before.

        The mean and the decoder are rotated exactly. The log-variances, one per dimension, become weighted means of
        those they mix, at most the log of the true variance. Card entries about single dimensions are dropped;
        `calibrated` measures the range again.

        Raises:
            ValueError: `rotation` is not an orthogonal `(Z, Z)` matrix; reflections and permutations are allowed.
        """
        matrix = np.asarray(rotation, np.float64)
        z = self.latent_dim
        if matrix.shape != (z, z) or not np.allclose(matrix @ matrix.T, np.eye(z), atol=1e-6):
            raise ValueError(f"rotation {matrix.shape} must be an orthogonal matrix of shape ({z}, {z})")
        card = {key: value for key, value in self.card.items() if key not in AXIS_ENTRIES}
        return FilterSpace(self.settings, self._mapped(matrix, np.zeros(z)), card)

    def _mapped(self, matrix: np.ndarray, shift: np.ndarray) -> dict:
        """The variables after z becomes `(z - shift) @ matrix`."""
        params = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), dict(self.variables["params"]))
        mu, logvar, first = (params[name] for name in ("mu", "logvar", "decoder_0"))
        weight = (matrix**2).sum(0)
        share = matrix**2 / weight
        params = {
            **params,
            "mu": {"kernel": mu["kernel"] @ matrix, "bias": (mu["bias"] - shift) @ matrix},
            "logvar": {"kernel": logvar["kernel"] @ share, "bias": logvar["bias"] @ share + np.log(weight)},
            "decoder_0": {
                "kernel": np.linalg.solve(matrix, first["kernel"]),
                "bias": first["bias"] + shift @ first["kernel"],
            },
        }
        return {"params": jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), params)}


def _read_header(header: dict[str, str]) -> tuple[ModelSettings, dict[str, Any]]:
    """Settings and card from the header of a model file."""
    if "settings" not in header:
        raise ValueError("not an aether_lab model: its header has no settings")
    try:
        settings = ModelSettings(**parse_json(header["settings"]))
    except (TypeError, ValueError) as error:  # TypeError: another name than those of the settings
        raise ValueError(f"unreadable settings: {error}") from error
    try:
        return settings, checked_card(parse_json(header.get("card", "{}")), settings.latent_dim)
    except ValueError as error:
        raise ValueError(f"unreadable card: {error}") from error


def _flat(variables: Any) -> dict[str, Any]:
    return flatten_dict(variables, sep="/")


@partial(jax.jit, static_argnums=0)
def _encode(settings: ModelSettings, variables: dict, spectra_db: Array) -> Any:
    return settings.network.apply(variables, spectra_db / ENCODER_UNIT_DB, method="encode")


@partial(jax.jit, static_argnums=(0, 1))
def _refine(settings: ModelSettings, steps: int, variables: dict, start: Array, target: Array, rate: Array) -> Array:
    def recipe(z: Array) -> Recipe:
        return settings.recipe(*settings.network.apply(variables, z, method="decode"))

    return minimize(recipe, start, target, steps, rate)


@partial(jax.jit, static_argnums=0)
def _decode(settings: ModelSettings, variables: dict, z: Array) -> Recipe:
    z = jnp.clip(jnp.nan_to_num(z), -Z_LIMIT, Z_LIMIT)
    return settings.recipe(*settings.network.apply(variables, z, method="decode"))


@partial(jax.jit, static_argnums=0)
def _response_db(settings: ModelSettings, variables: dict, z: Array) -> Array:
    return _decode(settings, variables, z).response_db()
