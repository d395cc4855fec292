"""Kinds and details: what a latent point of such a space means, and how it is found and learned."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from spaces import KINDS, space_with_kinds

from aether_lab.model.inference import BEYOND_DB
from aether_lab.model.knobs import KNOB
from aether_lab.model.objective import evaluation_weights
from aether_lab.model.run import Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.training import train
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.curve import Curve
from aether_lab.signals.spectrum import BAND, erb_weights, lsd
from aether_lab.signals.synthetic import synthetic_responses


@pytest.fixture(scope="module")
def space():
    return space_with_kinds(latent_dim=4, details=2)


@pytest.fixture(scope="module")
def corpus():
    return synthetic_responses(24, families=("rooms", "cabinets", "ears")).corpus()


def test_a_point_has_knobs_details_and_kinds(space):
    assert (space.knobs, space.details, space.kinds, space.latent_dim) == (2, 2, KINDS, 7)
    whole = space.response_db([0.5, -1, 0, 0, 0, 1, 0])
    np.testing.assert_allclose(space.response_db([0.5, -1], kind="cabinet"), whole, atol=1e-5)
    np.testing.assert_allclose(space.response_db([0.5, -1, 0, 0], kind=[0, 3, 0]), whole, atol=1e-5)
    assert np.abs(np.asarray(space.response_db([0.5, -1], kind="ear")) - whole).max() > 0.5


def test_without_a_weight_kinds_are_an_equal_mixture(space):
    equal = space.response_db([0.5, -1, 0.3, 0, 1, 1, 1])
    for z in ([0.5, -1, 0.3, 0], [0.5, -1, 0.3, 0, 0, 0, 0], [0.5, -1, 0.3, 0, -2, 0, -1]):
        np.testing.assert_allclose(space.response_db(z), equal, atol=1e-5)


def test_a_path_from_one_kind_to_another_is_continuous(space):
    share = np.linspace(0, 1, 101)[:, None]
    path = np.concatenate([np.tile([0.5, -1, 0, 0], (101, 1)), 1 - share, share, 0 * share], axis=1)
    steps = lsd(*(np.asarray(space.response_db(path))[part] for part in (slice(1, None), slice(-1))))
    assert steps.max() < 2
    assert np.abs(np.diff(steps)).max() < 0.8
    assert steps.sum() > 10


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("church", "kind is 'church'; allowed are room, cabinet, ear"),
        ([1, 0], "a mixture of kinds is 3 numbers >= 0"),
        ([1, -1, 0], "a mixture of kinds is 3 numbers >= 0"),
        ([np.nan, 1, 0], "a mixture of kinds is 3 numbers >= 0"),
        ([0, 0, 0], "at least one weight above 0"),
    ],
)
def test_another_kind_is_refused(space, kind, message):
    with pytest.raises(ValueError, match=message):
        space.decode([0, 0], kind)


def test_a_space_without_kinds_has_none():
    plain = FilterSpace.load("4d")
    assert (plain.knobs, plain.details, plain.kinds) == (4, 0, ())
    for use in (plain.decode, plain.response_db):
        with pytest.raises(ValueError, match="this space has no kinds"):
            use([0, 0, 0, 0], "room")
    for use in (plain.encode, plain.reconstruct, plain.locate):
        with pytest.raises(ValueError, match="this space has no kinds"):
            use(np.zeros(513), kind="room")


@pytest.mark.parametrize("z", [[0.0], [0.0] * 3, [0.0] * 8, 0.0])
def test_a_point_of_another_length_is_refused(space, z):
    with pytest.raises(ValueError, match=r"this space has 7 dimensions: \(\.\.\., 7\), or \(\.\.\., 4\), or"):
        space.decode(z)


def test_the_encoder_names_the_most_likely_kind(space, corpus):
    """By the distance, and by how far the code is beyond the knobs."""
    z, log_var = map(np.asarray, space.encode(corpus.spectra_db))
    assert z.shape == log_var.shape == (24, 7)
    np.testing.assert_array_equal(np.sort(z[:, 4:]), [[0, 0, 1]] * 24)

    def errors(z):
        response = np.asarray(space.response_db(z), np.float64)
        return lsd(response - (response @ erb_weights())[:, None], corpus.spectra_db)

    codes = [np.asarray(space.encode(corpus.spectra_db, kind=kind)[0], np.float64) for kind in KINDS]
    distances = np.array([errors(code) for code in codes])
    beyond = [np.maximum(np.abs(code[:, : space.knobs]).max(1) - KNOB, 0) for code in codes]
    costs = distances + BEYOND_DB * np.array(beyond)
    np.testing.assert_array_equal(z[:, 4:].argmax(1), costs.argmin(0))
    assert (costs.argmin(0) != distances.argmin(0)).any()
    np.testing.assert_allclose(errors(z), np.take_along_axis(distances, costs.argmin(0)[None], 0)[0], atol=1e-4)
    np.testing.assert_allclose(space.encode(corpus.spectra_db[0], kind=KINDS[z[0, 4:].argmax()])[0], z[0], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("details", [0, 1, 2])
def test_details_that_are_not_asked_for_are_zero(space, corpus, details):
    z = np.asarray(space.locate(corpus.spectra_db[:4], details=details))
    assert (z[:, 2 + details : 4] == 0).all()
    assert (z[:, : 2 + details] != 0).all()
    np.testing.assert_allclose(z[:, 4:].sum(1), 1)


@pytest.mark.slow
def test_refinement_is_never_worse_than_the_mean(space, corpus):
    mean = np.asarray(space.reconstruct(corpus.spectra_db, details=2, refine=0))
    better = np.asarray(space.reconstruct(corpus.spectra_db, details=2))
    before, after = (lsd(each, corpus.spectra_db) for each in (mean, better))
    assert (after <= before + 1e-4).all()
    assert after.mean() < 0.8 * before.mean()
    z = space.encode(corpus.spectra_db)[0]
    raw = [
        lsd(np.asarray(space.response_db(point)), corpus.spectra_db)
        for point in (z, space.refine(corpus.spectra_db, z))
    ]
    assert (raw[1] <= raw[0]).all()


@pytest.mark.parametrize("details", [-1, 3])
def test_more_details_than_there_are_are_refused(space, corpus, details):
    with pytest.raises(ValueError, match=f"details is {details}; allowed are 0 to 2"):
        space.reconstruct(corpus.spectra_db, details=details)


@pytest.mark.slow
def test_what_was_not_measured_has_no_part_in_a_reconstruction(space):
    level = np.asarray(space.response_db([1, -1, 0.5, 0, 1, 0, 0]), np.float64)
    weights = erb_weights(500, 6000)
    level -= weights @ level
    other = np.where(weights > 0, level, 30.0)
    exact = space.refine(other, [1, -1, 0.5, 0, 1, 0, 0], weights=weights)
    np.testing.assert_allclose(exact, [1, -1, 0.5, 0, 1, 0, 0], atol=1e-3)
    response = np.asarray(space.reconstruct(other, weights, details=2, kind="room"))
    assert abs(weights @ response) < 1e-4
    curve = Curve(np.geomspace(500, 6000, 99), np.interp(np.geomspace(500, 6000, 99), np.arange(513) * 46.875, level))
    assert space.reconstruct(curve, details=2).shape == (513,)


@pytest.mark.parametrize("weights", [np.zeros(513), -np.ones(513), np.ones(512), np.full(513, np.nan)])
def test_weights_that_measure_nothing_are_refused(space, weights):
    with pytest.raises(ValueError, match="weights"):
        space.reconstruct(np.zeros(513), weights)


def test_calibration_sets_each_kind_and_keeps_every_response(space, corpus):
    even = space.calibrated(corpus)
    z, before = (np.asarray(s.encode(corpus.spectra_db)[0]) for s in (even, space))
    np.testing.assert_allclose(even.response_db(z), space.response_db(before), atol=2e-3)
    np.testing.assert_array_equal(z[:, 4:], before[:, 4:])
    assert np.abs(z[:, :2].mean(0)).max() < 0.5
    assert np.abs(np.log(z[:, :4].std(0))).max() < 0.5
    knobs = np.array([[0.3, -0.5]])
    assert even.card["learned_range"][4:] == [[0, 1]] * 3
    assert space.response_db(knobs, "ear").shape == (1, 513)


@pytest.mark.parametrize("inside", [0.5, 0.9])
def test_calibration_puts_a_share_of_all_codes_inside(space, corpus, inside):
    even = space.calibrated(corpus, inside)
    z, before = (np.asarray(s.encode(corpus.spectra_db)[0]) for s in (even, space))
    np.testing.assert_allclose(even.response_db(z), space.response_db(before), atol=2e-3)
    assert (np.abs(z[:, :2]) <= 2.001).all(1).mean() >= inside
    limits = np.array(even.card["learned_range"])[:2]
    assert (np.abs(limits) < 4).all()


def test_knobs_turn_and_details_stay(space, corpus):
    a = 0.3
    turned = space.rotated([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    z, before = (np.asarray(s.encode(corpus.spectra_db)[0]) for s in (turned, space))
    np.testing.assert_allclose(z[:, 2:], before[:, 2:], atol=1e-4)
    np.testing.assert_allclose(turned.response_db(z), space.response_db(before), atol=2e-3)


def test_a_saved_space_has_its_kinds(space, tmp_path):
    again = FilterSpace.load(space.save(tmp_path / "kinds.safetensors"))
    assert again.settings == space.settings
    z = [0.5, -1, 0.3, 0, 0.2, 0, 0.8]
    np.testing.assert_array_equal(again.response_db(z), space.response_db(z))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kinds": "room"}, "they must be names"),
        ({"kinds": ("room",)}, "none, or 2 to 64 different names"),
        ({"kinds": ("room", "room")}, "different names"),
        ({"kinds": ("a\nb", "c")}, "they must be names"),
        ({"details": 2}, "details is 2; allowed are 0 to 1, of 2"),
        ({"details": -1}, "details is -1"),
        ({"details": True}, "details is True; it must be an integer"),
    ],
)
def test_settings_that_make_no_space_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        ModelSettings(**{"latent_dim": 2, **changed})


@pytest.mark.slow
def test_training_learns_kinds_and_details_only_where_spectra_were_measured(corpus):
    """Corpora that differ only outside have the same distance, but for what the encoder reads; here it stays deaf."""
    bands = np.tile([300.0, 5000.0], (len(corpus), 1))
    outside = erb_weights(300, 5000) == 0
    changed = corpus.spectra_db + np.where(outside, np.random.default_rng(0).normal(size=513), 0).astype(np.float32)
    weights, wide = evaluation_weights(np.array([[300.0, 5000.0], BAND]))
    assert wide.tolist() == [False, True]
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-5)
    space = FilterSpace.untrained(latent_dim=3, num_filters=4, details=1, kinds=KINDS)
    params = space.variables["params"]
    params = {**params, "kind_encoder": jax.tree.map(jnp.zeros_like, params["kind_encoder"])}
    deaf = dataclasses.replace(space, variables={"params": params})
    training = Training(epochs=2, steps_per_epoch=3, batch_size=8, learning_rate=0, augment=0, uniformity=0.3)

    def distance(spectra_db, bands_hz):
        part = Corpus(spectra_db, corpus.names, corpus.sources, (), bands_hz)
        return train(part, space.settings, training, start=deaf, progress=False).history[0]["distance"]

    first = distance(corpus.spectra_db, bands)
    assert np.isfinite(first)
    np.testing.assert_allclose(first, distance(changed, bands), rtol=1e-5)
    everywhere = np.tile(BAND, (len(corpus), 1))
    assert abs(distance(corpus.spectra_db, everywhere) - distance(changed, everywhere)) > 1e-3


@pytest.mark.slow
def test_the_learned_kinds_lower_the_error(corpus):
    settings = ModelSettings(latent_dim=3, num_filters=8, details=1, kinds=KINDS)
    training = Training(epochs=2, steps_per_epoch=60, learning_rate=1e-2, batch_size=16, augment=0, uniformity=0)
    run = train(corpus, settings, training, progress=False, validation_db=corpus)
    untrained = FilterSpace.untrained(latent_dim=3, num_filters=8, details=1, kinds=KINDS)
    start = untrained.reconstruct(corpus.spectra_db, details=1, refine=0)
    assert run.history[-1]["validation"] < 0.7 * lsd(np.asarray(start), corpus.spectra_db).mean()
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(run.state.variables))
