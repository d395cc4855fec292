"""Measured curves: reading text, conversion to a spectrum, and error messages."""

import math

import numpy as np
import pytest
import soundfile

from aether_lab.signals import limits, spectrum
from aether_lab.signals.curve import Curve
from aether_lab.signals.curve_files import read_curve, read_target
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.spectrum import FREQUENCIES, lsd

REW = """* Measurement data measured by REW V5.20.13
* Source: USB mic, Volume: 0.500
* Format: Log Frequency Axis, 96 PPO
*
* Freq(Hz), SPL(dB), Phase(degrees)
20.000, 61.25, 12.3
200.000, 70.5, -170.1
2000.00, 72.125, 0.0
20000.0, 55.0, 91.0
"""
POINTS = ([20.0, 200.0, 2000.0, 20_000.0], [61.25, 70.5, 72.125, 55.0])


@pytest.mark.parametrize(
    "text",
    [
        REW,
        "frequency,raw,error,smoothed\n20.00,61.25,1,9\n200,70.5,1,9\n2000,72.125,1,9\n20000,55,1,9\n",
        "Frequenz [Hz];Pegel [dB]\n20;61,25\n200;70,5\n2000;72,125\n20000;55\n",
        "Phase;Freq (Hz);Level (dB)\n0;20;61,25\n0;200;70,5\n0;2000;72,125\n0;20000;55\n",
        ",frequency,raw\n0,20,61.25\n1,200,70.5\n2,2000,72.125\n3,20000,55\n",
        "20 61,25\n200 70,5\n2000 72,125\n20000 55\n",
        "Freq (Hz)  SPL (dB)\n20 61.25\n200 70.5\n\n2000 72.125\n20000 55\n",
        "20.0\t61.25\r\n200\t70.5\r\n2000\t72.125\r\n20000\t55\r\n",
        "# drawn by hand\nMeasurement 1\n0, 10\n20, 61.25\n200, 70.5\n2e3, 72.125\n2e4, +55\n",
        '"x","y"\n"20","61.25"\n"200","70.5"\n"2000","72.125"\n"20000","55"\n',
    ],
    ids=["REW", "AutoEq", "semicolons", "columns-by-name", "index", "spaces", "labels", "tabs", "no-header", "quotes"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_every_notation_of_the_same_points_reads_as_the_same_curve(tmp_path, text, encoding):
    path = tmp_path / "curve.csv"
    path.write_bytes(text.encode(encoding))
    curve = read_curve(path)
    np.testing.assert_array_equal([curve.frequency_hz, curve.level_db], POINTS)
    assert curve.name == str(path)


def test_content_without_a_path_reads_as_the_file_does(tmp_path):
    path = tmp_path / "curve.txt"
    path.write_text(REW)
    for read in (read_curve, read_target):
        np.testing.assert_array_equal(read(REW.encode(), "curve.txt").spectrum_db, read(path).spectrum_db)
    assert read_target(REW.encode(), "curve.txt").name == "curve.txt"


def test_a_sound_file_is_an_impulse_response_from_disk_and_from_memory(tmp_path):
    path = tmp_path / "room.wav"
    soundfile.write(path, np.exp(-np.arange(4800) / 100), 48_000)
    for target in (read_target(path), read_target(path.read_bytes(), "room.wav")):
        assert isinstance(target, ImpulseResponse) and target.samples.shape == (1, 4800)
        np.testing.assert_array_equal(target.spectrum_db, spectrum.spectrum_db(target.samples[0], 48_000))


def test_the_band_of_a_target_ends_where_its_measurement_ends():
    response = ImpulseResponse(np.exp(-np.arange(4800) / 100), 16_000)
    assert response.band_hz == (100, 7200)  # the low-pass of the converter lies above
    curve = Curve(np.array([20.0, 5000.0]), np.zeros(2))
    assert curve.band_hz == (100, 5000) and curve.spectrum_db.shape == (513,)


def test_the_absolute_level_of_a_curve_is_ignored():
    curve, louder = (Curve(POINTS[0], np.array(POINTS[1]) + more) for more in (0, 40))
    np.testing.assert_allclose(curve.spectrum_db, louder.spectrum_db, atol=1e-5)
    assert spectrum.WEIGHTS @ curve.spectrum_db == pytest.approx(0, abs=1e-5)


def test_two_points_make_a_straight_line_over_log_frequency():
    spectrum = Curve(np.array([20.0, 20_000.0]), np.array([0.0, -30.0])).spectrum_db
    middle = (FREQUENCIES > 300) & (FREQUENCIES < 15_000)
    slope = np.polyfit(np.log10(FREQUENCIES[middle]), spectrum[middle], 1)[0]
    assert slope == pytest.approx(-10, abs=0.02)  # dB a decade
    assert np.ptp(spectrum[FREQUENCIES > 22_500]) == pytest.approx(0, abs=1e-4)  # constant above the last point


@pytest.mark.parametrize(("points_per_octave", "limit"), [(None, 0.02), (96, 0.5), (24, 1.2)])
def test_a_response_written_as_a_curve_keeps_its_spectrum(points_per_octave, limit):
    """All FFT lines keep it exactly; fewer points lose detail between them."""
    rng = np.random.default_rng(2)
    samples = rng.normal(size=4800) * np.exp(-np.arange(4800) / 40)
    lines = np.fft.rfftfreq(16_384, 1 / 48_000)[1:]
    level = 20 * np.log10(np.abs(np.fft.rfft(samples, 16_384)[1:]))
    frequency = lines if points_per_octave is None else 24_000 * 2 ** -np.arange(10, 0, -1 / points_per_octave)
    curve = Curve(frequency, np.interp(frequency, lines, level))
    assert lsd(curve.spectrum_db, spectrum.spectrum_db(samples, 48_000)) < limit


def test_a_dense_comb_is_averaged_in_power():
    """Alternating 0 and -40 dB, finer than a bin, has half the power: 3 dB below the flat part."""
    frequency = np.arange(100.0, 20_000.0, 1.0)
    level = np.where((frequency < 2000) | (np.arange(len(frequency)) % 2 == 0), 0.0, -40.0)
    spectrum = Curve(frequency, level).spectrum_db
    flat, comb = np.interp([1000, 6000], FREQUENCIES, spectrum)
    assert flat - comb == pytest.approx(3.01, abs=0.02)


def test_frequencies_outside_the_measured_range_do_not_change_the_level():
    inside = Curve(np.array([500.0, 5000.0]), np.zeros(2))
    assert inside.band_hz == (500.0, 5000.0)
    np.testing.assert_allclose(inside.spectrum_db, 0, atol=1e-5)
    step = Curve(np.array([20.0, 90.0, 100.0, 20_000.0]), np.array([30.0, 30.0, 0.0, 0.0]))
    part = Curve(np.array([200.0, 20_000.0]), np.zeros(2))
    assert lsd(step.spectrum_db, part.spectrum_db, part.weights) < 0.1
    assert part.weights[FREQUENCIES < 200].sum() == 0 and part.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"the file is empty \(0 bytes\)"),
        (b" \n* only a comment\n", "no numbers in it"),
        (b"frequency,level\n", "no numbers in it"),
        (b"a poem\nof two lines\n", "no numbers in it"),
        (b"20\n30\n40\n", r"line 1: 1 column \(20\); frequency in Hz and level in dB are needed"),
        (b"f,l\n20,1\n30\n", r"line 3: 1 column \(30\)"),
        (b"20,1\n30,2\n25,3\n", "line 3: 25 Hz after 30 Hz; frequencies must rise"),
        (b"20,1\n30,2\n\n30,3\n", "covers 20 to 30 Hz"),
        (b"20,1\n30,nan\n", "one point only"),
        (b"20,1\n30,2\ninf,2\n", "line 3: a frequency of inf"),
        (b"20,1\n30,loud\n", "line 2: 'loud' is not a number"),
        (b"20,1\n30,\n", "one point only"),
        (b"20,1\n3o,2\n", "line 2: '3o' is not a number"),
        (b"-20,1\n30,2\n", "line 1: a frequency of -20 Hz"),
        (b"1000,1\n", "one point only"),
        (b"20,1\n80,2\n", "covers 20 to 80 Hz; at least an octave between 100 and 20000 Hz"),
        (b"0.02,1\n1,2\n20,3\n", "covers 0.02 to 20 Hz; are they in kHz"),
        (b"\x00\x01\x02\x03" * 100, "binary content"),
        (b"PK\x03\x04" + bytes(100), "a ZIP archive, such as a spreadsheet: export it as CSV"),
        (b"%PDF-1.7 ...", "a PDF document"),
    ],
)
def test_invalid_text_is_refused_with_its_name_and_the_reason(tmp_path, content, message):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    for source, name in ((path, None), (content, "bad.csv")):
        for read in (read_curve, read_target):
            with pytest.raises(ValueError, match=rf"bad\.csv(:|,) ?{message}"):
                read(source, name)


def test_what_a_file_holds_decides_and_not_its_name(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.exp(-np.arange(4800) / 100), 48_000)
    (tmp_path / "a.wav").rename(tmp_path / "a.csv")
    (tmp_path / "b.wav").write_text(REW)
    np.testing.assert_array_equal(read_target(tmp_path / "b.wav").level_db, POINTS[1])
    with pytest.raises(ValueError, match=r"a\.csv: a WAV file, not a curve"):
        read_curve(tmp_path / "a.csv")


def test_a_file_of_two_gigabytes_is_refused_unread(tmp_path):
    for name, head, limit in (("big.csv", b"20,1\n", 50), ("big.wav", b"RIFF\0\0\0\0WAVE", 500)):
        path = tmp_path / name
        with path.open("wb") as file:
            file.write(head)
            file.truncate(2 << 30)  # sparse: uses no disk space
        with pytest.raises(ValueError, match=rf"{name}: 2,147 MB; at most {limit} MB are read"):
            read_target(path)
    with pytest.raises(ValueError, match="at most 50 MB"):
        read_curve(b"1" * (limits.LARGEST_TEXT + 1), "long.csv")


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"none\.csv: no such file"):
        read_target(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="a folder, not a file"):
        read_curve(tmp_path)


@pytest.mark.parametrize(
    ("frequency", "level", "message"),
    [
        ([100, 1000], [0], "at least two points"),
        ([100, 1000], [0, math.inf], "must be finite"),
        ([1000, 100], [0, 0], "must be positive and rising"),
        ([0, 1000], [0, 0], "must be positive and rising"),
    ],
)
def test_invalid_points_are_refused(frequency, level, message):
    with pytest.raises(ValueError, match=f"^drawn: .*{message}"):
        Curve(frequency, level, "drawn")
