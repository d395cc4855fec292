import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from aether_lab.recipe import GRID, POLARITIES, TOPOLOGIES, Recipe


def recipe(topology="parallel", polarity="alternating", shape=(8,)):
    rng = np.random.default_rng(0)
    return Recipe(
        jnp.asarray(rng.uniform(0.002, 0.95, shape)),
        jnp.asarray(rng.uniform(0.3, 9, shape)),
        jnp.asarray(rng.uniform(-12, 12, shape)),
        topology,
        polarity,
    )


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("polarity", POLARITIES)
def test_the_response_is_that_of_the_sections_it_exports(topology, polarity):
    bank = recipe(topology, polarity)
    each = np.array([scipy.signal.freqz_sos(row[None], np.pi * GRID[1:-1])[1] for row in bank.sos()])
    whole = each.sum(0) if topology == "parallel" else each.prod(0)
    np.testing.assert_allclose(bank.response_db()[1:-1], 20 * np.log10(np.abs(whole)), atol=1e-6)
    floored = 10 * np.log10(np.abs(each) ** 2 + 1e-12 * (topology == "parallel"))
    np.testing.assert_allclose(bank.section_response_db()[:, 1:-1], floored, atol=1e-6)


def test_every_second_section_of_an_alternating_bank_is_subtracted():
    np.testing.assert_array_equal(recipe().signs, [1, -1, 1, -1, 1, -1, 1, -1])
    np.testing.assert_array_equal(recipe(polarity="positive").signs, np.ones(8))
    np.testing.assert_array_equal(recipe("cascade").signs, np.ones(8))
    assert np.all(np.sign(recipe().sos()[:, 0]) == recipe().signs)


def test_many_recipes_respond_as_each_alone():
    many = recipe(shape=(3, 2, 8))
    one = Recipe(many.frequency[2, 1], many.q[2, 1], many.gain_db[2, 1], many.topology, many.polarity)
    assert many.response_db().shape == (3, 2, 513)
    np.testing.assert_allclose(many.response_db()[2, 1], one.response_db(), atol=1e-9)


def test_a_response_is_read_at_the_hertz_asked_for():
    bank = recipe()
    np.testing.assert_allclose(bank.response_db(24_000 * GRID[100:103]), bank.response_db()[100:103], atol=1e-9)


def test_a_recipe_becomes_json_in_the_browser_s_words_and_comes_back():
    bank = recipe()
    again = Recipe.from_json(bank.to_json())
    np.testing.assert_allclose(again.response_db(), bank.response_db(), atol=1e-9)
    assert (again.topology, again.polarity, again.sample_rate) == ("parallel", "alternating", 48_000)
    assert '"type": "bandpass"' in bank.to_json() and '"type": "peaking"' in recipe("cascade").to_json()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("{", "["), "not a recipe"),
        (('"sections"', '"parts"'), "not a recipe: KeyError"),
        (('"alternating"', '"both"'), "polarity is 'both'; allowed are positive, alternating"),
        (('"parallel"', '"series"'), "topology is 'series'"),
        (("48000.0", "-1"), "sampleRate is -1"),
        (("48000.0", "100"), r"frequency in \(0, 50\] Hz"),
        (('"Q": ', '"Q": -'), "every Q must be a positive"),
        (('"gain": ', '"gain": NaN, "was": '), "every gain a finite"),
    ],
)
def test_text_that_is_no_recipe_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Recipe.from_json(recipe().to_json().replace(*change))


def test_only_one_recipe_at_a_time_becomes_json():
    with pytest.raises(ValueError, match="index it first"):
        recipe(shape=(2, 8)).to_json()


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_filtering_white_noise_gives_it_the_response(topology):
    bank = recipe(topology)
    impulse = np.zeros(1 << 15)
    impulse[0] = 1
    spectrum = np.fft.rfft(bank.filter(impulse))[:: 1 << 5]
    np.testing.assert_allclose(20 * np.log10(np.abs(spectrum[1:-1])), bank.response_db()[1:-1], atol=0.01)


def test_a_moving_recipe_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match=r"1000 samples in blocks of 128 take a recipe of shape \(S,\) or \(8, S\)"):
        recipe(shape=(7, 8)).filter(np.zeros(1000))
