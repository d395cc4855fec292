"""The posterior of curves: its bands on unseen sources, and its use in a correction."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from aether_lab.filters.correction import correction
from aether_lab.filters.spec import Sections
from aether_lab.model.posterior import LEVEL_DB, POSTERIOR_HZ, CurvePrior, at_posterior_hz, fan, sample
from aether_lab.signals.corpus import read_folder
from aether_lab.signals.curve import Curve
from aether_lab.signals.synthetic import synthetic_responses

DATA = Path(os.environ.get("AETHER_LAB_IRS", Path(__file__).parents[3] / "shared" / "data" / "ir"))
COUNT = POSTERIOR_HZ.size
AT = np.arange(COUNT)
HIDDEN = [AT >= 41, AT < 21, (AT >= 21) & (AT < 41), AT >= 21, AT < 41, (AT < 21) | (AT >= 41)]


def unseen(count=4):
    """A few spectra of each test source that were measured from 100 Hz to 20 kHz, `(N, 513)`; every source alike."""
    found = []
    for root in (DATA, DATA.parent / "wide" / "ir"):
        if not (root.parent / "splits.json").is_file():
            pytest.skip("the measured responses are not here; AETHER_LAB_IRS names their folder")
        for source in json.loads((root.parent / "splits.json").read_text())["test"]:
            corpus = read_folder(root / source)
            whole = corpus.spectra_db[(corpus.weights[:, 3:426] > 0).all(1)]
            found.extend(whole[np.unique(np.linspace(0, len(whole) - 1, count).astype(int))] if len(whole) else [])
    return np.array(found)


def bands(x, prior):
    """Hidden points, and the middle, low and high end of their 90 % band, `(4, n)`."""
    found = []
    for hidden in HIDDEN:
        for row in x:
            drawn = sample(prior, row, ~hidden, 0.0, 160)[:, hidden]
            low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95], axis=0)
            found.append([row[hidden], middle, low, high])
    return np.concatenate(found, axis=1)


def width_at_90(found):
    """The mean width of bands that are stretched until they cover 90 %."""
    x, middle, low, high = found
    for stretch in np.geomspace(0.2, 5, 200):
        if ((x >= middle - stretch * (middle - low)) & (x <= middle + stretch * (high - middle))).mean() >= 0.9:
            return stretch * (high - low).mean()
    return np.inf


def pca_gaussian(prior, size=8):
    """One Gaussian of all kinds, each weighing the same, of `size` components and the variance that they leave."""
    mean = prior.mean.mean(0)
    covariance = prior.covariance.mean(0) + np.cov(prior.mean.T)
    values, vectors = np.linalg.eigh(covariance)
    top = (vectors[:, -size:] * values[-size:]) @ vectors[:, -size:].T
    rest = np.diag(np.maximum(np.diag(covariance - top), 0.05))
    return CurvePrior(mean[None], (top + rest)[None])


@pytest.mark.slow(seconds=20)
def test_the_90_percent_band_covers_hidden_points_of_unseen_sources_and_is_narrower_than_that_of_pca():
    x = at_posterior_hz(unseen())
    prior = CurvePrior.load()
    found = bands(x, prior)
    coverage = ((found[0] >= found[2]) & (found[0] <= found[3])).mean()
    ours, linear = width_at_90(found), width_at_90(bands(x, pca_gaussian(prior)))
    print(f"{len(x)} spectra, coverage {coverage:.3f}, width at 90 %: {ours:.2f} dB, PCA-8 Gaussian {linear:.2f} dB")
    assert 0.85 <= coverage <= 0.95
    assert ours < linear


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
