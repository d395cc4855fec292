"""The comments and notes of exported files."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import Format
from aether_lab.formats.response import comparison_hz, level_db

RATES = (44_100.0, 48_000.0, 96_000.0)  # Hz, common sample rates of hosts


def conventions(file_format: Format, recipe: Recipe, sample_rate: float) -> list[str]:
    """The meaning of Q, gain and frequency in a file."""
    rate = f"{sample_rate:g} Hz"
    if file_format.representation == "samples":
        return [f"The impulse response of the filter at {rate}; convolution at that rate has the gain of the filter."]
    lines = [
        "Q as in Robert Bristow-Johnson's cookbook: centre over bandwidth between the points of half the gain in dB.",
        "Gain in dB. Shelves have Q 0.7071 (slope 1), and their frequency is the middle of the slope.",
    ]
    if recipe.topology == "parallel":
        lines = [
            "A parallel bank: a sum of band-passes (Robert Bristow-Johnson's cookbook, 0 dB at the centre),",
            "each with its own gain in dB and a sign. Q is centre over bandwidth between the points 3 dB down.",
        ]
    if file_format.representation == "coefficients":
        return [*lines, f"Coefficients are for {rate} only: at another rate, all frequencies scale in proportion."]
    return [*lines, f"Designed and verified for {rate}."]


def rate_notes(file_format: Format, recipe: Recipe) -> list[str]:
    """The deviation of the same parameters in hosts at other sample rates."""
    if file_format.representation not in ("bank", "cascade"):
        return []
    deviations = []
    for rate in RATES:
        if rate != recipe.sample_rate:
            other = recipe.at_rate(rate)
            grid_hz = comparison_hz(rate, recipe)
            difference = np.abs(level_db(other, grid_hz) - level_db(recipe, grid_hz))
            worst = int(np.argmax(difference))
            deviations.append(f"{difference[worst]:.2f} dB at {rate:g} Hz (near {grid_hz[worst]:.0f} Hz)")
    return [f"In a host at another rate the response deviates near Nyquist, by at most {enumerate_words(deviations)}."]


def enumerate_words(words: Iterable[str]) -> str:
    """Joins words as "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
