import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from aether_lab.filters.biquad import SHELF_Q
from aether_lab.filters.recipe import POLARITIES, TOPOLOGIES, Recipe
from aether_lab.signals.spectrum import FREQUENCIES

GRID = FREQUENCIES / 24_000


def recipe(topology="parallel", polarity="alternating", shape=(8,)):
    rng = np.random.default_rng(0)
    return Recipe(
        jnp.asarray(24_000 * rng.uniform(0.002, 0.95, shape)),
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


def test_a_batch_responds_as_each_recipe_alone():
    many = recipe(shape=(3, 2, 8))
    one = Recipe(many.frequency_hz[2, 1], many.q[2, 1], many.gain_db[2, 1], many.topology, many.polarity)
    assert many.response_db().shape == (3, 2, 513)
    np.testing.assert_allclose(many.response_db()[2, 1], one.response_db(), atol=1e-9)


def test_a_response_is_evaluated_at_frequency_hz():
    bank = recipe()
    np.testing.assert_allclose(bank.response_db(24_000 * GRID[100:103]), bank.response_db()[100:103], atol=1e-9)


def test_a_recipe_survives_json_with_web_audio_names():
    bank = recipe()
    again = Recipe.from_json(bank.to_json())
    np.testing.assert_allclose(again.response_db(), bank.response_db(), atol=1e-9)
    assert (again.topology, again.polarity, again.sample_rate) == ("parallel", "alternating", 48_000)
    assert '"type": "bandpass"' in bank.to_json() and '"type": "peaking"' in recipe("cascade").to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("{", "["), "not a recipe"),
        (('"sections"', '"parts"'), "not a recipe: expected"),
        (('"alternating"', '"both"'), "polarity is 'both'; allowed are positive, alternating"),
        (('"parallel"', '"series"'), "topology is 'series'"),
        (("48000.0", "-1"), '"sampleRate" is -1; allowed are 1 to 1e'),
        (("48000.0", "100"), r"frequency must be in \(0, 50\] Hz"),
        (('"Q": ', '"Q": -'), '"Q" of section 1 is -5.*; allowed are 0.025 to 1000'),
        (('"gain": ', '"gain": NaN, "was": '), "NaN is not a number of JSON"),
        (('"gain": ', '"gain": 1e9, "was": '), '"gain" of section 1 is 1e.09; allowed are -200 to 200'),
        (('"gain": ', '"gain": 1e999, "was": '), "the number 1e999 is out of range"),
        (('"gain": ', '"gain": "6", "was": '), "\"gain\" of section 1 is '6'; it must be a number"),
        (('"gain": ', '"gain": true, "was": '), '"gain" of section 1 is True; it must be a number'),
        (('"gain": ', '"was": '), '"gain" of section 1 is None; it must be a number'),
        (('"gain": ', '"gain": 1, "gain": '), "'gain' occurs more than once"),
        (('"sections": [', '"sections": [[], '), "not a recipe: expected"),
        (('"sections": [', '"sections": [], "others": ['), "0 sections; allowed are 1 to 4096"),
        (('"type": "bandpass"', '"type": "notch"'), "sections of types notch, notch"),
        (('"sections"', '"preamp": NaN, "sections"'), "NaN is not a number of JSON"),
        (('"sections"', '"preamp": -1e300, "sections"'), '"preamp" is -1e.300; allowed are -200 to 200'),
        (('"sections"', '"about": ' + "[" * 100_000 + ', "sections"'), "nested too deeply"),
    ],
)
def test_invalid_json_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Recipe.from_json(recipe().to_json().replace(*change))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="NOT TESTED: this system has no FIFOs")
def test_a_recipe_is_loaded_from_a_regular_file_and_errors_begin_with_its_name(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(recipe("cascade").to_json())
    assert Recipe.load(path).n_sections == 8
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=rf"^{path}: not a recipe: not JSON: not UTF-8"):
        Recipe.load(path)
    path.write_text(recipe("cascade").to_json().replace('"gain": ', '"gain": 1e9, "was": '))
    with pytest.raises(ValueError, match=rf'^{path}: "gain" of section 1 is 1e.09; allowed are -200 to 200'):
        Recipe.load(path)
    with pytest.raises(FileNotFoundError, match=r"none\.json: no such file"):
        Recipe.load(tmp_path / "none.json")
    os.mkfifo(tmp_path / "fifo")
    for device in (tmp_path / "fifo", "/dev/zero"):
        with pytest.raises(ValueError, match=f"^{device}: a (pipe|device), not a file"):
            Recipe.load(device)


def test_to_json_writes_the_q_that_the_response_has():
    wide = Recipe.of([1000.0], [1e6], [6.0])
    again = Recipe.from_json(wide.to_json())
    np.testing.assert_allclose(again.q, 1000.0)
    np.testing.assert_allclose(again.response_db(), wide.response_db(), atol=1e-6)


def test_to_json_refuses_a_batch():
    with pytest.raises(ValueError, match="index it first"):
        recipe(shape=(2, 8)).to_json()


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_filtering_an_impulse_has_the_response(topology):
    bank = recipe(topology)
    impulse = np.zeros(1 << 15)
    impulse[0] = 1
    spectrum = np.fft.rfft(bank.filter(impulse))[:: 1 << 5]
    np.testing.assert_allclose(20 * np.log10(np.abs(spectrum[1:-1])), bank.response_db()[1:-1], atol=0.01)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_bank_at_rest_sounds_the_same_by_scipy_in_jit_and_with_equal_rows(topology):
    bank, x = recipe(topology), np.random.default_rng(1).normal(size=3000)
    expected = bank.filter(x)
    rows = jax.tree.map(lambda each: np.tile(each, (24, 1)), bank)
    for other in (jax.jit(type(bank).filter)(bank, x), rows.filter(x)):
        np.testing.assert_allclose(other, expected, atol=1e-9 * np.abs(expected).max())


def test_a_bank_at_rest_keeps_single_precision_and_takes_one_channel():
    bank = jax.tree.map(lambda each: each.astype("float32"), recipe())
    assert bank.filter(np.ones(100, np.float32)).dtype == np.float32
    with pytest.raises(ValueError, match=r"samples have shape \(100, 2\); allowed is \(T,\)"):
        bank.filter(np.ones((100, 2)))


def test_a_time_varying_recipe_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match=r"1000 samples in blocks of 128 need a recipe of shape \(S,\) or \(8, S\)"):
        recipe(shape=(7, 8)).filter(np.zeros(1000))


def equaliser(**changes):
    values = {"frequency_hz": [60, 400, 3e3, 9e3], "q": [3.0, 1.5, 4.0, 0.2], "gain_db": [8, -5, 3, -12]}
    return Recipe.of(**{**values, "shelves": True, "preamp_db": -2.5, **changes})


def test_a_cascade_with_shelves_and_a_preamp_is_what_its_sections_say():
    bank = equaliser()
    assert bank.kinds == ("lowshelf", "peaking", "peaking", "highshelf")
    np.testing.assert_allclose(bank.q, [SHELF_Q, 1.5, 4, SHELF_Q])
    whole = scipy.signal.freqz_sos(bank.sos(), np.pi * GRID)[1]
    np.testing.assert_allclose(bank.response_db(), 20 * np.log10(np.abs(whole)), atol=1e-9)
    assert abs(bank.response_db()[0] - (8 - 2.5)) < 1e-9 and abs(bank.response_db()[-1] - (-12 - 2.5)) < 1e-9
    np.testing.assert_allclose(bank.section_response_db().sum(0) - 2.5, bank.response_db(), atol=1e-9)


@pytest.mark.parametrize("bank", [equaliser(), equaliser(shelves=False), equaliser(shelves=False, topology="parallel")])
def test_filtering_includes_shelves_and_preamp(bank):
    impulse = np.zeros(1 << 15)
    impulse[0] = 1
    spectrum = np.fft.rfft(bank.filter(impulse))[:: 1 << 5]
    np.testing.assert_allclose(20 * np.log10(np.abs(spectrum[1:-1])), bank.response_db()[1:-1], atol=0.01)


def test_json_keeps_shelves_and_preamp():
    text = equaliser().to_json()
    again = Recipe.from_json(text)
    assert again.shelves and again.kinds == equaliser().kinds and '"preamp": -2.5' in text
    np.testing.assert_allclose(again.response_db(), equaliser().response_db(), atol=1e-9)
    alone = Recipe.from_json(text.replace("highshelf", "peaking"))
    assert not alone.shelves and alone.section_kinds == ("lowshelf", "peaking", "peaking", "peaking")
    for other in ('"notch"', "[]", "null"):
        with pytest.raises(ValueError, match="sections of types lowshelf, peaking, peaking, "):
            Recipe.from_json(text.replace('"highshelf"', other))


def test_one_of_many_recipes_keeps_its_preamp():
    many = equaliser(frequency_hz=[[60, 400, 3e3, 9e3], [80, 500, 2e3, 8e3]], preamp_db=[1.0, -3.0])
    one = jax.tree.map(lambda each: each[1], many)
    np.testing.assert_allclose(one.response_db(), many.response_db()[1], atol=1e-12)
    assert one.preamp_db == -3 and many.sos().shape == (2, 4, 6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frequency_hz": [0, 1, 2, 3]}, r"frequency must be in \(0, 24000\] Hz"),
        ({"frequency_hz": [60, 400, 3e3, np.nan]}, r"frequency must be in \(0, 24000\] Hz"),
        ({"q": -1.0}, "every Q must be a positive"),
        ({"gain_db": np.inf}, "every gain a finite"),
        ({"topology": "series"}, "topology is 'series'; allowed are parallel, cascade"),
        ({"topology": "parallel"}, "shelves are allowed in a cascade, not in a parallel bank"),
        ({"frequency_hz": 100.0, "q": [1.0], "gain_db": [0.0]}, "must have at least two sections"),
        ({"preamp_db": np.nan}, "preamp_db must be a finite"),
    ],
)
def test_invalid_values_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        equaliser(**changes)


def test_time_varying_shelves_are_refused():
    varying = equaliser(frequency_hz=np.full((8, 4), 1000.0))
    with pytest.raises(ValueError, match="a recipe with shelves or a preamp must be time-invariant"):
        varying.filter(np.zeros(1000))
