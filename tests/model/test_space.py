import dataclasses
import json
import os
import tracemalloc

import jax
import numpy as np
import pytest
import safetensors.numpy
from flax.traverse_util import flatten_dict

from aether_lab.model.objective import smoothed_lsd
from aether_lab.model.presets import model_name
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.vae import parameter_shapes
from aether_lab.signals.audio_files import read
from aether_lab.signals.corpus import read_folder
from aether_lab.signals.spectrum import WEIGHTS, lsd, spectrum_db
from aether_lab.signals.synthetic import synthetic_responses

pytestmark = pytest.mark.usefixtures("float32")

SHIPPED = {"4d": 4, "2d": 2, "baseline-4d": 4, "nested": 17}


@pytest.fixture(scope="module")
def space():
    return FilterSpace.untrained(seed=1)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_load_with_a_card(name):
    space = FilterSpace.load(name)
    assert (space.latent_dim, space.num_filters) == (SHIPPED[name], 32)
    assert space.card["name"] == name and space.card["sources"] and space.card["licence"]
    assert space.card["metrics"]["overall"]["mu"]["mean"] > space.card["metrics"]["overall"]["direct"]["mean"]
    low, high = space.learned_range[: space.knobs].T
    assert np.all((low < 0) & (high > 0) & (high - low > 2))
    settings = (space.settings.frequency_map, space.settings.polarity)
    assert settings == (("linear", "positive") if name == "baseline-4d" else ("log", "alternating"))


def test_the_default_is_4d():
    assert FilterSpace.load().card["name"] == "4d"


@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
def test_leading_axes_pass_through(space, leading):
    mean, log_var = space.encode(np.zeros((*leading, 513)))
    assert mean.shape == log_var.shape == (*leading, 4)
    recipe = space.decode(mean)
    assert recipe.frequency_hz.shape == recipe.q.shape == recipe.gain_db.shape == (*leading, 32)
    assert space.response_db(mean).shape == (*leading, 513)


@pytest.mark.parametrize("value", [0.0, 2.0, 1e6, -1e6, 1e300, np.inf, np.nan])
@pytest.mark.parametrize("name", ["4d", "baseline-4d"])
def test_any_z_decodes_to_a_finite_stable_filter(name, value):
    space = FilterSpace.load(name)
    for z in (np.full(4, value), np.array([value, 0, -value, 1])):
        recipe = space.decode(z)
        assert np.all(np.isfinite(recipe.response_db()))
        rows = recipe.sos()
        assert np.all(np.isfinite(rows))
        assert all(np.all(np.abs(np.roots(row[3:])) < 1) for row in rows)


def test_the_gradient_of_a_response_is_finite_however_far_z_is(space):
    for value in (0.0, 3.0, 1e6):
        gradient = jax.grad(lambda z: space.response_db(z).sum())(np.full(4, value, np.float32))
        assert np.all(np.isfinite(gradient))


def test_a_space_is_unchanged_by_saving_and_loading(space, tmp_path):
    z = np.random.default_rng(0).normal(size=(5, 4))
    again = FilterSpace.load(space.save(tmp_path / "m.safetensors"))
    assert again.settings == space.settings and again.card == space.card
    np.testing.assert_array_equal(again.response_db(z), space.response_db(z))
    half = FilterSpace.load(space.save(tmp_path / "half.safetensors", half=True))
    assert (tmp_path / "half.safetensors").stat().st_size < 0.52 * (tmp_path / "m.safetensors").stat().st_size
    assert np.all(lsd(np.asarray(half.response_db(z)), np.asarray(space.response_db(z))) < 0.25)


def test_calibration_centres_the_encoded_means_and_changes_no_filter(space):
    corpus = synthetic_responses(200, seed=1).spectra_db
    even = space.calibrated(corpus)
    mean, log_var = map(np.asarray, even.encode(corpus))
    np.testing.assert_allclose(np.mean(mean, 0), 0, atol=2e-3)
    np.testing.assert_allclose(np.std(mean, 0), 1, atol=2e-3)
    before_mean, before_log_var = map(np.asarray, space.encode(corpus))
    np.testing.assert_allclose(even.response_db(mean), space.response_db(before_mean), atol=0.02)
    spread = np.exp(np.asarray(before_log_var) / 2) / np.std(before_mean, 0)
    np.testing.assert_allclose(np.exp(np.asarray(log_var) / 2), spread, rtol=1e-3)
    inside = np.mean((mean >= even.learned_range[:, 0]) & (mean <= even.learned_range[:, 1]), axis=0)
    np.testing.assert_allclose(inside, 0.95, atol=0.02)


def test_every_source_weighs_the_same_in_a_calibration_and_in_the_learned_range(space):
    corpus = synthetic_responses(61, seed=1).corpus()
    largest = np.flatnonzero(np.array(corpus.sources) == corpus.sources[0])
    more = corpus.at(np.concatenate([np.arange(len(corpus)), np.tile(largest, 4)]))
    one, other = space.calibrated(corpus), space.calibrated(more)
    np.testing.assert_allclose(one.learned_range, other.learned_range, atol=2e-3)
    z = np.random.default_rng(0).normal(size=(20, space.latent_dim))
    np.testing.assert_allclose(one.response_db(z), other.response_db(z), atol=0.01)


def test_a_rotated_space_decodes_rotated_z_as_before(space):
    corpus = synthetic_responses(100, seed=1).spectra_db
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    turned = dataclasses.replace(space, card={**space.card, "captions": ["a", "b", "c", "d"]}).rotated(rotation)
    assert turned.card == {"name": "untrained"}  # entries about the old axes are dropped
    (mean, log_var), (turned_mean, turned_log_var) = (tuple(map(np.asarray, s.encode(corpus))) for s in (space, turned))
    np.testing.assert_allclose(turned_mean, mean @ rotation, atol=1e-5)
    np.testing.assert_allclose(turned.response_db(turned_mean), space.response_db(mean), atol=0.01)
    assert np.all(np.exp(turned_log_var) <= np.exp(log_var) @ rotation**2 * (1 + 1e-5))
    swapped = space.rotated(np.eye(4)[[2, 0, 3, 1]] * [1, -1, 1, 1])  # exact, because no variances are mixed
    np.testing.assert_allclose(swapped.encode(corpus)[1], log_var[:, [1, 3, 0, 2]], atol=1e-6)
    for wrong in (np.eye(3), 2 * np.eye(4), np.ones((4, 4))):
        with pytest.raises(ValueError, match=r"must be an orthogonal matrix of shape \(4, 4\)"):
            space.rotated(wrong)


def test_refinement_lowers_the_error_of_the_mean_and_keeps_the_variance():
    space, target = FilterSpace.load("4d"), synthetic_responses(24, seed=8).spectra_db
    (mean, log_var), (nearer, same) = (space.encode(target, refine=n) for n in (0, 60))
    before, after = (np.asarray(smoothed_lsd(space.decode(z), target)) for z in (mean, nearer))
    assert np.all(after <= before + 1e-3)
    before, after = (lsd(np.asarray(space.response_db(z)), target) for z in (mean, nearer))
    assert after.mean() < before.mean() - 0.01
    np.testing.assert_array_equal(log_var, same)
    np.testing.assert_allclose(space.encode(target[3], refine=60)[0], nearer[3], atol=1e-3)  # alone or with others
    with pytest.raises(ValueError, match="refine is -1"):
        space.encode(target, refine=-1)


def test_a_refinement_in_double_precision_leaves_one_in_single_possible():
    spectra = FilterSpace.load("2d").response_db(np.zeros((1, 2)))
    for double in (True, False):
        jax.config.update("jax_enable_x64", double)
        assert np.isfinite(FilterSpace.load("2d").refine(np.asarray(spectra), steps=1)).all()


def test_the_decoder_s_layers_are_what_decodes(space):
    (w0, b0), (w1, b1), (w2, b2) = space.decoder_layers
    z = np.array([0.3, -1.0, 2.0, 0.1], np.float32)
    hidden = np.maximum(np.maximum(z @ w0 + b0, 0) @ w1 + b1, 0)
    raw = (hidden @ w2 + b2).reshape(32, 3)
    recipe = space.decode(z)
    np.testing.assert_allclose(20 * np.tanh(raw[:, 2]), recipe.gain_db, atol=1e-4)
    np.testing.assert_allclose(0.002 ** (1 - 1 / (1 + np.exp(-raw[:, 0]))), recipe.frequency_hz / 24_000, rtol=1e-4)


def test_twenty_real_files_are_encoded_and_decoded(real_folder):
    """File to spectrum to z to filter, with a smaller error than without a filter."""
    space = FilterSpace.load("4d")
    folders = sorted({file.parent for file in real_folder.rglob("*.*") if file.suffix in (".wav", ".flac")})
    files = [file for folder in folders for file in sorted(folder.iterdir())[:2]]
    assert len(files) >= 20 and len(folders) >= 8
    for file in files:
        target = spectrum_db(read(file).samples[0], read(file).sample_rate)
        mean, log_var = space.encode(target)
        assert np.all(np.isfinite(mean)) and np.all(np.isfinite(log_var))
        response = np.asarray(space.decode(mean).response_db())
        assert np.all(np.isfinite(response))
        assert lsd(response, target) < max(0.9 * lsd(np.zeros(513), target), 2.5), file.name


def test_a_folder_is_encoded_and_decoded_at_once(real_folder):
    space = FilterSpace.load("4d")
    corpus = read_folder(real_folder / "plates")
    mean, _ = space.encode(corpus.spectra_db)
    distance = lsd(np.asarray(space.decode(mean).response_db()), corpus.spectra_db)
    assert distance.mean() < 2.5
    np.testing.assert_allclose(corpus.spectra_db @ WEIGHTS, 0, atol=1e-3)


def _rewritten(path, settings=None, arrays=None):
    with safetensors.safe_open(path, "numpy") as file:
        header = file.metadata()
        stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    header["settings"] = json.dumps(settings) if settings is not None else header["settings"]
    path.write_bytes(safetensors.numpy.save(arrays(stored) if arrays else stored, header))
    return path


def test_invalid_model_files_raise_with_name_and_reason(space, tmp_path):
    def saved():
        return space.save(tmp_path / "m.safetensors")

    whole = saved().read_bytes()
    settings = dataclasses.asdict(space.settings)
    cases = {
        "half.safetensors: damaged": whole[: len(whole) // 2],
        "empty.safetensors: damaged": b"",
        "text.safetensors: damaged": b"RIFF, no: just text " * 100,
        "other.safetensors: not an aether_lab model": safetensors.numpy.save({"x": np.zeros(3)}),
    }
    for words, data in cases.items():
        path = tmp_path / words.split(":")[0]
        path.write_bytes(data)
        with pytest.raises(ValueError, match=words):
            FilterSpace.load(path)
    with pytest.raises(
        ValueError, match=r"m.safetensors: weight shapes do not match the settings: 'params/decoder_2/bias'"
    ):
        FilterSpace.load(_rewritten(saved(), {**settings, "num_filters": 8}))
    with pytest.raises(ValueError, match=r"m.safetensors: unreadable settings: polarity is 'both'"):
        FilterSpace.load(_rewritten(saved(), {**settings, "polarity": "both"}))
    with pytest.raises(ValueError, match=r"m.safetensors: damaged: some weights are not finite"):
        FilterSpace.load(_rewritten(saved(), arrays=lambda a: {k: np.full_like(v, np.nan) for k, v in a.items()}))
    names = r"\(2d, 4d, baseline-4d, nested\)"
    with pytest.raises(ValueError, match=rf"'5d' is neither a model file nor a shipped model {names}"):
        FilterSpace.load("5d")
    with pytest.raises(ValueError, match="neither a model file"):
        FilterSpace.load(tmp_path / "none.safetensors")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*(c.split(":")[0] for c in cases), "m.safetensors"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"num_filters": 10**9}, "weight shapes do not match the settings: 'params/decoder_2/bias' is .*3000000000"),
        ({"num_filters": 10**30}, "num_filters is 1e.30; it must be an integer"),
        ({"num_filters": 32.0}, "num_filters is 32.0; it must be an integer"),
        ({"latent_dim": True}, "latent_dim is True; it must be an integer"),
        ({"latent_dim": None}, "latent_dim is None"),
        ({"sample_rate": "48000"}, "sample_rate is '48000'; allowed are 8000 to"),
        ({"sample_rate": 1e300}, "sample_rate is 1e.300; allowed are 8000 to"),
        ({"gain_limit_db": 1e3}, "gain_limit_db is 1000.0; allowed are 1 to 120 dB"),
        ({"gain_limit_db": "60"}, "gain_limit_db is '60'; allowed are"),
        ({"topology": ["parallel"]}, "topology is .'parallel'.; allowed are parallel, cascade"),
        ({"depth": 3}, "unreadable settings: .*depth"),
    ],
)
def test_a_model_file_with_other_settings_is_refused_before_anything_is_allocated(change, words, space, tmp_path):
    path = _rewritten(space.save(tmp_path / "m.safetensors"), {**dataclasses.asdict(space.settings), **change})
    tracemalloc.start()
    with pytest.raises(ValueError, match=f"m.safetensors: .*{words}"):
        FilterSpace.load(path)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("[]", "the card is"),
        ("[" * 100_000, "nested too deeply"),
        ('{"learned_range": [[-1, NaN], [-1, 1], [-1, 1], [-1, 1]]}', "NaN is not a number"),
        ('{"learned_range": [[-1, 1]]}', "learned_range.* it must be 4 pairs"),
        ('{"learned_range": [[-1, 1], [-1, 1], [-1, 1], [1, -1]]}', "low below high"),
        ('{"learned_range": [[-1, 1], [-1, 1], [-1, 1], ["a", 1]]}', "learned_range"),
        ('{"learned_range": [[-1, 1], [-1, 1], [-1, 1], [-1, 1e300]]}', "within ±1e.06"),
        ('{"learned_range": 3}', "learned_range"),
        ('{"captions": "abcd"}', "captions.* it must be 4 strings"),
        ('{"captions": ["a"]}', "captions.* it must be 4 strings"),
        ('{"names": ["a"]}', "names.* it must be 4 strings"),
        ('{"landmark_sources": "a"}', "landmark_sources.* must be of type dict"),
        ('{"captions": [1, 2, 3, 4]}', "captions.* it must be 4 strings"),
        ('{"landmarks": ["a"]}', "landmarks are list"),
        ('{"landmarks": {"a": [1, 2]}}', "landmarks: preset 'a' is .* must be 4 finite numbers"),
        ('{"landmarks": {"a\\nb": [1, 2, 3, 4]}}', "landmarks: .* is not a preset name"),
        ('{"landmarks": {"a": ["1", "2", "3", "4"]}}', "landmarks: preset 'a'"),
        ('{"synthetic_responses": 2.5}', '"synthetic_responses".* is 2.5; it must be an integer from 0 to 1000000'),
        ('{"synthetic_responses": 20000, "synthetic_share": 1.5}', '"synthetic_share".* from 0 to 1'),
        ('{"training": {"seed": -1}}', '"training.seed".* is -1'),
        ('{"name": ["4d"]}', "name.* it must be of type str"),
        ('{"metrics": [], "name": "a"}', "metrics.* it must be of type dict"),
        ('{"name": "a", "name": "b"}', "'name' occurs more than once"),
    ],
)
def test_a_model_file_with_a_damaged_card_is_refused(card, words, space, tmp_path):
    path = space.save(tmp_path / "m.safetensors")
    settings = json.dumps(dataclasses.asdict(space.settings))
    arrays = {"/".join(key): np.asarray(leaf) for key, leaf in flatten_dict(space.variables).items()}
    path.write_bytes(safetensors.numpy.save(arrays, {"settings": settings, "card": card}))
    with pytest.raises(ValueError, match=f"m.safetensors: unreadable card: .*{words}"):
        FilterSpace.load(path)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (lambda a: {k: v.astype(np.float64) for k, v in a.items()}, "is of type F64; expected F16 or F32"),
        (lambda a: {k: v.astype(np.int32) for k, v in a.items()}, "is of type I32; expected F16 or F32"),
        (lambda a: {k: v for k, v in a.items() if k != "params/mu/bias"}, "'params/mu/bias' is missing"),
        (lambda a: {**a, "more": np.zeros(3, np.float32)}, r"'more' is \(3,\); expected none"),
        (lambda a: {**a, "params/mu/bias": np.full(4, 1e30, np.float32)}, "not finite or beyond ±65504, in params/mu"),
    ],
)
def test_a_model_file_with_other_weights_is_refused(weights, words, space, tmp_path):
    with pytest.raises(ValueError, match=f"m.safetensors: .*{words}"):
        FilterSpace.load(_rewritten(space.save(tmp_path / "m.safetensors"), arrays=weights))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="NOT TESTED: this system has no FIFOs")
def test_a_model_is_read_from_a_regular_file_of_bounded_size(space, tmp_path):
    os.mkfifo(tmp_path / "fifo.safetensors")
    with (tmp_path / "sparse.safetensors").open("wb") as file:
        file.truncate(1 << 40)
    for path in (tmp_path / "fifo.safetensors", "/dev/zero", tmp_path):
        with pytest.raises(ValueError, match=f"^{path}: a (pipe|device|folder), not a file"):
            FilterSpace.load(path)
    with pytest.raises(ValueError, match=r"sparse.safetensors: .* bytes; at most 268,435,456 are read"):
        FilterSpace.load(tmp_path / "sparse.safetensors")
    (tmp_path / "header.safetensors").write_bytes((20_000_001).to_bytes(8, "little") + bytes(20_000_100))
    with pytest.raises(ValueError, match=r"header.safetensors: damaged .*20,000,001 bytes of its own; at most"):
        FilterSpace.load(tmp_path / "header.safetensors")
    path = space.save(tmp_path / "m.safetensors")
    with pytest.raises(ValueError, match="bytes; at most 1,000 are read"):
        FilterSpace.load(path, largest=1000)


@pytest.mark.parametrize("dims", [1, 4])
def test_the_shapes_of_the_parameters_are_those_of_the_network(dims):
    space = FilterSpace.untrained(latent_dim=dims, num_filters=5)
    shapes = {"/".join(key): leaf.shape for key, leaf in flatten_dict(space.variables).items()}
    assert parameter_shapes(5, dims, 513) == shapes


def test_a_card_with_a_name_that_is_not_utf_8_is_saved_and_shown(space, tmp_path):
    named = dataclasses.replace(space, card={"name": "caf\udce9\n</script>"})
    again = FilterSpace.load(named.save(tmp_path / "m.safetensors"))
    assert again.card == named.card
    assert model_name(again) == r"caf\xe9\x0a</script>"


def test_wrong_shapes_raise(space):
    with pytest.raises(ValueError, match="a spectrum of 513 finite dB values"):
        space.encode(np.zeros((2, 512)))
    with pytest.raises(ValueError, match="not finite"):
        space.encode(np.full(513, np.nan))
    with pytest.raises(ValueError, match="this space has 4 dimensions"):
        space.decode(np.zeros(3))
    with pytest.raises(ValueError, match="latent_dim 0"):
        ModelSettings(latent_dim=0)
    with pytest.raises(ValueError, match="topology is 'series'; allowed are parallel, cascade"):
        ModelSettings(topology="series")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        space.save("nowhere/at/all.safetensors")


def test_a_space_saved_twice_has_the_same_bytes(tmp_path):
    """safetensors itself writes its header in random order."""
    space = FilterSpace.untrained(num_filters=4)
    assert len({space.save(tmp_path / f"{i}.safetensors").read_bytes() for i in range(16)}) == 1
