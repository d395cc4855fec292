"""Model files: safetensors with the weights, and settings and card as JSON in the header."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict

from aether_lab.model.card import checked_card
from aether_lab.model.settings import ModelSettings
from aether_lab.model.tensors import open_tensors, read_tensors, serialise
from aether_lab.model.vae import parameter_shapes
from aether_lab.signals.files import write_bytes
from aether_lab.signals.json_files import parse_json
from aether_lab.signals.spectrum import N_BINS

LARGEST_FILE = 1 << 28
"""Bytes of a model file; a shipped model has 1.2 MB, one of 4096 filters 9 MB."""


def read_model(path: Path, largest: int = LARGEST_FILE) -> tuple[ModelSettings, dict[str, Any], dict[str, Any]]:
    """Settings, variables and card of a model file of at most `largest` bytes.

    Raises:
        ValueError: a larger or damaged file, or one that is no model; or weights or a card that do not match the
            settings. The message names the file and the reason.
    """
    with open_tensors(path, largest) as file:
        settings, card = _read_header(file.metadata() or {})
        shapes = parameter_shapes(settings.num_filters, settings.latent_dim, N_BINS, len(settings.kinds))
        arrays = read_tensors(file, {name: (shape, ("F16", "F32")) for name, shape in shapes.items()})
    return settings, unflatten_dict({k: jnp.asarray(a, jnp.float32) for k, a in arrays.items()}, sep="/"), card


def write_model(
    path: str | os.PathLike, settings: ModelSettings, variables: Any, card: dict[str, Any], half: bool = False
) -> Path:
    """Writes a model file; `half` stores 16-bit weights."""
    dtype = np.float16 if half else np.float32
    arrays = {key: np.asarray(leaf, dtype) for key, leaf in flatten_dict(variables, sep="/").items()}
    header = {"settings": json.dumps(dataclasses.asdict(settings)), "card": json.dumps(card)}
    return write_bytes(path, serialise(arrays, header))


def _read_header(header: dict[str, str]) -> tuple[ModelSettings, dict[str, Any]]:
    """Settings and card from the header of a model file."""
    if "settings" not in header:
        raise ValueError("not an aether_lab model: its header has no settings")
    try:
        settings = ModelSettings(**parse_json(header["settings"]))
    except (TypeError, ValueError) as error:  # TypeError: another name than those of the settings
        raise ValueError(f"unreadable settings: {error}") from error
    try:
        return settings, checked_card(parse_json(header.get("card", "{}")), settings.latent_dim + len(settings.kinds))
    except ValueError as error:
        raise ValueError(f"unreadable card: {error}") from error
