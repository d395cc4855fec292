"""Alignment of spaces with kinds and details."""

import dataclasses
import json

import numpy as np
import pytest
from spaces import KINDS, space_with_kinds

from aether_lab.analysis.alignment import agreeing, most_uniform, pairs, procrustes
from aether_lab.analysis.axes import changes_db, effects, kind_agreement, travel_db
from aether_lab.analysis.card import card_text
from aether_lab.analysis.finish import aligned, finish
from aether_lab.analysis.reconstruction import all_stages
from aether_lab.model.card import checked_card
from aether_lab.model.run import Run, Training
from aether_lab.signals.synthetic import synthetic_responses


@pytest.fixture(scope="module")
def corpus():
    return synthetic_responses(24, families=("rooms", "cabinets", "ears")).corpus()


def orthogonal(seed):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(2, 2)))[0]


def test_shapes_that_differ_by_rotations_are_turned_onto_each_other():
    shape = np.random.default_rng(0).normal(size=(2, 9))
    shapes = np.stack([orthogonal(seed) @ shape for seed in range(5)])
    turned = np.swapaxes(procrustes(shapes), 1, 2) @ shapes
    np.testing.assert_allclose(turned, np.broadcast_to(turned[0], turned.shape), atol=1e-8)


def test_the_knobs_of_every_kind_are_made_to_agree_within_their_pairs():
    same = space_with_kinds(latent_dim=5, num_filters=4, details=1, spread=0)
    first = same.variables["params"]["decoder_0"]
    first["kernel"] = 0.1 * first["kernel"]  # nearly linear: effects that hardly depend on the points drawn
    turns = np.zeros((3, 4, 4))
    for kind in range(3):
        turns[kind, :2, :2], turns[kind, 2:, 2:] = orthogonal(kind), orthogonal(9 + kind)
    turned = same.rotated(turns)
    rotations = agreeing(turned)
    assert not rotations[:, :2, 2:].any() and not rotations[:, 2:, :2].any()
    before, after = (kind_agreement(changes_db(each, 1200)) for each in (turned, turned.rotated(rotations)))
    assert before.mean() < 0.5 and after.mean() > 0.9


def test_the_pairs_of_knobs():
    assert pairs(5) == [slice(0, 2), slice(2, 4), slice(4, 5)] and pairs(1) == [slice(0, 1)]


def test_a_space_without_kinds_turns_within_pairs_too():
    space = space_with_kinds(latent_dim=4, num_filters=4, details=1)
    turn = most_uniform(space, steps=11)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert turn[2].tolist() == [0, 0, 1] and turn[:2, 2].tolist() == [0, 0]


def test_alignment_keeps_pairs_details_and_kinds_and_makes_more_of_a_knob_more(corpus):
    space = space_with_kinds(latent_dim=6, details=2)
    even = aligned(space, corpus)
    z, before = (np.asarray(each.encode(corpus.spectra_db)[0], np.float64) for each in (even, space))
    np.testing.assert_array_equal(z[:, 6:], before[:, 6:])
    for kind in range(3):
        own = before[:, 6 + kind] == 1
        for pair in pairs(4):
            known = np.column_stack([before[own, pair], np.ones(own.sum())])
            np.testing.assert_allclose(known @ np.linalg.lstsq(known, z[own, pair])[0], z[own, pair], atol=1e-3)
        scale = z[own, 4:6] / before[own, 4:6]
        np.testing.assert_allclose(scale, scale[:1].repeat(own.sum(), 0), rtol=1e-3)
    np.testing.assert_allclose(even.response_db(z), space.response_db(before), atol=5e-3)
    assert [effect.sign for effect in effects(even)] == [1, 1, 1, 1]
    travel = travel_db(even)
    assert travel[0] > 0.9 * travel[1] and travel[2] > 0.9 * travel[3]


def test_a_finished_space_has_a_card_with_names_kinds_and_details(corpus, monkeypatch):
    space = space_with_kinds(latent_dim=4, details=2)
    stages = {stage: {"mean": 1.0} for stage in all_stages(space)}
    report = {"overall": stages, "over_sources": stages, "by_kind": {}, "by_source": {}}
    monkeypatch.setattr("aether_lab.analysis.finish.evaluate", lambda *_, **__: report)
    monkeypatch.setattr("aether_lab.analysis.finish.compare", lambda *_, **__: {})
    training = Training(epochs=1, steps_per_epoch=2, batch_size=8, augment=0, uniformity=0)
    run = Run(space.settings, training, None, [{"distance": 1.0}])
    run.state = dataclasses.make_dataclass("State", ["variables"])(space.variables)
    card = finish(run, corpus, name="mine").card
    assert checked_card(json.loads(json.dumps(card)), 7) == card
    assert (card["details"], card["kinds"], card["names"][2:]) == (2, list(KINDS), ["Detail 1", "Detail 2", *KINDS])
    text = card_text(card)
    assert f"| z1 | {card['names'][1]} | {card['captions'][1]} |" in text and "| z2 |" not in text
    assert "2 details and a weight for each kind: room, cabinet, ear" in " ".join(text.split())
    assert "z3 -" in text and "z4" not in text
