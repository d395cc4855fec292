"""The comments and notes of exported files."""

from __future__ import annotations

from collections.abc import Iterable

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import Format
from aether_lab.formats.rates import COMMON_RATES, TOLERATED, moved_deviation


def conventions(file_format: Format, recipe: Recipe, sample_rate: float) -> list[str]:
    """The meaning of Q, gain and frequency in a file."""
    rate = f"{sample_rate:g} Hz"
    if file_format.representation == "samples":
        return [
            f"The impulse response of the filter at {rate}; convolution at that rate has the gain of the filter.",
            "For a host at another rate, export again with that rate: it is computed from the filter, not resampled.",
        ]
    if file_format.representation == "points":
        return ["Levels in dB at frequencies in Hz, the same at every sample rate; between them, over log frequency."]
    shelves = "Q 0.7071 (slope 1)" if file_format.slope == 1 else f"slope {file_format.slope:g}"
    if recipe.section_kinds is not None:
        shelves = "the Q that is given"
    lines = [
        "Q as in Robert Bristow-Johnson's cookbook: centre over bandwidth between the points of half the gain in dB.",
        f"Gain in dB. Shelves have {shelves}, and their frequency is the middle of the slope.",
    ]
    if recipe.topology == "parallel":
        lines = [
            "A parallel bank: a sum of band-passes (Robert Bristow-Johnson's cookbook, 0 dB at the centre),",
            "each with its own gain in dB and a sign. Q is centre over bandwidth between the points 3 dB down.",
        ]
    if file_format.representation == "coefficients":
        other = next(each for each in (96_000, 48_000) if each != sample_rate)
        scale = f"Coefficients are for {rate} only: at another rate, all frequencies scale in proportion."
        return [*lines, scale, f"For a host at another rate, export again with that rate, such as --rate {other}."]
    return [*lines, f"Designed and verified for {rate}."]


def rate_notes(file_format: Format, recipe: Recipe) -> list[str]:
    """How far a host at another common sample rate is off with this file, and for which rates to write another."""
    if file_format.representation not in ("bank", "cascade"):
        return []
    others = [rate for rate in COMMON_RATES if rate != recipe.sample_rate]
    deviations = {rate: moved_deviation(recipe, rate) for rate in others}
    listed = (f"{worst:.2f} dB at {rate:g} Hz (near {at:.0f} Hz)" for rate, (worst, at) in deviations.items())
    notes = [
        f"In a host at another sample rate, the response of this file deviates by at most {enumerate_words(listed)}."
    ]
    far = [rate for rate, (worst, _) in deviations.items() if worst > TOLERATED]
    if far:
        words = enumerate_words(f"--rate {rate:g}" for rate in far)
        notes.append(f"For rates with more than {TOLERATED:g} dB, export again: {words}.")
    return notes


def enumerate_words(words: Iterable[str]) -> str:
    """Joins words as "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
