"""What a file says of itself."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import Format
from aether_lab.formats.response import comparison_hz, level_db

RATES = (44_100.0, 48_000.0, 96_000.0)  # Hz, of hosts that a note warns of


def conventions(kind: Format, recipe: Recipe, sample_rate: float) -> list[str]:
    """What Q, gain and frequency mean in a file."""
    rate = f"{sample_rate:g} Hz"
    if kind.holds == "samples":
        return [f"The impulse response of the filter at {rate}; convolved at that rate it has the gain it was given."]
    lines = [
        "Q as in Robert Bristow-Johnson's cookbook: centre over bandwidth, between the points of half the gain in dB.",
        "Gain in dB. Shelves have Q 0.7071 (slope 1), and their frequency is the middle of the slope.",
    ]
    if recipe.topology == "parallel":
        lines = [
            "A parallel bank: the sum of band-passes (Robert Bristow-Johnson's cookbook, 0 dB at the centre),",
            "each with its own gain in dB and a sign. Q is centre over bandwidth between the points 3 dB down.",
        ]
    if kind.holds == "coefficients":
        return [*lines, f"Coefficients are for {rate} only: at another rate every frequency moves in proportion."]
    return [*lines, f"Made and checked at {rate}."]


def rate_notes(kind: Format, recipe: Recipe) -> list[str]:
    """How far the same parameters deviate in hosts at other rates."""
    if kind.holds not in ("bank", "cascade"):
        return []
    words = []
    for rate in RATES:
        if rate != recipe.sample_rate:
            other = recipe.at_rate(rate)
            grid = comparison_hz(rate, recipe)
            difference = np.abs(level_db(other, grid) - level_db(recipe, grid))
            where = int(np.argmax(difference))
            words.append(f"{difference[where]:.2f} dB at {rate:g} Hz (near {grid[where]:.0f} Hz)")
    return [f"In a host at another rate the curve bends near Nyquist, by at most {enumerate_words(words)}."]


def enumerate_words(words: Iterable[str]) -> str:
    """As "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
