"""Lists of bands whose shelves or frequencies a program restricts: the other values are fitted again around them."""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.optimize

from aether_lab.filters import biquad
from aether_lab.filters.least_squares import GAIN_UNIT
from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import Coefficients, Values, preamp_db
from aether_lab.formats.response import comparison_hz, level_db
from aether_lab.signals.filter_list import shelf_q

STEPS = 20  # evaluations of the Jacobian
EVERY = 10  # of the frequencies of a comparison, one in this many is fitted


def with_slope(recipe: Recipe, slope: float) -> Coefficients:
    """Coefficients of a cascade `(S,)` whose shelves have another slope than 1."""
    rows, centre = recipe.sos(), np.asarray(recipe.frequency_hz, np.float64) / (recipe.sample_rate / 2)
    if recipe.shelves:
        gain_db = np.asarray(recipe.gain_db, np.float64)
        q = shelf_q(slope, gain_db)
        rows[0] = biquad.low_shelf_sos(centre[0], gain_db[0], q[0])
        rows[0, :3] *= 10 ** (preamp_db(recipe) / 20)
        rows[-1] = biquad.high_shelf_sos(centre[-1], gain_db[-1], q[-1])
    return Coefficients(rows, parallel=False)


def adjusted(recipe: Recipe, original: Recipe, slope: float = 1.0, whole_hertz: bool = False) -> Recipe:
    """A cascade whose shelves have a slope, or whose frequencies are whole, with the response nearest to `original`.

    All values are fitted (Levenberg-Marquardt's method within bounds, `scipy.optimize.least_squares`); of whole
    frequencies, Q, gain and preamp only.
    """
    shelf = np.array(["shelf" in kind for kind in recipe.kinds])
    shape = np.where(shelf, biquad.SHELF_Q, recipe.q)
    frequency_hz = np.asarray(recipe.frequency_hz, np.float64)
    if whole_hertz:
        lowest, highest = 1, int(biquad.CENTRE_RANGE[1] * recipe.sample_rate / 2)
        frequency_hz = np.clip(np.rint(frequency_hz), lowest, highest)
    grid_hz = comparison_hz(recipe.sample_rate, original)[::-EVERY]  # with the highest, where errors end
    target = level_db(original, grid_hz)
    n = recipe.n_sections

    def at(x: Values) -> Recipe:
        log_q, gain_db, level, *bend = np.split(x, [n, 2 * n, 2 * n + 1])
        return dataclasses.replace(
            recipe,
            frequency_hz=frequency_hz if whole_hertz else frequency_hz * np.exp(bend[0]),
            q=np.where(shelf, biquad.SHELF_Q, np.exp(log_q)),
            gain_db=GAIN_UNIT * gain_db,
            preamp_db=GAIN_UNIT * level[0],
        )

    def error(x: Values) -> Values:
        return level_db(with_slope(at(x), slope), grid_hz, recipe.sample_rate) - target

    x = np.concatenate([np.log(shape), recipe.gain_db / GAIN_UNIT, [preamp_db(recipe) / GAIN_UNIT]])
    if not whole_hertz:
        x = np.concatenate([x, np.zeros(n)])
    low, high = np.log(np.array([0.7, 1.4]))  # a bend keeps the order of most lists; centres stay in the valid range
    room = np.log(biquad.CENTRE_RANGE[1] * recipe.sample_rate / 2 / frequency_hz)
    ends = [np.full(len(x), -np.inf), np.full(len(x), np.inf)]
    ends[0][:n], ends[1][:n] = np.log(np.minimum(0.1, shape / 2)), np.log(np.maximum(20, 2 * shape))
    if not whole_hertz:
        ends[0][2 * n + 1 :], ends[1][2 * n + 1 :] = low, np.maximum(np.minimum(high, room), 1e-9)
    found = scipy.optimize.least_squares(error, np.clip(x, *ends), bounds=ends, max_nfev=STEPS)
    return at(found.x)
