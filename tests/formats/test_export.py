"""Exported files, read without the package: by parsers of the test, SciPy, gcc and Faust."""

import dataclasses
import io
import re

import numpy as np
import pytest
import scipy.io.wavfile
import scipy.signal
import soundfile
from cookbook import EXACT, FREQUENCY, LISTS, curve_of, expected_db, level, random_bank

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.cascade import series_sos
from aether_lab.formats.export import FORMATS, Export, export


@pytest.mark.parametrize("name", EXACT)
def test_exact_formats_have_the_response_within_a_millionth_of_a_decibel(decoded, name):
    for bank, _, target in decoded:
        file = export(bank, name)
        error = np.abs(curve_of(file.content, name, 48_000) - target).max()
        assert error <= 1e-6 and file.worst_db <= 1e-6, f"{name}: {error:.1e} dB, {file.worst_db:.1e} dB as stated"


@pytest.mark.slow
@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("name", ["fir-min", "fir"])
def test_an_fir_filter_has_the_response_within_a_tenth_of_a_decibel_at_every_rate(decoded, name, rate):
    for bank, _, target in decoded if rate == 48_000 else decoded[::4]:
        file = export(bank, name, sample_rate=rate)
        _, taps = scipy.io.wavfile.read(io.BytesIO(file.content))
        error = np.abs(curve_of(file.content, name, rate) - target)
        assert error.max() <= 0.1, f"{name} at {rate}: {error.max():.3f} dB with {len(taps)} samples"
        assert abs(error.max() - file.worst_db) < 0.02
        assert f"{len(taps)} samples" in file.notes[-1]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_bands_is_a_refitted_cascade_with_the_error_that_it_states(decoded, name):
    stated_errors = []
    for bank, cascade, target in decoded:
        file = export(bank, name, cascade=cascade)
        level_db = curve_of(file.content, name, 48_000)
        assert level_db.max() <= 0.0  # the preamp prevents clipping
        shift = re.search(r"The level is ([\d.]+) dB lower", " ".join(file.notes))
        error = np.abs(level_db + float(shift[1] if shift else 0) - target)
        assert abs(error.max() - file.worst_db) < 0.05  # the stated error is the actual one
        stated_errors.append((file.worst_db, file.rms_db))
        stated = re.search(r"refitted to one of 10 sections, rms ([\d.]+) dB, worst ([\d.]+) dB", file.notes[0])
        assert file.notes[0] in file.content.decode()
        assert abs(float(stated[2]) - file.worst_db) < 0.1  # rounding is small compared with the error of the refit
    worst, rms = np.array(stated_errors).T
    report = f"{name}: rms {np.round(rms, 2)} dB, worst {np.round(worst, 1)} dB"
    print(report)
    assert np.median(rms) < 0.2 and np.median(worst) < 1.5, report


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("shelves", [False, True])
def test_a_cascade_is_listed_without_a_refit(name, shelves):
    cascade = random_bank(5, 8, "cascade", shelves=shelves, preamp_db=np.float64(-2.5))
    file = export(cascade, name)
    tolerance = 0.4 if shelves and name == "rew" else 0.05  # whose shelves have another slope
    assert file.worst_db < tolerance and "refitted" not in " ".join(file.notes)
    assert file.recipe.kinds == cascade.kinds and file.recipe.n_sections == 8
    actual, bank = curve_of(file.content, name, 48_000), expected_db(cascade)
    np.testing.assert_allclose(actual - actual.max(), bank - bank.max(), atol=tolerance)


@pytest.mark.parametrize("name", ["json", "csv", "npy", "faust", "c", "c-series", "fir", "fir-min"])
def test_every_other_format_stores_shelves_and_preamp(name):
    cascade = random_bank(6, 6, "cascade", shelves=True, preamp_db=np.float64(3.25))
    tolerance = 0.1 if name.startswith("fir") else 1e-6
    np.testing.assert_allclose(
        curve_of(export(cascade, name).content, name, 48_000), expected_db(cascade), atol=tolerance
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_parallel_bank_of_32_alternating_sections_has_an_exact_cascade(seed):
    bank = random_bank(seed)
    sos = series_sos(bank)
    assert sos.shape == (32, 6)
    assert np.abs(np.roots(sos[7, 3:])).max() < 1
    np.testing.assert_allclose(
        level(scipy.signal.freqz_sos(sos, FREQUENCY, fs=48_000)[1]), expected_db(bank), atol=1e-6
    )


@pytest.mark.parametrize("q", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_sections_with_real_poles_have_an_exact_cascade(q, n):
    bank = Recipe(24_000 * np.array([0.1, 0.1, 0.3])[:n], np.full(n, q), np.array([6.0, 0.0, -3.0])[:n])
    actual = scipy.signal.freqz_sos(series_sos(bank), FREQUENCY, fs=48_000)[1]
    np.testing.assert_allclose(level(actual), expected_db(bank), atol=1e-6)


@pytest.mark.usefixtures("float32")
def test_a_recipe_in_single_precision_is_exported_in_double(space):
    bank = space.decode([0.5, -1.0, 0.2, 1.5])
    assert bank.frequency_hz.dtype == np.float32
    for name in EXACT:
        file = export(bank, name)
        np.testing.assert_allclose(curve_of(file.content, name, 48_000), expected_db(bank), atol=1e-6)


def test_the_json_is_a_recipe_of_the_package():
    bank = random_bank(1)
    parsed = Recipe.from_json(export(bank, "json").content.decode())
    np.testing.assert_allclose(parsed.response_db(FREQUENCY), expected_db(bank), atol=1e-6)


def test_minimum_phase_has_its_energy_no_later_than_any_filter_of_the_same_magnitude():
    bank = random_bank(2)
    minimal, as_is = (
        scipy.io.wavfile.read(io.BytesIO(export(bank, name).content))[1].astype(float) for name in ("fir-min", "fir")
    )
    n = min(len(minimal), len(as_is))
    assert (np.cumsum(minimal[:n] ** 2) >= np.cumsum(as_is[:n] ** 2) * (1 - 1e-3)).all()


def test_a_resampled_impulse_response_does_not_ring_before_its_onset():
    taps = scipy.io.wavfile.read(io.BytesIO(export(random_bank(2), "fir", sample_rate=44_100).content))[1]
    assert np.abs(taps[:8]).max() < 1e-3 * np.abs(taps).max()
    assert np.abs(taps[-len(taps) // 8 :]).max() < 1e-4 * np.abs(taps).max()  # no circular wrap-around


def test_a_list_for_a_host_at_another_rate_is_fitted_at_that_rate(decoded):
    bank, *_ = decoded[0]
    same, other = export(bank, "equalizerapo", sample_rate=48_000), export(bank, "equalizerapo", sample_rate=44_100)
    assert other.rms_db < same.rms_db + 0.2
    assert "at 48000 Hz" in " ".join(other.notes) and "at 44100 Hz" not in " ".join(other.notes)


@pytest.mark.parametrize("gain_db", [0.0, 20.0, -40.0])
@pytest.mark.parametrize("name", ["fir-pcm24", "fir-min-pcm24"])
def test_pcm_has_24_bits_stays_below_full_scale_and_states_its_gain(name, gain_db):
    bank = random_bank(3, 8, "cascade", preamp_db=np.float64(gain_db))
    file = export(bank, name, name="4d")
    with soundfile.SoundFile(io.BytesIO(file.content)) as source:
        assert source.subtype == "PCM_24" and source.samplerate == 48_000
        samples, comment = source.read(), source.comment
    stated = re.search(r"The level is ([\d.]+) dB lower", comment)
    lower = float(stated[1]) if stated else 0.0
    assert np.abs(samples).max() < 1 and (lower > 0) == (gain_db == 20)
    error = np.abs(curve_of(file.content, name, 48_000) + lower - expected_db(bank)).max()
    assert error < 0.1 and error == pytest.approx(file.worst_db, abs=0.02)
    assert (stated[0] if stated else "samples") in " ".join(file.notes)


@pytest.mark.parametrize("name", ["fir", "fir-min"])
def test_a_wav_has_a_comment_and_the_same_bytes_every_time(tmp_path, name):
    bank = random_bank(3)
    path = export(bank, name, name="4d").save(tmp_path / "filter")
    with soundfile.SoundFile(path) as file:
        assert file.subtype == "FLOAT" and file.samplerate == 48_000
        assert file.comment.startswith("aether_lab: 4d The impulse response of the filter at 48000 Hz")
    assert export(bank, name, name="4d").content == path.read_bytes()


@pytest.mark.parametrize("name", [name for name, each in FORMATS.items() if each.suffix not in (".npy", ".wav")])
def test_a_file_states_its_source_conventions_and_rate(name):
    text = export(random_bank(3, 6, "cascade"), name, name="4d at z = 0.5, −1").content.decode()
    assert "aether_lab: 4d at z = 0.5, " in text
    if FORMATS[name].representation == "points":
        assert "Levels in dB at frequencies in Hz, the same at every sample rate" in text
    else:
        assert "48000 Hz" in text and "Robert Bristow-Johnson's cookbook" in text and "Gain in dB" in text


def test_a_file_is_saved_with_the_suffix_of_its_format(tmp_path):
    file = export(random_bank(3, 6, "cascade"), "camilladsp")
    assert file.save(tmp_path / "mine") == tmp_path / "mine.yml"
    assert file.save(tmp_path / "other.yaml").read_bytes() == file.content
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        file.save(tmp_path / "nowhere" / "mine")
    assert isinstance(file, Export) and [p.name for p in sorted(tmp_path.iterdir())] == ["mine.yml", "other.yaml"]


def test_invalid_exports_are_refused(space):
    bank = random_bank(3, 4)
    with pytest.raises(ValueError, match=r"format 'vst'; allowed are json, csv, npy, fir-min"):
        export(bank, "vst")
    with pytest.raises(ValueError, match="sample rate of 1000 Hz; allowed are 8000 to 384000"):
        export(bank, "fir", sample_rate=1000)
    with pytest.raises(ValueError, match=r"export needs one recipe of shape \(S,\), not \(2, 32\)"):
        export(space.decode(np.zeros((2, 4))), "json")
    with pytest.raises(ValueError, match="a NaN or an infinity"):
        export(dataclasses.replace(bank, q=np.array([1, 2, np.nan, 3])), "json")
