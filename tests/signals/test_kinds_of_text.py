"""One file of each kind that measurement programs write: read as what it says, or refused by name."""

from pathlib import Path

import numpy as np
import pytest

from aether_lab.signals.curve import Curve
from aether_lab.signals.curve_files import read_curve, read_target
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.spectrum import lsd
from aether_lab.signals.target import as_target

HZ = [20.0, 100.0, 500.0, 1000.0, 2500.0, 8000.0, 20_000.0]
DB = [61.2, 70.5, 72.1, 70.0, 66.6, 60.0, 55.5]


def rows(template, hz=HZ, db=DB):
    values = ({"f": f, "l": level, "k": f / 1000, "a": 10 ** (level / 20)} for f, level in zip(hz, db, strict=True))
    return "".join(template.format(**each) + "\n" for each in values)


TABLES = {
    "Audio Precision": "Frequency Response,,,\nCh1,,Ch2,\nX,Y,X,Y\nHz,dBV,Hz,dBV\n" + rows("{f},{l},{f},9"),
    "Dirac target": "NAME\nmine\nBREAKPOINTS\n" + rows("{f} {l}") + "LOWLIMITHZ\n10\nHIGHLIMITHZ\n24000\n",
    "squig.link": "FFT\tv1\nFrequency\tdB\tUnweighted\n" + rows("{f}\t{l}") + "\nsource\tMic\npeak\t40.0Hz\n",
    "miniDSP calibration": '"Sens Factor =-1.378dB, SERNO: 7009128"\n' + rows("{f}\t{l}"),
    "a count above": "7\n" + rows("{f} {l}"),
    "a date above": "2024-01-12\n" + rows("{f} {l}"),
    "PSD before frequency": "PSD (dB/Hz),Frequency (Hz)\n" + rows("{l},{f}"),
    "coherence first": "* Freq(Hz), Coherence, SPL(dB)\n" + rows("{f}, 0.98, {l}"),
    "header over two lines": "   Freq   SPL   Phase\n   (Hz)   (dB)   (deg)\n" + rows("  {f}  {l}  12.0"),
    "header with blanks in labels": "Freq [Hz]   dB SPL   Phase [deg]\n" + rows("{f}  {l}  12.0"),
    "labels with units": "Frequency (Hz) Level (dB) Phase (deg)\n" + rows("{f} {l} 12.0"),
    "index without a label": "frequency raw\n"
    + "".join(f"{i} {f} {level}\n" for i, (f, level) in enumerate(zip(HZ, DB, strict=True))),
    "kilohertz": "f (kHz)\tdB\n" + rows("{k}\t{l}"),
    "units in cells": rows("{f} Hz, {l} dB"),
    "kilohertz in cells": rows("{k} kHz {l} dB"),
    "volts per volt": "f;H [V/V]\n" + rows("{f};{a}").replace(".", ","),
    "pascal": "Frequency (Hz),Pressure (Pa)\n" + rows("{f},{a}"),
    "linear beside dB": "Frequency (Hz),Magnitude,Magnitude (dB)\n" + rows("{f},{a},{l}"),
    "spread before mean": "Frequency (Hz),SD (dB),Mean (dB)\n" + rows("{f},1.5,{l}"),
    "target before measured": "Frequency (Hz),Target (dB),Measured (dB)\n" + rows("{f},70,{l}"),
    "AutoEq result": "frequency,raw,error,smoothed,equalization,target\n" + rows("{f},{l},1,2,3,4"),
    "quoted decimal commas": "Hz,dB\n" + rows('"{f}","{l}"').replace(".", ","),
    "two numbers in four cells": "Freq,SPL\n" + rows("{f:.2f},{l:.2f}").replace(".", ","),
    "exponents with commas": rows("{f:.4E} {l:.4E}").replace(".", ","),
    "Fortran exponents": rows("{f:.4E} {l:.4E}").replace("E", "D"),
    "thousands with commas": "Frequency\tSPL\n" + rows("{f:,.1f}\t{l}"),
    "thousands with narrow spaces": "Hz;dB\n" + rows("{f:,.0f};{l}").replace(",", "\u202f").replace(".", ","),
    "thousands with apostrophes": "Hz;dB\n" + rows("{f:,.0f};{l}").replace(",", "'"),
    "remarks behind rows": rows("{f} {l}  # {f} {l}"),
    "French": "Fréquence (Hz)\tNiveau (dB)\n" + rows("{f:,.2f}\t{l}").replace(",", " ").replace(".", ","),
    "labels in UTF-16 and Japanese": "周波数 [Hz]\t音圧 [dB]\n" + rows("{f}\t{l}"),
    "falling": rows("{f} {l}", HZ[::-1], DB[::-1]),
    "minus infinity": "0 -inf\n" + rows("{f} {l}") + "21000 -inf\n",
    "blank cells": "Hz,dB,note\n1,,\n" + rows("{f},{l},ok") + "22000,,\n",
    "repeated": rows("{f} {l}\n{f} {l}"),
    "old Mac line ends": rows("{f} {l}").replace("\n", "\r"),
    "line separator in a comment": "* a\u2028 20 30\n" + rows("{f} {l}"),
    "a second block": rows("{f} {l}") + "\nDistortion\n" + rows("{f} 0.1"),
    "a second block behind a blank line": rows("{f} {l}") + "\n" + rows("{f} 0.1"),
    "a channel in words": "channel,Frequency,dB\n" + rows("Left,{f},{l}"),
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_is_read_as_it_says(text):
    curve = read_curve(text.encode(), "file.txt")
    np.testing.assert_allclose(curve.frequency_hz, HZ)
    np.testing.assert_allclose(curve.level_db, DB, atol=1e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("20,5,77,73\n100,5,78,11\n9000,5,79,22\n", "line 1: .*20 Hz at 5 dB .* or 20.5 Hz at 77.73 dB .*does not say"),
        ("20,77,73\n200,78,01\n9000,79,22\n", "may separate columns or mark decimals"),
        (
            "Frequency,Magnitude\n" + rows("{f},{a:.6f}", db=[level - 60 for level in DB]),
            "no unit .*: it may be in dB or linear",
        ),
        ("Frequency,Coherence\n" + rows("{f},0.9"), "no level among the columns 'Frequency', 'Coherence'"),
        ("Frequency,Real,Imag\n" + rows("{f},0.5,0.2"), "no level among the columns"),
        ("Frequency,Response (%)\n" + rows("{f},{l}"), "no level among the columns"),
        ("Frequency,T30 (s)\n" + rows("{f},1.{l}"), "no level among the columns 'Frequency', 'T30 "),
        ("azimuth,elevation\n" + rows("{f},10"), "column 'azimuth' is no frequency"),
        ("Time (s),Level (dB)\n" + rows("{f},{l}"), r"column 'Time \(s\)' is no frequency"),
        ("Hz,V/V\n" + rows("{f},-{l}"), "an amplitude is not negative"),
        (
            rows("{f} {l}", HZ[:4], DB[:4]) + "page 2\n" + rows("{f} {l}", HZ[4:], DB[4:]),
            "line 5: 'page 2' stands betw",
        ),
        (rows("{f};{l}") + "21x00;3\n", "line 8: '21x00' is not a number"),
        ("20 1e308\n20000 -1e308\n", "a level of 1e.308 dB; allowed is ±1000 dB"),
        ("Convolution: room.wav\nFilter: ON PK Fc 50 Hz Gain 4 dB Q 1\n", "'Convolution: room.wav' cannot be read"),
        ("Filter 1: ON PK Fc 50 Hz Gain 1000000000 dB Q 1\n", "a gain of 1e.09; allowed are -120 to 120"),
        ("frequency,q,gain\n100,1,3\n200,1,2\n", "a list of filters without their types"),
        ('{"x": [1, 2]}', "JSON, but not a recipe of filters"),
        ('{"sections": [', "not JSON"),
    ],
)
def test_what_is_not_certain_is_refused(text, message):
    with pytest.raises(ValueError, match=rf"^file\.txt[:,] .*{message}"):
        read_target(text.encode(), "file.txt")


def test_an_impedance_is_converted_and_says_so():
    for name, head in (("a.zma", ""), ("a.zma", "* Freq(Hz) Impedance(Ohms) Phase\n"), ("a.txt", "Hz Z[ohm] deg\n")):
        curve = read_curve((head + rows("{f} {l} 12")).encode(), name)
        np.testing.assert_allclose(curve.level_db, 20 * np.log10(DB))
        assert "an impedance is converted to dB" in curve.notes


def test_a_column_is_chosen_by_label_part_or_number_and_reported():
    text = ("Frequency (Hz),Left (dB),Right (dB)\n" + rows("{f},1,{l}")).encode()
    for column in ("Right (dB)", "right", 3, "3"):
        curve = read_curve(text, "two.csv", column)
        np.testing.assert_allclose(curve.level_db, DB)
        assert curve.notes == ("the level is column 3 of 3 (Right (dB))",)
    assert read_curve(text, "two.csv").notes == ("the level is column 2 of 3 (Left (dB))",)
    for column, message in (
        ("middle", "'middle' is none of"),
        ("dB", "'dB' is not one of"),
        (4, "there are 3"),
        (1, "column 1 is the freq"),
    ):
        with pytest.raises(ValueError, match=rf"^two\.csv, line 2: .*{message}"):
            read_curve(text, "two.csv", column)


def test_what_was_left_out_sorted_or_averaged_is_reported(tmp_path):
    text = rows("{f} {l}", HZ[::-1], DB[::-1]) + "20 61.2\n10 nan\n\nnoise\n20 1\n30 1\n"
    (tmp_path / "a.txt").write_text(text)
    notes = " | ".join(as_target(tmp_path / "a.txt").notes)
    for part in ("1 of 9 lines have no level", "are sorted", "1 of 7 frequencies are repeated", "1 other block"):
        assert part in notes


PEAKS = [(95, 6.0, 0.8), (420, -4.5, 1.4), (2900, -7.0, 1.9), (7800, 4.0, 2.5)]
LISTS = {
    "EqualizerAPO": "Preamp: -6.1 dB\n" + "".join(f"Filter: ON PK Fc {f} Hz Gain {g} dB Q {q}\n" for f, g, q in PEAKS),
    "AutoEq": "".join(f"Filter {i}: ON PK Fc {f} Hz Gain {g} dB Q {q}\n" for i, (f, g, q) in enumerate(PEAKS)),
    "REW": "Filter Settings file\n\nRoom EQ V5.20\n\nEqualiser: Generic\n"
    + "".join(f"Filter  1: ON  PK       Fc  {f:8.2f} Hz  Gain {g:6.2f} dB  Q {q:6.3f}\n" for f, g, q in PEAKS)
    + "Filter  9: ON  None\nFilter 10: OFF PK Fc 100 Hz Gain 9 dB Q 1\n",
    "decimal commas": "".join(f"Filter: ON PK Fc {f:.2f} Hz Gain {g} dB Q {q}\n" for f, g, q in PEAKS).replace(
        ".", ","
    ),
    "thousands": "".join(f"Filter: ON PK Fc {f:,.1f} Hz Gain {g} dB Q {q}\n" for f, g, q in PEAKS),
    "our CSV": "# topology cascade, preamp 0.0 dB, sample rate 48000.0 Hz\ntype,frequency_hz,q,gain_db,sign\n"
    + "".join(f"peaking,{f},{q},{g},+1\n" for f, g, q in PEAKS),
    "a spreadsheet": "Type;Fc;Q;Gain\n" + "".join(f"Peak;{f} Hz;{q};{g} dB\n" for f, g, q in PEAKS).replace(".", ","),
    "a table of AutoEq": "| Type | Fc | Q | Gain |\n|:--|:--|:--|:--|\n"
    + "".join(f"| Peaking | {f} Hz | {q} | {g} dB |\n" for f, g, q in PEAKS)
    + "\n| Type | Fc | Q | Gain |\n|:--|:--|:--|:--|\n| Peaking | 31 Hz | 1.4 | 7.9 dB |\n",
}


@pytest.fixture(scope="module")
def response():
    from aether_lab import Recipe, export

    frequency_hz, gain_db, q = zip(*PEAKS, strict=True)
    recipe = Recipe.of(frequency_hz, q, gain_db, topology="cascade")
    grid = np.geomspace(20, 20_000, 2000)
    texts = {name: export(recipe, name).content for name in ("json", "csv", "equalizerapo", "rew")}
    return Curve(grid, np.asarray(recipe.response_db(grid))), texts


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
def test_a_list_of_filters_is_read_as_its_response(text, response):
    curve = read_curve(text.encode(), "file.txt")
    assert lsd(curve.spectrum_db, response[0].spectrum_db) < 0.01
    assert curve.notes[0] == "a list of 4 filters, read as its response at 48000 Hz"


def test_our_own_exports_are_read_as_their_response(response):
    for name, content in response[1].items():
        assert lsd(read_curve(content, name).spectrum_db, response[0].spectrum_db) < 0.01


def test_a_parallel_bank_in_csv_is_a_sum_with_signs():
    from aether_lab import Recipe, export

    recipe = Recipe.of([300, 900, 4000], [1, 2, 1], [3, 6, -2], topology="parallel", polarity="alternating")
    grid = np.geomspace(10, 23_900, 4000)
    expected = Curve(grid, np.asarray(recipe.response_db(grid)))
    for name in ("csv", "json"):
        assert lsd(read_curve(export(recipe, name).content, name).spectrum_db, expected.spectrum_db) < 0.01


@pytest.mark.parametrize(
    ("line", "at_20_hz", "at_20_khz"),
    [
        ("LSC Fc 500 Hz Gain 6 dB Q 0.7071", 6, 0),
        ("HSC Fc 500 Hz Gain -6 dB Q 0.7071", 0, -6),
        ("LS 12dB Fc 500 Hz Gain 6 dB", 6, 0),
        ("HS Fc 500 Hz Gain 6 dB", 0, 6),
        ("HPQ Fc 2000 Hz Q 0.7071", -80, 0),
        ("LP Fc 2000 Hz", 0, -80),
        ("PK Fc 700 Hz Gain 6 dB BW Oct 1.5", 0, 0),
    ],
)
def test_other_types_of_filters_have_their_levels_far_from_the_centre(line, at_20_hz, at_20_khz):
    curve = read_curve(f"Filter: ON {line}\n".encode(), "file.txt")
    found = curve.level_at(np.array([20, 19_900]))
    for level, expected in zip(found, (at_20_hz, at_20_khz), strict=True):
        assert level < -35 if expected == -80 else level == pytest.approx(expected, abs=0.05)


def test_a_graphic_equaliser_is_its_points():
    line = "GraphicEQ: " + "; ".join(f"{f} {level - 70:.1f}" for f, level in zip(HZ, DB, strict=True))
    for text in (line, line.replace(".", ",")):
        np.testing.assert_allclose(read_curve(text.encode()).level_db, np.array(DB) - 70, atol=1e-6)


@pytest.mark.parametrize("decimal", ".,")
def test_rew_s_impulse_response_as_text_is_an_impulse_response(decimal):
    samples = np.exp(-np.arange(480) / 50)
    head = "* Impulse Response data saved by REW V5.31\n1.0 // Peak value before normalisation\n0 // Peak index\n"
    head += f"480 // Response length\n{1 / 44_100!r} // Sample interval (seconds)\n* Data start\n"
    text = (head + "\n".join(f"{x:.9f}" for x in samples)).replace(".", decimal)
    response = read_target(text.encode(), "ir.txt")
    assert isinstance(response, ImpulseResponse) and response.sample_rate == 44_100
    np.testing.assert_allclose(response.samples[0], samples, atol=1e-8)
    with pytest.raises(ValueError, match=r"^ir\.txt: truncated; 400 of 480 samples"):
        read_target("\n".join(text.split("\n")[:-80]).encode(), "ir.txt")
    with pytest.raises(ValueError, match=r"^ir\.txt: an impulse response as text, not a curve"):
        read_curve(text.encode(), "ir.txt")


CASES = Path(__file__).parents[3] / "shared" / "cases" / "reading"


@pytest.mark.skipif(not CASES.is_dir(), reason="NOT TESTED: no ../shared/cases")
@pytest.mark.parametrize("case", sorted(CASES.glob("*/expected.csv")), ids=lambda path: path.parent.name)
def test_the_collected_cases_are_read_right(case):
    (path,) = case.parent.glob("input*")
    expected = Curve(*np.loadtxt(case, delimiter=",").T)
    assert lsd(read_target(path).spectrum_db, expected.spectrum_db, expected.weights) < 0.1
