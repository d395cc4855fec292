"""The posterior of curves: its bands on unseen sources, and its use in a correction."""

import numpy as np
import pytest
from fan_bands import bands, coverage, few_of_each, measured_corpus, one_gaussian, pca_gaussian, width_at_90

from aether_lab.filters.correction import correction
from aether_lab.filters.spec import Sections
from aether_lab.model.posterior import LEVEL_DB, POSTERIOR_HZ, CurvePrior, fan
from aether_lab.signals.curve import Curve
from aether_lab.signals.synthetic import synthetic_responses

COUNT = POSTERIOR_HZ.size


@pytest.mark.slow(seconds=40)
def test_the_90_percent_band_covers_hidden_points_of_unseen_sources_and_is_narrower_than_that_of_one_gaussian():
    if (corpus := measured_corpus("test")) is None:
        pytest.skip("the measured responses are not here; AETHER_LAB_IRS names their folder")
    x, prior = few_of_each(corpus), CurvePrior.load()
    found = bands(x, prior)
    ours = width_at_90(found)
    others = {"Gaussian": one_gaussian(prior), "PCA-8 Gaussian": pca_gaussian(prior)}
    width = {name: width_at_90(bands(x, other, degrees=np.inf)) for name, other in others.items()}
    covered = coverage(found)
    print(f"{len(x)} spectra, coverage {covered:.3f}, dB wide at 90 %: {ours:.2f}; {width}")
    assert 0.85 <= covered <= 0.95
    assert ours < 0.95 * min(width.values())


def test_the_band_is_narrow_where_it_was_measured_and_wide_where_not():
    half = Curve([100, 400, 2000], [0, 5, 0])
    found = fan(half)
    low, high = found.band_db()
    assert (high - low)[5:40].max() < 2 < (high - low)[100:].min()
    assert ((found.median_db >= low) & (found.median_db <= high)).all()
    noisy = fan(half, noise_db=3.0).band_db()
    assert (noisy[1] - noisy[0])[5:40].mean() > 1.5 * (high - low)[5:40].mean()


def test_a_correction_never_boosts_where_the_fan_is_wide():
    half = Curve([100, 400, 2000], [0, -5, 0])
    made = correction(half, "flat", Sections(6, shelves=True), spread_db=fan(half).spread_db)
    assert (made.gain_db[made.spread_db > 6] <= 0.1).all() and (made.spread_db > 6).any()


def test_a_prior_survives_its_file(tmp_path):
    made = CurvePrior.fit(synthetic_responses(40).spectra_db, np.arange(40) % 2)
    made.save(tmp_path / "curves.npz")
    again = CurvePrior.load(tmp_path / "curves.npz")
    np.testing.assert_allclose(again.covariance, made.covariance, atol=0.02 * made.covariance.max())
    assert again.mean.shape == (2, COUNT) and LEVEL_DB > 0


@pytest.mark.parametrize("options", [{"noise_db": -1}, {"samples": 1}, {"noise_db": float("nan")}])
def test_a_bad_option_is_refused(options):
    with pytest.raises(ValueError, match="allowed are 0 dB or more"):
        fan(Curve([100, 1000], [0, 0]), **options)
