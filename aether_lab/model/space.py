"""A learned space of filters: a trained network, its filter bank, and a card that describes its origin."""

import dataclasses
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from aether_lab.filters.recipe import Recipe
from aether_lab.model import inference
from aether_lab.model.calibration import calibration, weighed
from aether_lab.model.latent import kind_weights, latent_sizes, mapped, rotation_of_numbers, split
from aether_lab.model.model_file import LARGEST_FILE, read_model, write_model
from aether_lab.model.refinement import aligned, refined
from aether_lab.model.settings import ModelSettings
from aether_lab.model.vae import Z_LIMIT
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.spectrum import N_BINS
from aether_lab.signals.target import Measured, measured_spectra

SHIPPED = Path(__file__).parents[1] / "models"

RECONSTRUCTION_STEPS = 8
"""Steps of least squares in `reconstruct`, from each of the `CANDIDATES` most likely kinds."""

CANDIDATES = 3

AXIS_ENTRIES = ("learned_range", "captions", "names", "landmarks", "landmark_sources", "axes")
"""Card entries about single dimensions or points of z, valid for the present axes only."""


@dataclass(frozen=True)
class FilterSpace:
    """A trained model with its settings and card.

    `card` is plain JSON: name, licence, sources, metrics, and `learned_range`, the 2.5 and 97.5 percentiles of the
    training corpus in each dimension of z.

    A latent point z has `knobs` knobs, then `details` details, then a weight for each of `kinds`: `latent_dim` numbers
    in all. Details and kinds may be left out: details are then 0, kinds an equal mixture. Most spaces have neither.

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
        return cls(chosen, variables, {"name": "untrained", "learned_range": _untrained_range(chosen)})

    @classmethod
    def load(cls, name_or_path: str | os.PathLike = "4d", largest: int = LARGEST_FILE) -> "FilterSpace":
        """A shipped model by name ("4d", "nested", "2d", "baseline-4d") or a `.safetensors` file by path.

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
        return cls(*read_model(path, largest))

    def save(self, path: str | os.PathLike, half: bool = False) -> Path:
        """Writes a safetensors file with settings and card in its header; `half` stores 16-bit weights."""
        return write_model(path, self.settings, self.variables, self.card, half)

    def rounded(self) -> "FilterSpace":
        """The space with weights rounded to the 16 bits of `save(half=True)`."""
        variables = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf, np.float16), jnp.float32), self.variables)
        return dataclasses.replace(self, variables=variables)

    @property
    def latent_dim(self) -> int:
        """The length of a latent point: knobs, details, and one weight for each kind."""
        return self.settings.latent_dim + len(self.settings.kinds)

    @property
    def knobs(self) -> int:
        return self.settings.knobs

    @property
    def details(self) -> int:
        return self.settings.details

    @property
    def kinds(self) -> tuple[str, ...]:
        return self.settings.kinds

    @property
    def num_filters(self) -> int:
        return self.settings.num_filters

    @property
    def learned_range(self) -> np.ndarray:
        """`(latent_dim, 2)`: the range of the training corpus in each dimension; -2 to 2 if the card has none."""
        return np.asarray(self.card.get("learned_range", _untrained_range(self.settings)))

    @property
    def decoder_layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The decoder's three (kernel `(in, out)`, bias `(out,)`), float32, for decoders outside JAX.

        With kinds the first is a layer for each of them: kernel `(K, in, out)`, bias `(K, out)`.
        """
        return [self._layer(f"decoder_{i}") for i in range(3)]

    @property
    def decoder_linear(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The path past the hidden layers, as the first of `decoder_layers`; None without kinds.

        Its output is added to that of the last layer.
        """
        return self._layer("linear") if self.kinds else None

    def _layer(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        layer = {part: np.asarray(leaf, np.float32) for part, leaf in self.variables["params"][name].items()}
        return layer["kernel"] + layer.get("kinds", 0), layer["bias"]

    def encode(
        self,
        spectra_db: Measured,
        refine: int = 0,
        *,
        weights: ArrayLike | None = None,
        kind: str | ArrayLike | None = None,
    ) -> tuple[Array, Array]:
        """Mean and log-variance of the approximate posterior q(z | spectrum), `(..., latent_dim)` each.

        Args:
            spectra_db: anything `as_target` accepts, or level-aligned spectra `(..., 513)` dB.
            refine: steps by which the method `refine` improves the mean; the log-variance stays that of the encoder.
            weights: `(..., 513)`, where the spectra were measured (`Corpus.weights`); default: where a target was
                measured, everywhere for spectra.
            kind: a name or a mixture `(..., K)`; default: the most likely kind, `inference.likely_kinds`.

        Raises:
            ValueError: as `as_target`, `refine` below 0, or an unknown kind.
        """
        if refine < 0:
            raise ValueError(f"refine is {refine}; it must be at least 0")
        spectra, weights = measured_spectra(spectra_db, weights)
        mean, log_var = self._encode(spectra, weights, kind, self._kept(self.details))
        return (self.refine(spectra, mean, refine, weights=weights), log_var) if refine else (mean, log_var)

    def _encode(
        self, spectra: np.ndarray, weights: np.ndarray, kind: str | ArrayLike | None, kept: np.ndarray
    ) -> tuple[Array, Array]:
        """As `encode`, with the numbers of z that `kept` drops left out, as 0."""
        if not self.kinds:
            if kind is not None:
                kind_weights(self.settings, kind)  # refuses any
            return inference.encode(self.settings, self.variables, spectra)
        if kind is None:
            return inference.likely_kinds(self.settings, 1, self.variables, spectra, weights, kept)[0]
        mixture = np.broadcast_to(kind_weights(self.settings, kind), (*spectra.shape[:-1], len(self.kinds)))
        return inference.encode_in(self.settings, self.variables, spectra, mixture.astype(np.float32), kept)

    def decode(self, z: ArrayLike, kind: str | ArrayLike | None = None) -> Recipe:
        """Decodes any z, `(..., latent_dim)`, to recipes `(..., S)`; details and kinds may be left out.

        Args:
            kind: a name or a mixture `(..., K)`, in place of that in z.

        Raises:
            ValueError: the last axis has another length, or an unknown kind.
        """
        return inference.decode(self.settings, self.variables, self._point(z, kind))

    def response_db(self, z: ArrayLike, kind: str | ArrayLike | None = None) -> Array:
        """Magnitude of the decoded bank at the 513 bins, `(..., 513)` dB, for any z as `decode` takes it."""
        return inference.response_db(self.settings, self.variables, self._point(z, kind))

    def reconstruct(
        self,
        spectra_db: Measured,
        weights: ArrayLike | None = None,
        details: int = 0,
        *,
        kind: str | ArrayLike | None = None,
        refine: int = RECONSTRUCTION_STEPS,
    ) -> Array:
        """Encodes and decodes: `(..., 513)` dB, level-aligned where the spectra were measured.

        Args:
            spectra_db, weights, kind: as in `encode`.
            details: how many of the details are used beside the knobs.
            refine: steps of least squares from the encoder mean, in the three most likely kinds; 0 for the mean itself.

        Raises:
            ValueError: as `encode`, or more details than the space has.
        """
        spectra, weights = measured_spectra(spectra_db, weights)
        z = self.locate(spectra, weights, details, kind=kind, refine=refine)
        return aligned(self.response_db(z), jnp.asarray(weights))

    def locate(
        self,
        spectra_db: Measured,
        weights: ArrayLike | None = None,
        details: int | None = None,
        *,
        kind: str | ArrayLike | None = None,
        refine: int = RECONSTRUCTION_STEPS,
    ) -> Array:
        """The latent points `(..., latent_dim)` that `reconstruct` decodes; by default with all details."""
        details = self.details if details is None else details
        if not 0 <= details <= self.details:
            raise ValueError(f"details is {details}; allowed are 0 to {self.details}")
        spectra, weights = measured_spectra(spectra_db, weights)
        kept = self._kept(details)
        if not self.kinds or kind is not None or not refine:
            start = self._encode(spectra, weights, kind, kept)[0]
            return self.refine(spectra, start, refine, weights=weights, details=details) if refine else start
        leading = spectra.shape[:-1]
        flat, rows = spectra.reshape(-1, N_BINS), np.asarray(weights).reshape(-1, N_BINS)
        candidates = inference.likely_kinds(
            self.settings, min(CANDIDATES, len(self.kinds)), self.variables, flat, rows, kept
        )
        found = [refined(self.settings, refine, self.variables, z, flat, rows, kept) for z, _ in candidates]
        errors = jnp.stack([inference.errors(self.settings, self.variables, z, flat, rows) for z in found])
        best = jnp.take_along_axis(jnp.stack(found), errors.argmin(0)[None, :, None], axis=0)[0]
        return best.reshape(*leading, self.latent_dim)

    def _kept(self, details: int) -> np.ndarray:
        """1 for each number of z in use, 0 for the details after the first `details`."""
        return (np.arange(self.settings.latent_dim) < self.knobs + details).astype(np.float32)

    def _point(self, z: ArrayLike, kind: str | ArrayLike | None = None) -> Array:
        z = self._checked(z)
        if kind is None:
            return z
        numbers, _ = split(self.settings, z)
        mixture = jnp.asarray(kind_weights(self.settings, kind), jnp.float32)
        leading = np.broadcast_shapes(numbers.shape[:-1], mixture.shape[:-1])
        parts = [jnp.broadcast_to(part, (*leading, part.shape[-1])) for part in (numbers, mixture)]
        return jnp.concatenate(parts, axis=-1)

    def _checked(self, z: ArrayLike) -> Array:
        if not isinstance(z, Array):  # clip before the cast: 1e300 overflows float32
            z = np.clip(np.asarray(z, np.float64), -Z_LIMIT, Z_LIMIT)
        z = jnp.asarray(z, jnp.float32)
        sizes = latent_sizes(self.settings)
        if not z.shape or z.shape[-1] not in sizes:
            raise ValueError(
                f"z has shape {z.shape}; this space has {sizes[0]} dimensions: (..., {sizes[0]})"
                + "".join(f", or (..., {size})" for size in sizes[1:])
            )
        return z

    def refine(
        self,
        target: Measured,
        z: ArrayLike | None = None,
        steps: int = 20,
        *,
        weights: ArrayLike | None = None,
        details: int | None = None,
    ) -> Array:
        """Moves z, `(..., latent_dim)`, by least squares until its filter is close to the target; the kind stays.

        Args:
            target: anything `as_target` accepts, or spectra `(..., 513)` dB.
            z: the start; default: the encoder mean.
            weights: as in `encode`.
            details: how many details move beside the knobs; default: all.

        Returns:
            The best z of all steps, never worse than the start.
        """
        details = self.details if details is None else details
        spectra, weights = measured_spectra(target, weights)
        kept = self._kept(details)
        start = self._encode(spectra, weights, None, kept)[0] if z is None else self._checked(z)
        leading = np.broadcast_shapes(spectra.shape[:-1], start.shape[:-1])
        flat = [
            np.broadcast_to(each, (*leading, each.shape[-1])).reshape(-1, each.shape[-1])
            for each in (start, spectra, weights)
        ]
        return refined(self.settings, steps, self.variables, *flat, kept).reshape(*leading, start.shape[-1])

    def calibrated(self, measured: Corpus | ArrayLike, inside: float = 0.0) -> "FilterSpace":
        """The space with z shifted and scaled so that the encoded means of a corpus have mean 0 and SD 1 in each kind.

        The affine map is folded into the weights on both sides of z, so every encoded response decodes as before; the
        details are not shifted, so that 0 stays 0. Every source of a corpus weighs the same; spectra `(N, 513)` weigh
        the same each. They also set the card's `learned_range`.

        Args:
            inside: the share of the spectra whose knobs must all lie within ±2, by a further common scale; codes of
                sources that were not learned from spread wider.
        """
        spectra, weights, share = weighed(measured)
        z = np.asarray(self.encode(spectra, weights=weights)[0], np.float64)
        matrices, shifts, limits = calibration(self.settings, z, share, inside)
        variables = mapped(self.settings, self.variables, matrices, shifts)
        return FilterSpace(self.settings, variables, {**self.card, "learned_range": limits})

    def rotated(self, rotation: ArrayLike) -> "FilterSpace":
        """The space along other axes: `z @ rotation` decodes as z did before.

        The mean and the decoder are rotated exactly. The log-variances, one per dimension, become weighted means of
        those they mix, at most the log of the true variance. Card entries about single dimensions are dropped;
        `calibrated` measures the range again.

        Args:
            rotation: of the knobs, or of knobs and details; `(K, Z, Z)` for one in each kind.

        Raises:
            ValueError: `rotation` is not an orthogonal `(Z, Z)` matrix; reflections and permutations are allowed.
        """
        matrix = rotation_of_numbers(self.settings, rotation)
        card = {key: value for key, value in self.card.items() if key not in AXIS_ENTRIES}
        return FilterSpace(
            self.settings, mapped(self.settings, self.variables, matrix, np.zeros(self.settings.latent_dim)), card
        )


def _untrained_range(settings: ModelSettings) -> list[list[float]]:
    return [[-2.0, 2.0]] * settings.latent_dim + [[0.0, 1.0]] * len(settings.kinds)
