"""The fit of a cascade to a gain that it must not exceed, for corrections."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters.biquad import sos_response
from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections

Values = NDArray[np.float64]

STARTS, STEPS = 2, 100
AGAIN = 3  # fits, at most, to a gain lowered where the one before exceeds the limit
STEPS_AGAIN = 40
TOLERANCE_DB = 0.1  # by which a limit may be exceeded
FIRMNESS = 1.0  # per dB: the weight that a frequency gains by its excess
BELOW, ABOVE, BEYOND = (0.1, 0.9, 12), 0.995, 6
"""Limits also hold beyond the grid, at points of these shares of its lowest frequency and up to this of Nyquist."""
BEYOND_WEIGHT = 0.01
TURNS = 400  # of single sections, at most, by which the last excess is removed


def fit_within(
    sections: Sections,
    frequency_hz: Values,
    desired_db: Values,
    weights: Values,
    upper_db: Values,
    lower_db: Values,
    seed: int = 0,
    capacity: int | None = None,
) -> tuple[Recipe, Values, float]:
    """Cascades near the desired gains, within their limits to `TOLERANCE_DB`.

    Args:
        frequency_hz: `(F,)`, the evaluation grid.
        desired_db, weights, upper_db, lower_db: `(C, F)`; the limits may be infinite.
        capacity: of the compiled fit, as in `fit_recipe`.

    Returns:
        Recipes `(C, S)` in float64, with a preamp that makes 0 dB the highest gain of all; their gains `(C, F)` without
        it; and the highest of these in dB, which the preamp takes away.
    """
    below = frequency_hz[0] * np.geomspace(*BELOW)
    above = np.geomspace(frequency_hz[-1], ABOVE * sections.sample_rate / 2, BEYOND + 1)[1:]
    at = np.concatenate([below, frequency_hz, above])
    beyond = (below.size, above.size)
    rows = (np.pad(each, ((0, 0), beyond), mode="edge") for each in (desired_db, upper_db, lower_db))
    share = np.pad(weights, ((0, 0), beyond), constant_values=BEYOND_WEIGHT)
    made = [
        _fit(sections, at, goal, weight, (upper, lower), seed, capacity)
        for goal, upper, lower, weight in zip(*rows, share, strict=True)
    ]
    level = np.array([0.0 if each.preamp_db is None else float(each.preamp_db) for each in made])
    columns = (np.stack([np.asarray(getattr(each, name), np.float64) for each in made]) for name in _COLUMNS)
    centres, q, gains = columns
    recipe = replace(made[0], frequency_hz=centres, q=q, gain_db=gains, preamp_db=level)
    dense = np.union1d(np.geomspace(1, 0.4999 * sections.sample_rate, 2000), recipe.frequency_hz)
    headroom = float(max(each.level_db(dense).max() for each in made))
    gain = np.stack([each.level_db(frequency_hz) for each in made])
    return replace(recipe, preamp_db=level - headroom - TOLERANCE_DB / 100), gain, headroom


_COLUMNS = ("frequency_hz", "q", "gain_db")


def _fit(
    sections: Sections,
    frequency_hz: Values,
    goal: Values,
    weights: Values,
    bounds: tuple[Values, Values],
    seed: int,
    capacity: int | None,
) -> Recipe:
    fit = partial(
        fit_recipe,
        spec=sections,
        frequency_hz=frequency_hz,
        band_hz=(frequency_hz[0], frequency_hz[-1]),
        seed=seed,
        capacity=capacity,
    )
    recipe = fit(goal, steps=STEPS, starts=STARTS, weights=weights)
    for _ in range(AGAIN):
        over, under = _excess(recipe, frequency_hz, bounds)
        if max(over.max(), under.max()) <= TOLERANCE_DB:
            break
        goal = goal - over + under
        weights = weights + FIRMNESS * (over + under)
        recipe = fit(goal, steps=STEPS_AGAIN, starts=1, weights=weights, start=recipe)
    return _turned_down(recipe, frequency_hz, bounds)


def _excess(recipe: Recipe, frequency_hz: Values, bounds: tuple[Values, Values]) -> tuple[Values, Values]:
    """How far a response lies above and below its bounds, `(F,)` each, at least 0."""
    response = recipe.level_db(frequency_hz)
    return np.maximum(response - bounds[0], 0), np.maximum(bounds[1] - response, 0)


def _turned_down(recipe: Recipe, frequency_hz: Values, bounds: tuple[Values, Values]) -> Recipe:
    """The recipe with less gain in the sections that lie above its bounds the most, or less cut in those below."""
    gain = np.array(recipe.gain_db, np.float64)
    level = 0.0 if recipe.preamp_db is None else float(recipe.preamp_db)
    w = 2 * np.pi * frequency_hz / recipe.sample_rate
    for _ in range(TURNS):
        rows = replace(recipe, gain_db=gain, preamp_db=None).sos()
        parts = 20 * np.log10([np.abs(sos_response(row[None], w)) for row in rows])
        response = parts.sum(0) + level
        most = np.maximum(response - bounds[0], 0) - np.maximum(bounds[1] - response, 0)
        worst = int(np.abs(most).argmax())
        if abs(most[worst]) <= TOLERANCE_DB:
            break
        at_fault = parts[:, worst] * np.sign(most[worst])
        which = int(at_fault.argmax())
        if at_fault[which] <= TOLERANCE_DB / 10:  # no section lies above: the level does
            level -= most[worst]
        else:
            gain[which] *= max(0.0, 1 - abs(most[worst]) / at_fault[which])
    return replace(recipe, gain_db=gain, preamp_db=np.asarray(level))
