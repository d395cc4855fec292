"""What a recipe and an exported file mean, from the cookbook's formulas alone: nothing of the package computes it."""

import csv
import io
import itertools
import json
import re

import numpy as np
import scipy.io.wavfile
import scipy.signal
import yaml

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.export import FORMATS

FREQUENCY = np.geomspace(20, 20_000, 800)
LISTS = [name for name, each in FORMATS.items() if each.representation == "cascade"]
EXACT = ["json", "csv", "npy", "faust", "c", "c-series"]


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
    q = np.asarray(recipe.q, np.float64)
    if recipe.section_kinds is None:
        q = np.where(["shelf" in kind for kind in recipe.kinds], np.sqrt(0.5), q)
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
        signs = [s["sign"] for s in state["sections"]]
    return curve(sections, state["sampleRate"], state.get("preamp", 0), signs)


def parse_csv(text, rate):
    rows = list(csv.DictReader(line for line in io.StringIO(text) if not line.startswith("#")))
    sections = [(row["type"], float(row["frequency_hz"]), float(row["q"]), float(row["gain_db"])) for row in rows]
    signs = [int(row["sign"]) for row in rows] if "topology parallel" in text else None
    return curve(sections, rate, float(re.search(r"preamp (\S+) dB", text)[1]), signs)


def slope_q(slope, gain_db):
    """Q of a shelf of a slope, from the cookbook's alpha."""
    a = 10 ** (gain_db / 40)
    return 1 / np.sqrt((a + 1 / a) * (1 / slope - 1) + 2)


def parse_list(text, rate):
    kinds = {"PK": "peaking", "LSC": "lowshelf", "HSC": "highshelf", "LS": "lowshelf", "HS": "highshelf"}
    sections = []
    for line in text.splitlines():
        if line.startswith("Filter") and ": ON" in line:
            kind, rest = line.split("ON", 1)[1].split(" Fc ")
            words = rest.split()
            assert words[1::3] == ["Hz", "dB"][: len(words[1::3])] or "Hz" in words
            q = float(words[-1]) if "Q" in words else slope_q(0.9, float(words[3]))
            sections.append((kinds[kind.strip()], float(words[0]), q, float(words[3])))
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


def parse_pipewire(text, rate):
    nodes = re.findall(r"type = builtin name = (\w+) label = (\w+) control = \{ (.*?) \}", text)
    values = [{name: float(number) for name, number in re.findall(r'"(\w+)" = (\S+)', node[2])} for node in nodes]
    links = re.findall(r'output = "(\w+):Out" input = "(\w+):In"', text)
    names, labels = [node[0] for node in nodes], [node[1] for node in nodes]
    assert links == list(itertools.pairwise(names))  # all of them, in series
    assert labels[0] == "linear" and values[0]["Add"] == 0
    bands = zip(labels[1:], values[1:], strict=True)
    sections = [(label.removeprefix("bq_"), v["Freq"], v["Q"], v["Gain"]) for label, v in bands]
    return curve(sections, rate, 20 * np.log10(values[0]["Mult"]))


def parse_graphiceq(text, rate):
    (line,) = re.findall(r"^GraphicEQ: (.*)$", text, re.M)
    points = np.array([[float(number) for number in pair.split()] for pair in line.split(";")])
    assert len(points) == 127 and points[0, 0] == 20 and points[-1, 0] == 19871  # as Wavelet expects
    return np.interp(np.log(FREQUENCY), np.log(points[:, 0]), points[:, 1])


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
        assert file_rate == rate and taps.dtype == (np.int32 if "pcm" in name else np.float32)
        return fir_level(taps / 2**31 if "pcm" in name else taps, rate)
    parsers = {"json": parse_json, "csv": parse_csv, "camilladsp": parse_camilladsp, "faust": parse_faust, "c": parse_c}
    parsers |= {"pipewire": parse_pipewire, "graphiceq": parse_graphiceq}
    return parsers.get(name.removesuffix("-series"), parse_list)(content.decode(), rate)


def fir_level(taps, rate):
    fine = np.fft.rfft(np.asarray(taps, np.float64), 1 << 20)
    at = FREQUENCY / rate * (1 << 20)
    low = at.astype(int)  # phase changes by up to 0.4 rad per line, so the level is interpolated
    return level(fine[low]) * (1 - at % 1) + level(fine[low + 1]) * (at % 1)


def random_bank(seed=0, n=32, topology="parallel", polarity="alternating", **fields):
    rng = np.random.default_rng(seed)
    frequency = np.sort(np.exp(rng.uniform(np.log(25), np.log(21_000), n)))
    q, gain_db = np.exp(rng.uniform(np.log(0.3), np.log(10), n)), rng.uniform(-18, 18, n)
    return Recipe(frequency, q, gain_db, topology, polarity, **fields)
