import numpy as np
import pytest

from aether_lab.analysis.baseline import Baseline, baseline_of, fitted_on, training_mix
from aether_lab.analysis.pca import pca_distances, principal_components
from aether_lab.model.training import balanced
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.synthetic import synthetic_responses

CARD = {"synthetic_responses": 30, "synthetic_share": 0.75, "training": {"seed": 5}}


@pytest.fixture(scope="module")
def measured():
    corpus = synthetic_responses(18, seed=2).corpus()
    return Corpus(
        corpus.spectra_db, corpus.names, tuple(source.removeprefix("synthetic/") for source in corpus.sources)
    )


def test_the_mix_is_what_the_card_says_drawn_as_in_training(measured):
    mix, probability = training_mix(CARD, measured)
    assert len(mix) == 48 and mix.sources[:18] == measured.sources
    np.testing.assert_allclose(probability[:18], 0.25 * balanced(measured.sources))
    assert probability.sum() == pytest.approx(1)
    other, _ = training_mix({**CARD, "training": {"seed": 6}}, measured)
    assert not np.array_equal(mix.spectra_db[18:], other.spectra_db[18:])
    assert fitted_on(CARD, measured) == "18 spectra of 6 sources and 30 synthetic responses (75% of the draws)"


def test_without_measured_spectra_the_mix_is_the_synthetic_part(measured):
    mix, probability = training_mix(CARD)
    np.testing.assert_array_equal(mix.spectra_db, training_mix(CARD, measured)[0].spectra_db[18:])
    assert probability.sum() == pytest.approx(1) and fitted_on(CARD) == "30 synthetic responses"
    alone, _ = training_mix({}, measured)
    assert len(alone) == 18 and fitted_on({}, measured) == "18 spectra of 6 sources"


def test_fitted_to_measured_spectra_alone_it_is_plain_pca(measured):
    found = Baseline.fit(measured, stages=("mean_curve", "pca3")).distances(measured.spectra_db)
    for stage, k in (("mean_curve", 0), ("pca3", 3)):
        np.testing.assert_allclose(found[stage], pca_distances(measured.spectra_db, measured.spectra_db, k), rtol=1e-6)


def test_with_kinds_the_best_kind_counts_and_few_spectra_have_few_components(measured):
    few = measured.at(np.array([0, 6, 12, 1, 7, 2]))  # three rooms, two plates and a cabinet
    baseline = Baseline.fit(few, stages=["kinds_pca2"])
    assert sorted(len(basis) for _, basis in baseline.components["kinds_pca2"]) == [0, 1, 2]
    found = baseline.distances(measured.spectra_db)["kinds_pca2"]
    per_kind = [
        pca_distances(few.where(source).spectra_db, measured.spectra_db, 2) for source in sorted(set(few.sources))
    ]
    np.testing.assert_allclose(found, np.min(per_kind, axis=0), rtol=1e-6)
    np.testing.assert_allclose(found[[0, 6, 12, 1, 7, 2]], 0, atol=1e-5)


def test_spectra_of_no_known_kind_are_left_out_unless_none_is_known(measured):
    half = Corpus(measured.spectra_db, measured.names, ("rooms",) * 9 + ("mine",) * 9)
    ((mean, _),) = Baseline.fit(half, stages=["kinds_pca2"]).components["kinds_pca2"]
    np.testing.assert_array_equal(mean, principal_components(measured.spectra_db[:9], 2)[0])
    none = Corpus(measured.spectra_db, measured.names, ("mine",) * 18)
    ((mean, _),) = Baseline.fit(none, stages=["kinds_pca2"]).components["kinds_pca2"]
    np.testing.assert_allclose(mean, principal_components(measured.spectra_db, 2)[0], atol=1e-12)


def test_the_mix_changes_what_a_score_can_tell(measured):
    """More to learn from lowers the error on other spectra."""
    others = synthetic_responses(60, seed=9).corpus().spectra_db
    card = {**CARD, "synthetic_responses": 600}
    mix, alone = baseline_of(card, measured, ["pca8"]), Baseline.fit(measured, stages=["pca8"])
    assert mix.distances(others)["pca8"].mean() < 0.9 * alone.distances(others)["pca8"].mean()


def test_other_stages_are_refused(measured):
    with pytest.raises(ValueError, match="'mu' is no stage of PCA; allowed are mean_curve, pcaK and kinds_pcaK"):
        Baseline.fit(measured, stages=["mu"])
    with pytest.raises(ValueError, match="fitted for pca2; not for pca4"):
        Baseline.fit(measured, stages=["pca2"]).distances(measured.spectra_db, stages=["pca4"])
