import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from aether_lab.analysis import reconstruction
from aether_lab.analysis.baseline import Baseline, training_mix
from aether_lab.analysis.pca import pca_distances
from aether_lab.analysis.reconstruction import (
    STAGES,
    describe_errors,
    describe_gains,
    direct_distances,
    distances,
    evaluate,
    fitted_stages,
    gains,
)
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus, read_folder, read_splits
from aether_lab.signals.curve import Curve
from aether_lab.signals.spectrum import BAND, erb_weights, lsd, spectrum_db
from aether_lab.signals.synthetic import synthetic_responses

pytestmark = pytest.mark.usefixtures("float32")


@pytest.fixture(scope="module")
def responses():
    return synthetic_responses(24, seed=2).corpus()


@pytest.mark.slow
def test_each_stage_of_the_shipped_model_lowers_the_error(real_folder):
    """On a few files of every test source; PCA of the same size is nearly as good, fitted to the same mix."""
    splits = read_splits(real_folder)
    if splits is None:
        pytest.skip("NOT TESTED: this folder has no splits.json")
    corpus = read_folder(real_folder)
    test = corpus.where(splits["test"])
    few = [i for s in sorted(set(test.sources)) for i in np.flatnonzero(np.asarray(test.sources) == s)[::8]]
    report = evaluate(FilterSpace.load("4d"), test.at(np.array(few)), corpus.where(splits["train"]))
    mean = {stage: report["overall"][stage]["mean"] for stage in STAGES}
    assert mean["direct"] < mean["refined"] <= mean["mu"] < mean["pca2"] < mean["mean_curve"]
    assert mean["pca8"] < mean["pca4"] < mean["pca2"] and abs(mean["mu"] - mean["pca4"]) < 0.3
    assert mean["direct"] < 0.3
    assert set(report["by_source"]) == set(splits["test"])


def test_without_a_training_corpus_the_baseline_is_the_synthetic_part_of_the_card(responses):
    space = dataclasses.replace(FilterSpace.untrained(num_filters=4), card={"synthetic_responses": 40})
    stages = ("mean_curve", "pca2", "kinds_pca2", "mu")
    report = evaluate(space, responses, stages=stages)
    assert list(report["overall"]) == list(stages)
    mix, probability = training_mix(space.card)
    expected = Baseline.fit(mix, probability, ["pca2"]).distances(responses.spectra_db, responses.weights)
    assert report["overall"]["pca2"]["mean"] == pytest.approx(expected["pca2"].mean())


def test_sources_weigh_alike_over_sources_and_in_kinds(responses):
    rooms = tuple("rooms/a" if i < 10 else "rooms/b" if i < 12 else "mine" for i in range(24))
    corpus = Corpus(responses.spectra_db, responses.names, rooms)
    report = evaluate(FilterSpace.untrained(num_filters=4), corpus, stages=["mu"])
    mean = {source: each["mu"]["mean"] for source, each in report["by_source"].items()}
    assert list(mean) == ["mine", "rooms/a", "rooms/b"] and list(report["by_kind"]) == ["room", "unknown"]
    assert report["overall"]["mu"]["mean"] == pytest.approx(
        (12 * mean["mine"] + 10 * mean["rooms/a"] + 2 * mean["rooms/b"]) / 24
    )
    assert report["over_sources"]["mu"]["mean"] == pytest.approx(np.mean(list(mean.values())))
    assert report["by_kind"]["room"]["mu"]["mean"] == pytest.approx((mean["rooms/a"] + mean["rooms/b"]) / 2)
    for rows in (report["overall"], report["over_sources"], *report["by_kind"].values(), *report["by_source"].values()):
        assert set(rows["mu"]) == {"mean", "median", "p90"}


def test_the_error_of_each_spectrum_of_a_corpus_counts_in_its_band(responses):
    bands = np.where(np.arange(6)[:, None] % 2, (300.0, 6000.0), BAND)
    inside = np.array([erb_weights(*band) > 0 for band in bands])
    names = responses.names[:6], responses.sources[:6]
    plain, changed = (
        Corpus(np.where(inside, responses.spectra_db[:6], outside).astype(np.float32), *names, bands_hz=bands)
        for outside in (0.0, 20.0)
    )
    space = FilterSpace.untrained(num_filters=4)
    found, other = (distances(space, each, responses, stages=("pca2", "kinds_pca2")) for each in (plain, changed))
    for stage, errors in found.items():
        np.testing.assert_allclose(other[stage], errors, rtol=1e-4, atol=1e-4, err_msg=stage)
    mu = distances(space, plain, stages=["mu"])["mu"]
    response = np.asarray(space.reconstruct(plain.spectra_db, plain.weights, refine=0))
    expected = [float(lsd(response[i], plain.spectra_db[i], plain.weights[i])) for i in range(6)]
    np.testing.assert_allclose(mu, expected, rtol=1e-4)


def test_the_direct_fit_is_repeated_where_it_is_poor(monkeypatch):
    fits, levels = [], [1.0, 0.1, 0.3]

    def fit(spectra_db, settings, seed, band_hz):
        fits.append((len(spectra_db), seed, band_hz))
        level = np.full((len(spectra_db), 513), levels[seed % 3])
        return SimpleNamespace(response_db=lambda: np.where(spectra_db[:, :1] > 0, level, 0.05))

    monkeypatch.setattr(reconstruction, "fit_bank", fit)
    spectra = np.stack([np.full(513, 1e-9), np.zeros(513)])
    found = direct_distances(spectra, ModelSettings(), (100.0, 8000.0))
    np.testing.assert_allclose(found, [0.1, 0.05], rtol=1e-6)
    assert fits == [(2, 0, (20.0, 8000.0)), (1, 1, (20.0, 8000.0))]


def test_selected_stages_equal_those_of_a_full_evaluation(responses):
    space, few = (
        FilterSpace.untrained(num_filters=4),
        Corpus(responses.spectra_db[:6], responses.names[:6], responses.sources[:6]),
    )
    found = distances(space, few, responses, stages=("mu", "pca2"))
    assert list(found) == ["pca2", "mu"]
    np.testing.assert_allclose(found["pca2"], pca_distances(responses.spectra_db, few.spectra_db, 2, few.weights))
    response = np.asarray(space.reconstruct(few.spectra_db, refine=0))
    np.testing.assert_allclose(found["mu"], lsd(response, few.spectra_db), rtol=1e-5)
    assert list(evaluate(space, few, responses, stages=["mu"])["overall"]) == ["mu"]
    with pytest.raises(ValueError, match="stages are \\('pca',\\); choose from mean_curve, pcaK"):
        distances(space, few, stages=("pca",))


def means(report):
    return {stage: each["mean"] for stage, each in report["overall"].items()}


@pytest.mark.slow
def test_a_space_with_details_is_evaluated_with_each_number_of_them(responses):
    space = FilterSpace.untrained(latent_dim=5, details=3)
    assert fitted_stages(space) == ("mu", "mu4", "mu5", "refined", "refined4", "refined5", "direct")
    found = distances(space, responses, stages=["mu4", "mu5", "refined4"])
    weights = np.broadcast_to(erb_weights(*BAND), responses.spectra_db.shape)
    for stage, details in (("mu4", 2), ("mu5", 3)):
        level = np.asarray(space.reconstruct(responses.spectra_db, weights, details, refine=0), np.float64)
        np.testing.assert_allclose(found[stage], lsd(level, responses.spectra_db), rtol=1e-4)
    assert (found["refined4"] <= found["mu4"] + 1e-4).all()
    report = evaluate(space, responses, stages=["mu", "mu4", "pca2", "pca4"])
    means = {stage: each["mean"] for stage, each in report["over_sources"].items()}
    assert set(gains(means, space.knobs)) == {"pca2", "pca4"}
    assert [line.split(":")[0] for line in describe_gains(means, space.knobs)] == ["2 numbers", "4 numbers"]
    with pytest.raises(ValueError, match=r"\(K scores\), mu, refined, direct"):
        distances(FilterSpace.untrained(), responses, stages=["mu4"])


def test_one_response_is_evaluated_by_itself_from_samples_or_spectrum():
    response = synthetic_responses(1, seed=9, families=["ears"])
    space, samples = FilterSpace.load("4d"), response.impulse_response(0)
    report = evaluate(space, samples)
    errors = means(report)
    assert list(errors) == list(STAGES) and list(report["by_source"]) == [samples.name]
    assert errors["direct"] < errors["refined"] < errors["mu"] + 0.02 < errors["mean_curve"]
    of_spectrum = means(evaluate(space, spectrum_db(samples.samples[0], samples.sample_rate), stages=("pca8", "mu")))
    assert of_spectrum == pytest.approx({stage: errors[stage] for stage in of_spectrum}, abs=0.03)
    with pytest.raises(ValueError, match=r"ndarray \(shape \(512,\)\) is not a measurement"):
        evaluate(space, np.zeros(512))


@pytest.mark.slow
def test_frequencies_outside_a_curve_do_not_count():
    """A curve of 300 Hz to 3 kHz, and the same with anything at all outside: the errors are those inside."""
    space = FilterSpace.load("4d")
    z = np.array([0.5, -1.0, 0.3, 0.2])
    hertz = np.geomspace(300, 3000, 200)
    curve = Curve(hertz, np.asarray(space.decode(z).response_db(hertz)))
    baseline = Baseline.fit(synthetic_responses(400).corpus(), stages=["pca8"])
    errors = means(evaluate(space, curve, stages=("pca8", "refined"), baseline=baseline))
    inside = erb_weights(300, 3000)
    refined = lsd(np.asarray(space.reconstruct(curve, refine=20)), curve.spectrum_db, inside)
    assert errors["refined"] == pytest.approx(float(refined), abs=1e-3)
    assert errors["pca8"] < 0.5


@pytest.mark.parametrize(
    ("mu", "refined", "direct", "words"),
    [
        (2.2, 2.1, 0.3, "Of 2.20 dB, the latent 1.80, the bank 0.30, the encoder 0.10: 4 dimensions are too few"),
        (2.2, 0.5, 0.3, "the encoder 1.70, the bank 0.30, the latent 0.20: a better z exists"),
        (2.2, 2.1, 1.9, "the bank 1.90, the latent 0.20, the encoder 0.10: no setting of its sections"),
    ],
)
def test_the_description_names_the_largest_error(mu, refined, direct, words):
    assert words in describe_errors({"mu": mu, "refined": refined, "direct": direct}, 4)
