"""Matching a measured response: the errors of each stage, and the band."""

import numpy as np
import pytest
from matching import BELLS, HERTZ, SPACE, THREE, curve

from aether_lab.filters.spec import Sections
from aether_lab.model.match import match_target
from aether_lab.signals.curve import Curve
from aether_lab.signals.spectrum import lsd


@pytest.fixture(scope="module")
def matched():
    return match_target(SPACE, curve(), THREE)


def test_three_sections_reach_a_curve_that_three_sections_made(matched):
    assert matched.distance["fitted"] < 0.2  # dB


def test_each_stage_lowers_the_error(matched):
    errors = [matched.distance[stage] for stage in ("mu", "refined", "direct")]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 1  # the error of an untrained space is that of its latent dimension, not of the bank


def test_sections_are_fitted_and_evaluated_in_their_band():
    found = match_target(SPACE, curve(), Sections(n_sections=3, frequency_range_hz=(500.0, 2000.0)))
    assert found.band_hz == (500, 2000)
    assert np.all((np.asarray(found.fitted.frequency_hz) > 499) & (np.asarray(found.fitted.frequency_hz) < 2001))
    assert found.distance["fitted"] < 0.3  # dB
    assert lsd(np.asarray(found.fitted.response_db()), found.target.spectrum_db) > 2  # outside the band


def test_a_band_that_the_curve_does_not_cover_raises():
    treble = Curve(HERTZ[HERTZ > 2000], np.zeros((HERTZ > 2000).sum()), "treble.txt")
    with pytest.raises(
        ValueError,
        match=r"treble\.txt: covers 2\d{3} to 20000 Hz, which is less than an octave of the band 20 to 1000 Hz",
    ):
        match_target(SPACE, treble, Sections(frequency_range_hz=(20.0, 1000.0)))


def test_between_the_bins_the_filter_follows_the_curve(matched):
    """Bins are 47 Hz apart; a narrow peak between two of them would be audible."""
    low = np.geomspace(60, 500, 200)
    difference = np.asarray(matched.fitted.response_db(low)) - np.asarray(BELLS.response_db(low))
    assert np.ptp(difference) < 2.5  # dB, of which 1/3 octave of smoothing is about one
