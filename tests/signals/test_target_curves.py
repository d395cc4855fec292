"""Target curves and the levels of measurements at any frequencies."""

import numpy as np
import pytest

from aether_lab.signals.curve import Curve
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.levels import levels_at
from aether_lab.signals.spectrum import FREQUENCIES
from aether_lab.signals.target import as_target
from aether_lab.signals.target_curves import Tilt, target_curve

HERTZ = np.geomspace(20, 20_000, 240)


def decay(seconds=0.4):
    time = np.arange(int(48_000 * seconds)) / 48_000
    return ImpulseResponse(np.exp(-time / 0.002) * np.cos(2 * np.pi * 700 * time), 48_000)


def test_levels_at_the_bins_are_those_of_the_spectrum():
    response = decay()
    bins = FREQUENCIES[6:420]  # where 1/3 octave is wider than a bin
    level = levels_at(response, bins).level_db - response.spectrum_db[6:420]
    np.testing.assert_allclose(level - level.mean(), 0, atol=1e-3)


@pytest.mark.parametrize("octaves", [1 / 12, 1 / 3, 1.0])
def test_a_tilted_curve_stays_tilted_at_any_smoothing(octaves):
    level = levels_at(Curve([20, 20_000], [0, -9.9658]), HERTZ, octaves).level_db
    slope = np.diff(level) / np.diff(np.log2(HERTZ))
    np.testing.assert_allclose(slope[60:-60], -1, atol=0.01)


def test_finer_smoothing_keeps_a_narrow_peak_of_a_curve_and_of_a_path_alike(tmp_path):
    at = np.geomspace(20, 20_000, 2000)
    peak = Curve(at, 12 * np.exp(-0.5 * (np.log2(at / 60) / 0.05) ** 2))
    fine, coarse = (levels_at(peak, HERTZ, octaves).level_db.max() for octaves in (1 / 24, 1 / 3))
    assert fine > 11.5 and coarse < 8
    (tmp_path / "peak.csv").write_text("".join(f"{f},{v}\n" for f, v in zip(at, peak.level_db, strict=True)))
    again = levels_at(tmp_path / "peak.csv", HERTZ, 1 / 24).level_db
    np.testing.assert_allclose(again, levels_at(peak, HERTZ, 1 / 24).level_db, atol=1e-6)


def test_a_short_response_says_nothing_below_one_period_of_its_length():
    assert levels_at(decay(0.02), HERTZ).band_hz[0] == pytest.approx(50, rel=0.05)
    assert levels_at(decay(0.4), HERTZ).band_hz == (20, 0.45 * 48_000)
    assert levels_at(decay().spectrum_db, HERTZ).band_hz == (46.875, 20_000)


@pytest.mark.parametrize("goal", [Tilt(-0.8), -0.8, "tilt:-0.8", "tilt -0.8 dB per octave"])
def test_a_tilt_can_be_named_in_four_ways(goal):
    curve = target_curve(goal, HERTZ)
    assert curve.label == "tilt -0.8 dB per octave"
    np.testing.assert_allclose(np.diff(curve.level_db) / np.diff(np.log2(HERTZ)), -0.8)


def test_another_measurement_is_a_target():
    curve = Curve([30, 1000, 15_000], [3, 0, -3], "house.csv")
    goal = target_curve(curve, HERTZ)
    assert goal.label == "house.csv" and goal.band_hz == (30, 15_000)
    assert target_curve(as_target(curve), HERTZ).level_db.tolist() == goal.level_db.tolist()


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ("harman", "'harman' is no file; allowed are flat, tilt:SLOPE"),
        ("nowhere.csv", "target: nowhere.csv: no such file"),
        ("tilt:steep", "tilt:steep.*a tilt is a number of dB per octave"),
        ("tilt:40", "tilt of 40.*dB per octave; allowed are -12 to 12"),
        (float("nan"), "tilt of nan"),
        (True, "tilt of True"),
        (None, "not a measurement.*allowed are flat"),
        ([1, 2, 3], "not a measurement.*allowed are flat"),
    ],
)
def test_a_bad_target_is_refused_with_what_is_allowed(goal, words):
    with pytest.raises(ValueError, match=words):
        target_curve(goal, HERTZ)


@pytest.mark.parametrize("octaves", [0, -1, 3, float("nan"), True, "wide"])
def test_a_smoothing_out_of_range_is_refused(octaves):
    with pytest.raises(ValueError, match="allowed are 1/48 to 2"):
        levels_at(Curve([20, 20_000], [0, 0]), HERTZ, octaves)
