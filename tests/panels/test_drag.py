"""Dragging the curve (`dsp/solve_drag.js`) and the cascade after the bank (`dsp/bank.js`), against Python."""

import json

import numpy as np
import pytest
from programs import play
from scipy.optimize import minimize

from aether_lab.filters.recipe import Recipe
from aether_lab.model.space import FilterSpace
from aether_lab.panels.state import model_state


@pytest.fixture(scope="module")
def answer(node):
    """The answer of the browser's modules to a job."""

    def ask(**job):
        return json.loads(play(node, "play_drag.js", job))

    return ask


@pytest.fixture(scope="module")
def space():
    return FilterSpace.load("4d")


@pytest.fixture(scope="module")
def holds():
    random = np.random.default_rng(3)
    return [
        (
            random.uniform(-1.2, 1.2, 4).tolist(),
            float(60 * 2 ** random.uniform(0, 7.5)),
            float(random.uniform(-5, 5)),
            [],
        )
        for _ in range(40)
    ]


def level_db(space, z, hertz):
    return float(space.decode(z).response_db(np.array([hertz]))[0])


def test_in_the_shipped_space_the_decoded_curve_passes_through_the_drag_target(answer, space, holds):
    points = answer(space=model_state(space), holds=holds)["holds"]
    missed = [
        abs(level_db(space, z, hertz) - level_db(space, start, hertz) - change)
        for (start, hertz, change, _), z in zip(holds, points, strict=True)
    ]
    assert np.abs(points).max() <= 2
    assert np.median(missed) < 0.15  # dB; a pixel of the plot
    assert np.percentile(missed, 85) < 0.5  # the others are out of reach of any z


@pytest.mark.slow
def test_z_moves_hardly_further_than_scipys_minimum_to_the_same_level(answer, space, holds):
    state = model_state(space)
    ratios = []
    for (start, hertz, _, _), z in zip(holds, answer(space=state, holds=holds)["holds"], strict=True):
        reached = level_db(space, z, hertz)
        shortest = minimize(
            lambda point, start=start: np.sum((point - start) ** 2),
            np.array(start) + 0.01,
            method="SLSQP",
            bounds=[(-2, 2)] * 4,
            options={"maxiter": 30, "eps": 1e-3},
            constraints={"type": "eq", "fun": lambda point, f=hertz, to=reached: level_db(space, point, f) - to},
        )
        if shortest.success:
            ratios.append(np.linalg.norm(np.subtract(z, start)) / np.linalg.norm(shortest.x - start))
    assert len(ratios) >= 10  # SLSQP gives up on the others
    assert np.median(ratios) < 1.4  # above 1, because the rest of the curve is constrained too


def test_a_locked_dimension_is_unchanged_and_the_others_move(answer, space, holds):
    locked = [(start, hertz, change, [False, True, False, True]) for start, hertz, change, _ in holds[:10]]
    for (start, *_), z in zip(locked, answer(space=model_state(space), holds=locked)["holds"], strict=True):
        assert (z[1], z[3]) == (start[1], start[3])
        assert z[0] != start[0] or z[2] != start[2]


@pytest.mark.parametrize("shelves", [False, True])
@pytest.mark.parametrize("sample_rate", [48_000.0, 96_000.0])
def test_the_browser_draws_a_cascade_as_python_reads_it(answer, shelves, sample_rate):
    random = np.random.default_rng(1)
    recipe = Recipe.of(
        np.geomspace(40, 15_000, 8),
        random.uniform(0.3, 8, 8),
        random.uniform(-18, 18, 8),
        shelves=shelves,
        preamp_db=-4.5,
        sample_rate=sample_rate,
    )
    hertz = np.geomspace(20, 20_000, 60)
    (drawn,) = answer(series=[[json.loads(recipe.to_json()), hertz.tolist()]])["series"]
    np.testing.assert_allclose(drawn, recipe.response_db(hertz), atol=1e-6)
