"""Folders as they are found: other files, links, loops and pipes. Nothing is passed over silently."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from aether_lab.commands import common
from aether_lab.signals.corpus import Corpus, read_folder
from aether_lab.signals.corpus_store import build_corpus
from aether_lab.signals.curve_files import read_target
from aether_lab.signals.folders import find_files
from aether_lab.signals.measurements import is_other

CLICK = [1.0, 0.5, 0.25]


def write(path, kind="WAV"):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, CLICK, 48_000, format=kind)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "irs/a.wav")
    write(tmp_path / "irs/sub/b.wav")
    return tmp_path / "irs"


def both(folder):
    """What `read_folder` gives, which must be what `build_corpus` gives, finished and again."""
    corpus = read_folder(folder)
    with ThreadPoolExecutor(1) as threads:
        for _ in range(2):
            built = build_corpus(folder, threads, out=folder.parent / "store", progress=False)
            assert (built.names, built.sources, built.skipped) == (corpus.names, corpus.sources, corpus.skipped)
            np.testing.assert_array_equal(built.spectra_db, corpus.spectra_db)
            np.testing.assert_array_equal(built.bands_hz, corpus.bands_hz)
    return corpus


def test_audio_with_any_suffix_is_read(folder):
    for name, kind in [("c.irs", "WAV"), ("d", "FLAC"), ("e.dat", "AIFF"), ("f.caf", "CAF"), ("g.W64", "W64")]:
        write(folder / name, kind)
    corpus = both(folder)
    assert corpus.names == ("a.wav", "c.irs", "d", "e.dat", "f.caf", "g.W64", "sub/b.wav") and corpus.skipped == ()


def test_whatever_is_not_read_is_listed_with_its_reason(folder):
    (folder / "README.md").write_text("what these are")
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    (folder / "model.bin").write_bytes(bytes(range(256)))
    (folder / "sub/take.mp3").write_bytes(b"ID3\4\0\0\0\0\0\0\xff\xfb\x90\x64" + bytes(100))
    (folder / "sub/damaged.dat").write_bytes((folder / "a.wav").read_bytes()[:46])
    write(folder / ".hidden.wav")
    write(folder / ".cache/c.wav")
    corpus = both(folder)
    assert corpus.names == ("a.wav", "sub/b.wav")
    assert dict(corpus.skipped) == {
        ".cache": "a hidden folder",
        ".hidden.wav": "a hidden file",
        "README.md": "text, not audio; read_target reads measured curves",
        "cover.jpg": "a picture",
        "model.bin": "unknown content; WAV, FLAC, AIFF, OGG, W64, CAF, AU and SOFA are read",
        "sub/damaged.dat": "truncated; 4 bytes fewer than its header states",
        "sub/take.mp3": "an MP3 file: save it as WAV or FLAC",
    }
    others = [name for name, reason in corpus.skipped if is_other(name, reason)]
    assert others == [".cache", ".hidden.wav", "README.md", "cover.jpg", "model.bin"]


CURVE = "frequency,dB\n200,0\n1000,6\n12000,-3\n"


def test_curves_as_text_are_read_beside_responses(folder):
    texts = {
        "a.csv": CURVE,
        "b.TXT": "* Measured by hand\nFreq\tSPL\tPhase\n200\t0\t10\n1000\t6\t20\n12000\t-3\t30\n",
        "c.frd": "200 0\n1000 6\n12000 -3\n",
        "d": CURVE.replace(",", "\t"),
        "rew.txt": "0.5 // Peak value\n2.0833e-5 // Sample interval (seconds)\n3 // Response length\n1\n0.5\n0.25\n",
    }
    for name, text in texts.items():
        (folder / "mics" / name).parent.mkdir(exist_ok=True)
        (folder / "mics" / name).write_text(text)
    corpus = both(folder)
    assert corpus.names[1:-1] == tuple(f"mics/{name}" for name in texts) and corpus.skipped == ()
    assert corpus.kinds == ("", *["microphone"] * 5, "")
    assert corpus.bands_hz[1:5].tolist() == [[200, 12_000]] * 4
    for name, spectrum, band in zip(corpus.names, corpus.spectra_db, corpus.bands_hz, strict=True):
        target = read_target(folder / name)
        np.testing.assert_array_equal(spectrum, target.spectrum_db)
        assert tuple(band) == target.band_hz


OTHER_TEXTS = {
    "README.txt": "Reverberation\n" + "125 2.1\n250 2.2\n500 1.9\n1000 1.7\n",
    "_readme and license.txt": "100 1\n1000 2\n",
    "LICENSE": "Version 2, June 1991, with 7 sections\nCopyright 1989, 1991\n" * 20,
    "SOURCES.md": CURVE,
    "make.py": CURVE,
    "settings.json": '{"frequency": [200, 1000, 12000]}',
    "data.txt": '{"frequency": [200, 1000, 12000]}',
    "notes.txt": "This has\n100 12 files of\n300 14 files of\n",
    "files.csv": "file,take\nhall,first\ncellar,second\n",
    "ParametricEQ.txt": "Preamp: -3 dB\nFilter 1: ON PK Fc 1000 Hz Gain 3 dB Q 1\n",
    "GraphicEQ.txt": "GraphicEQ: 20 0; 100 2; 1000 3; 20000 2",
    "binary.dat": "\0\1\2\0",
    "empty.txt": "",
}
REFUSED_TEXTS = {
    "damaged.csv": (CURVE.replace("6", "abc"), "line 3: 'abc' is not a number"),
    "two readings.csv": ("20,5,77,73\n200,5,77,73\n2000,5,77,73\n", r"line 1: .* may be .* or .*does not say which"),
    "angles.csv": ("azimuth,elevation\n0,10\n90,10\n200,10\n", "line 2: column 'azimuth' is no frequency"),
    "narrow.txt": ("100 1\n150 2\n", r"covers 100 to 150 Hz; at least an octave"),
    "report.txt": ("The reverberation time\nof this hall\nby octave\n125 2.1\n500 2.2\n", "2 rows of numbers among 3"),
    "nothing.frd": ("no data", r"text, not a measurement \(no table of numbers\)"),
    "curve.wav": (CURVE, "text, not audio; read_target reads measured curves"),
}


def test_texts_that_are_no_measurement_are_other_files(folder):
    for name, text in OTHER_TEXTS.items():
        (folder / name).write_text(text)
    corpus = both(folder)
    assert corpus.names == ("a.wav", "sub/b.wav")
    assert {name for name, reason in corpus.skipped if is_other(name, reason)} == set(OTHER_TEXTS)


def test_measurements_that_are_refused_are_listed_with_the_reason_of_their_reader(folder):
    for name, (text, _) in REFUSED_TEXTS.items():
        (folder / name).write_text(text)
    corpus = both(folder)
    assert corpus.names == ("a.wav", "sub/b.wav") and not any(is_other(*each) for each in corpus.skipped)
    reasons = dict(corpus.skipped)
    assert set(reasons) == set(REFUSED_TEXTS)
    for name, (_, words) in REFUSED_TEXTS.items():
        assert re.match(words, reasons[name]), reasons[name]


def test_what_is_left_out_of_a_curve_is_listed(folder):
    (folder / "whole.csv").write_text("Frequency,Phase,SPL\n12000,1,-3\n1000,1,6\n200,1,0\n")  # sorted, one of two
    (folder / "part.csv").write_text(CURVE + "15000,\n\nDistortion\n200,1\n1000,1\n")
    corpus = both(folder)
    assert corpus.names == ("a.wav", "part.csv", "sub/b.wav", "whole.csv")
    ((name, reason),) = corpus.skipped
    assert name == "part.csv" and not is_other(name, reason)
    assert "1 of 4 lines have no level" in reason and "1 other block of numbers in the file not read" in reason


def test_a_text_of_any_suffix_is_read_when_it_is_named(folder):
    (folder / "curve.md").write_text(CURVE)
    assert read_folder(folder / "curve.md").bands_hz.tolist() == [[200, 12_000]]
    assert len(read_folder(folder)) == 2


def test_long_prose_is_not_searched_for_numbers(folder, monkeypatch):
    (folder / "book.txt").write_text("In 1999 there were 12 of 100, and 7 more in 2001.\n" * 1000)
    monkeypatch.setattr("aether_lab.signals.curve_files.find_blocks", None)
    assert dict(read_folder(folder).skipped) == {"book.txt": "text, not a measurement (no table of numbers)"}
    monkeypatch.setattr("aether_lab.signals.limits.LARGEST_TEXT", 1000)
    assert "at most 1,000 bytes are read" in dict(read_folder(folder).skipped)["book.txt"]


def test_a_hidden_file_is_read_when_it_is_named(folder):
    write(folder / ".hidden.wav")
    assert read_folder(folder / ".hidden.wav").names == (".hidden.wav",)


def test_pipes_devices_and_broken_links_are_listed_unopened(folder):
    os.mkfifo(folder / "pipe.wav")
    (folder / "zeros.wav").symlink_to("/dev/zero")
    (folder / "dangling.wav").symlink_to("nowhere.wav")
    (folder / "loop.wav").symlink_to("loop.wav")
    (folder / "link.wav").symlink_to("a.wav")
    corpus = both(folder)
    assert corpus.names == ("a.wav", "link.wav", "sub/b.wav")
    assert dict(corpus.skipped) == {
        "dangling.wav": "a link to a file that does not exist",
        "loop.wav": "a link that leads back to itself",
        "pipe.wav": "a pipe, not a file",
        "zeros.wav": "a device, not a file",
    }


def test_links_to_folders_are_followed_where_that_reads_nothing_twice(folder, tmp_path):
    write(tmp_path / "elsewhere/c.wav")
    (tmp_path / "elsewhere/back").symlink_to(folder)
    (tmp_path / "elsewhere/itself").symlink_to(".")
    for name, target in [("out", tmp_path / "elsewhere"), ("out again", tmp_path / "elsewhere"), ("up", "..")]:
        (folder / name).symlink_to(target)
    (folder / "sub/inside").symlink_to("../sub")
    corpus = both(folder)
    assert corpus.names == ("a.wav", "out/c.wav", "sub/b.wav")
    reason = "a link to a folder that is read already, or that contains one that is"
    assert dict(corpus.skipped) == dict.fromkeys(("out/back", "out/itself", "out again", "sub/inside", "up"), reason)


def test_a_folder_that_cannot_be_listed_is_listed(folder, monkeypatch):
    (folder / "secret").mkdir()
    scandir = os.scandir

    def denied(path):  # tests may run as root, who may list everything
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    corpus = both(folder)
    assert len(corpus) == 2
    assert corpus.skipped == (("secret", "a folder that cannot be listed (Permission denied)"),)


def test_stores_are_passed_over_also_while_they_are_built(folder):
    with ThreadPoolExecutor(1) as threads:
        first = build_corpus(folder, threads, out=folder / "store", progress=False)
        again = build_corpus(folder, threads, out=folder / "store", progress=False)
    assert first.names == again.names == read_folder(folder).names == ("a.wav", "sub/b.wav")
    assert first.skipped == again.skipped == read_folder(folder).skipped == ()


def test_a_link_that_becomes_valid_is_read_at_the_next_build(folder, tmp_path):
    (folder / "c.wav").symlink_to(tmp_path / "later.wav")
    assert len(both(folder).skipped) == 1
    write(tmp_path / "later.wav")
    assert both(folder).names == ("a.wav", "c.wav", "sub/b.wav")


def test_other_files_are_reported_in_one_line(capsys):
    text = "text, not audio; read_target reads measured curves"
    skipped = (("README.md", text), ("a/b.md", text), ("x.json", text), ("LICENSE", text), ("bad.wav", text))
    common.report(Corpus(np.zeros((1, 513), np.float32), ("a.wav",), ("a",), skipped))
    assert capsys.readouterr().err.splitlines() == [
        f"skipped bad.wav: {text}",
        "skipped 4 other files (.md 2, .json 1, without suffix 1)",
    ]


@pytest.mark.slow
def test_the_command_corpus_does_not_wait_for_a_pipe(folder):
    os.mkfifo(folder / "pipe.wav")
    command = [sys.executable, "-m", "aether_lab", "corpus", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "skipped pipe.wav: a pipe, not a file" in done.stderr


def test_files_are_found_in_the_order_of_the_parts_of_their_paths(folder):
    write(folder / "sub-b/c.wav")
    assert [file.relative_to(folder).as_posix() for file in find_files(folder)] == ["a.wav", "sub/b.wav", "sub-b/c.wav"]
