import numpy as np
import pytest

from aether_lab.analysis.pca import distances_from, pca_distances, principal_components
from aether_lab.signals.corpus import read_folder, read_splits
from aether_lab.signals.spectrum import WEIGHTS, erb_weights, lsd
from aether_lab.signals.synthetic import synthetic_responses


@pytest.fixture(scope="module")
def spectra():
    return synthetic_responses(40, seed=2).spectra_db


def of_rank(k, count, seed=0):
    rng = np.random.default_rng(seed)
    octaves = np.log2(1 + np.arange(513))
    shapes = np.array([np.cos(np.pi * octaves * (j + 1) / 9) for j in range(k)])
    x = rng.normal(size=(count, k)) @ shapes * 5
    return x - (x @ WEIGHTS)[:, None]


def test_pca_errors_on_the_reference_split_are_the_published_ones(real_folder):
    """A cross-check: fitted to the measured spectra alone, which is less than what a model learns from."""
    splits = read_splits(real_folder)
    if splits is None:
        pytest.skip("NOT TESTED: this folder has no splits.json")
    corpus = read_folder(real_folder)
    train, test = corpus.where(splits["train"]), corpus.where(splits["test"])
    assert (len(train), len(test)) == (378, 201)
    found = [pca_distances(train.spectra_db, test.spectra_db, k).mean() for k in (2, 4, 8)]
    np.testing.assert_allclose(found, [3.84, 3.03, 1.65], atol=0.01)


def test_pca_without_components_is_the_mean_and_with_all_is_exact(spectra):
    x = spectra[:24]
    np.testing.assert_allclose(pca_distances(x, x, 0), lsd(x, x.mean(0, keepdims=True)), rtol=1e-5)
    np.testing.assert_allclose(pca_distances(x, x, len(x)), 0, atol=1e-6)


def test_components_are_those_of_a_singular_value_decomposition(spectra):
    mean, basis = principal_components(spectra, 5)
    x = spectra.astype(float) * np.sqrt(WEIGHTS)
    np.testing.assert_allclose(mean, x.mean(0), atol=1e-9)
    expected = np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:5]
    np.testing.assert_allclose(np.abs(basis @ expected.T), np.eye(5), atol=1e-6)


def test_a_probability_counts_like_repetitions(spectra):
    often = np.repeat(spectra, [3] * 10 + [1] * 30, axis=0)
    expected = distances_from(principal_components(often, 3), spectra)
    found = principal_components(spectra, 3, probability=[3] * 10 + [1] * 30)
    np.testing.assert_allclose(distances_from(found, spectra), expected, rtol=1e-6)


def test_what_was_not_measured_is_estimated_by_the_components():
    """Of spectra of rank 3, half were measured in a part: the components are still those of the whole."""
    x = of_rank(3, 60)
    weights = np.array([WEIGHTS, erb_weights(200, 12_000)])[np.arange(60) % 2]
    partly = np.where((weights > 0) | (WEIGHTS == 0), x - (x * weights).sum(1, keepdims=True), 1e3)
    unseen = of_rank(3, 20, seed=1)
    assert distances_from(principal_components(x, 3), unseen).max() < 1e-6
    assert distances_from(principal_components(partly, 3, weights), unseen).max() < 0.15
    assert distances_from(principal_components(partly, 3), unseen).mean() > 1
    other = np.where(partly == 1e3, -50.0, partly)
    for found, expected in zip(*(principal_components(each, 3, weights) for each in (other, partly)), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_whole_spectra_are_not_changed_by_weights(spectra):
    plain, weighted = (principal_components(spectra, 4, w) for w in (None, np.tile(WEIGHTS, (40, 1))))
    np.testing.assert_array_equal(plain[1], weighted[1])


def test_distances_count_each_spectrum_where_it_was_measured(spectra):
    weights = np.array([WEIGHTS, erb_weights(300, 3000)])[np.arange(40) % 2]
    found = pca_distances(spectra[:30], spectra, 2, weights)
    for i in (0, 1, 17):
        np.testing.assert_allclose(found[i], pca_distances(spectra[:30], spectra[[i]], 2, weights[i])[0])
    changed = spectra.copy()
    changed[:, weights[1] == 0] += 30
    np.testing.assert_allclose(pca_distances(spectra[:30], changed, 2, weights)[1::2], found[1::2])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_spectra_have_few_components(spectra, count):
    mean, basis = principal_components(np.repeat(spectra[:count], 2, axis=0)[:count], 8)
    assert mean.shape == (513,) and basis.shape == (count - 1, 513)
    assert np.isfinite(distances_from((mean, basis), spectra)).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": np.ones(513)}, r"weights of shape \(513,\); \(40, 513\) is needed"),
        ({"weights": np.zeros((40, 513))}, "it was measured nowhere"),
        ({"probability": np.ones(3)}, "probability must be 40 numbers >= 0"),
        ({"probability": np.zeros(40)}, "not all of them 0"),
    ],
)
def test_unsuitable_weights_are_refused(spectra, options, words):
    with pytest.raises(ValueError, match=words):
        principal_components(spectra, 2, **options)
