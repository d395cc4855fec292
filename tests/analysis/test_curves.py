"""The curves of `fan`: what they are made of, and that the shipped file is made of it."""

from importlib.resources import files

import numpy as np
import pytest
from fan_bands import measured_corpus

from aether_lab.model.posterior import CurvePrior
from aether_lab.models.build import LICENCE
from aether_lab.models.curves import LEAST_HIGH_HZ, build_curves, known_curves, prior_of
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.synthetic import synthetic_responses


def small_corpus():
    """Two known spectra each of rooms and cabinets, one of a narrower band, one of no kind."""
    sources = ("rooms/otala", "rooms/otala", "cabinets/mine", "cabinets/mine", "cabinets/mine", "odds")
    bands = np.tile([100.0, 20_000.0], (6, 1))
    bands[1, 1], bands[4, 1] = LEAST_HIGH_HZ, 16_000.0
    return Corpus(synthetic_responses(6).spectra_db, tuple("abcdef"), sources, bands_hz=bands)


def test_curves_are_the_moments_of_whole_spectra_of_known_kinds_and_of_synthetic_ones(tmp_path):
    corpus = small_corpus()
    assert known_curves(corpus).names == ("a", "b", "c", "d")
    build_curves(corpus, tmp_path, LICENCE, synthetic=40)
    made, found = prior_of(corpus, 40), CurvePrior.load(tmp_path / "curves.npz")
    np.testing.assert_allclose(found.mean, made.mean, atol=0.01)
    np.testing.assert_allclose(found.covariance, made.covariance, atol=2e-3 * made.covariance.max())
    text = (tmp_path / "curves.md").read_text()
    assert "| cabinets/mine | 2 |  |" in text and "| rooms/otala | 2 | Gloria Dal Santo" in text
    assert "40 synthetic" in text and "odds" not in text and f"Licence: {LICENCE}" in text


def test_curves_of_nothing_known_are_refused():
    with pytest.raises(ValueError, match="none of 1 spectra has a kind and reaches from 100 to 19800 Hz"):
        prior_of(small_corpus().at(np.array([5])), 40)


@pytest.mark.slow(seconds=40)
def test_the_shipped_curves_are_those_of_the_training_sources(tmp_path):
    if (learned := measured_corpus("train")) is None:
        pytest.skip("the measured responses are not here; AETHER_LAB_IRS names their folder")
    build_curves(learned, tmp_path, LICENCE)
    shipped = files("aether_lab.models")
    assert (tmp_path / "curves.md").read_text() == (shipped / "curves.md").read_text()
    made, stored = CurvePrior.load(tmp_path / "curves.npz"), CurvePrior.load()
    np.testing.assert_allclose(stored.mean, made.mean, atol=0.02)
    np.testing.assert_allclose(stored.covariance, made.covariance, atol=1e-3 * made.covariance.max())
