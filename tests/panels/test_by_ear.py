"""Searches by ear in the browser (`static/dsp`) against Python, and `EarPanel` in the kernel."""

import json

import numpy as np
import pytest
from programs import play

from aether_lab.model.by_ear import ByEar
from aether_lab.model.space import FilterSpace
from aether_lab.panels.ear_panel import EarPanel
from aether_lab.panels.state import model_state

ANSWERS = ["a", "b", "clearly b", "same", "clearly a", "undo", "b", *"aabbabaaabbab"]
CHOICE_SECONDS = 0.05  # of processor time, half of them at most


@pytest.mark.slow
@pytest.mark.parametrize(
    "space",
    [
        FilterSpace.load("4d"),
        FilterSpace.load("nested"),
        FilterSpace.untrained(latent_dim=2, num_filters=5, topology="cascade", frequency_map="linear"),
    ],
    ids=["4d", "nested", "cascade"],
)
def test_the_browser_asks_the_same_questions(space, node):
    search, questions = ByEar(space, seed=7), []
    for answer in ANSWERS:
        questions.append((search.question.a, search.question.b))
        if answer == "undo":
            search.undo()
        else:
            search.answer(answer)
    job = {"space": model_state(space), "state": {"seed": 7}, "answers": ANSWERS}
    told = json.loads(play(node, "play_by_ear.js", job))
    for (a, b), asked in zip(questions, told["questions"], strict=True):
        np.testing.assert_allclose(asked["a"], a, atol=1e-9)
        np.testing.assert_allclose(asked["b"], b, atol=1e-9)
    np.testing.assert_allclose(told["z"], search.z, atol=1e-9)
    np.testing.assert_allclose(np.array(told["knobRanges"])[:, [0, 2]], search.knob_ranges, atol=1e-9)
    np.testing.assert_allclose(told["kindShares"], list(search.kind_shares.values()), atol=1e-9)
    assert told["spreadDb"] == pytest.approx(search.spread_db, abs=1e-9)
    seconds = told["seconds"]
    for _ in range(2):  # a machine may be busy
        if np.median(seconds) >= CHOICE_SECONDS:
            seconds = json.loads(play(node, "play_by_ear.js", job))["seconds"]
    assert np.median(seconds) < CHOICE_SECONDS
    again = ByEar.from_json(space, {**told["state"], "model": search.to_json()["model"]})
    np.testing.assert_allclose(again.z, search.z, atol=1e-9)


@pytest.fixture
def panel():
    panel = EarPanel("2d", seed=3)
    yield panel
    panel.close()


def test_the_panel_begins_with_the_search_and_follows_the_answers_of_the_browser(panel):
    assert panel.view.ear["open"] and panel.view.ear["seed"] == 3 and not panel.answers
    search = ByEar(panel.space, 3)
    search.answer("a")
    search.answer("b")
    panel.view.set_state({"ear": {**search.to_json(), "open": True}})
    assert [each.answer for each in panel.answers] == ["a", "b"]
    np.testing.assert_array_equal(panel.search.z, search.z)
    assert panel.search is panel.search  # computed once


def test_a_search_can_be_put_into_the_panel_and_another_space_is_refused(panel):
    search = ByEar(panel.space, 9)
    search.answer("b")
    panel.search = search
    assert panel.view.ear == {**search.to_json(), "open": True}
    with pytest.raises(ValueError, match="it must be a ByEar in 2d"):
        panel.search = ByEar(FilterSpace.load("4d"))
    with pytest.raises(ValueError, match="it must be a ByEar in 2d"):
        panel.search = "answers.json"
    assert panel.search is search


def test_damaged_answers_of_the_browser_are_refused_with_the_reason(panel):
    panel.view.set_state({"ear": {"answers": [{"a": [0, 0], "b": [0, 1], "answer": "x"}]}})
    with pytest.raises(ValueError, match="answer 1: answer is 'x'"):
        _ = panel.search
