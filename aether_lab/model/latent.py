"""Latent points: what the numbers of z mean, and maps of z that are folded into the weights.

A latent point has `settings.knobs` knobs, then `settings.details` details, then one weight for each of
`settings.kinds`. Details that are left out are 0; kinds that are left out, or have no positive weight, are an equal
mixture.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from aether_lab.model.settings import ModelSettings

KIND_LAYERS = ("kind_encoder", "decoder_0", "linear")


def latent_sizes(settings: ModelSettings) -> tuple[int, ...]:
    """The lengths that a latent point may have: with kinds, without them, and without details."""
    full = settings.latent_dim + len(settings.kinds)
    return tuple(dict.fromkeys((full, settings.latent_dim, settings.knobs)))


def split(settings: ModelSettings, z: Array) -> tuple[Array, Array | None]:
    """The numbers `(..., settings.latent_dim)` of latent points, and their weights of kinds `(..., K)` with sum 1."""
    numbers, weights = z[..., : settings.latent_dim], z[..., settings.latent_dim :]
    missing = settings.latent_dim - numbers.shape[-1]
    numbers = jnp.concatenate([numbers, jnp.zeros((*z.shape[:-1], missing), z.dtype)], axis=-1)
    if not settings.kinds:
        return numbers, None
    count = len(settings.kinds)
    if not weights.shape[-1]:
        return numbers, jnp.full((*z.shape[:-1], count), 1 / count, z.dtype)
    weights = jnp.maximum(weights, 0)
    total = weights.sum(-1, keepdims=True)
    return numbers, jnp.where(total > 0, weights / jnp.where(total > 0, total, 1), 1 / count)


def kind_weights(settings: ModelSettings, kind: str | ArrayLike) -> np.ndarray:
    """Weights `(..., K)` of a kind by its name, or of a mixture.

    Raises:
        ValueError: an unknown name, or weights that are not finite, negative, or all 0.
    """
    if isinstance(kind, str):
        if kind not in settings.kinds:
            allowed = ", ".join(settings.kinds) or "none, because this space has no kinds"
            raise ValueError(f"kind is {kind!r:.100}; allowed are {allowed}")
        return np.eye(len(settings.kinds))[settings.kinds.index(kind)]
    weights = np.asarray(kind, np.float64)
    if weights.shape[-1:] != (len(settings.kinds),) or not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"a mixture of kinds is {len(settings.kinds)} numbers >= 0, not {kind!r:.100}")
    if not (weights.sum(-1) > 0).all():
        raise ValueError("a mixture of kinds has at least one weight above 0")
    return weights / weights.sum(-1, keepdims=True)


def rotation_of_numbers(settings: ModelSettings, rotation: ArrayLike) -> np.ndarray:
    """A rotation of the knobs, or of knobs and details, as one of knobs and details, `(Z, Z)` or `(K, Z, Z)`.

    Raises:
        ValueError: another shape, or not orthogonal.
    """
    matrix = np.asarray(rotation, np.float64)
    size, knobs = settings.latent_dim, settings.knobs
    if matrix.shape[-2:] == (knobs, knobs) and knobs < size:
        whole = np.broadcast_to(np.eye(size), (*matrix.shape[:-2], size, size)).copy()
        whole[..., :knobs, :knobs] = matrix
        matrix = whole
    allowed = ((size, size), (len(settings.kinds), size, size)) if settings.kinds else ((size, size),)
    if matrix.shape not in allowed or not np.allclose(matrix @ np.swapaxes(matrix, -1, -2), np.eye(size), atol=1e-6):
        raise ValueError(f"rotation {matrix.shape} must be an orthogonal matrix of shape ({size}, {size})")
    return matrix


def mapped(settings: ModelSettings, variables: Any, matrices: ArrayLike, shifts: ArrayLike) -> dict[str, Any]:
    """The variables after the numbers of z become `(z - shift) @ matrix`, in each kind by its own map.

    Args:
        matrices: `(Z, Z)`, or `(K, Z, Z)` for kinds; shifts: `(Z,)` or `(K, Z)`.
    """
    params = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), dict(variables["params"]))
    matrices, shifts = np.asarray(matrices, np.float64), np.asarray(shifts, np.float64)
    if settings.kinds:
        count, size = len(settings.kinds), settings.latent_dim
        changed = _mapped_kinds(
            params, np.broadcast_to(matrices, (count, size, size)), np.broadcast_to(shifts, (count, size))
        )
    else:
        changed = _mapped_layers(params, matrices, shifts)
    return {"params": jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), {**params, **changed})}


def _mapped_layers(params: dict[str, Any], matrix: np.ndarray, shift: np.ndarray) -> dict[str, Any]:
    mu, logvar, first = (params[name] for name in ("mu", "logvar", "decoder_0"))
    share, weight = _log_var_map(matrix)
    return {
        "mu": {"kernel": mu["kernel"] @ matrix, "bias": (mu["bias"] - shift) @ matrix},
        "logvar": {"kernel": logvar["kernel"] @ share, "bias": logvar["bias"] @ share + np.log(weight)},
        "decoder_0": {
            "kernel": np.linalg.solve(matrix, first["kernel"]),
            "bias": first["bias"] + shift @ first["kernel"],
        },
    }


def _mapped_kinds(params: dict[str, Any], matrices: np.ndarray, shifts: np.ndarray) -> dict[str, Any]:
    kernels = {name: params[name]["kernel"] + params[name]["kinds"] for name in KIND_LAYERS}
    biases = {name: params[name]["bias"] for name in KIND_LAYERS}
    size = matrices.shape[-1]
    encoder, offset = [], []
    for matrix, shift, kernel, bias in zip(
        matrices, shifts, kernels["kind_encoder"], biases["kind_encoder"], strict=True
    ):
        share, weight = _log_var_map(matrix)
        encoder.append(np.concatenate([kernel[:, :size] @ matrix, kernel[:, size:] @ share], axis=1))
        offset.append(np.concatenate([(bias[:size] - shift) @ matrix, bias[size:] @ share + np.log(weight)]))
    changed = {"kind_encoder": _shared(encoder, offset)}
    for name in KIND_LAYERS[1:]:
        bias = biases[name] + np.einsum("kz,kzf->kf", shifts, kernels[name])
        changed[name] = _shared(np.linalg.solve(matrices, kernels[name]), bias)
    return changed


def _log_var_map(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log-variances, one per dimension, become weighted means of those they mix, at most the log of the variance."""
    weight = (matrix**2).sum(0)
    return matrix**2 / weight, weight


def _shared(kernels: Sequence[np.ndarray] | np.ndarray, bias: Sequence[np.ndarray] | np.ndarray) -> dict[str, Any]:
    """A layer of kinds from the kernel of each."""
    kernels = np.asarray(kernels)
    mean = kernels.mean(0)
    return {"kernel": mean, "kinds": kernels - mean, "bias": np.asarray(bias)}
