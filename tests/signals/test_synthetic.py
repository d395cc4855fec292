"""Synthetic responses."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from aether_lab.signals.corpus import read_folder, read_splits
from aether_lab.signals.course_corpus import load_corpus
from aether_lab.signals.spectrum import FREQUENCIES, WEIGHTS, lsd, spectrum_db
from aether_lab.signals.synthetic import FACTORS, FAMILIES, power_response, synthetic_responses


def slope_per_octave(spectra):
    """Least-squares slope from 300 Hz to 3 kHz, dB per octave."""
    inside = (FREQUENCIES > 300) & (FREQUENCIES < 3000)
    return np.polyfit(np.log2(FREQUENCIES[inside]), spectra[:, inside].T, 1)[0]


def level_at(spectra, frequency_hz):
    return spectra[:, np.abs(FREQUENCIES - frequency_hz).argmin()]


def plain(n=6, **factors):
    """Flat responses, but for the given factors."""
    neutral = {name: 0.0 for name, factor in FACTORS.items() if name.endswith("_db")}
    neutral |= {"comb_depth": 0.0, "range_db": 100.0, "low_cut_hz": 0.01, "high_cut_hz": 2e6, "sample_rate": 96_000.0}
    return synthetic_responses(n).with_factors(**neutral | factors)


def test_the_seed_decides_everything():
    one, same, other = synthetic_responses(30, seed=3), synthetic_responses(30, seed=3), synthetic_responses(30, seed=4)
    np.testing.assert_array_equal(one.spectra_db, same.spectra_db)
    np.testing.assert_array_equal(one.impulse_response(0).samples, same.impulse_response(0).samples)
    assert lsd(one.spectra_db, other.spectra_db).min() > 0.5


def test_families_alternate_and_factors_lie_in_their_ranges():
    responses = synthetic_responses(600)
    assert responses.family[:6] == FAMILIES and responses.sources[0] == "synthetic/rooms"
    assert len(set(responses.names)) == 600
    for name, factor in FACTORS.items():
        values = responses.factors[name]
        assert values.shape == ((600,) if factor.count == 1 else (600, factor.count))
        for column, (low, high) in enumerate(factor.ranges):
            some = values[column::6]
            some = some[some != 0]  # an absent bell, resonance or notch has 0 dB
            assert low <= some.min() < some.max() <= high, (name, FAMILIES[column])


def test_spectra_are_aligned_and_within_60_db_of_their_peak():
    responses = synthetic_responses(300)
    spectra = responses.spectra_db
    assert spectra.shape == (300, 513) and spectra.dtype == np.float32 and np.isfinite(spectra).all()
    below_half = responses.factors["sample_rate"] >= 48_000
    np.testing.assert_allclose(spectra[below_half] @ WEIGHTS, 0, atol=1e-4)
    assert (spectra[:, WEIGHTS > 0].max(axis=1) - spectra.min(axis=1)).max() < 60.001


def test_a_response_with_neutral_factors_is_flat():
    np.testing.assert_allclose(plain().spectra_db[:, 1:], 0, atol=0.01)


@pytest.mark.parametrize("tilt", [-6.0, -1.0, 3.0])
def test_a_response_with_tilt_alone_has_that_slope(tilt):
    np.testing.assert_allclose(slope_per_octave(plain(tilt_db=tilt).spectra_db), tilt, atol=0.02)


def test_a_larger_tilt_tilts_every_response():
    responses = synthetic_responses(60)
    slopes = [slope_per_octave(responses.with_factors(tilt_db=tilt, range_db=90).spectra_db) for tilt in (-2, 0, 2)]
    assert (np.diff(slopes, axis=0) > 1).all()


def test_each_factor_changes_the_level_at_its_frequency():
    cut = plain(low_cut_hz=1500.0, low_cut_order=2.0).spectra_db
    np.testing.assert_allclose(level_at(cut, 1500) - level_at(cut, 20_000), -3, atol=0.2)
    np.testing.assert_allclose(level_at(cut, 375) - level_at(cut, 750), -12, atol=0.5)
    cut = plain(high_cut_hz=4000.0, high_cut_order=2.0).spectra_db
    np.testing.assert_allclose(level_at(cut, 4000) - level_at(cut, 100), -3, atol=0.2)
    np.testing.assert_allclose(level_at(cut, 16_000) - level_at(cut, 8000), -12, atol=0.5)
    for kind, width in [("main", "main_q"), ("resonance", "resonance_q"), ("bell", "bell_octaves")]:
        only = np.eye(1, FACTORS[f"{kind}_db"].count)[0] if FACTORS[f"{kind}_db"].count > 1 else 1.0
        spectra = plain(**{f"{kind}_hz": 1031.0, width: 1.0, f"{kind}_db": 10 * only}).spectra_db
        peak = spectra[:, FREQUENCIES > 100].max(axis=1)
        np.testing.assert_allclose(level_at(spectra, 1031), peak, atol=0.01)
        assert (peak - level_at(spectra, 20_000) > 8).all()
    notched = plain(notch_hz=8016.0, notch_q=2.0, notch_db=-20 * np.eye(1, 4)[0]).spectra_db
    np.testing.assert_allclose(level_at(notched, 8016), notched.min(axis=1), atol=0.1)
    shelved = plain(low_shelf_hz=500.0, low_shelf_db=6.0).spectra_db
    np.testing.assert_allclose(level_at(shelved, 47) - level_at(shelved, 8000), 6, atol=0.05)


def test_a_comb_has_its_first_dip_at_half_the_inverse_of_its_delay():
    spectra = plain(comb_ms=0.25, comb_depth=0.5).spectra_db
    inside = (FREQUENCIES > 1000) & (FREQUENCIES < 3000)
    np.testing.assert_allclose(FREQUENCIES[inside][spectra[:, inside].argmin(axis=1)], 2000, atol=100)


def test_a_smaller_range_lifts_the_floor():
    responses = synthetic_responses(60)
    wide, narrow = (np.ptp(responses.with_factors(range_db=value).spectra_db[:, :400], axis=1) for value in (55, 20))
    assert (narrow <= wide + 1e-3).all() and narrow.max() < 30


@pytest.mark.slow
@pytest.mark.parametrize(
    ("families", "mean", "worst"),
    [
        (("rooms", "plates"), 0.3, 1.0),  # noise: its smoothed spectrum is corrected approximately
        (("cabinets", "microphones", "ears", "headphones"), 0.05, 0.6),  # the worst resonate below 100 Hz
    ],
)
def test_an_impulse_response_has_the_spectrum_of_its_response(families, mean, worst):
    responses = synthetic_responses(80, seed=5, families=families)
    samples = [responses.impulse_response(i) for i in range(len(responses))]
    spectra = np.array([spectrum_db(each.samples[0], each.sample_rate) for each in samples])
    distance = lsd(spectra, responses.spectra_db)
    assert distance.mean() < mean and distance.max() < worst


def test_microphones_are_short_and_rooms_reverberate():
    def time_of_energy(response, part):
        energy = np.cumsum(response.samples[0] ** 2)
        return np.searchsorted(energy, part * energy[-1]) / response.sample_rate

    for families, (shortest, longest) in {("microphones",): (0, 0.05), ("rooms",): (0.05, 1.0)}.items():
        responses = synthetic_responses(10, families=families)
        times = [time_of_energy(responses.impulse_response(i), 0.99) for i in range(10)]
        assert shortest <= np.median(times) <= longest


def test_impulse_responses_take_negative_indices():
    responses = synthetic_responses(12)
    np.testing.assert_array_equal(responses.impulse_response(-1).samples, responses.impulse_response(11).samples)


def test_spectra_do_not_depend_on_the_chunks_they_are_computed_in():
    responses = synthetic_responses(1200)
    few = {name: values[:3] for name, values in responses.factors.items()}
    assert power_response(few, FREQUENCIES).shape == (3, 513)
    part = type(responses)(responses.family[:3], few).spectra_db
    np.testing.assert_allclose(part, responses.spectra_db[:3], atol=1e-3)  # float32


@pytest.mark.slow
def test_principal_components_of_synthetic_responses_describe_real_ones():
    folder = Path(__file__).parents[3] / "shared" / "data" / "ir"
    if not folder.is_dir():
        pytest.skip("the shared impulse responses are not beside this checkout")
    real = read_folder(folder).where(read_splits(folder)["train"]).spectra_db
    scale = np.sqrt(WEIGHTS)

    def distance_after_pca(fitted_on, k):
        mean = fitted_on.mean(axis=0)
        components = np.linalg.eigh(np.cov(((fitted_on - mean) * scale).T))[1][:, ::-1][:, :k]
        rest = (real - mean) * scale
        return np.sqrt(((rest - rest @ components @ components.T) ** 2).sum(axis=1)).mean()

    synthetic = synthetic_responses(3000).spectra_db
    for k, worse in [(4, 1.35), (8, 1.4), (16, 1.5)]:  # measured 2.10 against 1.69, 1.36 to 1.05 and 0.72 to 0.52 dB
        assert distance_after_pca(synthetic, k) < worse * distance_after_pca(real, k)


def test_notebooks_read_the_folder_that_the_variable_names(tmp_path, monkeypatch):
    monkeypatch.delenv("AETHER_LAB_IRS", raising=False)
    synthetic = load_corpus(12, seed=1)
    assert len(synthetic) == 12 and synthetic.sources[2] == "synthetic/cabinets"
    np.testing.assert_array_equal(synthetic.spectra_db, synthetic_responses(12, seed=1).spectra_db)
    soundfile.write(tmp_path / "click.wav", np.eye(1, 100)[0], 48_000)
    monkeypatch.setenv("AETHER_LAB_IRS", str(tmp_path))
    assert load_corpus().names == ("click.wav",)
    monkeypatch.setenv("AETHER_LAB_IRS", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match=r"AETHER_LAB_IRS=.*nowhere: no such folder"):
        load_corpus()


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="n is 0; it must be at least 1"):
        synthetic_responses(0)
    with pytest.raises(ValueError, match="allowed are rooms, plates"):
        synthetic_responses(3, families=("spoons",))
    with pytest.raises(ValueError, match="no factor 'colour'; allowed are tilt_db"):
        synthetic_responses(3).with_factors(colour=1)
    with pytest.raises(ValueError, match=r"tilt_db of shape \(2,\); \(3,\) is needed"):
        synthetic_responses(3).with_factors(tilt_db=[1, 2])
