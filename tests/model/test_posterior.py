"""The posterior of curves: its bands on unseen sources, and its use in a correction."""

import numpy as np
import pytest
from fan_bands import bands, coverage, few_of_each, measured_corpus, one_gaussian, pca_gaussian, width_at_90

from aether_lab.filters.correction import correction
from aether_lab.filters.spec import Sections
from aether_lab.model.posterior import LEVEL_DB, POSTERIOR_HZ, CurvePrior, fan, hidden_fan, widest_spread_db
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


PART = Curve([200, 600, 1000, 2000], [-6, 4, 0, -6])  # both ends would be boosted, and what follows them


def test_a_correction_never_boosts_where_the_fan_is_wide():
    blind = correction(PART, "flat", Sections(6, shelves=True))
    made = correction(PART, "flat", Sections(6, shelves=True), spread_db=widest_spread_db([PART]))
    wide = made.spread_db > 6
    assert wide.any() and blind.gain_db[wide].min() > 3
    assert (made.gain_db[wide] <= 0.1).all() and (made.gain_db <= made.limit_db + 0.1).all()
    assert (made.gain_db[made.frequency_hz < 95] <= 0.1).all()  # there is no fan
    inside = (made.frequency_hz > 220) & (made.frequency_hz < 1900)
    assert made.gain_db[inside].max() > 3
    limited = next(note for note in made.notes if note.startswith("Boost is limited"))
    assert "there is none below " in limited and " and above " in limited


def test_there_is_a_fan_only_where_something_is_hidden_or_noisy():
    whole, cd = Curve([20, 20_000], [0, 6]), Curve([50, 19_845], [0, 6])
    assert hidden_fan(whole) is None and hidden_fan(cd) is None and widest_spread_db([whole, cd]) is None
    assert hidden_fan(PART).measured_hz == (200, 2000)
    assert hidden_fan(whole, noise_db=2).spread_db[20:].min() > 0.5
    both = widest_spread_db([PART, Curve([100, 5000], [0, 0])])
    np.testing.assert_array_equal(both >= hidden_fan(PART).spread_db, True)


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
