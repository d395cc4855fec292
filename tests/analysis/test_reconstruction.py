import numpy as np
import pytest

from aether_lab.analysis.pca import pca_distances
from aether_lab.analysis.reconstruction import STAGES, describe_errors, distances, evaluate
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus, read_folder, read_splits
from aether_lab.signals.curve import Curve
from aether_lab.signals.spectrum import erb_weights, lsd, spectrum_db
from aether_lab.signals.synthetic import synthetic_responses

pytestmark = pytest.mark.usefixtures("float32")


@pytest.fixture(scope="module")
def responses():
    return synthetic_responses(24, seed=2).corpus()


def test_pca_errors_on_the_reference_split_are_the_published_ones(real_folder):
    splits = read_splits(real_folder)
    if splits is None:
        pytest.skip("NOT TESTED: this folder has no splits.json")
    corpus = read_folder(real_folder)
    train, test = corpus.where(splits["train"]), corpus.where(splits["test"])
    assert (len(train), len(test)) == (378, 201)
    found = [pca_distances(train.spectra_db, test.spectra_db, k).mean() for k in (2, 4, 8)]
    np.testing.assert_allclose(found, [3.84, 3.04, 1.65], atol=0.1)


def test_pca_without_components_is_the_mean_and_with_all_is_exact(responses):
    x = responses.spectra_db
    np.testing.assert_allclose(pca_distances(x, x, 0), lsd(x, x.mean(0, keepdims=True)), rtol=1e-5)
    np.testing.assert_allclose(pca_distances(x, x, len(x)), 0, atol=1e-6)


@pytest.mark.slow
def test_each_stage_of_the_shipped_model_lowers_the_error(real_folder):
    """On a few files of every test source: each stage lowers the error, and mu beats PCA of its size."""
    splits = read_splits(real_folder)
    if splits is None:
        pytest.skip("NOT TESTED: this folder has no splits.json")
    corpus = read_folder(real_folder)
    test = corpus.where(splits["test"])
    few = [i for s in sorted(set(test.sources)) for i in np.flatnonzero(np.asarray(test.sources) == s)[::8]]
    some = Corpus(test.spectra_db[few], tuple(test.names[i] for i in few), tuple(test.sources[i] for i in few))
    report = evaluate(FilterSpace.load("4d"), some, corpus.where(splits["train"]))
    mean = {stage: report["overall"][stage]["mean"] for stage in STAGES}
    assert mean["direct"] < mean["refined"] <= mean["mu"] < mean["pca4"] < mean["pca2"] < mean["mean_curve"]
    assert mean["direct"] < 0.4
    assert set(report["by_source"]) == set(splits["test"])


@pytest.mark.slow
def test_without_a_training_corpus_each_source_is_compared_with_the_others(responses):
    stages = STAGES[:-2]  # the fitted stages do not depend on the folds
    report = evaluate(FilterSpace.untrained(num_filters=4), responses, stages=stages)
    assert set(report["by_source"]) == set(responses.sources)
    assert (
        report["overall"]["pca2"]["mean"] > 1
    )  # fitted on itself, two components of four spectra would have a smaller error
    for stage in stages:
        assert set(report["overall"][stage]) == {"mean", "median", "p90"}


def test_a_corpus_of_one_spectrum_raises(responses):
    one = Corpus(responses.spectra_db[:1], responses.names[:1], responses.sources[:1])
    with pytest.raises(ValueError, match="the corpus has one spectrum"):
        evaluate(FilterSpace.untrained(), one)


def test_selected_stages_equal_those_of_a_full_evaluation(responses):
    space, few = (
        FilterSpace.untrained(num_filters=4),
        Corpus(responses.spectra_db[:6], responses.names[:6], responses.sources[:6]),
    )
    found = distances(space, few, responses, stages=("mu", "pca2"))
    assert list(found) == ["pca2", "mu"]
    np.testing.assert_allclose(found["pca2"], pca_distances(responses.spectra_db, few.spectra_db, 2))
    response = np.asarray(space.response_db(space.encode(few.spectra_db)[0]))
    np.testing.assert_allclose(found["mu"], lsd(response, few.spectra_db), rtol=1e-5)
    assert list(evaluate(space, few, responses, stages=["mu"])["overall"]) == ["mu"]
    with pytest.raises(ValueError, match="stages are \\('pca3',\\); choose from mean_curve, pca2"):
        distances(space, few, stages=("pca3",))


def means(report):
    return {stage: each["mean"] for stage, each in report["overall"].items()}


@pytest.mark.slow
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
    errors = means(evaluate(space, curve, stages=("pca8", "refined")))
    inside = erb_weights(300, 3000)
    refined = lsd(np.asarray(space.response_db(space.refine(curve))), curve.spectrum_db, inside)
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
