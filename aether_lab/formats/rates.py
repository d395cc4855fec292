"""Filters at other sample rates: the same response, fitted again, and what the same numbers give there unfitted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from aether_lab.filters import biquad
from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats.format import Values, in_float64, preamp_db
from aether_lab.formats.response import comparison_hz, deviation_db, level_db, refit_target

COMMON_RATES = (44_100.0, 48_000.0, 88_200.0, 96_000.0, 176_400.0, 192_000.0)  # Hz
TOLERATED = 0.5  # dB: a note advises another file for a rate at which this one deviates by more
ROUNDS = 4  # of a fit, with other weights
CLOSE = 0.02  # dB, which no further start is for
NEAR = 0.01  # dB, which no further round is for
RANGE_DB = 90.0  # under the peak: what a bank has there it should have at another rate
MUTED = 120.0  # dB below which a fit does not go; also the largest gain
LOWEST_Q, HIGHEST_Q = 0.05, 1000.0  # of a start; a fit stays within 20, or the largest Q of its start
OTHERS, OTHERS_AWAY = 5, (0.03, 0.5)  # further starts, and how far they are: octaves and dB
OUTERMOST = 0.999  # of the range of centres: float32 rounds the ends


def refitted(recipe: Recipe, sample_rate: float) -> tuple[Recipe, float, float]:
    """A recipe `(S,)` whose response at another rate is that of `recipe`, with its worst and rms deviation in dB.

    A bilinear transform bends the frequencies near Nyquist, so that the same Hz, Q and dB have another response at
    another rate. The sections are fitted by least squares to the response below both Nyquist frequencies, 20 Hz to 20
    kHz, starting from the same values; the bank keeps its kind, polarity, shelves and number of sections. If the fit
    deviates by more than the same values do (`Recipe.at_rate`), those are returned, as for a recipe of `section_kinds`.

    >>> bell = Recipe.of([15_000], [1], [12])
    >>> there, worst_db, rms_db = refitted(bell, 96_000)
    >>> there.sample_rate, round(worst_db), round(moved_deviation(bell, 96_000)[0])
    (96000.0, 1, 5)
    """
    exact = in_float64(recipe)
    if sample_rate == exact.sample_rate:
        return exact, 0.0, 0.0
    if exact.section_kinds is not None:
        moved = exact.at_rate(sample_rate)
        return moved, *_deviation(moved, exact)
    moved = exact.at_rate(sample_rate)
    best = (moved, *_deviation(moved, exact))
    for start in _starts(exact, sample_rate):
        fits = [(each, *_deviation(each, exact)) for each in _fits(exact, start)]
        best = min([best, *fits], key=lambda scored: scored[1])
        if best[1] < CLOSE:
            break
    return best


def moved_deviation(recipe: Recipe, sample_rate: float) -> tuple[float, float]:
    """The largest deviation in dB of the same Hz, Q and dB at another rate, and its frequency in Hz."""
    grid_hz = comparison_hz(sample_rate, recipe)
    difference = np.abs(level_db(recipe.at_rate(sample_rate), grid_hz) - level_db(recipe, grid_hz))
    worst = int(np.argmax(difference))
    return float(difference[worst]), float(grid_hz[worst])


def _deviation(recipe: Recipe, original: Recipe) -> tuple[float, float]:
    grid_hz = comparison_hz(recipe.sample_rate, original)
    return deviation_db(level_db(recipe, grid_hz), level_db(original, grid_hz))


def _starts(recipe: Recipe, sample_rate: float) -> Iterator[Recipe]:
    """The recipe at the new rate, and the same with the bandwidths that its sections have at the old one.

    Sections above the new Nyquist frequency are muted, then, in a further start, sounding. Of a parallel bank, whose
    sections cancel, there are also starts near the second.
    """
    highest = OUTERMOST * biquad.CENTRE_RANGE[1] * sample_rate / 2
    preamp = preamp_db(recipe) if recipe.topology == "parallel" else 0.0  # of a cascade, the fit finds it
    gain_db = recipe.gain_db + preamp
    moved = dataclasses.replace(recipe, gain_db=gain_db, preamp_db=None).at_rate(sample_rate)
    centres = np.minimum(recipe.frequency_hz, highest)
    muted = dataclasses.replace(moved, frequency_hz=centres, gain_db=np.maximum(moved.gain_db, -MUTED))
    yield muted
    alike = dataclasses.replace(muted, q=_of_same_bandwidth(recipe, centres, sample_rate))
    yield alike
    if (recipe.frequency_hz > highest).any():
        yield dataclasses.replace(moved, frequency_hz=centres, gain_db=gain_db)
    random = np.random.default_rng(0)
    for _ in range(OTHERS if recipe.topology == "parallel" else 0):
        octaves, decibels = random.normal(size=(2, recipe.n_sections)) * np.array(OTHERS_AWAY)[:, None]
        yield dataclasses.replace(
            alike, frequency_hz=np.minimum(centres * 2**octaves, highest), gain_db=alike.gain_db + decibels
        )


def _of_same_bandwidth(recipe: Recipe, centres_hz: Values, sample_rate: float) -> Values:
    """The Qs `(S,)` with which sections at these centres are as wide, in Hz, as those of a recipe at its own rate.

    From the slope of `v` of the closed form (`filters.biquad`) at the centre, `2 Q / sin w0` per radian.
    """
    old, new = 2 * np.pi * recipe.frequency_hz / recipe.sample_rate, 2 * np.pi * centres_hz / sample_rate
    ratio = sample_rate * np.sin(new) / (recipe.sample_rate * np.sin(old))
    return np.clip(recipe.q * np.clip(ratio, 0.2, 5), LOWEST_Q, HIGHEST_Q)


def _fits(recipe: Recipe, start: Recipe) -> list[Recipe]:
    """Fits to the response below both Nyquist frequencies, each with more weight where the one before is far off.

    Least squares leaves its largest error at the upper end of the band, where few points are; the weights lower it
    (Lawson, "Contributions to the theory of linear least maximum approximation", 1961).
    """
    frequency_hz, target = refit_target(recipe, start.sample_rate, RANGE_DB)
    weights, sections = np.ones_like(target), _sections(start)
    fits: list[Recipe] = []
    for _ in range(ROUNDS):
        start = fit_recipe(target, sections, starts=1, frequency_hz=frequency_hz, weights=weights, start=start)
        fits.append(in_float64(start))
        error = np.abs(level_db(fits[-1], frequency_hz) - target)
        if error.max() < NEAR:
            break
        weights = weights * (0.1 + error / (error.max() + 1e-9))
    return fits


def _sections(start: Recipe) -> Sections:
    lowest, highest = (end * start.sample_rate / 2 for end in biquad.CENTRE_RANGE)
    gain = MUTED if start.topology == "parallel" else min(MUTED, max(40.0, 2 * float(np.abs(start.gain_db).max())))
    return Sections(
        start.n_sections,
        start.topology,
        start.polarity,
        start.shelves,
        frequency_range_hz=(lowest / OUTERMOST, highest * OUTERMOST),
        q_range=(min(LOWEST_Q, float(start.q.min())), max(20.0, float(start.q.max()))),
        gain_range_db=(-gain, gain),
        sample_rate=start.sample_rate,
        preamp_range_db=(-MUTED, MUTED),
        nyquist_share=1.0,
    )
