"""Files and fits of the browser (`dsp/take_filter.js`), read back and judged by Python."""

import base64
import json
from dataclasses import replace

import jax
import numpy as np
import pytest
from kinds_space import SMALL
from programs import play

from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats.export import FORMATS, read_back
from aether_lab.formats.response import comparison_hz, deviation_db, level_db
from aether_lab.instrument.c_header import c_header
from aether_lab.instrument.template import with_weights
from aether_lab.instrument.write import write_instrument
from aether_lab.model.space import FilterSpace
from aether_lab.panels.state import model_state
from aether_lab.signals.spectrum import erb
from aether_lab.signals.target import as_target

READERS = {"json": "json", "csv": "csv", "equalizerapo": "equalizerapo", "sos": "npy", "fir": "fir"}
SHIPPED = ("4d", "baseline-4d", "nested")
LARGEST = {"json": 1e-6, "csv": 1e-6, "equalizerapo": 6.0, "sos": 1e-6, "fir": 0.1}


@pytest.fixture(scope="module")
def answer(node):
    """What the browser's modules make of a job."""

    def ask(**job):
        return json.loads(play(node, "play_taking.js", job))

    return ask


@pytest.fixture(scope="module", params=["4d", pytest.param("nested", marks=pytest.mark.slow(seconds=20))])
def space(request):
    return FilterSpace.load(request.param)


def check(name, file, wanted, grid_hz, largest):
    """The file is read by Python, is what was wanted, and states how far it is off."""
    content = base64.b64decode(file["content"])
    lowered = sum(float(note.split()[3]) for note in file["notes"] if "lower" in note)
    worst, rms = deviation_db(read_back(content, READERS[name], grid_hz) + lowered, wanted)
    assert worst < largest, (name, worst)
    assert file["suffix"] == FORMATS[READERS[name]].suffix
    stated = [file["worst"], file["rms"]]
    np.testing.assert_allclose(stated, [worst, rms], rtol=1e-3, atol=1e-3, err_msg=name)  # z is decoded in float32 here


def test_every_file_is_read_by_python_and_states_its_worst_deviation(answer, space):
    z = np.random.default_rng(5).uniform(-1.5, 1.5, (3, space.latent_dim))
    for point, files in zip(z, answer(space=model_state(space), points=z.tolist())["files"], strict=True):
        recipe = space.decode(point)
        grid_hz = comparison_hz(48_000, recipe)
        for name, file in files.items():
            check(name, file, level_db(recipe, grid_hz), grid_hz, 1e-3 + LARGEST[name])
        assert Recipe.from_json(base64.b64decode(files["json"]["content"])).n_sections == 32
        rows = np.array(json.loads(files["sos"]["copied"]))
        assert rows.shape == (32, 6) and (rows[:, 3] == 1).all()
        assert files["csv"]["copied"].startswith("# aether_lab: a test") and files["fir"]["copied"] is None
        bands = base64.b64decode(files["equalizerapo"]["content"])
        assert read_back(bands, "equalizerapo", np.geomspace(5, 23_000, 3000)).max() < 1e-3


def test_a_bank_with_a_residual_is_one_filter_in_every_file(answer):
    space = FilterSpace.load("4d")
    residual = Recipe.of([200, 1000, 6000], [0.7, 2, 1], [3, -6, 4], preamp_db=1)
    job = {"space": model_state(space), "points": [[0.3, -0.8, 1, 0.1]], "residual": json.loads(residual.to_json())}
    (files,) = answer(**job)["files"]
    recipe = space.decode([0.3, -0.8, 1, 0.1])
    grid_hz = comparison_hz(48_000, recipe)
    wanted = level_db(recipe, grid_hz) + level_db(residual, grid_hz)
    for name, file in files.items():
        refitted = name in ("json", "csv", "equalizerapo")
        assert any("Refitted" in note for note in file["notes"]) == refitted
        check(name, file, wanted, grid_hz, 6.0 if refitted else 1e-3 + LARGEST[name])


@pytest.mark.parametrize("made", ["4d", "baseline-4d", "nested", "kinds in few sections"])
def test_the_whole_space_is_taken_as_the_bytes_that_python_writes(answer, made, tmp_path):
    space = SMALL if made not in SHIPPED else FilterSpace.load(made)
    suffixes = [".h", ".dsp"]
    texts = answer(space=model_state(space), programs=suffixes)["programs"]
    for suffix, text in zip(suffixes, texts, strict=True):
        assert text.encode() == write_instrument(space, tmp_path / f"aether{suffix}").read_bytes()


def test_numbers_at_the_limits_of_a_float_have_the_digits_of_python(answer):
    """In the place of the weights of a layer."""
    random = np.random.default_rng(3).integers(0, 2**31 - 2**23, 40).astype(np.uint32).view(np.float32)
    bits = [*random, 0.0, -0.0, 1e-5, 1e-4, 0.00012345, 1e15, 1e16, 3.4e38, 1e-45, 2**-20, 123456.7, -1.0]
    values = np.zeros((64,), np.float32)
    values[: len(bits)] = bits
    space = FilterSpace.untrained(num_filters=2)
    params = dict(space.variables["params"])
    params["decoder_0"] = {**params["decoder_0"], "bias": values}
    space = replace(space, variables={"params": params})
    (text,) = answer(space=model_state(space), programs=[".h"])["programs"]
    assert text == with_weights(c_header(space), space) and "1e-45f" in text and "-0.0f" in text


def test_a_space_of_more_sections_than_a_faust_program_has_is_offered_in_c_only():
    assert list(model_state(FilterSpace.untrained(num_filters=33))["programs"]) == [".h"]


def distance_db(cascade, target):
    """The distance of a fit from a target in dB, where it is fitted."""
    low, high = target.common_band_hz(20, 20_000)
    hertz = np.geomspace(max(low, 46.875), high, 1 + round(24 * np.log2(high / max(low, 46.875))))
    weights = np.gradient(hertz) / erb(hertz)
    bins = np.arange(1, 513) * 46.875
    wanted = np.interp(np.log(hertz), np.log(bins), target.spectrum_db[1:])
    difference = np.asarray(cascade.response_db(hertz)) - wanted
    return float(np.sqrt((weights / weights.sum()) @ difference**2))


@pytest.mark.slow(seconds=30)
def test_fits_of_n_sections_are_as_close_as_those_of_python(answer):
    space, rng = FilterSpace.load("4d"), np.random.default_rng(2)
    targets = [as_target(np.asarray(level)) for level in space.response_db(rng.uniform(-1.5, 1.5, (5, 4)))]
    fits = [
        {"spectrum": each.spectrum_db.tolist(), "band": each.band_hz, "count": count}
        for count in (5, 10)
        for each in targets
    ]
    found = [Recipe.from_json(json.dumps(fit)) for fit in answer(fits=fits)["fits"]]
    ours = np.reshape([distance_db(fit, target) for fit, target in zip(found, targets * 2, strict=True)], (2, 5))
    spectra = np.stack([each.spectrum_db for each in targets])
    for row, count in zip(ours, (5, 10), strict=True):
        fitted = fit_recipe(spectra, Sections(count))
        theirs = [jax.tree.map(lambda leaf, i=i: leaf[i], fitted) for i in range(len(targets))]
        distances = [distance_db(recipe, target) for recipe, target in zip(theirs, targets, strict=True)]
        assert row.mean() < 1.05 * np.mean(distances) + 0.01, (row, distances)
