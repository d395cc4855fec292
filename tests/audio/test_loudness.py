"""Loudness against the figures of ITU-R BS.1770."""

import numpy as np
import pytest

from aether_lab.audio.loudness import k_weighting, loudness_db, matched

# BS.1770-4, tables 1 and 2: b0, b1, b2 and a1, a2 at 48 kHz.
SHELF = [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585]
HIGH_PASS = [1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621]


def test_the_weighting_at_48_khz_is_that_of_the_standard():
    rows = k_weighting(48_000)
    np.testing.assert_allclose(np.delete(rows, 3, axis=1), [SHELF, HIGH_PASS], atol=1e-6)


@pytest.mark.parametrize("rate", [24_000, 44_100, 96_000])
def test_a_tone_is_equally_loud_at_every_rate_and_two_channels_are_3_db_louder(rate):
    tone = np.sin(2 * np.pi * 997 * np.arange(rate) / rate)
    assert loudness_db(tone, rate) == pytest.approx(-3.01, abs=0.1)
    assert loudness_db(np.stack([tone, tone], axis=1), rate) == pytest.approx(0.0, abs=0.1)


def test_matched_sounds_are_equally_loud_and_do_not_clip():
    sounds = matched(np.random.default_rng(0).normal(size=9600), np.eye(1, 9600)[0], sample_rate=48_000)
    first, second = (loudness_db(each, 48_000) for each in sounds)
    assert first == pytest.approx(second) and max(abs(each).max() for each in sounds) == pytest.approx(0.9)


@pytest.mark.parametrize(("samples", "message"), [([], "at least one"), ([0.0, 0.0], "silent"), ([np.nan], "finite")])
def test_what_has_no_loudness_is_refused(samples, message):
    with pytest.raises(ValueError, match=message):
        loudness_db(samples, 48_000)
