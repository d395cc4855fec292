"""Corrections by the settings of a device: the limit of boost holds for them too."""

import numpy as np
import pytest

from aether_lab.filters import device_correction
from aether_lab.filters.correction import correction
from aether_lab.filters.correction_limits import FREQUENCY_HZ
from aether_lab.filters.device import as_device
from aether_lab.filters.device_correction import correction_with
from aether_lab.signals.curve import Curve

# Sure up to 3 kHz, open above 6 kHz, where the dull end of each measurement asks for much boost.
SPREAD_DB = np.interp(np.log(FREQUENCY_HZ), np.log([20, 3000, 6000, 20_000]), [0, 0, 9, 9])
LEVELS_DB = np.random.default_rng(4).normal([0, 4, -3, 4, -9, -18], 2, (6, 6))
DULL = [Curve([20, 200, 900, 2500, 5000, 20_000], levels, "dull") for levels in LEVELS_DB]


def excess_db(free, made):
    """By how much the settings boost more than the correction allows, at the same overall level."""
    level_db = (made.gain_db - free.gain_db) @ free.weights
    return float((made.gain_db - level_db - free.limit_db).max())


@pytest.mark.parametrize("name", ["spotify", "behringer-x32"])
def test_settings_of_a_device_do_not_boost_where_the_level_is_open(name, monkeypatch):
    device = as_device(name)
    frees = [correction(curve, spread_db=SPREAD_DB) for curve in DULL]
    made = [correction_with(free, device)[0] for free in frees]
    over = np.array([excess_db(*each) for each in zip(frees, made, strict=True)])
    assert over.max() <= device_correction.TOLERANCE_DB
    assert not any("more than the limit allows" in note for each in made for note in each.notes)
    monkeypatch.setattr(device_correction, "REFITS", 0)
    nearest = [correction_with(free, device)[0] for free in frees]
    assert max(excess_db(*each) for each in zip(frees, nearest, strict=True)) > 0.5  # the limit costs something
    cost = np.mean([each.distance["after"] for each in made]) - np.mean([each.distance["after"] for each in nearest])
    assert cost < 0.6  # dB


def test_a_device_that_cannot_keep_the_limit_says_so(monkeypatch):
    monkeypatch.setattr(device_correction, "REFITS", 0)
    free = correction(DULL[0], spread_db=SPREAD_DB, max_boost_db=0)
    made, _ = correction_with(free, as_device("spotify"))
    assert excess_db(free, made) > 0.1
    assert f"by up to {excess_db(free, made):.1f} dB more than the limit allows" in made.notes[-1]


def test_without_a_limit_in_the_way_the_settings_are_those_of_one_fit(monkeypatch):
    free, device = correction(DULL[1], max_boost_db=60), as_device("boss-ge-7")
    first = correction_with(free, device)[1]
    monkeypatch.setattr(device_correction, "REFITS", 0)
    assert first.settings == correction_with(free, device)[1].settings
