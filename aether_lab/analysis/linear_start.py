"""Weights with which a network of kinds begins: principal components of each kind, as encoder and as decoder.

The encoder of a kind projects on its components, in units of their standard deviation within kinds. The decoder's
linear path moves the gains of the bank, by least squares around the bank that is closest to the mean spectrum of the
kind; centres and Qs are the same everywhere, and the hidden layers add nothing. To first order a latent point decodes
to the curve that PCA has there. What training then adds is what straight lines cannot do.
"""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from aether_lab.analysis.alignment import pairs, procrustes
from aether_lab.model.objective import EVALUATION_HZ, EVALUATION_WEIGHTS, at_evaluation_hz
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.vae import ENCODER_UNIT_DB, bank_parameters
from aether_lab.signals.corpus import Corpus

RIDGE = 0.01
"""Cost, dB, of a rms gain of 1 dB: of two banks of nearly the same response, the one with smaller gains is taken."""

LEAST_DB = 0.1
"""The encoder divides by no smaller deviation."""

LEAST_SHARE = 1e-3
"""Added to the share of each kind in the draws, so that a deviation is defined where no kind is known."""

LOG_VAR = -4.0
"""Of every code: a standard deviation of 0.14."""

_ROOTS = np.sqrt(EVALUATION_WEIGHTS)


def linear_start(
    settings: ModelSettings, corpus: Corpus, probability: ArrayLike | None = None, seed: int = 0
) -> FilterSpace:
    """A space that is a linear model of each of its kinds, for `train(start=...)`.

    Components are turned within their pairs so that they are alike in all kinds. A kind with no more spectra than
    numbers of z has the components of all spectra.

    Args:
        probability: `(N,)`, of drawing each spectrum; default: uniform.
        seed: of the hidden layers, which add nothing until they have learned.

    Raises:
        ValueError: settings without kinds, or more numbers of z than spectra.

    >>> from aether_lab import ModelSettings, synthetic_responses
    >>> settings = ModelSettings(2, 32, kinds=("room", "cabinet"), gain_limit_db=60)
    >>> corpus = synthetic_responses(64, families=("rooms", "cabinets")).corpus()
    >>> space = linear_start(settings, corpus)
    >>> space.encode(corpus.spectra_db)[0].shape
    (64, 4)
    """
    if not settings.kinds:
        raise ValueError("the settings have no kinds; a linear start is for networks with kinds")
    if len(corpus) <= settings.latent_dim:
        raise ValueError(f"{len(corpus)} spectra; {settings.latent_dim} components need more")
    levels = np.asarray(at_evaluation_hz(jnp.asarray(corpus.spectra_db)), np.float64)
    share = np.full(len(corpus), 1.0) if probability is None else np.asarray(probability, np.float64)
    means, bases, deviations = _components_of_kinds(settings, levels, share, np.asarray(corpus.kinds))

    space = FilterSpace.untrained(seed, **dataclasses.asdict(settings))
    params = dict(space.variables["params"])
    projections = ENCODER_UNIT_DB * (bases * _ROOTS / deviations[:, None]).swapaxes(1, 2)  # (K, F, Z)
    offsets = -np.einsum("kzf,kf->kz", bases, means * _ROOTS) / deviations
    params["kind_encoder"] = _layer(
        np.concatenate([projections, np.zeros_like(projections)], axis=-1),
        np.concatenate([offsets, np.full_like(offsets, LOG_VAR)], axis=-1),
    )
    raw = np.asarray(params["decoder_2"]["bias"]).reshape(-1, 3)
    curves = bases * deviations[:, None] / _ROOTS
    found = [_gains(settings, raw, *of_kind) for of_kind in zip(means, curves, strict=True)]
    gains, paths = zip(*found, strict=True)
    kernel, bias = (np.zeros((len(settings.kinds), *leading, 3)) for leading in (paths[0].shape, gains[0].shape))
    kernel[..., 2], bias[..., 2] = paths, gains
    params["linear"] = _layer(kernel.reshape(*kernel.shape[:2], -1), bias.reshape(len(bias), -1))
    params["decoder_2"] = {**params["decoder_2"], "kernel": jnp.zeros_like(params["decoder_2"]["kernel"])}
    return dataclasses.replace(space, variables={"params": params})


def _components_of_kinds(
    settings: ModelSettings, levels: np.ndarray, share: np.ndarray, kinds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means `(K, F)` dB, orthonormal bases `(K, Z, F)` of weighted levels, and standard deviations `(Z,)` within kinds.

    The deviation is one for all kinds: a unit of a knob moves the curve as far in each. In units of their own, kinds of
    few and very different spectra reach levels that no system has.
    """
    size = settings.latent_dim
    overall = _components(levels, share, size)
    found = []
    for kind in settings.kinds:
        own = (kinds == kind) & (share > 0)
        found.append(_components(levels[own], share[own], size) if own.sum() > size else overall)
    means, bases, deviations = (np.stack(each) for each in zip(*found, strict=True))
    variances = deviations**2
    for pair in pairs(size):
        turns = procrustes(bases[:, pair])
        bases[:, pair] = turns.swapaxes(1, 2) @ bases[:, pair]
        variances[:, pair] = (turns.swapaxes(1, 2) ** 2 @ variances[:, pair, None])[..., 0]
    share_of_kind = np.array([share[kinds == kind].sum() for kind in settings.kinds]) + LEAST_SHARE * share.sum()
    pooled = share_of_kind @ variances / share_of_kind.sum()
    return means, bases, np.maximum(np.sqrt(pooled), LEAST_DB)


def _components(levels: np.ndarray, share: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean `(F,)` dB, orthonormal basis `(size, F)` of weighted levels, and its standard deviations `(size,)` dB."""
    share = share / share.sum()
    mean = share @ levels
    centred = (levels - mean) * _ROOTS * np.sqrt(share)[:, None]
    variances, vectors = np.linalg.eigh(centred.T @ centred)
    return mean, vectors[:, ::-1][:, :size].T, np.sqrt(np.maximum(variances[::-1][:size], 0))


def _gains(
    settings: ModelSettings, raw: np.ndarray, mean_db: np.ndarray, curves_db: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The unbounded gains `(S,)` of the bank that is closest to a mean spectrum, and `(Z, S)` their change per curve.

    Args:
        raw: `(S, 3)`, the other parameters of the bank, as `bank_parameters` takes them.
        mean_db, curves_db: `(F,)` and `(Z, F)` at the evaluation frequencies.
    """
    cost = RIDGE * settings.gain_limit_db / np.sqrt(len(raw))

    def residual(gains: np.ndarray) -> np.ndarray:
        response = np.asarray(_response_db(settings, raw, gains))
        return np.concatenate([(_level(response) - _level(mean_db)) * _ROOTS, cost * gains])

    def jacobian(gains: np.ndarray) -> np.ndarray:
        slopes = _level(np.asarray(_slopes(settings, raw, gains)).T).T
        return np.vstack([slopes * _ROOTS[:, None], cost * np.eye(len(gains))])

    gains = least_squares(residual, np.zeros(len(raw)), jacobian, max_nfev=100).x
    wanted = np.vstack([(_level(curves_db) * _ROOTS).T, np.zeros((len(raw), len(curves_db)))])
    return gains, np.linalg.lstsq(jacobian(gains), wanted, rcond=None)[0].T


@partial(jax.jit, static_argnums=0)
def _response_db(settings: ModelSettings, raw: Array, gains: Array) -> Array:
    bank = bank_parameters(
        jnp.asarray(raw, gains.dtype).at[:, 2].set(gains), settings.frequency_map, settings.gain_limit_db
    )
    return settings.recipe(*bank).response_db(EVALUATION_HZ)


_slopes = jax.jit(jax.jacfwd(_response_db, argnums=2), static_argnums=0)


def _level(curves_db: np.ndarray) -> np.ndarray:
    """Curves `(..., F)` with a weighted mean of 0 dB."""
    return curves_db - (curves_db @ EVALUATION_WEIGHTS)[..., None]


def _layer(kernels: np.ndarray, biases: np.ndarray) -> dict[str, Array]:
    """The parameters of a `vae.KindDense` with these kernels `(K, in, out)` and biases `(K, out)`."""
    shared = kernels.mean(0)
    return {
        name: jnp.asarray(values, jnp.float32)
        for name, values in (("kernel", shared), ("kinds", kernels - shared), ("bias", biases))
    }
