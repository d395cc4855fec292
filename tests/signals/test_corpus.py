"""Folders of impulse responses and measured curves."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from aether_lab.commands.common import splits_of
from aether_lab.signals.corpus import Corpus, read_folder, read_splits
from aether_lab.signals.curve_files import read_target
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.kinds import KINDS
from aether_lab.signals.measurements import is_other
from aether_lab.signals.spectrum import BAND, WEIGHTS, erb_weights, spectrum_db

REAL = Path(__file__).parents[3] / "shared" / "data" / "ir"
WIDE = REAL.parent / "wide" / "ir"


@pytest.fixture
def folder(tmp_path):
    """Three sources, a stereo file, and two other files."""
    rng = np.random.default_rng(0)
    for name, channels in [("rooms/hall/b.wav", 2), ("rooms/hall/a.flac", 1), ("plates/c.wav", 1), ("top.wav", 1)]:
        path = tmp_path / "irs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.normal(size=(500, channels)) * 0.1, 48_000)
    (tmp_path / "irs/readme.md").write_text("what these are")
    (tmp_path / "irs/rooms/hall/._b.wav").write_text("metadata of macOS")
    return tmp_path / "irs"


def test_names_and_sources_are_relative_to_the_folder_and_sorted(folder):
    corpus = read_folder(folder)
    assert corpus.names == ("plates/c.wav", "rooms/hall/a.flac", "rooms/hall/b.wav#L", "rooms/hall/b.wav#R", "top.wav")
    assert corpus.sources == ("plates", "rooms/hall", "rooms/hall", "rooms/hall", "irs")
    assert corpus.spectra_db.shape == (5, 513) and corpus.spectra_db.dtype == np.float32
    right = soundfile.read(folder / "rooms/hall/b.wav")[0][:, 1]
    np.testing.assert_array_equal(corpus.spectra_db[3], spectrum_db(right, 48_000))


def test_files_are_sorted_by_the_parts_of_their_paths_not_by_characters(tmp_path):
    expected = ["a/x.wav", "a/y/z.wav", "a-b/x.wav", "a.wav", "b.WAV"]  # as text, "a-b/x.wav" comes before "a/x.wav"
    for name in reversed(expected):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / name, [1.0, 0.5, 0.25], 48_000)
    assert read_folder(tmp_path).names == tuple(expected)


def test_damaged_files_are_skipped_and_reported(folder):
    good = read_folder(folder)
    (folder / "empty.wav").touch()
    (folder / "plates/text.wav").write_text("a shopping list")
    soundfile.write(folder / "rooms/zeros.wav", np.zeros(100), 48_000)
    corpus = read_folder(folder)
    np.testing.assert_array_equal(corpus.spectra_db, good.spectra_db)
    reasons = dict(corpus.skipped)
    assert reasons == dict(good.skipped) | {
        "empty.wav": "the file is empty (0 bytes)",
        "plates/text.wav": "text, not audio; read_target reads measured curves",
        "rooms/zeros.wav": "silence (every sample is 0); it has no spectrum",
    }


def test_a_file_whose_first_channels_are_silent_is_read_and_listed(tmp_path):
    samples = np.zeros((100, 14))
    samples[:3, 3:] = [[1.0], [0.5], [0.25]]
    soundfile.write(tmp_path / "hesuvi.wav", samples, 48_000)
    corpus = read_folder(tmp_path)
    assert corpus.names == ("hesuvi.wav",)
    assert corpus.skipped == (("hesuvi.wav", "channel 4 is read, because those before it are silent"),)


def test_every_measurement_of_a_sofa_file_is_a_spectrum(tmp_path):
    with h5py.File(tmp_path / "ears.sofa", "w") as file:
        file["Data.IR"] = np.random.default_rng(0).normal(size=(2, 2, 64))
        file["Data.SamplingRate"] = [48_000.0]
    assert read_folder(tmp_path).names == ("ears.sofa#0L", "ears.sofa#0R", "ears.sofa#1L", "ears.sofa#1R")


def test_several_folders_become_one_corpus(folder):
    together = read_folder(folder / "plates", folder / "rooms")
    assert together.sources == ("plates", "hall", "hall", "hall")
    added = read_folder(folder / "plates") + read_folder(folder / "rooms")
    assert added.names == together.names
    np.testing.assert_array_equal(added.spectra_db, together.spectra_db)


def test_one_file_is_a_corpus_of_one(folder):
    corpus = read_folder(folder / "plates/c.wav")
    assert (corpus.names, corpus.sources) == (("c.wav",), ("plates",))


def test_sources_can_be_chosen(folder):
    corpus = read_folder(folder)
    assert corpus.where(["rooms/hall"]).names == corpus.names[1:4]
    assert len(corpus.where(["plates", "irs"])) == 2
    assert len(corpus.where(["nowhere"])) == 0


def test_a_folder_without_readable_files_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("no audio here")
    with pytest.raises(
        ValueError, match=r"no measurements in .* \(1 other file\); allowed are WAV, .* and measured curves"
    ):
        read_folder(tmp_path)
    (tmp_path / "bad.wav").write_text("a shopping list")
    with pytest.raises(ValueError, match=r"nothing can be read of 1 measurement \(bad\.wav: text, not audio"):
        read_folder(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"no measurements in this folder or its subfolders; allowed are WAV"):
        read_folder(tmp_path / "empty")
    with pytest.raises(ValueError, match="nowhere: no such folder"):
        read_folder(tmp_path / "nowhere")


def test_fields_that_disagree_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 513\), 1 names"):
        Corpus(np.zeros((2, 513), np.float32), ("a",), ("b",))


def test_bands_and_weights_say_where_each_spectrum_was_measured(tmp_path):
    for rate in (8_000, 48_000):
        (tmp_path / "a").mkdir(exist_ok=True)
        soundfile.write(tmp_path / f"a/{rate}.wav", [[1.0, 0.5], [0.5, 0.1], [0.25, 0]], rate)
    corpus = read_folder(tmp_path)
    assert corpus.bands_hz.tolist() == [
        list(ImpulseResponse([1, 0.5], rate).band_hz) for rate in (48e3, 48e3, 8e3, 8e3)
    ]
    assert corpus.bands_hz[-1].tolist() == [100, 3600] and corpus.bands_hz.dtype == np.float64
    assert corpus.weights.shape == (4, 513) and corpus.weights.dtype == np.float32
    np.testing.assert_array_equal(corpus.weights[2:], np.float32([erb_weights(100, 3600)] * 2))
    np.testing.assert_allclose(corpus.weights.sum(1), 1, rtol=1e-6)
    some = corpus.at(np.array([3, 0]))
    both = some + corpus.where("a")
    assert some.bands_hz.tolist() == corpus.bands_hz[[3, 0]].tolist()
    np.testing.assert_array_equal(both.weights, corpus.weights[[3, 0, 0, 1, 2, 3]])
    with pytest.raises(ValueError, match="read-only"):
        corpus.weights[0] = 0


def test_a_corpus_without_bands_was_measured_in_the_whole_band():
    corpus = Corpus(np.zeros((3, 513), np.float32), ("a", "b", "c"), ("x/mics", "Plate", "other"))
    assert corpus.bands_hz.tolist() == [list(BAND)] * 3
    np.testing.assert_array_equal(corpus.weights, np.float32([WEIGHTS] * 3))
    assert corpus.weights is corpus.weights
    assert corpus.kinds == ("microphone", "plate or spring", "")
    nothing = corpus.where("nowhere")
    assert nothing.weights.shape == (0, 513) and nothing.bands_hz.shape == (0, 2) and nothing.kinds == ()


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ([[100, 20_000]], r"bands of shape \(1, 2\); \(2, 2\) is needed"),
        ([[100, 20_000], [50, 1000]], "b: a band of 50 to 1000 Hz; allowed is an octave"),
        ([[1000, 1999], [100, 1000]], "a: a band of 1000 to 1999 Hz"),
        ([[1000, 100], [100, 1000]], "a: a band of 1000 to 100 Hz"),
        ([[1000, 24_000], [100, 1000]], "a: a band of 1000 to 24000 Hz"),
        ([[100, 20_000], [np.nan, 1000]], "b: a band of nan to 1000 Hz"),
    ],
)
def test_invalid_bands_are_refused(bands, words):
    with pytest.raises(ValueError, match=words):
        Corpus(np.zeros((2, 513), np.float32), ("a", "b"), ("x", "x"), bands_hz=np.array(bands))


def test_splits_are_found_beside_the_folder(folder):
    assert read_splits(folder) is None
    path = folder.parent / "splits.json"
    path.write_text(json.dumps({"train": ["plates"], "test": ["rooms/hall"], "why": "a test"}))
    assert read_splits(folder) == {"train": ["plates"], "test": ["rooms/hall"]}
    path.write_text(json.dumps({"train": ["plates"]}))
    with pytest.raises(ValueError, match='no list of source names under "test"'):
        read_splits(folder)
    path.write_text("train: plates")
    with pytest.raises(ValueError, match="not JSON"):
        read_splits(folder)


def test_the_splits_of_several_folders_are_united(tmp_path):
    for name, train, test in [("a", ["rooms", "plates"], ["mics"]), ("b", ["cabs", "rooms"], ["ears"])]:
        (tmp_path / name / "ir").mkdir(parents=True)
        (tmp_path / name / "splits.json").write_text(json.dumps({"train": train, "test": test}))
    (tmp_path / "c/ir").mkdir(parents=True)
    a, b, c = (tmp_path / name / "ir" for name in "abc")
    united = {"train": ["rooms", "plates", "cabs"], "test": ["mics", "ears"]}
    assert read_splits(a, b) == read_splits(a, c, b.parent, b) == united
    assert read_splits(c) is read_splits(c, c) is None
    assert splits_of([a, b]) == united and splits_of([c]) is None
    with pytest.raises(ValueError, match=r"c/ir: there is no splits\.json beside it, but there is for another"):
        splits_of([a, c])
    (b.parent / "splits.json").write_text(json.dumps({"train": ["mics"], "test": []}))
    with pytest.raises(ValueError, match=r"b/splits\.json and .*a/splits\.json: the source 'mics' is under both"):
        read_splits(a, b)
    (b.parent / "splits.json").write_text(json.dumps({"train": ["mics"], "test": ["mics"]}))
    with pytest.raises(ValueError, match=r"/b/splits\.json: the source 'mics' is under both \"train\" and \"test\""):
        read_splits(b)


def test_the_real_files_are_378_spectra_to_train_on_and_201_to_test_on():
    if not REAL.is_dir():
        pytest.skip("the shared impulse responses are not beside this checkout")
    corpus, splits = read_folder(REAL), read_splits(REAL)
    assert all(is_other(*skipped) for skipped in corpus.skipped)
    assert len(corpus.where(splits["train"])) == 378 and len(corpus.where(splits["test"])) == 201
    assert set(corpus.sources) == set(splits["train"]) | set(splits["test"])
    assert np.isfinite(corpus.spectra_db).all() and np.abs(corpus.spectra_db).max() < 80


@pytest.mark.slow
def test_the_wide_files_are_778_responses_and_308_curves_each_read_as_by_read_target():
    if not WIDE.is_dir():
        pytest.skip("the shared wide data are not beside this checkout")
    corpus, splits = read_folder(WIDE), read_splits(REAL, WIDE)
    assert len(corpus) == 1086 and not corpus.skipped
    assert set(corpus.sources) == (set(splits["train"]) | set(splits["test"])) - set(read_folder(REAL).sources)
    assert set(corpus.kinds) == set(KINDS)
    curves = [i for i, name in enumerate(corpus.names) if name.endswith(".csv")]
    assert len(curves) == 308
    for i in curves:
        target = read_target(WIDE / corpus.names[i])
        np.testing.assert_array_equal(corpus.spectra_db[i], target.spectrum_db)
        assert tuple(corpus.bands_hz[i]) == target.band_hz


def test_the_repr_uses_singular_and_plural():
    one = Corpus(np.zeros((1, 513), np.float32), ("a",), ("rooms",), (("b.wav", "silent"),))
    assert repr(one) == "Corpus(1 spectrum, 1 source, 1 file skipped)"
    two = Corpus(np.zeros((2, 513), np.float32), ("a", "b"), ("rooms", "plates"))
    assert repr(two) == "Corpus(2 spectra, 2 sources, 0 files skipped)"
