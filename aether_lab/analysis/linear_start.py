"""Linear models of each kind: principal components, as the teacher of a network of kinds and as its start.

The teacher has the curves of PCA in each kind. The start is a network with these curves to first order: its encoder
projects on the components; the linear path of its decoder moves the gains of the bank, by least squares around the bank
that is closest to the mean spectrum of the kind; centres and Qs are the same everywhere, and the hidden layers add
nothing. What training then adds is what straight lines cannot do.
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
from aether_lab.analysis.pca import leading, moments
from aether_lab.model.objective import EVALUATION_HZ, EVALUATION_WEIGHTS, at_evaluation_hz
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.teacher import Teacher
from aether_lab.model.vae import ENCODER_UNIT_DB, bank_parameters
from aether_lab.signals.corpus import Corpus

RIDGE = 0.01
"""Cost, dB, of a rms gain of 1 dB: of two banks of nearly the same response, the one with smaller gains is taken."""

LEAST_DB = 0.1
"""A number of z moves the curve by no less per unit."""

LOG_VAR = -4.0
"""Of every code: a standard deviation of 0.14."""

_ROOTS = np.sqrt(EVALUATION_WEIGHTS)


def linear_teacher(settings: ModelSettings, corpus: Corpus, probability: ArrayLike | None = None) -> Teacher:
    """The principal components of each kind, in units of the standard deviation of their scores.

    They are turned within pairs so that they are alike in all kinds. A kind with no more spectra than numbers of z has
    the components of all spectra.

    Args:
        probability: `(N,)`, of drawing each spectrum; default: uniform.

    Raises:
        ValueError: settings without kinds, or no more spectra than numbers of z.

    >>> from aether_lab import ModelSettings, synthetic_responses
    >>> settings = ModelSettings(2, 32, kinds=("room", "cabinet"), gain_limit_db=60)
    >>> corpus = synthetic_responses(64, families=("rooms", "cabinets")).corpus()
    >>> linear_teacher(settings, corpus).change_db.shape == (2, 2, EVALUATION_HZ.size)
    True
    """
    if not settings.kinds:
        raise ValueError("the settings have no kinds; a linear start is for networks with kinds")
    size = settings.latent_dim
    if len(corpus) <= size:
        raise ValueError(f"{len(corpus)} spectra; {size} components need more")
    levels = _level(np.asarray(at_evaluation_hz(jnp.asarray(corpus.spectra_db)), np.float64)) * _ROOTS
    share = np.full(len(corpus), 1.0) if probability is None else np.asarray(probability, np.float64)
    kinds, drawn = np.asarray(corpus.kinds), share > 0
    groups = [own if (own := drawn & (kinds == kind)).sum() > size else drawn for kind in settings.kinds]
    found = [moments(levels[own], share[own] / share[own].sum()) for own in groups]
    _, means, scatters = (np.stack(each) for each in zip(*found, strict=True))
    bases = np.stack([leading(scatter, size) for scatter in scatters])
    changes = _of_unit_scores(bases, scatters)
    for pair in pairs(size):
        bases[:, pair] = procrustes(changes[:, pair]).swapaxes(1, 2) @ bases[:, pair]
    changes = _of_unit_scores(bases, scatters)
    return Teacher(*(jnp.asarray(_level(curves / _ROOTS), jnp.float32) for curves in (means, changes)))


def linear_start(settings: ModelSettings, teacher: Teacher, seed: int = 0) -> FilterSpace:
    """The space that begins as a teacher's linear models, for `train(start=...)`.

    Args:
        seed: of the hidden layers, which add nothing until they have learned.

    >>> from aether_lab import ModelSettings, synthetic_responses
    >>> settings = ModelSettings(2, 32, kinds=("room", "cabinet"), gain_limit_db=60)
    >>> corpus = synthetic_responses(64, families=("rooms", "cabinets")).corpus()
    >>> space = linear_start(settings, linear_teacher(settings, corpus))
    >>> space.encode(corpus.spectra_db)[0].shape
    (64, 4)
    """
    means, changes = (np.asarray(curves, np.float64) for curves in (teacher.mean_db, teacher.change_db))
    space = FilterSpace.untrained(seed, **dataclasses.asdict(settings))
    params = dict(space.variables["params"])
    projections = np.linalg.pinv(changes * _ROOTS) * _ROOTS[:, None]  # (K, F, Z)
    offsets = -np.einsum("kfz,kf->kz", projections, means)
    params["kind_encoder"] = _layer(
        np.concatenate([ENCODER_UNIT_DB * projections, np.zeros_like(projections)], axis=-1),
        np.concatenate([offsets, np.full_like(offsets, LOG_VAR)], axis=-1),
    )
    raw = np.asarray(params["decoder_2"]["bias"]).reshape(-1, 3)
    found = [_gains(settings, raw, *of_kind) for of_kind in zip(means, changes, strict=True)]
    gains, paths = zip(*found, strict=True)
    kernel, bias = (np.zeros((len(settings.kinds), *shape, 3)) for shape in (paths[0].shape, gains[0].shape))
    kernel[..., 2], bias[..., 2] = paths, gains
    params["linear"] = _layer(kernel.reshape(*kernel.shape[:2], -1), bias.reshape(len(bias), -1))
    params["decoder_2"] = {**params["decoder_2"], "kernel": jnp.zeros_like(params["decoder_2"]["kernel"])}
    return dataclasses.replace(space, variables={"params": params})


def _of_unit_scores(bases: np.ndarray, scatters: np.ndarray) -> np.ndarray:
    """Bases `(K, Z, F)` scaled so that the scores of levels with these scatters `(K, F, F)` have deviation 1."""
    variances = np.einsum("kzf,kfg,kzg->kz", bases, scatters, bases)
    return bases * np.maximum(np.sqrt(np.maximum(variances, 0)), LEAST_DB)[..., None]


def _gains(
    settings: ModelSettings, raw: np.ndarray, mean_db: np.ndarray, curves_db: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The unbounded gains `(S,)` of the bank that is closest to a mean spectrum, and `(Z, S)` their change per curve.

    Args:
        raw: `(S, 3)`, the other parameters of the bank, as `bank_parameters` takes them.
        mean_db, curves_db: `(F,)` and `(Z, F)`, of a `Teacher`.
    """
    cost = RIDGE * settings.gain_limit_db / np.sqrt(len(raw))

    def residual(gains: np.ndarray) -> np.ndarray:
        response = np.asarray(_response_db(settings, raw, gains))
        return np.concatenate([(_level(response) - mean_db) * _ROOTS, cost * gains])

    def jacobian(gains: np.ndarray) -> np.ndarray:
        slopes = _level(np.asarray(_slopes(settings, raw, gains)).T).T
        return np.vstack([slopes * _ROOTS[:, None], cost * np.eye(len(gains))])

    gains = least_squares(residual, np.zeros(len(raw)), jacobian, max_nfev=100).x
    wanted = np.vstack([(curves_db * _ROOTS).T, np.zeros((len(raw), len(curves_db)))])
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
