"""Corrections: their fit, limits, level, and several measurements."""

import numpy as np
import pytest

from aether_lab.filters.correction import PHASE_NOTE, correction
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.signals.curve import Curve
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.levels import levels_at

HERTZ = np.geomspace(20, 20_000, 600)
SIX = Sections(6, shelves=True)


def curve(*sections, name="measured"):
    """A curve of peaking sections (Hz, Q, dB)."""
    return Curve(HERTZ, np.asarray(Recipe.of(*zip(*sections, strict=True)).response_db(HERTZ)), name)


COLOURED = curve((60, 1.5, 7), (400, 1, -4), (3000, 2, 5), (9000, 1, -5), name="coloured")


def peak_gain(recipe):
    return float(np.asarray(recipe.response_db(np.geomspace(1, 23_900, 5000))).max())


def test_a_correction_to_flat_is_the_inverse():
    made = correction(COLOURED, "flat", SIX, smoothing=1 / 24, max_boost_db=12)
    assert made.distance["before"] > 2 and made.distance["after"] < 0.15
    after = COLOURED.level_db + np.asarray(made.recipe.response_db(HERTZ))
    assert np.ptp(after[(HERTZ > 30) & (HERTZ < 18_000)]) < 2


def test_the_prediction_is_what_the_exported_filter_does():
    made = correction(COLOURED, -0.8, SIX, smoothing=1 / 24)
    filtered = Curve(HERTZ, COLOURED.level_db + np.asarray(made.recipe.response_db(HERTZ)))
    level = levels_at(filtered, made.frequency_hz).level_db - made.corrected_db
    np.testing.assert_allclose(level, level.mean(), atol=0.15)  # dB: smoothed after instead of before the filter


def test_one_measurement_sounds_like_another():
    other = curve((100, 1, 6), (2000, 1, -5), name="other")
    made = correction(COLOURED, other, SIX, max_boost_db=20)
    assert made.target_label == "other" and made.distance["after"] < 0.6
    assert correction(other, other, SIX).distance["after"] < 0.05


@pytest.mark.parametrize(("boost", "cut"), [(0, None), (2, None), (6, 3)])
def test_limits_of_boost_and_cut_hold_and_nothing_clips(boost, cut):
    made = correction(COLOURED, "flat", SIX, max_boost_db=boost, max_cut_db=cut)
    assert made.gain_db.max() <= boost + 0.1
    assert cut is None or made.gain_db.min() >= -cut - 0.1
    assert peak_gain(made.recipe) <= 0
    assert made.headroom_db <= boost + 0.25
    assert made.distance["after"] < made.distance["before"]


def test_nothing_changes_outside_of_a_band():
    made = correction(COLOURED, "flat", SIX, band_hz=(20, 250), max_boost_db=12)
    outside = (made.frequency_hz > 700) & (made.frequency_hz < 18_000)
    assert np.abs(made.gain_db[outside]).max() < 0.7
    inside = made.frequency_hz < 200
    assert np.abs(made.residual_db[inside]).max() < 1
    assert made.preamp_db == pytest.approx(-made.headroom_db, abs=0.01)


def positions(count, seed=0):
    """One loudspeaker at several positions: what is common, and a notch that moves."""
    rng = np.random.default_rng(seed)
    common = [(60, 1.5, 6), (3000, 1.5, -4)]
    return [curve(*common, (300 * 2 ** rng.uniform(-0.7, 0.7), 4, -12)) for _ in range(count)]


def test_several_positions_serve_a_position_that_was_not_measured_better_than_one():
    errors = {"one": [], "all": []}
    for seed in range(4):
        *measured, held_out = positions(6, seed)
        for name, given in (("one", measured[0]), ("all", measured)):
            made = correction(given, "flat", SIX, max_boost_db=18)
            after = levels_at(held_out, made.frequency_hz).level_db + made.gain_db
            errors[name].append(np.sqrt(made.weights @ (after - made.weights @ after) ** 2))
    assert np.mean(errors["all"]) < 0.85 * np.mean(errors["one"])


def test_nothing_is_boosted_where_measurements_disagree():
    made = correction(positions(5), "flat", SIX, max_spread_db=3)
    wide = made.spread_db > 3
    assert wide.any() and (made.gain_db[wide] <= 0.1).all() and (made.limit_db[wide] == 0).all()
    assert any("spread between measurements" in note for note in made.notes)


def test_nothing_is_boosted_where_a_measurement_is_uncertain():
    uncertain = np.where(np.arange(513) > 100, 7.0, 0.0)  # above 4.7 kHz
    made = correction(COLOURED, "flat", SIX, spread_db=uncertain)
    assert (made.gain_db[made.frequency_hz > 4900] <= 0.1).all()
    assert made.gain_db[made.frequency_hz < 4000].max() > 2


def test_channels_are_corrected_each_with_one_preamp_in_effect():
    made = correction({"left": COLOURED, "right": [curve((500, 1, 3)), curve((500, 1, 2))]}, "flat", SIX)
    assert made.channels == ("left", "right") and made.recipe.frequency_hz.shape == (2, 6)
    peaks = [peak_gain(made[name].recipe) for name in ("left", "right")]
    assert max(peaks) == pytest.approx(0, abs=0.02) and min(peaks) < -0.5
    levels = [made[name].gain_db - np.asarray(made[name].recipe.response_db(made.frequency_hz)) for name in (0, 1)]
    np.testing.assert_allclose(levels, made.headroom_db, atol=0.01)
    assert made["right"].distance["after"] == pytest.approx(made.distance["after"][1])
    with pytest.raises(KeyError, match="no channel 'centre'; there are left, right"):
        made["centre"]


def test_the_channels_of_a_response_are_left_and_right():
    click = np.zeros(4800)
    click[0] = 1
    both = [np.asarray(Recipe.of([f], [1], [6]).filter(click)) for f in (200, 4000)]
    made = correction(ImpulseResponse(np.stack(both), 48_000), "flat", SIX, per_channel=True)
    assert made.channels == ("left", "right")
    lowest = made.frequency_hz[made.gain_db.argmin(axis=-1)]
    np.testing.assert_allclose(lowest, [200, 4000], rtol=0.1)


def test_a_correction_says_that_it_leaves_the_phase_alone():
    assert correction(COLOURED, "flat", SIX).notes[-1] == PHASE_NOTE


@pytest.mark.slow
def test_a_correction_is_made_for_a_low_sample_rate():
    made = correction(COLOURED, "flat", Sections(6, shelves=True, sample_rate=16_000, frequency_range_hz=(20, 7000)))
    assert made.band_hz[1] < 8000 and made.distance["after"] < made.distance["before"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"band_hz": (100, 50)}, "band_hz is 100 to 50 Hz; it must rise within 20 to 20000"),
        ({"band_hz": 100}, "band_hz is 100; it must be the lowest and the highest"),
        ({"band_hz": (100, 150)}, "less than an octave of 100 to 150 Hz: widen the band"),
        ({"smoothing": 0}, "smoothing is 0 octaves"),
        ({"max_boost_db": -1}, "max_boost_db is -1; allowed are 0 to 60 dB"),
        ({"max_cut_db": 99}, "max_cut_db is 99; allowed are 0 to 60 dB"),
        ({"max_spread_db": 0}, "max_spread_db is 0; it must be above 0"),
        ({"spread_db": [1, 2]}, r"spread_db of shape \(2,\); it must be 513 or 240 numbers"),
        ({"spread_db": np.full(513, -1.0)}, "numbers of dB >= 0"),
        ({"sections": Sections(4, "parallel")}, "a correction must be a cascade"),
        ({"target": "warm"}, "'warm' is no file; allowed are flat"),
        ({"measured": []}, "measured is empty"),
        ({"measured": {}}, "empty mapping"),
        ({"measured": {"left": COLOURED}, "per_channel": True}, "a mapping names the channels already"),
        ({"measured": [COLOURED, "nowhere.csv"]}, "nowhere.csv: no such file"),
    ],
)
def test_bad_input_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        correction(**{"measured": COLOURED, **options})
