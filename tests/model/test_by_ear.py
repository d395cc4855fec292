"""A filter found by ear: the belief, the questions, and simulated listeners."""

import json

import numpy as np
import pytest
from listening_ear import Listener, SpaceFamily, found, latent_optimised

from aether_lab.model.belief import Belief, probabilities
from aether_lab.model.by_ear import ByEar
from aether_lab.model.ear_curves import EAR_HZ, SpaceCurves
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import read_folder
from aether_lab.signals.spectrum import WEIGHTS, lsd

SPACES = {
    "alternating": FilterSpace.load("4d"),
    "with kinds": FilterSpace.load("nested"),
    "linear map": FilterSpace.untrained(latent_dim=2, num_filters=5, polarity="positive", frequency_map="linear"),
    "cascade": FilterSpace.untrained(latent_dim=3, num_filters=4, topology="cascade"),
    "another gain limit": FilterSpace.untrained(latent_dim=2, num_filters=6, gain_limit_db=60.0),
    "another rate": FilterSpace.untrained(latent_dim=2, num_filters=6, sample_rate=32_000.0),
}


@pytest.mark.parametrize("name", SPACES)
def test_the_curves_are_the_decoded_responses_at_the_frequencies_of_the_ear(name):
    space = SPACES[name]
    curves = SpaceCurves(space)
    numbers = np.random.default_rng(1).normal(size=(6, curves.size))
    kind = np.arange(6) % curves.kinds
    for number, k, curve in zip(numbers, kind, curves(numbers, kind), strict=True):
        recipe = space.decode(number, space.kinds[k] if space.kinds else None)
        level = np.asarray(recipe.response_db(np.minimum(EAR_HZ, space.settings.sample_rate / 2)), np.float64)
        np.testing.assert_allclose(curve, level - level.mean(), atol=0.02)  # dB; the space has float32


def test_distances_of_the_curves_are_those_of_whole_spectra():
    space = SPACES["alternating"]
    z = np.random.default_rng(2).normal(size=(2000, 4))
    curves = SpaceCurves(space)(z, np.zeros(2000, int))
    spectra = np.asarray(space.response_db(z), np.float64)
    spectra -= (spectra * WEIGHTS).sum(-1, keepdims=True)
    whole = lsd(spectra[::2], spectra[1::2])
    off = np.abs(np.sqrt(((curves[::2] - curves[1::2]) ** 2).mean(-1)) / whole - 1)
    assert np.quantile(off, 0.95) < 0.05 and off.max() < 0.1, (np.quantile(off, 0.95), off.max())


def test_a_listener_finds_a_filter_of_the_space_in_twenty_answers():
    space = FilterSpace.load("2d")
    family = SpaceFamily(space)
    begin = Belief.before(family, 3, 1.5)
    wanted = np.asarray(space.response_db([[1.2, -0.7], [-1.5, 0.4], [0.3, 1.6]]), np.float64)
    wanted -= (wanted * WEIGHTS).sum(-1, keepdims=True)
    for number, spectrum in enumerate(wanted):
        start, end = found(family, Listener(spectrum, WEIGHTS, 0.5, number), (0, 20), begin)
        assert end < 1.2 and end < 0.4 * start  # dB


@pytest.mark.slow(seconds=8)
def test_unseen_responses_are_found_nearly_as_well_as_by_least_squares(real_folder):
    corpus = read_folder(real_folder / "cabinets" / "guitarix_builtin") + read_folder(
        real_folder / "rooms" / "bbc_listening_room"
    )
    rows = np.linspace(0, len(corpus) - 1, 6).round().astype(int)
    spectra, weights = (np.asarray(each[rows], np.float64) for each in (corpus.spectra_db, corpus.weights))
    space = SPACES["alternating"]
    family, least = SpaceFamily(space), latent_optimised(space, spectra, weights)
    begin = Belief.before(family, 0, 1.5)
    ends = [
        found(family, Listener(spectrum, weight, 0.5, number), (25,), begin)[0]
        for number, (spectrum, weight) in enumerate(zip(spectra, weights, strict=True))
    ]
    assert np.mean(np.array(ends) <= least + 0.7) >= 0.6  # of six; the share of many is in the benchmark


def answer_all(search, answers):
    for answer in answers:
        search.answer(answer)
    return search


@pytest.fixture(scope="module")
def space():
    return FilterSpace.load("2d")


def test_the_same_seed_and_answers_give_the_same_questions_and_another_seed_others(space):
    first, second, other = (answer_all(ByEar(space, seed), "abbab") for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.question.a, second.question.a)
    np.testing.assert_array_equal(first.z, second.z)
    assert not np.array_equal(first.question.a, other.question.a)


def test_an_answer_that_is_undone_leaves_no_trace(space):
    search = answer_all(ByEar(space, 1), "ab")
    question, spread = search.question, search.spread_db
    answer_all(search, "b")
    search.undo()
    np.testing.assert_array_equal(search.question.b, question.b)
    assert search.spread_db == spread
    search.undo()
    search.undo()
    with pytest.raises(ValueError, match="no answer to undo"):
        search.undo()


def test_each_answer_moves_the_belief_and_many_shrink_it(space):
    search = ByEar(space, 2)
    before, ranges = search.spread_db, search.knob_ranges
    for _ in range(16):
        a, b = search.question.a, search.question.b
        search.answer("a" if np.linalg.norm(a - 0.8) < np.linalg.norm(b - 0.8) else "b")
    assert search.spread_db < before / 3
    assert (np.diff(search.knob_ranges) < np.diff(ranges) / 2).all()
    assert search.progress.startswith("16 answers: the filter is known to about")


def test_cannot_tell_says_that_both_are_about_as_far_away(space):
    search = ByEar(space, 6)
    a, b = (search._curve(z) for z in (search.question.a, search.question.b))

    def unequal():
        away = [np.sqrt(((search.belief.particles.curves - each) ** 2).mean(-1)) for each in (a, b)]
        return search.belief.weights @ np.abs(away[0] - away[1])

    before = unequal()
    search.answer("same")
    assert unequal() < 0.8 * before


def test_answers_have_probabilities_of_sum_one_and_clear_ones_are_for_large_differences():
    away = np.linspace(2, 20, 50)
    chances = probabilities(away, away[::-1], np.full(50, 8.0), 1.5, 0.9)
    np.testing.assert_allclose(sum(chances.values()), 1)
    np.testing.assert_allclose(chances["clearly a"], chances["clearly b"][::-1])
    assert min(each.min() for each in chances.values()) > 0
    assert (np.diff(chances["clearly a"]) < 0).all() and chances["a"][0] > chances["clearly a"][-1]
    assert chances["clearly a"][0] > 0.4 and chances["clearly a"][25] < 0.05


@pytest.mark.slow(seconds=8)
def test_a_listener_who_says_where_it_is_clear_is_understood_sooner():
    space = FilterSpace.load("2d")
    family = SpaceFamily(space)
    begin = [Belief.before(family, seed, 1.5) for seed in range(3)]
    wanted = np.asarray(space.response_db(np.random.default_rng(8).normal(size=(24, 2))), np.float64)
    wanted -= (wanted * WEIGHTS).sum(-1, keepdims=True)

    def distances(clearly_db):
        listeners = [Listener(spectrum, WEIGHTS, 2.0, i, clearly_db) for i, spectrum in enumerate(wanted)]
        return np.mean([found(family, each, (12,), begin[i % 3]) for i, each in enumerate(listeners)])

    assert distances(3.0) < 0.85 * distances(np.inf)


def test_a_search_in_a_space_with_kinds_tells_the_probability_of_each():
    space = SPACES["with kinds"]
    search = answer_all(ByEar(space), "ab")
    assert search.question.a.shape == (space.latent_dim,)
    assert list(search.kind_shares) == list(space.kinds) and sum(search.kind_shares.values()) == pytest.approx(1)
    assert "2 answers" in repr(search) and "kind=" in repr(search)


def test_a_file_of_answers_gives_back_the_search(space, tmp_path):
    search = answer_all(ByEar(space, 7, 1.0), ["a", "same", "clearly b"])
    again = ByEar.load(space, search.save(tmp_path / "answers.json"))
    np.testing.assert_array_equal(again.z, search.z)
    np.testing.assert_array_equal(again.question.a, search.question.a)
    assert again.to_json() == search.to_json()


DAMAGED = {
    "not a search by ear": lambda state: [],
    "a search in the model 'other'; this one is '2d'": lambda state: state | {"model": "other"},
    "seed is -1; allowed is 0 to": lambda state: state | {"seed": -1},
    "seed is True; allowed is 0 to": lambda state: state | {"seed": True},
    "noise_db is '1'; allowed is 0.1 to 10 dB": lambda state: state | {"noise_db": "1"},
    'answer 1: answer is "c"': lambda state: state | {"answers": [{**state["answers"][0], "answer": "c"}]},
    'answer 1: {"a": z, "b": z, "answer": "a"} is needed': lambda state: state | {"answers": ["a"]},
    "answer 1: b is \\[1\\]; it must be 2 numbers": lambda state: (
        state | {"answers": [{**state["answers"][0], "b": [1]}]}
    ),
}


@pytest.mark.parametrize("reason", DAMAGED)
def test_damaged_answers_are_refused_with_the_reason(reason, space, tmp_path):
    state = answer_all(ByEar(space), "a").to_json()
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(DAMAGED[reason](state)))
    with pytest.raises(ValueError, match=f"^{path}: {reason}".replace('"c"', "'c'")):
        ByEar.load(space, path)


def test_another_answer_is_refused_and_changes_nothing(space):
    search = ByEar(space)
    for answer in ("A", "", "c"):
        with pytest.raises(ValueError, match="allowed are a, b, same, clearly a, clearly b"):
            search.answer(answer)
    assert not search.answers and len(search._beliefs) == 1
