import numpy as np
import pytest

from aether_lab.bodies import synthetic_bodies
from aether_lab.descent import WATCHED, WATCHED_WEIGHTS, mismatch, watched
from aether_lab.fit import fit_recipe, refine
from aether_lab.space import FilterSpace, ModelSettings
from aether_lab.spectra import FREQUENCIES, lsd

pytestmark = pytest.mark.usefixtures("float32")


@pytest.fixture(scope="module")
def bodies():
    return synthetic_bodies(24, seed=2).corpus()


def test_a_fit_watches_the_band_and_the_octave_under_it():
    ramp = np.log2(np.maximum(FREQUENCIES, 1))[None].astype(np.float32)
    np.testing.assert_allclose(watched(ramp)[0], np.log2(WATCHED), atol=1e-5)
    assert WATCHED[0] == FREQUENCIES[1] and 19_900 < WATCHED[-1] <= 20_000
    np.testing.assert_allclose(WATCHED_WEIGHTS.sum(), 1)
    assert 0.03 < WATCHED_WEIGHTS[WATCHED < 100].sum() < 0.1


def test_a_fit_hides_no_peak_between_the_lowest_bins(bodies):
    recipe = fit_recipe(bodies.spectra_db, steps=500)
    between = np.geomspace(FREQUENCIES[1], FREQUENCIES[2], 50)
    ends = bodies.spectra_db[:, 1:3].max(-1)
    assert np.median(np.asarray(recipe.response_db(between)).max(-1) - ends) < 2


def test_the_mismatch_of_a_recipe_with_itself_is_its_corner():
    space = FilterSpace.untrained(seed=3, num_filters=12)
    recipe = space.decode(np.ones((2, 4)))
    exact = np.asarray(recipe.response_db(), np.float32)
    assert np.all(mismatch(recipe, exact) < 0.3)


def test_a_bank_finds_the_recipe_s_own_curve_again():
    space = FilterSpace.untrained(seed=3, num_filters=12)
    target = np.asarray(space.response_db(np.random.default_rng(0).normal(size=(3, 4))))
    assert np.all(lsd(np.asarray(fit_recipe(target, space.settings, steps=400).response_db()), target) < 0.3)


def test_alternating_polarity_and_the_log_map_are_worth_decibels(bodies):
    target = bodies.spectra_db[:8]
    found = {
        (polarity, fmap): lsd(
            np.asarray(fit_recipe(target, ModelSettings(polarity=polarity, frequency_map=fmap), 300).response_db()),
            target,
        ).mean()
        for polarity in ("positive", "alternating")
        for fmap in ("linear", "log")
    }
    assert found["alternating", "log"] < 0.5 * found["alternating", "linear"]
    assert found["alternating", "log"] < 0.3 * found["positive", "linear"]


def test_refining_finds_z_again_and_never_makes_it_worse():
    space = FilterSpace.untrained(seed=1)
    z = np.random.default_rng(1).normal(size=(4, 4))
    target = np.asarray(space.response_db(z))
    start = lsd(np.asarray(space.response_db(0.3 * z)), target)
    found = refine(space, target, 0.3 * z)
    assert np.all(lsd(np.asarray(space.response_db(found)), target) < 0.5 * start)
    kept = refine(space, target, z, steps=5, learning_rate=10.0)
    assert np.all(lsd(np.asarray(space.response_db(kept)), target) < 1e-3)


def test_a_target_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="a target is 513 finite values"):
        fit_recipe(np.zeros(512))
