"""The encoder of a space as JSON for `static/dsp/encoder.js`."""

import json
from typing import Any

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from aether_lab.model import objective
from aether_lab.model.space import FilterSpace
from aether_lab.model.vae import CONVOLUTIONS, ENCODER, ENCODER_UNIT_DB
from aether_lab.panels.layer_state import layer_state
from aether_lab.signals.spectrum import BIN_WIDTH, FREQUENCIES, WEIGHTS
from aether_lab.signals.synthetic import synthetic_responses

LARGEST = 600_000
"""Characters of an encoder that a page of 1 MB has room for."""

PROBES = 500
"""Spectra of each sort that decide which channels and units ever respond."""

MARGIN = 0.25
"""Standard deviations of its output by which a unit may miss its threshold on every probe and is still kept."""


def encoder_state(space: FilterSpace) -> dict[str, Any] | None:
    """The layers that give the mean of z, and the frequencies of the evaluation; None where they are too large.

    Of a convolutional encoder, channels and units that no probe excites are left out: in the shipped models those are
    most of the first dense layer, which has nine tenths of all weights.
    """
    params = {
        name: {part: np.asarray(leaf, np.float32) for part, leaf in layer.items()}
        for name, layer in space.variables["params"].items()
    }
    evaluation = {
        "hertz": objective.EVALUATION_HZ.tolist(),
        "weights": objective.EVALUATION_WEIGHTS.tolist(),
        "bins": np.rint(objective.EVALUATION_HZ[4:] / BIN_WIDTH).astype(int).tolist(),
        "below": np.log2(objective.EVALUATION_HZ[:4] / BIN_WIDTH).tolist(),
    }
    if space.kinds:
        layer, size = params["kind_encoder"], space.knobs + space.details
        kernel = (layer["kernel"] + layer["kinds"])[..., :size]
        layers = [(kernel, layer["bias"][:, :size])]
    else:
        layers = _without_silent_units(space, params)
    state = {"kinds": bool(space.kinds), "evaluation": evaluation, "layers": [layer_state(*each) for each in layers]}
    return state if len(json.dumps(state)) <= LARGEST else None


def _without_silent_units(space: FilterSpace, params: dict[str, Any]) -> list[tuple[NDArray, NDArray]]:
    names = [f"convolutions_{i}" for i in range(len(CONVOLUTIONS))] + [f"encoder_{i}" for i in range(len(ENCODER))]
    layers = [(params[name]["kernel"], params[name]["bias"]) for name in (*names, "mu")]
    last = len(CONVOLUTIONS) - 1
    (kernel, bias), (dense, dense_bias), (after, after_bias) = layers[last : last + 3]
    channels, units = _excited(space, names[last : last + 2])
    dense = dense.reshape(-1, channels.size, units.size)[:, channels][..., units]
    layers[last] = kernel[..., channels], bias[channels]
    layers[last + 1] = dense.reshape(-1, dense.shape[-1]), dense_bias[units]
    layers[last + 2] = after[units], after_bias
    return layers


def _excited(space: FilterSpace, names: list[str]) -> list[NDArray[np.bool_]]:
    """Which channels or units of layers any probe excites."""

    @jax.jit
    def highest(spectra: Array) -> list[Array]:
        _, state = space.settings.network.apply(  # type: ignore[misc]
            space.variables,
            spectra / ENCODER_UNIT_DB,
            method="encode",
            capture_intermediates=lambda module, _: module.name in names,
        )
        outputs = [state["intermediates"][name]["__call__"][0] for name in names]
        flat = [output.reshape(-1, output.shape[-1]) for output in outputs]
        return [each.max(axis=0) + MARGIN * each.std(axis=0) for each in flat]

    found = [highest(part) for part in _probes(space).reshape(-1, PROBES, FREQUENCIES.size)]
    return [np.max(each, axis=0) > 0 for each in zip(*found, strict=True)]


def _probes(space: FilterSpace) -> NDArray[np.float32]:
    """Spectra `(N, 513)` dB: decoded ones far and near, rough and smooth ones, sums of both, synthetic responses."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(PROBES, space.latent_dim)) * rng.uniform(0.5, 2, (PROBES, 1))
    decoded = np.asarray(space.response_db(z))
    octaves = np.log2(np.maximum(FREQUENCIES, BIN_WIDTH / 2))
    knots = np.linspace(octaves[0], octaves[-1], 40)
    steps = np.cumsum(rng.normal(size=(PROBES, knots.size)), axis=1) * rng.uniform(0.3, 4, (PROBES, 1))
    drawn = np.stack([np.interp(octaves, knots, row) for row in steps])
    spectra = np.concatenate([decoded, drawn, decoded + drawn])
    spectra = np.maximum(spectra, spectra[:, WEIGHTS > 0].max(axis=1, keepdims=True) - 60)
    spectra = (spectra - (spectra @ WEIGHTS)[:, None]).astype(np.float32)
    return np.concatenate([spectra, synthetic_responses(PROBES, seed=4_000_000).spectra_db])
