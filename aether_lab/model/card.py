"""What a model's card must hold for the code that reads it.

A card is plain JSON that travels in the header of a model file, so it may come from anywhere. Only the entries named
here are read by the package; every other entry is for people.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.model.vae import Z_LIMIT
from aether_lab.signals.json_files import is_number, numbers, texts

LONGEST_NAME = 80
"""Characters of a preset's name, and of a model's where it is shown."""

MOST_SYNTHETIC = 1_000_000
"""Synthetic responses of a card; they take 2 kB each, and 0.1 ms."""

LARGEST_SEED = 2**63 - 1

_KINDS = {
    **dict.fromkeys(("name", "about", "licence"), str),
    **dict.fromkeys(("sources", "metrics", "axes", "training", "landmark_sources"), dict),
}


def checked_card(card: Any, latent_dim: int) -> dict[str, Any]:
    """The card of a model file with `latent_dim` dimensions.

    Raises:
        ValueError: it is no object, or `name`, `learned_range`, `captions`, `landmarks` or another entry that is read
            has another type, shape or range. The message names the entry.
    """
    if not isinstance(card, dict):
        raise ValueError(f"the card is {card!r:.100}; it must be an object")
    for key, kind in _KINDS.items():
        if not isinstance(card.get(key, kind()), kind):
            raise ValueError(f'"{key}" of the card is {card[key]!r:.100}; it must be of type {kind.__name__}')
    for key in ("captions", "names"):
        if not texts(lines := card.get(key, [""] * latent_dim)) or len(lines) != latent_dim:
            raise ValueError(f'"{key}" of the card is {lines!r:.100}; it must be {latent_dim} strings')
    _check_synthetic(card)
    if "learned_range" in card:
        _check_range(card["learned_range"], latent_dim)
    checked_landmarks(card.get("landmarks", {}), latent_dim)
    return card


def _check_synthetic(card: dict[str, Any]) -> None:
    """The synthetic responses that a model learned from, which `analysis.baseline` draws again."""
    entries: dict[str, tuple[Any, type, int]] = {
        "synthetic_responses": (card.get("synthetic_responses", 0), int, MOST_SYNTHETIC),
        "synthetic_share": (card.get("synthetic_share", 0.0), float, 1),
        "training.seed": (card.get("training", {}).get("seed", 0), int, LARGEST_SEED),
    }
    for name, (value, kind, most) in entries.items():
        if not is_number(value) or kind(value) != value or not 0 <= value <= most:
            words = "an integer" if kind is int else "a number"
            raise ValueError(f'"{name}" of the card is {value!r:.100}; it must be {words} from 0 to {most}')


def _check_range(limits: Any, latent_dim: int) -> None:
    rows = isinstance(limits, list) and len(limits) == latent_dim and all(numbers(row, 2) for row in limits)
    if not rows or not all(-Z_LIMIT <= low < high <= Z_LIMIT for low, high in limits):
        raise ValueError(
            f'"learned_range" of the card is {limits!r:.100}; it must be {latent_dim} pairs [low, high] of numbers '
            f"within ±{Z_LIMIT:g}, low below high"
        )


def checked_landmarks(landmarks: Any, latent_dim: int) -> dict[str, Any]:
    """The landmarks of a card: name -> z, `(Z,)`.

    Raises:
        ValueError: another type, or an invalid name or point.
    """
    if not isinstance(landmarks, dict):
        raise ValueError(f"landmarks are {type(landmarks).__name__}, not name: [z, ...]")
    for name, z in landmarks.items():
        try:
            checked_preset(checked_name(name), z, latent_dim)
        except ValueError as error:
            raise ValueError(f"landmarks: {error}") from error
    return landmarks


def checked_name(name: Any) -> str:
    """The name of a preset or landmark.

    Raises:
        ValueError: it is not one line of 1 to 80 characters.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"{name!r:.100} is not a preset name; it must be one line of 1 to {LONGEST_NAME} characters")
    return name


def checked_preset(name: str, z: ArrayLike, latent_dim: int) -> tuple[float, ...]:
    """The latent point z, `(Z,)`, as Python floats.

    Raises:
        ValueError: another shape, or a value that is not finite.
    """
    try:
        values = np.asarray(z)
        if values.dtype.kind not in "fiu":  # NumPy would take "1" and None for numbers
            raise TypeError(f"numbers of type {values.dtype}")
        preset = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"preset {name!r} is {z!r:.100}; it must be {latent_dim} numbers") from error
    if preset.shape != (latent_dim,) or not np.isfinite(preset).all():
        raise ValueError(f"preset {name!r} is {z!r:.100}; it must be {latent_dim} finite numbers")
    return tuple(preset.tolist())
