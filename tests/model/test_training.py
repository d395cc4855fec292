import dataclasses
import os
import signal
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aether_lab.analysis.disentanglement import disentanglement
from aether_lab.filters.fit import fit_recipe
from aether_lab.model.augment import augment
from aether_lab.model.loss import (
    HEADROOM_DB,
    PLACEMENT,
    cancellation,
    displacement,
    factor_gap,
    kl_divergence,
    loss,
    ripple,
    traversal_loss,
)
from aether_lab.model.objective import evaluation_weights
from aether_lab.model.run import Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.training import train, with_synthetic
from aether_lab.model.vae import log_spaced_centres
from aether_lab.signals.corpus import balanced
from aether_lab.signals.known_factors import known_factors, known_responses
from aether_lab.signals.locks import sole_writer
from aether_lab.signals.spectrum import FREQUENCIES, WEIGHTS, lsd
from aether_lab.signals.synthetic import synthetic_responses

pytestmark = pytest.mark.usefixtures("float32")

SMALL = ModelSettings(latent_dim=2, num_filters=8)
SHORT = Training(epochs=3, steps_per_epoch=4, batch_size=8)


@pytest.fixture(scope="module")
def spectra():
    return synthetic_responses(48, seed=3).spectra_db


def leaves(run):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(run.state)]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(leaves(a), leaves(b), strict=True))


def test_kl_is_zero_at_the_prior_and_half_a_nat_one_deviation_away():
    np.testing.assert_allclose(kl_divergence(np.array([0.0, 1.0]), np.zeros(2)), [0, 0.5])


@pytest.mark.slow
def test_beta_rises_linearly_to_its_final_value_and_the_loss_uses_it(spectra):
    settings = Training(epochs=10, steps_per_epoch=10, beta=0.5, anneal=0.4)
    np.testing.assert_allclose(settings.beta_at(np.array([0, 20, 40, 99])), [0, 0.25, 0.5, 0.5])
    key = jax.random.key(0)
    variables = SMALL.network.init(key, jnp.ones((1, 513)), key)
    low, terms = loss(variables, SMALL, jnp.asarray(spectra), key, 0.0)
    high, _ = loss(variables, SMALL, jnp.asarray(spectra), key, 2.0)
    np.testing.assert_allclose(low, terms["distance"] + PLACEMENT * terms["displacement"], rtol=1e-6)
    np.testing.assert_allclose(high - low, 2 * terms["kl"], rtol=1e-4)


@pytest.mark.slow
def test_the_traversal_loss_is_weighted_and_zero_for_a_constant_decoder(spectra):
    key = jax.random.key(0)
    variables = SMALL.network.init(key, jnp.ones((1, 513)), key)
    low, before = loss(variables, SMALL, jnp.asarray(spectra), key, 0.0)
    high, terms = loss(variables, SMALL, jnp.asarray(spectra), key, 0.0, uniformity=2.0)
    placed = PLACEMENT * (terms["displacement"] - before["displacement"])
    np.testing.assert_allclose(high - low - placed, 2 * terms["step_variation"], rtol=1e-3)
    codes = jnp.asarray(np.random.default_rng(0).normal(size=(32, 2)), jnp.float32)
    assert traversal_loss(variables, SMALL, codes, key)[0] > 1e-3
    deaf = jax.tree.map(lambda leaf: leaf, variables)
    deaf["params"]["decoder_0"]["kernel"] *= 0
    np.testing.assert_allclose(traversal_loss(deaf, SMALL, codes, key)[0], 0, atol=1e-9)


@pytest.mark.long
@pytest.mark.slow
def test_the_uniformity_weight_makes_traversals_more_uniform(spectra):
    """Along random lines through the encoded points of each run, as in the loss term."""
    settings = Training(epochs=6, steps_per_epoch=50, batch_size=16, augment=0.0)

    def left(uniformity):
        space = train(spectra, SMALL, dataclasses.replace(settings, uniformity=uniformity), progress=False).space
        codes, keys = space.encode(spectra)[0], jax.random.split(jax.random.key(1), 20)
        return np.mean([traversal_loss(space.variables, SMALL, codes, key)[0] for key in keys])

    assert left(3.0) < 0.6 * left(0.0)


def test_sections_where_training_starts_are_not_displaced():
    model = ModelSettings(latent_dim=2, num_filters=8)
    centres, q = log_spaced_centres(8, model.frequency_map)
    start = model.recipe(jnp.asarray(centres), jnp.full(8, q), jnp.zeros(8))
    np.testing.assert_allclose(displacement(start, model), 0, atol=1e-9)
    narrow = model.recipe(jnp.asarray(centres), jnp.full(8, q * np.e), jnp.zeros(8))
    np.testing.assert_allclose(displacement(narrow, model), 1, rtol=1e-5)
    moved = model.recipe(jnp.asarray(centres * centres[1] / centres[0]), jnp.full(8, q), jnp.zeros(8))
    np.testing.assert_allclose(displacement(moved, model), 1, rtol=1e-4)


def test_only_sections_that_cancel_beyond_the_headroom_count():
    pair = ModelSettings(latent_dim=2, num_filters=2)

    def cancelled(*gain_db):
        return float(cancellation(pair.recipe(jnp.array([0.1, 0.1]), jnp.array([3.0, 3.0]), jnp.array(gain_db))))

    assert cancelled(0.0, -12.0) == 0  # the sum of both signs is 2.5 dB under the stronger one
    np.testing.assert_allclose(cancelled(0.0, 20 * np.log10(0.9)), (20 - HEADROOM_DB) ** 2, rtol=1e-3)
    assert cancelled(0.0, 20 * np.log10(0.99)) > 400


def test_a_swing_between_the_lowest_bins_counts_and_one_above_does_not():
    one = ModelSettings(latent_dim=2, num_filters=1)

    def swing(hz, q):
        return float(ripple(one.recipe(jnp.array([hz / 24_000]), jnp.array([float(q)]), jnp.array([12.0]))))

    assert swing(115, 1) < 0.1 and swing(115, 30) > 10  # between the bins at 94 and 141 Hz
    assert swing(2_000, 30) < 1e-3


def test_swings_cost_what_the_smoothness_says(spectra):
    key = jax.random.key(0)
    variables = SMALL.network.init(key, jnp.ones((1, 513)), key)
    low, without = loss(variables, SMALL, jnp.asarray(spectra), key, 0.0)
    high, terms = loss(variables, SMALL, jnp.asarray(spectra), key, 0.0, smoothness=1e3)
    assert "ripple" not in without and terms["ripple"] > 0
    np.testing.assert_allclose(high - low, 1e3 * terms["ripple"], rtol=1e-4)


@pytest.mark.long
@pytest.mark.slow
def test_training_with_more_smoothness_leaves_smaller_swings(spectra):
    model = dataclasses.replace(SMALL, num_filters=32, gain_limit_db=60.0)
    settings = Training(epochs=6, steps_per_epoch=50, batch_size=16, uniformity=0.0)

    def left(smoothness):
        run = train(spectra, model, dataclasses.replace(settings, smoothness=smoothness), progress=False)
        return float(ripple(run.space.decode(run.space.encode(spectra)[0])))

    assert left(1.0) < 0.5 * left(0.0)


def test_the_factor_gap_is_one_for_the_factors_and_zero_where_two_numbers_share_them():
    factors = jnp.asarray(np.random.default_rng(0).normal(size=(4000, 4)), jnp.float32)
    mixed = factors.at[:, 0].set(factors[:, 0] + factors[:, 1]).at[:, 1].set(factors[:, 0] - factors[:, 1])
    np.testing.assert_allclose(factor_gap(5 - 3 * factors[:, ::-1], factors), 1, atol=0.01)
    np.testing.assert_allclose(factor_gap(mixed, factors), 0.5, atol=0.02)  # two of four are shared
    np.testing.assert_allclose(factor_gap(factors[:, :2], factors), 0.5, atol=0.01)  # two of four are not there
    assert abs(float(factor_gap(jax.random.normal(jax.random.key(0), (4000, 4)), factors))) < 0.01


@pytest.mark.parametrize("kinds", [(), ("room", "cabinet")])
def test_following_known_factors_lowers_the_loss_as_the_supervision_says(spectra, kinds):
    key, model = jax.random.key(0), dataclasses.replace(SMALL, kinds=kinds)
    variables = FilterSpace.untrained(0, **dataclasses.asdict(model)).variables
    known = known_responses(48, seed=1)
    factors = jnp.asarray(known_factors(known), jnp.float32)
    measured = tuple(map(jnp.asarray, evaluation_weights(np.full((48, 2), [20.0, 20_000.0]))))
    of_kind = {"measured": measured, "kind": jnp.zeros(48, jnp.int32)}
    batch = jnp.asarray(spectra), key, 0.0
    low, without = loss(variables, model, *batch, **of_kind)
    supervised, terms = loss(
        variables, model, *batch, **of_kind, supervision=100.0, known=(jnp.asarray(known.spectra_db), factors)
    )
    assert "factor_gap" not in without
    np.testing.assert_allclose(low - supervised, 100 * terms["factor_gap"], rtol=1e-3)


@pytest.mark.long
@pytest.mark.slow
def test_supervised_knobs_follow_one_factor_each_and_a_run_resumes_bit_for_bit(spectra, tmp_path):
    model = ModelSettings(latent_dim=4, num_filters=8)
    settings = Training(epochs=10, steps_per_epoch=50, uniformity=0.0, supervision=3.0)
    test = known_responses(2000, seed=9)

    def mig(run):
        return disentanglement(run.space.encode(test.spectra_db)[0], known_factors(test))["mig"]

    def interrupt(run):
        if len(run.history) == 4:
            raise KeyboardInterrupt

    run = train(spectra, model, settings, progress=False)
    without = train(spectra, model, dataclasses.replace(settings, supervision=0.0), progress=False)
    assert mig(run) > 2 * mig(without)
    checkpoint = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(spectra, model, settings, checkpoint=checkpoint, progress=False, on_epoch=interrupt)
    assert same(train(spectra, model, settings, checkpoint=checkpoint, resume=True, progress=False), run)


def test_an_augmented_spectrum_is_a_valid_spectrum(spectra):
    varied = np.asarray(augment(jax.random.key(1), jnp.asarray(spectra), jnp.asarray(spectra[::-1].copy()), 1.0))
    assert np.all(np.isfinite(varied))
    np.testing.assert_allclose(varied @ WEIGHTS, 0, atol=1e-3)
    band = WEIGHTS > 0
    assert np.all(np.ptp(varied[:, band], axis=-1) < 60.01)
    assert np.median(lsd(varied, spectra)) > 2


def test_a_share_of_zero_augments_nothing(spectra):
    x = jnp.asarray(spectra)
    np.testing.assert_array_equal(augment(jax.random.key(1), x, x[::-1], 0.0), x)


def test_every_source_weighs_the_same():
    probability = balanced(["a"] * 4 + ["b"] * 16)
    np.testing.assert_allclose([probability[:4].sum(), probability[4:].sum()], 0.5)


def test_synthetic_responses_are_a_share_of_the_draws():
    corpus, synthetic = synthetic_responses(6, seed=1).corpus(), synthetic_responses(12, seed=2).corpus()
    mix, probability = with_synthetic(corpus, synthetic, share=0.9)
    np.testing.assert_array_equal(mix.spectra_db, np.concatenate([corpus.spectra_db, synthetic.spectra_db]))
    np.testing.assert_allclose([probability[:6].sum(), probability[6:].sum()], [0.1, 0.9])
    assert with_synthetic(corpus, None)[0] is corpus


@pytest.mark.slow
def test_one_small_batch_is_overfitted():
    target = np.asarray(synthetic_responses(8, seed=5).spectra_db)
    settings = Training(epochs=24, steps_per_epoch=50, batch_size=8, learning_rate=5e-3, beta=0.0, augment=0.0)
    run = train(target, ModelSettings(latent_dim=4), settings, progress=False)
    first, last = run.history[0]["distance"], run.history[-1]["distance"]
    assert last < 1.5 < 3 < first
    assert (
        np.median(lsd(np.asarray(fit_recipe(target).response_db()), target)) < last
    )  # the bank itself reaches a smaller error


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(spectra):
    one = train(spectra, SMALL, SHORT, progress=False)
    assert same(one, train(spectra, SMALL, SHORT, progress=False))
    assert not same(one, train(spectra, SMALL, dataclasses.replace(SHORT, seed=1), progress=False))


def test_history_has_the_loss_terms_of_each_epoch(spectra):
    seen = []
    run = train(
        spectra, SMALL, SHORT, validation_db=spectra[:5], progress=False, on_epoch=lambda r: seen.append(len(r.history))
    )
    assert [entry["step"] for entry in run.history] == [4, 8, 12]
    terms = {"distance", "kl", "step_variation", "ripple", "displacement", "beta"}
    assert set(run.history[0]) == {"step", *terms, "validation"}
    assert seen == [1, 2, 3]
    reached = lsd(np.asarray(run.space.reconstruct(spectra[:5], refine=0)), spectra[:5]).mean()
    np.testing.assert_allclose(run.history[-1]["validation"], reached, rtol=1e-4)


class Stop(Exception):
    pass


def test_an_interrupted_run_resumes_to_the_same_bits(spectra, tmp_path):
    whole = train(spectra, SMALL, SHORT, progress=False)

    def interrupt(run):
        if len(run.history) == 2:
            raise Stop

    file = tmp_path / "run.safetensors"
    with pytest.raises(Stop):
        train(spectra, SMALL, SHORT, checkpoint=file, progress=False, on_epoch=interrupt)
    resumed = train(spectra, SMALL, SHORT, checkpoint=file, resume=True, progress=False)
    assert same(whole, resumed) and whole.history == resumed.history
    assert same(whole, train(spectra, SMALL, SHORT, checkpoint=file, resume=True, progress=False))  # nothing left to do
    with pytest.raises(ValueError, match=r"^.*run.safetensors: the checkpoint of another run; continue it with resume"):
        train(spectra, SMALL, SHORT, checkpoint=file, progress=False)


def test_a_checkpoint_has_one_writer(spectra, tmp_path):
    file = tmp_path / "run.safetensors"
    with sole_writer(file), pytest.raises(ValueError, match=r"run.safetensors: another process is writing it"):
        train(spectra, SMALL, SHORT, checkpoint=file, progress=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_a_killed_process_resumes_to_the_same_bits(tmp_path):
    """`kill -9` during training on the command line, against an uninterrupted run."""
    import soundfile

    folder = tmp_path / "irs"
    folder.mkdir()
    synthetic = synthetic_responses(6, seed=1, families=["cabinets"])
    for i in range(len(synthetic)):
        response = synthetic.impulse_response(i)
        soundfile.write(folder / f"{i}.wav", response.samples.T, int(response.sample_rate), subtype="FLOAT")

    def command(out, *more):
        words = [
            "train",
            folder,
            "--out",
            tmp_path / out / "m.safetensors",
            "--epochs",
            12,
            "--steps",
            10,
            "--batch",
            8,
            "--filters",
            8,
        ]
        return [sys.executable, "-m", "aether_lab", *map(str, words), *more]

    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    subprocess.run(command("whole"), check=True, env=environment, capture_output=True)
    checkpoint = tmp_path / "killed" / "m.safetensors.checkpoint"
    process = subprocess.Popen(command("killed"), env=environment, stderr=subprocess.DEVNULL)
    while not checkpoint.exists():
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "m.safetensors").exists()
    done = subprocess.run(command("killed", "--resume"), check=True, env=environment, capture_output=True)
    assert b"resumed after epoch" in done.stdout
    whole, killed = (FilterSpace.load(tmp_path / name / "m.safetensors") for name in ("whole", "killed"))
    jax.tree.map(np.testing.assert_array_equal, whole.variables, killed.variables)
    assert whole.card.pop("training_seconds") >= 0 and killed.card.pop("training_seconds") is None
    assert whole.card == killed.card
    assert " s on a CPU" not in (tmp_path / "killed" / "m.md").read_text()
    assert not checkpoint.exists()


@pytest.mark.slow(seconds=30)
def test_four_devices_train_as_one_does(spectra, tmp_path):
    """The same settings in a process that shows four CPU devices: the batch is shared, the numbers agree."""
    code = (
        "import sys, jax, numpy as np\n"
        "from aether_lab.signals.synthetic import synthetic_responses\n"
        "from aether_lab.model.space import ModelSettings\n"
        "from aether_lab.model.training import Training, train\n"
        "assert len(jax.devices()) == 4\n"
        "run = train(synthetic_responses(48, seed=3).spectra_db, ModelSettings(latent_dim=2, num_filters=8),\n"
        "            Training(epochs=3, steps_per_epoch=4, batch_size=8), progress=False)\n"
        "leaf = jax.tree.leaves(run.state.variables)[0]\n"
        "assert len(leaf.sharding.device_set) == 4, leaf.sharding\n"
        "np.save(sys.argv[1], [entry['distance'] for entry in run.history])\n"
    )
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
    file = tmp_path / "distance.npy"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, env=environment)
    one = [entry["distance"] for entry in train(spectra, SMALL, SHORT, progress=False).history]
    np.testing.assert_allclose(np.load(file)[0], one[0], rtol=1e-5)
    np.testing.assert_allclose(np.load(file), one, rtol=5e-3)  # rounding grows from step to step


def test_a_batch_that_does_not_divide_among_devices_raises(spectra):
    class Three:
        size = 3

    with pytest.raises(ValueError, match="a batch of 8 does not divide evenly among 3 devices"):
        train(spectra, SMALL, SHORT, mesh=Three(), progress=False)  # type: ignore[arg-type]


def test_a_checkpoint_of_another_run_raises(spectra, tmp_path):
    file = tmp_path / "run.safetensors"
    train(spectra, SMALL, SHORT, checkpoint=file, progress=False)
    for words, changed in (
        ("another training", (spectra, SMALL, dataclasses.replace(SHORT, beta=0.3))),
        ("another model", (spectra, dataclasses.replace(SMALL, polarity="positive"), SHORT)),
        ("another corpus", (spectra[1:], SMALL, SHORT)),
    ):
        with pytest.raises(ValueError, match=f"run.safetensors: checkpoint of {words}"):
            train(*changed, checkpoint=file, resume=True, progress=False)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"run.safetensors: damaged or not a safetensors file"):
        train(spectra, SMALL, SHORT, checkpoint=file, resume=True, progress=False)


@pytest.mark.parametrize(
    ("spectra_db", "words"),
    [
        (np.zeros((4, 512)), r"shape \(N, 513\) with N > 0, not \(4, 512\)"),
        (np.zeros((0, 513)), "with N > 0"),
        (np.full((4, 513), np.nan), "not finite"),
    ],
)
def test_invalid_training_spectra_raise(spectra_db, words):
    with pytest.raises(ValueError, match=words):
        train(spectra_db, SMALL, SHORT, progress=False)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 0}, "epochs is 0; it must be at least 1"),
        ({"beta": -1.0}, "beta is -1.0; it must be a finite number >= 0"),
        ({"smoothness": float("inf")}, "smoothness is inf; it must be a finite number >= 0"),
    ],
)
def test_settings_out_of_range_raise(settings, words):
    with pytest.raises(ValueError, match=words):
        Training(**settings)


def test_probabilities_of_another_length_raise(spectra):
    with pytest.raises(ValueError, match="probability must be 48 numbers"):
        train(spectra, SMALL, SHORT, probability=np.ones(3), progress=False)


def test_augmentation_shifts_along_log_frequency():
    from aether_lab.model.augment import shift_octaves

    bump = np.exp(-0.5 * (np.log2(np.maximum(FREQUENCIES, 20) / 2000) / 0.2) ** 2)[None]
    moved = np.asarray(shift_octaves(jnp.asarray(bump), jnp.array([[1.0]])))
    assert FREQUENCIES[moved[0].argmax()] == pytest.approx(1000, abs=50)
