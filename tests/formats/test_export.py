"""Exported files, read without the package: by parsers of the test, SciPy, gcc and Faust."""

import csv
import dataclasses
import io
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import scipy.io.wavfile
import scipy.signal
import soundfile
import yaml

from aether_lab import FilterSpace
from aether_lab.filters.recipe import Recipe
from aether_lab.formats.cascade import as_cascade, series_sos
from aether_lab.formats.export import FORMATS, Export, export, read_back
from aether_lab.signals.audio_files import read
from aether_lab.signals.spectrum import spectrum_db
from aether_lab.signals.synthetic import synthetic_responses

FREQUENCY = np.geomspace(20, 20_000, 800)
LISTS = [name for name, each in FORMATS.items() if each.representation == "cascade"]
EXACT = ["json", "csv", "npy", "faust", "c"]


def section(kind, f, q, gain_db, rate):
    """Coefficients from Robert Bristow-Johnson's cookbook."""
    w, a = 2 * np.pi * f / rate, 10 ** (gain_db / 40)
    cosine, alpha, root = np.cos(w), np.sin(w) / (2 * q), np.sqrt(a)
    if kind == "bandpass":
        return [alpha, 0, -alpha], [1 + alpha, -2 * cosine, 1 - alpha]
    if kind == "peaking":
        return [1 + alpha * a, -2 * cosine, 1 - alpha * a], [1 + alpha / a, -2 * cosine, 1 - alpha / a]
    sign = {"lowshelf": 1, "highshelf": -1}[kind]
    b = [
        a * ((a + 1) - sign * (a - 1) * cosine + 2 * root * alpha),
        sign * 2 * a * ((a - 1) - sign * (a + 1) * cosine),
        a * ((a + 1) - sign * (a - 1) * cosine - 2 * root * alpha),
    ]
    return b, [
        (a + 1) + sign * (a - 1) * cosine + 2 * root * alpha,
        -sign * 2 * ((a - 1) + sign * (a + 1) * cosine),
        (a + 1) + sign * (a - 1) * cosine - 2 * root * alpha,
    ]


def level(response):
    return 10 * np.log10(np.abs(response) ** 2 + 1e-12)


def curve(sections, rate, preamp_db=0.0, signs=None, frequency=FREQUENCY):
    """Level of (kind, Hz, Q, dB) sections in series, or in parallel if they have signs."""
    parts = [scipy.signal.freqz(*section(*each, rate), frequency, fs=rate)[1] for each in sections]
    if signs is None:
        return level(10 ** (preamp_db / 20) * np.prod(parts, axis=0))
    gains = [sign * 10 ** (each[3] / 20) for sign, each in zip(signs, sections, strict=True)]
    return level(10 ** (preamp_db / 20) * np.tensordot(gains, parts, 1))


def expected_db(recipe, frequency=FREQUENCY):
    """The response of a recipe, in double precision."""
    frequency_hz = np.asarray(recipe.frequency_hz, np.float64)
    q = np.where(["shelf" in kind for kind in recipe.kinds], np.sqrt(0.5), np.asarray(recipe.q, np.float64))
    columns = (frequency_hz, q, np.asarray(recipe.gain_db, np.float64))
    sections = list(zip(recipe.kinds, *columns, strict=True))
    signs = None
    if recipe.topology == "parallel":
        signs = [(-1) ** i if recipe.polarity == "alternating" else 1 for i in range(len(sections))]
    return curve(sections, recipe.sample_rate, float(recipe.preamp_db or 0), signs, frequency)


def parse_json(text, rate):
    state = json.loads(text)
    sections = [(s["type"], s["frequency"], s["Q"], s["gain"]) for s in state["sections"]]
    signs = None
    if state["topology"] == "parallel":
        signs = [(-1) ** i if state["polarity"] == "alternating" else 1 for i in range(len(sections))]
    return curve(sections, state["sampleRate"], state.get("preamp", 0), signs)


def parse_csv(text, rate):
    rows = list(csv.DictReader(line for line in io.StringIO(text) if not line.startswith("#")))
    sections = [(row["type"], float(row["frequency_hz"]), float(row["q"]), float(row["gain_db"])) for row in rows]
    signs = [int(row["sign"]) for row in rows] if "topology parallel" in text else None
    return curve(sections, rate, float(re.search(r"preamp (\S+) dB", text)[1]), signs)


def parse_list(text, rate):
    kinds = {"PK": "peaking", "LSC": "lowshelf", "HSC": "highshelf", "LS Q": "lowshelf", "HS Q": "highshelf"}
    sections = []
    for line in text.splitlines():
        if line.startswith("Filter") and ": ON" in line:
            kind, rest = line.split("ON", 1)[1].split(" Fc ")
            words = rest.split()
            assert words[1::3] == ["Hz", "dB"][: len(words[1::3])] or "Hz" in words
            sections.append((kinds[kind.strip()], float(words[0]), float(words[-1]), float(words[3])))
    return curve(sections, rate, float(re.search(r"^Preamp: (\S+) dB", text, re.M)[1]))


def parse_camilladsp(text, rate):
    state = yaml.safe_load(text)
    (step,) = state["pipeline"]
    assert step["type"] == "Filter" and step["names"] == list(state["filters"])  # all of them, in order, and no other
    first, *rest = (state["filters"][name] for name in step["names"])
    assert first["type"] == "Gain" and {each["type"] for each in rest} == {"Biquad"}
    parameters = [each["parameters"] for each in rest]
    sections = [(p["type"].lower(), p["freq"], p["q"], p["gain"]) for p in parameters]
    return curve(sections, rate, first["parameters"]["gain"])


def parse_faust(text, rate):
    process = text.split("process =")[1]
    sections, gains = [], []
    for kind, inside in re.findall(r"(bandpass|peaking|lowshelf|highshelf)\(([^)]+)\)", process):
        f, *rest = map(float, inside.split(","))
        sections.append((kind, f, rest[0] if len(rest) == 2 else np.sqrt(0.5), rest[-1]))
        gains.append(rest[-1])
    preamp = float(re.search(r"db2linear\(([^)]+)\)", process)[1])
    if sections[0][0] != "bandpass":
        return curve(sections, rate, preamp)
    in_db = [(kind, f, q, 20 * np.log10(abs(g))) for kind, f, q, g in sections]
    return curve(in_db, rate, preamp, np.sign(gains))


def parse_c(text, rate):
    table = re.search(r"aether_sos\[\w+\]\[5\] = \{\n(.*?)\n\};", text, re.S)[1]
    rows = np.array(json.loads("[" + table.replace("{", "[").replace("}", "]") + "]"))
    parts = [scipy.signal.freqz(row[:3], [1, *row[3:]], FREQUENCY, fs=rate)[1] for row in rows]
    return level(np.sum(parts, 0) if "#define AETHER_PARALLEL 1" in text else np.prod(parts, 0))


def curve_of(content, name, rate):
    """Level of a file at `FREQUENCY`, without the package."""
    if name == "npy":
        sos = np.load(io.BytesIO(content))
        assert sos.dtype == np.float64 and sos.shape[1] == 6 and (sos[:, 3] == 1).all()
        return level(scipy.signal.freqz_sos(sos, FREQUENCY, fs=rate)[1])
    if name.startswith("fir"):
        file_rate, taps = scipy.io.wavfile.read(io.BytesIO(content))
        assert file_rate == rate and taps.dtype == np.float32
        return fir_level(taps, rate)
    parsers = {"json": parse_json, "csv": parse_csv, "camilladsp": parse_camilladsp, "faust": parse_faust, "c": parse_c}
    return parsers.get(name, parse_list)(content.decode(), rate)


def fir_level(taps, rate):
    fine = np.fft.rfft(np.asarray(taps, np.float64), 1 << 20)
    at = FREQUENCY / rate * (1 << 20)
    low = at.astype(int)  # phase changes by up to 0.4 rad per line, so the level is interpolated
    return level(fine[low]) * (1 - at % 1) + level(fine[low + 1]) * (at % 1)


@pytest.fixture(scope="module")
def space():
    return FilterSpace.load("4d")


@pytest.fixture(scope="module", params=["synthetic", "real"])
def decoded(request, space):
    """Decoded banks of 32 alternating sections, their cascades, and their responses."""
    if request.param == "real":
        folder = request.getfixturevalue("real_folder")
        paths = sorted(p for p in folder.rglob("*") if p.suffix in (".wav", ".flac"))
        responses = [read(p) for p in paths[:: len(paths) // 10][:10]]
        spectra = [spectrum_db(response.samples[0], response.sample_rate) for response in responses]
    else:
        spectra = synthetic_responses(3, seed=3).corpus().spectra_db[:3]
    banks = [space.decode(z) for z in np.asarray(space.encode(np.array(spectra))[0])]
    return [(bank, as_cascade(bank), expected_db(bank)) for bank in banks]


def random_bank(seed=0, n=32, topology="parallel", polarity="alternating", **fields):
    rng = np.random.default_rng(seed)
    frequency = np.sort(np.exp(rng.uniform(np.log(25), np.log(21_000), n)))
    q, gain_db = np.exp(rng.uniform(np.log(0.3), np.log(10), n)), rng.uniform(-18, 18, n)
    return Recipe(frequency, q, gain_db, topology, polarity, **fields)


@pytest.mark.parametrize("name", EXACT)
def test_exact_formats_have_the_response_within_a_millionth_of_a_decibel(decoded, name):
    for bank, _, target in decoded:
        file = export(bank, name)
        error = np.abs(curve_of(file.content, name, 48_000) - target).max()
        assert error <= 1e-6 and file.worst_db <= 1e-6, f"{name}: {error:.1e} dB, {file.worst_db:.1e} dB as stated"


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
    assert file.worst_db < 0.05 and "refitted" not in " ".join(file.notes)
    assert file.recipe.kinds == cascade.kinds and file.recipe.n_sections == 8
    actual, bank = curve_of(file.content, name, 48_000), expected_db(cascade)
    np.testing.assert_allclose(actual - actual.max(), bank - bank.max(), atol=0.05)


@pytest.mark.parametrize("name", ["json", "csv", "npy", "faust", "c", "fir", "fir-min"])
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


def test_at_another_rate_sections_keep_their_frequency_and_those_above_nyquist_are_noted():
    bank = Recipe(np.array([1000.0, 23_000.0]), np.array([1.0, 0.5]), np.array([3.0, 12.0]), "cascade")
    file = export(bank, "csv", sample_rate=44_100)
    assert file.notes[0] == "Sections above 22050 Hz are omitted: 23000 Hz."
    np.testing.assert_allclose(file.recipe.frequency_hz[0], 1000)
    alone = curve([("peaking", 1000, 1.0, 3.0)], 44_100)
    np.testing.assert_allclose(curve_of(file.content, "csv", 44_100), alone, atol=1e-6)
    assert file.worst_db > 0.1  # and the deviation is stated


def test_a_list_for_a_host_at_another_rate_is_fitted_at_that_rate(decoded):
    bank, *_ = decoded[0]
    same, other = export(bank, "equalizerapo", sample_rate=48_000), export(bank, "equalizerapo", sample_rate=44_100)
    assert other.rms_db < same.rms_db + 0.2
    assert "by at most" in other.notes[-1] and "at 48000 Hz" in other.notes[-1] and "44100" not in other.notes[-1]


def test_the_note_states_the_deviation_at_another_rate():
    cascade = random_bank(8, 6, "cascade")
    file = export(cascade, "equalizerapo")
    stated = re.search(r"by at most ([\d.]+) dB at 44100 Hz", file.notes[-1])[1]
    here, there = (read_back(file.content, "equalizerapo", FREQUENCY, rate) for rate in (48_000, 44_100))
    assert np.abs(there - here).max() == pytest.approx(float(stated), abs=0.1)


BANKS = {"parallel": random_bank(9), "cascade": random_bank(9, 10, "cascade", shelves=True)}
HARNESS = """
#include <stdio.h>
#include "filter.h"
int main(void) {
    aether_filter memory = {0};
    for (int i = 0; i < 65536; i++) printf("%.17g\\n", (double)aether_process(&memory, i == 0));
    return 0;
}
"""


@pytest.mark.parametrize("real", ["double", "float"])
@pytest.mark.parametrize("topology", BANKS)
def test_the_c_header_compiles_without_a_warning_and_filters_as_the_bank(tmp_path, topology, real):
    gcc = shutil.which("gcc") or pytest.skip("NOT TESTED: no gcc")
    bank = BANKS[topology]
    (tmp_path / "filter.h").write_bytes(export(bank, "c", name="a */ name\nof two lines").content)
    (tmp_path / "main.c").write_text(HARNESS)
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", f"-DAETHER_REAL={real}"]
    subprocess.run([gcc, *strict, "-O1", "main.c", "-o", "main"], cwd=tmp_path, check=True)
    out = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout
    actual, bank_db = fir_level(np.array(out.split(), float), 48_000), expected_db(bank)
    audible = bank_db > bank_db.max() - 60
    np.testing.assert_allclose(actual[audible], bank_db[audible], atol=1e-3 if real == "double" else 0.5)


ARCHITECTURE = """
#include <cstdio>
#include <cmath>
#include <algorithm>
#ifndef FAUSTFLOAT
#define FAUSTFLOAT double
#endif
struct Meta { void declare(const char*, const char*) {} };
struct UI { void openVerticalBox(const char*) {} void closeBox() {} };
struct dsp { virtual ~dsp() {} };
<<includeIntrinsic>>
<<includeclass>>
int main() {
    mydsp filter;
    filter.init(RATE);
    static double in[65536], out[65536];
    in[0] = 1;
    double *inputs[] = {in}, *outputs[] = {out};
    filter.compute(65536, inputs, outputs);
    for (double y : out) std::printf("%.17g\\n", y);
}
"""


@pytest.mark.parametrize("rate", [48_000, 44_100])
@pytest.mark.parametrize("topology", BANKS)
def test_the_faust_source_compiles_and_filters_as_the_bank_at_the_rate_of_the_host(tmp_path, topology, rate):
    faust = shutil.which("faust") or pytest.skip("NOT TESTED: no Faust compiler")
    compiler = shutil.which("g++") or pytest.skip("NOT TESTED: no g++")
    bank = BANKS[topology]
    file = export(bank, "faust")
    (tmp_path / "filter.dsp").write_bytes(file.content)
    (tmp_path / "host.cpp").write_text(ARCHITECTURE)
    subprocess.run([faust, "-double", "-a", "host.cpp", "filter.dsp", "-o", "main.cpp"], cwd=tmp_path, check=True)
    subprocess.run([compiler, "-O1", f"-DRATE={rate}", "main.cpp", "-o", "main"], cwd=tmp_path, check=True)
    out = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout
    expected = read_back(file.content, "faust", FREQUENCY, rate)
    audible = expected > expected.max() - 60
    actual = fir_level(np.array(out.split(), float), rate)
    np.testing.assert_allclose(actual[audible], expected[audible], atol=1e-3)


@pytest.mark.skipif(not shutil.which("camilladsp"), reason="NOT TESTED: no camilladsp")
def test_camilladsp_takes_the_configuration(tmp_path):
    devices = """
devices:
  samplerate: 48000
  chunksize: 1024
  capture: {type: RawFile, channels: 2, filename: /dev/zero, format: S16LE}
  playback: {type: File, channels: 2, filename: /dev/null, format: S16LE}
"""
    path = tmp_path / "filter.yml"
    path.write_text(devices + export(BANKS["cascade"], "camilladsp").content.decode())
    subprocess.run(["camilladsp", "--check", path], check=True)


@pytest.mark.parametrize("name", ["fir", "fir-min"])
def test_a_wav_has_a_comment_and_the_same_bytes_every_time(tmp_path, name):
    bank = random_bank(3)
    path = export(bank, name, name="4d").save(tmp_path / "filter")
    with soundfile.SoundFile(path) as file:
        assert file.subtype == "FLOAT" and file.samplerate == 48_000
        assert file.comment.startswith("aether_lab: 4d The impulse response of the filter at 48000 Hz")
    assert export(bank, name, name="4d").content == path.read_bytes()


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("npy", "fir", "fir-min")])
def test_a_file_states_its_source_conventions_and_rate(name):
    text = export(random_bank(3, 6, "cascade"), name, name="4d at z = 0.5, −1").content.decode()
    assert "aether_lab: 4d at z = 0.5, " in text and "48000 Hz" in text
    assert "Robert Bristow-Johnson's cookbook" in text and "Gain in dB" in text


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
    with pytest.raises(ValueError, match="sample rate of 1000 Hz; allowed are 8000 to 192000"):
        export(bank, "fir", sample_rate=1000)
    with pytest.raises(ValueError, match=r"export needs one recipe of shape \(S,\), not \(2, 32\)"):
        export(space.decode(np.zeros((2, 4))), "json")
    with pytest.raises(ValueError, match="a NaN or an infinity"):
        export(dataclasses.replace(bank, q=np.array([1, 2, np.nan, 3])), "json")
