"""Which measurements a correction is made from: of one channel or several, each at one position or several."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from aether_lab.signals.curve import Curve
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.names import pluralize
from aether_lab.signals.target import Target, as_target

Positions = list[tuple[Target, int]]
"""The measurements of a channel, each with the number of the channel within it."""


def by_channel(measured: Any, per_channel: bool) -> list[tuple[str, Positions]]:
    """The channels by name, "" for a single one.

    Args:
        measured, per_channel: as of `correction`.

    Raises:
        ValueError: nothing measured, what `as_target` refuses, or `per_channel` of what has no such channels.
    """
    if isinstance(measured, Mapping):
        if per_channel:
            raise ValueError("per_channel: a mapping names the channels already")
        if not measured:
            raise ValueError("measured is an empty mapping; at least one channel is needed")
        return [(str(name), [(x, 0) for x in _positions(each)]) for name, each in measured.items()]
    positions = _positions(measured)
    if not per_channel:
        return [("", [(x, 0) for x in positions])]
    counts = {x.label: x.measured.channels if isinstance(x.measured, ImpulseResponse) else 1 for x in positions}
    if len(set(counts.values())) > 1:
        described = ", ".join(f"{label} {pluralize(count, 'channel')}" for label, count in counts.items())
        raise ValueError(f"per_channel: the measurements must have the same number of channels ({described})")
    count = next(iter(counts.values()))
    names = ("left", "right") if count == 2 else tuple(str(k + 1) for k in range(count))
    return [(name if count > 1 else "", [(x, k) for x in positions]) for k, name in enumerate(names)]


def _positions(measured: Any) -> list[Target]:
    """A measurement, or each of several."""
    if isinstance(measured, str | os.PathLike | Target | Curve | ImpulseResponse):
        return [as_target(measured)]
    if isinstance(measured, np.ndarray) and measured.ndim == 2:
        return [as_target(row, f"spectrum {k + 1}") for k, row in enumerate(measured)]
    if isinstance(measured, Iterable) and not isinstance(measured, np.ndarray):
        each = list(measured)
        if not each:
            raise ValueError("measured is empty; at least one measurement is needed")
        if not all(isinstance(x, int | float) for x in each):
            return [as_target(x) for x in each]
    return [as_target(measured)]


def label_of(channels: list[tuple[str, Positions]]) -> str:
    """The first measurement by name, and how many others there are."""
    first = channels[0][1][0][0].label
    count = sum(len(rows) for _, rows in channels)
    return first if count == 1 else f"{first} and {pluralize(count - 1, 'other')}"
