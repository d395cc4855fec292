"""Measuring, encoding and locating in the browser (`static/dsp`), against Python."""

import base64
import io
import json
import re

import numpy as np
import pytest
import scipy.signal
import soundfile
from programs import play

from aether_lab.model.space import FilterSpace
from aether_lab.panels.encoder_state import encoder_state
from aether_lab.panels.state import model_state
from aether_lab.signals.curve_files import read_target
from aether_lab.signals.spectrum import lsd
from aether_lab.signals.target import as_target


@pytest.fixture(scope="module")
def answers(node):
    """What the browser's modules make of the content of files, and of a space."""

    def ask(files, space=None):
        job = {"files": [base64.b64encode(content).decode() for content in files]}
        if space is not None:
            job |= {"space": model_state(space), "encoder": encoder_state(space)}
        return json.loads(play(node, "play_measuring.js", job))

    return ask


def wav(samples, rate=48_000, subtype="FLOAT"):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def ringing(seconds, rate, delay=0.01, seed=0):
    """A decaying resonant response after a delay with a little noise of the recording."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    tail = rng.normal(size=n) * np.exp(-np.arange(n) / (0.1 * seconds * rate))
    band = scipy.signal.butter(2, [80 + 40 * seed, 0.2 * rate], "band", output="sos", fs=rate)
    tail = scipy.signal.sosfilt(band, tail)
    return np.concatenate([1e-4 * rng.normal(size=int(delay * rate)), 0.5 * tail / np.abs(tail).max()])


RESPONSES = {
    "room": lambda: wav(ringing(1.0, 48_000)),
    "with an offset": lambda: wav(0.02 + ringing(0.7, 44_100, seed=1), 44_100, "PCM_24"),
    "longer than two seconds": lambda: wav(ringing(3.0, 48_000, seed=2), subtype="PCM_16"),
    "of a low rate": lambda: wav(ringing(0.5, 16_000, seed=3), 16_000, "DOUBLE"),
    "short": lambda: wav(ringing(0.005, 44_100, delay=0.001, seed=4), 44_100, "PCM_32"),
    "of eight bits": lambda: wav(ringing(0.1, 96_000, seed=5), 96_000, "PCM_U8"),
    "linear in phase": lambda: wav(np.pad(scipy.signal.firwin2(2049, [0, 0.1, 0.3, 1], [0, 1, 0.3, 0.1]), (4000, 500))),
    "antisymmetric and cut off": lambda: wav(scipy.signal.firwin(1024, [0.02, 0.5], pass_zero=False)[:700] * 0.5),
    "second channel": lambda: wav(np.stack([np.zeros(4800), ringing(0.09, 48_000, seed=6)[:4800]], axis=1)),
}
BELL = [(f, 6 * np.exp(-(np.log2(f / 900) ** 2))) for f in np.geomspace(20, 20_000, 60)]
CURVES = {
    "comma": "".join(f"{f:.3f},{db:.4f}\n" for f, db in BELL),
    "header and quotes": '"Frequency (Hz)","SPL (dB)"\n' + "".join(f'"{f:.3f}","{db:.4f}"\n' for f, db in BELL),
    "tabs and comments": "* measured\n" + "".join(f"{f:.3f}\t{db + 80:.4f}\n" for f, db in BELL),
    "with a phase": "".join(f"{f:.3f} {db:.4f} {-f / 100:.2f}\n" for f, db in BELL),
    "semicolons, falling": "".join(f"{f:.3f};{db:.4f}\r\n" for f, db in BELL[::-1]),
    "narrow": "".join(f"{f:.3f}, {db:.4f}\n" for f, db in BELL[20:50]),
    "three points": "100,0\n1000,6\n10000,-80\n",
    "dense": "".join(f"{f:.4f},{10 * np.sin(f / 900):.4f}\n" for f in np.arange(0.0, 24_500, 2.93)),
}


def expected(content):
    return as_target(read_target(content))


def test_spectra_are_those_of_python(answers):
    names, files = [*RESPONSES, *CURVES], [make() for make in RESPONSES.values()]
    files += [text.encode() for text in CURVES.values()]
    worst = {}
    for name, content, found in zip(names, files, answers(files), strict=True):
        assert "error" not in found, f"{name}: {found}"
        target = expected(content)
        worst[name] = float(np.abs(np.array(found["spectrum"]) - target.spectrum_db).max())
        np.testing.assert_allclose(found["band"], target.band_hz, err_msg=name)
        np.testing.assert_allclose(found["weights"], target.weights, atol=1e-12, err_msg=name)
    assert max(worst.values()) < 1e-4, worst


@pytest.mark.slow(seconds=20)
def test_spectra_of_real_responses_are_those_of_python(answers, real_folder):
    paths = sorted(real_folder.rglob("*.wav"))
    files = [path.read_bytes() for path in paths[:: max(1, len(paths) // 24)] if path.stat().st_size < 2e6]
    for content, found in zip(files, answers(files), strict=True):
        np.testing.assert_allclose(found["spectrum"], expected(content).spectrum_db, atol=1e-4)


REFUSED = [
    (b"", "it is empty"),
    (b"RIFF\x04\0\0\0WAVE", "without samples"),
    (wav(np.zeros(2000)), "silent"),
    (wav(np.r_[1.0, np.full(2000, np.nan)]), "not finite"),
    (wav(ringing(0.1, 48_000), 4000), "a sample rate of 4000 Hz"),
    (wav(np.r_[1.0, np.zeros(2000)], subtype="ULAW"), "this page reads PCM and float"),
    (b"fLaC\0\0\0\x22", "this page reads WAV files"),
    (b"\x89HDF\r\n\x1a\n\0\0", "this page reads WAV files"),
    (b"100;0,5\n1000;3,5\n", r"line 1: .* is not a frequency and a level"),
    (b"100 0,5\n1000 3,5\n", r"line 1: .* is not a frequency and a level"),
    (b"1.000,5 3,2\n2.000,5 4,1\n", "line 1"),
    (b"Frequency (kHz),dB\n0.1,0\n10,3\n", "this page reads Hz and dB only"),
    (b"freq,ohm\n100,8\n1000,6\n", "this page reads Hz and dB only"),
    (b"Filter 1: ON PK Fc 100 Hz Gain 3 dB Q 1\n", "this page reads Hz and dB only"),
    (b"frequency,raw,target\n100,0,1\n1000,6,1\n", "line 2: 3 columns"),
    (b"100,0\nabc,3\n1000,6\n", "line 2"),
    (b"hello, world\nno numbers\n", "0 points"),
    (b"100,0\n100,3\n", "do not rise"),
    (b"1000,0\n1500,3\n", "at least an octave"),
    (b"0.1,0\n20,3\n", "are they in kHz"),
    (b"100,0\n1000,4000\n", "a level of 4000 dB"),
]


@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_not_plain_is_refused_with_its_reason(answers):
    for (content, words), found in zip(REFUSED, answers([content for content, _ in REFUSED]), strict=True):
        assert re.search(words, found.get("error", "")), f"{content[:40]!r}: {found}"


def decoded_distance_db(space, found, z):
    return float(lsd(*(np.asarray(space.response_db(np.asarray(each))) for each in (found, z))))


@pytest.mark.slow(seconds=40)
@pytest.mark.parametrize("name", ["4d", "nested"])
def test_the_point_of_a_measurement_is_that_of_python(answers, name):
    space = FilterSpace.load(name)
    files = [RESPONSES["room"](), RESPONSES["with an offset"](), RESPONSES["short"](), CURVES["comma"].encode()]
    files += [CURVES["narrow"].encode(), CURVES["three points"].encode()]
    for content, found in zip(files, answers(files, space), strict=True):
        target = expected(content)
        kind = space.kinds[0] if space.kinds else None
        mean = np.asarray(space.encode(target, kind=kind)[0])[: space.settings.latent_dim]
        np.testing.assert_allclose(found["mean"], mean, atol=2e-5)
        if not space.kinds:
            assert decoded_distance_db(space, found["z"], mean) < 1e-3
            continue
        z = space.locate(target)
        assert decoded_distance_db(space, found["z"], z) < 1e-3
        level = np.asarray(space.reconstruct(target, details=space.details))
        assert abs(found["distance"] - float(lsd(level, target.spectrum_db, target.weights))) < 1e-3
