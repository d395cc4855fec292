"""The definition of a spectrum."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import bilinear_zpk, lfilter, zpk2tf

from aether_lab.signals import spectrum
from aether_lab.signals.spectrum import FREQUENCIES, WEIGHTS, lsd, spectrum_db

RATES = [8_000, 16_000, 44_100, 48_000, 96_000, 192_000, 352_800, 384_000]


def click(sample_rate, seconds=0.5, at=0):
    samples = np.zeros(int(seconds * sample_rate))
    samples[at] = 1.0
    return samples


def analogue_one_pole(cutoff, sample_rate):
    """Impulse response of the bilinear transform of a one-pole low-pass, not prewarped."""
    zpk = bilinear_zpk([], [-2 * np.pi * cutoff], 2 * np.pi * cutoff, sample_rate)
    return lfilter(*zpk2tf(*zpk), click(sample_rate))


@pytest.mark.parametrize("sample_rate", RATES)
def test_a_click_is_flat_at_0_db_up_to_its_nyquist_frequency(sample_rate):
    spectrum = spectrum_db(click(sample_rate), sample_rate)
    assert spectrum.shape == (513,) and spectrum.dtype == np.float32
    np.testing.assert_allclose(spectrum[sample_rate / 2 >= FREQUENCIES], 0, atol=1e-5)


def test_bins_above_the_nyquist_frequency_of_a_file_lie_on_the_floor():
    spectrum = spectrum_db(click(16_000), 16_000)
    np.testing.assert_allclose(spectrum[FREQUENCIES > 8_000], -60, atol=1e-5)


def test_two_samples_are_enough():
    np.testing.assert_allclose(spectrum_db(np.array([1.0, 0.0]), 48_000), 0, atol=1e-5)


def test_a_one_pole_low_pass_falls_by_6_db_per_octave():
    spectrum = spectrum_db(analogue_one_pole(100, 192_000), 192_000)
    octaves = np.interp([1000, 2000, 4000, 8000], FREQUENCIES, spectrum)
    np.testing.assert_allclose(np.diff(octaves), -6.02, atol=0.1)  # the pole at 100 Hz and the warping cost 0.05


@pytest.mark.parametrize("level", [1e-6, 0.002, 1.7, 1e6, -1.0])
def test_level_and_polarity_are_ignored(level):
    response = analogue_one_pole(1000, 48_000)
    np.testing.assert_allclose(spectrum_db(level * response, 48_000), spectrum_db(response, 48_000), atol=1e-5)


@pytest.mark.parametrize("delay", [1, 7, 960, 3648])  # to 76 ms, the longest pre-delay of the real files
def test_pre_delay_is_ignored(delay):
    response = analogue_one_pole(1000, 48_000)
    delayed = np.concatenate([np.zeros(delay), response])
    np.testing.assert_allclose(spectrum_db(delayed, 48_000), spectrum_db(response, 48_000), atol=0.01)


def test_a_filter_has_one_spectrum_at_44_48_and_96_khz():
    kinds = [spectrum_db(analogue_one_pole(2000, rate), rate) for rate in (44_100, 48_000, 96_000)]
    below = FREQUENCIES < 3_000  # the bilinear transform bends the response above
    for kind in kinds[:2]:
        np.testing.assert_allclose((kind - kind[20])[below], (kinds[2] - kinds[2][20])[below], atol=0.15)


def test_a_long_file_with_a_dc_offset_has_the_spectrum_of_a_clean_one():
    response = np.concatenate([np.zeros(2000), analogue_one_pole(3000, 48_000)])
    np.testing.assert_allclose(spectrum_db(response + 0.02, 48_000), spectrum_db(response, 48_000), atol=0.01)


def test_power_below_100_hz_does_not_move_the_floor():
    t = np.arange(48_000) / 48_000
    response = lfilter([1, -1], [1], click(48_000, 1.0))  # rises by 6 dB per octave
    rumble = 50 * np.sin(2 * np.pi * 20 * t) * np.hanning(48_000)
    audible = FREQUENCIES > 200
    np.testing.assert_allclose(
        spectrum_db(response + 1e-2 * rumble, 48_000)[audible], spectrum_db(response, 48_000)[audible], atol=0.5
    )


def test_the_floor_is_60_db_under_the_peak():
    response = np.random.default_rng(0).normal(size=48_000)
    for _ in range(12):
        response = lfilter([0.5, 0.5], [1], response)
    spectrum = spectrum_db(response, 48_000)
    assert spectrum[WEIGHTS > 0].max() - spectrum.min() == pytest.approx(60, abs=1e-3)


def test_the_weighted_mean_is_0_db_over_the_band_the_rate_allows():
    response = analogue_one_pole(500, 44_100)
    assert WEIGHTS @ spectrum_db(response, 44_100) != pytest.approx(0, abs=1e-3)
    assert spectrum.erb_weights(high_hz=0.45 * 44_100) @ spectrum_db(response, 44_100) == pytest.approx(0, abs=1e-4)


def test_samples_later_than_two_seconds_after_the_onset_are_ignored():
    response = np.random.default_rng(1).normal(size=4 * 48_000)
    louder = response.copy()
    louder[2 * 48_000 + 100 :] *= 3
    response[0] = louder[0] = 20
    np.testing.assert_allclose(
        spectrum_db(response - np.median(response), 48_000), spectrum_db(louder - np.median(louder), 48_000), atol=0.02
    )


def test_smoothing_keeps_a_flat_power_flat_and_spreads_a_line_over_a_third_of_an_octave():
    np.testing.assert_allclose(spectrum.smooth(np.ones((2, 1025)), np.linspace(0, 24_000, 1025)), 1)
    lines = np.linspace(0, 24_000, 4097)
    hit = FREQUENCIES[spectrum.smooth(np.where(lines == 6000, 1.0, 0.0), lines) > 1e-9]
    assert hit.min() == pytest.approx(6000 * 2 ** (-1 / 6), abs=spectrum.BIN_WIDTH)
    assert hit.max() == pytest.approx(6000 * 2 ** (1 / 6), abs=spectrum.BIN_WIDTH)


def test_smoothing_does_not_depend_on_the_spacing_of_the_lines():
    even = np.linspace(0, 24_000, 8193)
    uneven = np.concatenate([np.linspace(0, 1500, 500, endpoint=False), np.geomspace(1500, 24_000, 400)])
    kinds = [10 * np.log10(spectrum.smooth(1 / (1 + (f / 700) ** 2), f)) for f in (even, uneven)]
    np.testing.assert_allclose(kinds[0], kinds[1], atol=0.01)


def test_weights_follow_the_equivalent_rectangular_bandwidth():
    assert WEIGHTS.sum() == pytest.approx(1)
    assert (WEIGHTS > 0).sum() == ((FREQUENCIES >= 100) & (FREQUENCIES <= 20_000)).sum()
    low, high = np.searchsorted(FREQUENCIES, [1000, 10_000])
    expected = (4.37 * FREQUENCIES[high] / 1000 + 1) / (4.37 * FREQUENCIES[low] / 1000 + 1)
    assert WEIGHTS[low] / WEIGHTS[high] == pytest.approx(expected)


def test_lsd_of_a_constant_difference_is_that_difference():
    a = np.zeros((3, 513))
    np.testing.assert_allclose(lsd(a, a + np.array([[0.0], [1.0], [-2.0]])), [0, 1, 2])
    assert float(lsd(jnp.zeros(513), jnp.full(513, 3.0))) == pytest.approx(3)
    with jax.numpy_rank_promotion("raise"):
        np.testing.assert_allclose(lsd(jnp.zeros((2, 4, 513)), jnp.full((2, 4, 513), 3.0)), 3, rtol=1e-6)


@pytest.mark.parametrize(
    ("samples", "sample_rate", "message"),
    [
        (np.ones(1), 48_000, "at least two"),
        (np.ones((2, 9)), 48_000, r"shape \(2, 9\)"),
        (np.zeros(9), 48_000, "silent"),
        (np.array([1.0, np.nan]), 48_000, "NaN"),
        (np.array([1.0, 0.0]), 1_000, "8000 to 384000 Hz"),
    ],
)
def test_invalid_samples_are_refused(samples, sample_rate, message):
    with pytest.raises(ValueError, match=message):
        spectrum_db(samples, sample_rate)


def test_an_empty_band_is_refused():
    with pytest.raises(ValueError, match="no bin between"):
        spectrum.erb_weights(30_000, 40_000)


def test_pca_of_the_real_spectra_gives_the_reference_figures():
    folder = Path(__file__).parents[3] / "shared" / "data" / "ir"
    if not folder.is_dir():
        pytest.skip("the shared impulse responses are not beside this checkout")
    from aether_lab.signals.corpus import read_folder, read_splits

    corpus, splits = read_folder(folder), read_splits(folder)
    train, test = corpus.where(splits["train"]).spectra_db, corpus.where(splits["test"]).spectra_db
    scale = np.sqrt(WEIGHTS)
    mean = train.mean(axis=0)
    components = np.linalg.svd((train - mean) * scale, full_matrices=False)[2]
    rest = (test - mean) * scale
    for k, reference in [(2, 3.84), (4, 3.04), (8, 1.65)]:
        projected = rest @ components[:k].T @ components[:k]
        assert np.sqrt(((rest - projected) ** 2).sum(axis=1)).mean() == pytest.approx(reference, abs=0.03)
