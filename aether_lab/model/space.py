"""A learned space of filters: a trained network, the bank that it drives, and a card that says where it is from."""

import dataclasses
import json
import os
import struct as binary
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import safetensors
import safetensors.numpy
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import Array
from jax.typing import ArrayLike

from aether_lab.filters.recipe import Recipe
from aether_lab.model.objective import minimize
from aether_lab.model.settings import ModelSettings
from aether_lab.signals.files import write_bytes
from aether_lab.signals.spectrum import N_BINS
from aether_lab.signals.target import Measured, as_spectra

SHIPPED = Path(__file__).parents[1] / "models"


ENCODER_UNIT_DB = 20.0
"""The encoder sees decibels divided by this, so that its inputs are of order one."""


Z_LIMIT = 1e6
"""z is clipped here before the decoder (and NaN read as 0): what comes out is a filter for any knob."""


OF_AXES = ("learned_range", "captions", "landmarks", "axes")
"""What a card says of single dimensions or places of z, true of these axes alone."""


@dataclass(frozen=True)
class FilterSpace:
    """A trained model with its settings and card.

    `card` holds plain JSON: name, licence, sources, metrics, and `learned_range`, the 2.5 and 97.5 percentile of the
    training corpus in each dimension of z.
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
    def load(cls, name_or_path: str | os.PathLike = "4d") -> "FilterSpace":
        """A shipped model by name ("4d", "2d", "baseline-4d") or a `.safetensors` file by path.

        Raises:
            ValueError: for a name that is not shipped and no file either, a file that is damaged or no model of this
                program, or one whose weights do not fit its settings. The message names the file and the reason.
        """
        path = Path(name_or_path)
        if not path.suffix and not path.exists():
            path = SHIPPED / f"{name_or_path}.safetensors"
        if not path.is_file():
            names = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.safetensors")))
            raise ValueError(f"{str(name_or_path)!r} is neither a model file nor a shipped model ({names})")
        try:
            with safetensors.safe_open(path, "numpy") as file:
                header = file.metadata() or {}
                arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
        except (safetensors.SafetensorError, OSError, binary.error) as error:
            raise ValueError(f"{path}: damaged or not a safetensors file ({error})") from error
        if "settings" not in header:
            raise ValueError(f"{path}: no aether_lab model: its header holds no settings")
        try:
            settings = ModelSettings(**json.loads(header["settings"]))
            card = json.loads(header.get("card", "{}"))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: unreadable settings: {error}") from error
        expected = {key: leaf.shape for key, leaf in _flat(jax.eval_shape(lambda: cls._shapes(settings))).items()}
        found = {key: array.shape for key, array in arrays.items()}
        if expected != found:
            odd = sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))[0]
            raise ValueError(
                f"{path}: weights of other dimensions than its settings say: {odd} is {found.get(odd, 'missing')}, "
                f"{expected.get(odd, 'nothing')} expected for latent_dim={settings.latent_dim}, "
                f"num_filters={settings.num_filters}"
            )
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError(f"{path}: damaged: its weights hold values that are not finite")
        variables = unflatten_dict({k: jnp.asarray(a, jnp.float32) for k, a in arrays.items()}, sep="/")
        return cls(settings, variables, card)

    @staticmethod
    def _shapes(settings: ModelSettings) -> Any:
        key = jax.random.key(0)
        return settings.network.init(key, jnp.ones((1, N_BINS), jnp.float32), key)

    def save(self, path: str | os.PathLike, half: bool = False) -> Path:
        """Writes one safetensors file, settings and card in its header; `half` stores 16-bit weights, half the size."""
        dtype = np.float16 if half else np.float32
        arrays = {key: np.asarray(leaf, dtype) for key, leaf in _flat(self.variables).items()}
        header = {"settings": json.dumps(dataclasses.asdict(self.settings)), "card": json.dumps(self.card)}
        return write_bytes(path, serialise(arrays, header))

    def rounded(self) -> "FilterSpace":
        """The same space with weights rounded to the 16 bits of `save(half=True)`."""
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
        """`(Z, 2)`: where the training corpus lies in each dimension; the knobs' own range if the card does not say."""
        return np.asarray(self.card.get("learned_range", [[-2.0, 2.0]] * self.latent_dim))

    @property
    def decoder_layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The decoder's three (kernel `(in, out)`, bias `(out,)`) in float32, for hosts that decode by themselves."""
        layers = [self.variables["params"][f"decoder_{i}"] for i in range(3)]
        return [(np.asarray(layer["kernel"], np.float32), np.asarray(layer["bias"], np.float32)) for layer in layers]

    def encode(self, spectra_db: Measured, refine: int = 0) -> tuple[Array, Array]:
        """What was measured to mean and log-variance of z, `(..., Z)` each.

        Takes level-aligned spectra `(..., 513)` dB, or one measured thing: what `as_target` takes.

        With `refine` the mean goes that many steps on, to where the decoder is nearer to the spectrum (see `refine`);
        the variance stays that of the encoder.

        Raises:
            ValueError: as `as_target`, or if `refine` is below 0.
        """
        if refine < 0:
            raise ValueError(f"refine is {refine}; it is a number of steps, 0 and above")
        spectra_db = as_spectra(spectra_db)
        mean, log_var = _encode(self.settings, self.variables, spectra_db)
        return (self.refine(spectra_db, mean, refine), log_var) if refine else (mean, log_var)

    def decode(self, z: ArrayLike) -> Recipe:
        """Any z, `(..., Z)`, to recipes of shape `(..., S)`.

        Raises:
            ValueError: if the last axis is not `Z` long.
        """
        return _decode(self.settings, self.variables, self._checked(z))

    def response_db(self, z: ArrayLike) -> Array:
        """Any z, `(..., Z)`, to the decoded bank's magnitude at the 513 bins, `(..., 513)` dB."""
        return _response_db(self.settings, self.variables, self._checked(z))

    def _checked(self, z: ArrayLike) -> Array:
        if not isinstance(z, Array):  # clipped before it is a float32, in which 1e300 would overflow
            z = np.clip(np.asarray(z, np.float64), -Z_LIMIT, Z_LIMIT)
        z = jnp.asarray(z, jnp.float32)
        if z.shape[-1:] != (self.latent_dim,):
            raise ValueError(f"this space has {self.latent_dim} dimensions; the last axis of z {z.shape} does not")
        return z

    def refine(
        self, target: Measured, z: ArrayLike | None = None, steps: int = 300, learning_rate: float = 0.05
    ) -> Array:
        """The z, `(..., Z)`, whose filter is closest to each target: by Adam, from the encoder's own mean.

        `target` is what `as_target` takes, or many spectra `(..., 513)` dB.

        `z` `(..., Z)` is where to start instead. The best z met on the way is returned, so refining never makes it
        worse.
        """
        spectra = jnp.asarray(as_spectra(target))
        start = self.encode(spectra)[0] if z is None else self._checked(z)
        return _refine(self.settings, steps, self.variables, start, spectra, jnp.float32(learning_rate))

    def calibrated(self, spectra_db: ArrayLike) -> "FilterSpace":
        """The same space with z shifted and scaled so that the encoded means of a corpus have mean 0, deviation 1.

        The affine map is folded into the weights on both sides of z, so every encoded response decodes as before.
        The corpus `(N, 513)` also sets the card's `learned_range`.
        """
        mean = np.asarray(self.encode(spectra_db)[0], np.float64)
        shift, scale = mean.mean(0), np.maximum(mean.std(0), 1e-3)  # a dead dimension stays dead, not amplified
        spread = np.percentile((mean - shift) / scale, [2.5, 97.5], axis=0).T
        card = {**self.card, "learned_range": np.round(spread, 3).tolist()}
        return FilterSpace(self.settings, self._mapped(np.diag(1 / scale), shift), card)

    def rotated(self, rotation: ArrayLike) -> "FilterSpace":
        """The same space seen along other axes: what lay at z lies at `z @ rotation`, and decodes as before.

        The mean and the decoder are turned exactly. An encoder that gives one variance for each dimension cannot tell
        that of a mixture; its logarithm becomes the mean of those mixed, by their shares, which is at most the truth.
        What the card says of single dimensions is dropped: `calibrated` measures the range anew.

        Raises:
            ValueError: if `rotation` is not `(Z, Z)` and orthogonal. Reflections and permutations are.
        """
        matrix = np.asarray(rotation, np.float64)
        z = self.latent_dim
        if matrix.shape != (z, z) or not np.allclose(matrix @ matrix.T, np.eye(z), atol=1e-6):
            raise ValueError(f"rotation {matrix.shape} must be an orthogonal matrix of shape ({z}, {z})")
        card = {key: value for key, value in self.card.items() if key not in OF_AXES}
        return FilterSpace(self.settings, self._mapped(matrix, np.zeros(z)), card)

    def _mapped(self, matrix: np.ndarray, shift: np.ndarray) -> dict:
        """Variables of the space in which z is `(z - shift) @ matrix`."""
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


def serialise(arrays: dict[str, np.ndarray], header: dict[str, str]) -> bytes:
    """A safetensors file, the same bytes for the same content: the library writes `header` in an order of chance."""
    data = safetensors.numpy.save(arrays, header)
    size = int.from_bytes(data[:8], "little")
    text = json.dumps(json.loads(data[8 : 8 + size]), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return data[:8] + text.encode().ljust(size) + data[8 + size :]
