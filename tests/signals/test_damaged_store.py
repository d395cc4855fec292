"""Damaged corpus stores and journals are refused by name, and names that are not UTF-8 pass through both."""

import json
import os
import pickle
import re
import shutil
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
import soundfile

from aether_lab.signals._journal import JOURNAL
from aether_lab.signals.corpus import read_folder, read_splits
from aether_lab.signals.corpus_index import INDEX, SPECTRA, open_corpus
from aether_lab.signals.corpus_store import build_corpus


def write(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        soundfile.write(file, np.random.default_rng(seed).normal(size=64) * 0.1, 48_000, format="WAV")


def build(folder, out):
    with ThreadPoolExecutor(1) as thread:
        return build_corpus(folder, thread, out=out, progress=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder of three responses and a text file, and its store."""
    place = tmp_path_factory.mktemp("built")
    for i in range(3):
        write(place / f"irs/{'ab'[i % 2]}/{i}.wav", i)
    (place / "irs/text.wav").write_text("a shopping list")
    build(place / "irs", place / "store")
    return place


@pytest.fixture
def store(built, tmp_path):
    return shutil.copytree(built / "store", tmp_path / "store")


def edit_index(number, change):
    """Changes one line of the index: its value, or its text."""

    def edit(store):
        lines = (store / INDEX).read_text().splitlines()
        new = change(json.loads(lines[number]))
        lines[number] = new if isinstance(new, str) else json.dumps(new)
        (store / INDEX).write_text("\n".join(lines) + "\n")

    return edit


def edit_spectra(change):
    def edit(store):
        spectra = np.load(store / SPECTRA)
        np.save(store / SPECTRA, change(spectra), allow_pickle=True)

    return edit


DAMAGES = {
    "a line is no JSON": (edit_index(1, lambda line: "not JSON"), "line 2 of index.jsonl: not JSON"),
    "a line is a list": (edit_index(1, lambda line: []), "line 2 of index.jsonl describes no file"),
    "a line is nested deeply": (edit_index(1, lambda line: "[" * 100_000), "line 2 .* nested too deeply"),
    "a line has no file": (edit_index(2, lambda line: {**line, "file": 3}), "line 3 .* describes no file"),
    "a line has no size": (edit_index(2, lambda line: {**line, "size": "3"}), "line 3 .* describes no file"),
    "a line has a fractional time": (edit_index(2, lambda line: {**line, "changed_ns": 0.5}), "line 3 .* no file"),
    "names are text": (edit_index(1, lambda line: {**line, "names": "abc"}), "line 2 .* describes no file"),
    "names are numbers": (edit_index(1, lambda line: {**line, "names": [1]}), "line 2 .* describes no file"),
    "a source is missing": (edit_index(1, lambda line: {**line, "source": None}), "line 2 .* describes no file"),
    "a reason is a number": (edit_index(1, lambda line: {**line, "reason": 3}), "line 2 .* describes no file"),
    "a name too many": (edit_index(1, lambda line: {**line, "names": ["a", "b"]}), "lists 4 files and 4 spectra"),
    "bands are missing": (edit_index(1, lambda line: {**line, "bands": None}), "line 2 .* describes no file"),
    "no bands": (edit_index(1, lambda line: {**line, "bands": []}), "line 2 .* describes no file"),
    "a band of one number": (edit_index(1, lambda line: {**line, "bands": [[100]]}), "line 2 .* describes no file"),
    "a band too many": (edit_index(1, lambda line: {**line, "bands": [[200, 9e3]] * 2}), "line 2 .* no file"),
    "a band of text": (edit_index(1, lambda line: {**line, "bands": [["100", "200"]]}), "line 2 .* describes no file"),
    "a band below 100 Hz": (edit_index(1, lambda line: {**line, "bands": [[99, 9e3]]}), "line 2 .* describes no file"),
    "a band under an octave": (edit_index(1, lambda line: {**line, "bands": [[200, 399]]}), "line 2 .* no file"),
    "a band that is no number": (
        edit_index(1, lambda line: json.dumps({**line, "bands": [[100, float("nan")]]})),
        "line 2 of index.jsonl: NaN is not",
    ),
    "counts are wrong": (edit_index(0, lambda line: {**line, "files": 9}), "lists 4 files and 3 spectra, not 9 and 3"),
    "counts are text": (edit_index(0, lambda line: {**line, "files": "4"}), "the header of index.jsonl has no folder"),
    "counts are negative": (edit_index(0, lambda line: {**line, "spectra": -1}), "the header of index.jsonl has no"),
    "no folder": (edit_index(0, lambda line: {**line, "folder": 3}), "the header of index.jsonl has no folder"),
    "no header": (edit_index(0, lambda line: []), "index.jsonl has no header"),
    "an empty index": (lambda store: (store / INDEX).write_text(""), "index.jsonl has no header"),
    "an index of other bytes": (lambda store: (store / INDEX).write_bytes(b"\xff\xfe\0"), "line 1 of .* not UTF-8"),
    "no spectra": (lambda store: (store / SPECTRA).unlink(), "spectra.npy: .*no such file"),
    "spectra in float64": (edit_spectra(lambda a: a.astype(np.float64)), r"is \(3, 513\) float64, not \(3, 513\)"),
    "spectra in big-endian order": (edit_spectra(lambda a: a.astype(">f4")), "is .* not"),
    "a spectrum less": (edit_spectra(lambda a: a[1:]), r"is \(2, 513\) float32, not \(3, 513\)"),
    "spectra by columns": (edit_spectra(np.asfortranarray), "by rows"),
    "pickled spectra": (edit_spectra(lambda a: a.astype(object)), "spectra.npy: "),
    "a NaN": (edit_spectra(lambda a: np.where(np.arange(513) == 7, np.nan, a).astype("f4")), "not finite or beyond"),
    "a level of 1e30": (edit_spectra(lambda a: a + np.float32(1e30)), "not finite or beyond ±200 dB"),
    "a pickle": (lambda store: (store / SPECTRA).write_bytes(pickle.dumps([1])), "spectra.npy: "),
    "a ZIP": (lambda store: (store / SPECTRA).write_bytes(b"PK\x03\x04" + bytes(100)), "spectra.npy: "),
    "a header nested deeply": (
        lambda store: (store / SPECTRA).write_bytes(b"\x93NUMPY\x01\x00\xe8\xff" + b"(" * 0xFFE8 + bytes(99)),
        "spectra.npy: ",
    ),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_is_refused_with_its_name(damage, words, store):
    damage(store)
    with pytest.raises(ValueError, match=rf"^{re.escape(str(store))}: damaged \(.*{words}.*\); delete it and build"):
        open_corpus(store)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="NOT TESTED: this system has no FIFOs")
def test_a_store_with_a_fifo_for_spectra_is_refused(store):
    (store / SPECTRA).unlink()
    os.mkfifo(store / SPECTRA)
    with pytest.raises(ValueError, match=r"store: damaged \(spectra.npy: .*not a file"):
        open_corpus(store)


@pytest.fixture
def journal(built, tmp_path, monkeypatch):
    """A store whose build was interrupted when everything was read: a journal and no index."""
    shutil.copytree(built / "irs", tmp_path / "irs")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("aether_lab.signals.corpus_store._write", interrupt)
        build(tmp_path / "irs", tmp_path / "interrupted")
    return tmp_path / "interrupted" / JOURNAL


def interrupt(*_):
    raise KeyboardInterrupt


JOURNAL_DAMAGES = {
    "names are no JSON": "UPDATE done SET names = 'abc' WHERE reason IS NULL",
    "names are missing": "UPDATE done SET names = NULL WHERE reason IS NULL",
    "names are a number": "UPDATE done SET names = '[1]' WHERE reason IS NULL",
    "a source is missing": "UPDATE done SET source = NULL WHERE reason IS NULL",
    "a reason is no text": "UPDATE done SET reason = x'ff' WHERE reason IS NOT NULL",
    "bands are missing": "UPDATE done SET bands = NULL WHERE reason IS NULL",
    "bands are no JSON": "UPDATE done SET bands = '[[100' WHERE reason IS NULL",
    "bands are too many": "UPDATE done SET bands = '[[100, 200], [100, 200]]' WHERE reason IS NULL",
    "a band is narrow": "UPDATE done SET bands = '[[100, 199]]' WHERE reason IS NULL",
    "spectra are short": "UPDATE done SET spectra = x'00112233' WHERE reason IS NULL",
    "spectra are missing": "UPDATE done SET spectra = NULL WHERE reason IS NULL",
    "spectra are text": "UPDATE done SET spectra = 'abc' WHERE reason IS NULL",
    "spectra are not finite": f"UPDATE done SET spectra = x'{'0000c07f' * 513}' WHERE reason IS NULL",
    "a column is missing": "ALTER TABLE done DROP COLUMN spectra",
    "the folder is a number": "DELETE FROM builds; INSERT INTO builds VALUES (x'ff80'); UPDATE done SET size = size",
}


@pytest.mark.parametrize("damage", JOURNAL_DAMAGES.values(), ids=JOURNAL_DAMAGES)
def test_a_damaged_journal_is_refused_with_its_name(damage, journal):
    with closing(sqlite3.connect(journal)) as opened:
        opened.executescript(damage)
    before = sorted(journal.parent.iterdir())
    with pytest.raises(ValueError, match=rf"^{re.escape(str(journal))}: damaged \(.*\); delete it to start again"):
        build(journal.parents[1] / "irs", journal.parent)
    assert sorted(journal.parent.iterdir()) == before
    journal.unlink()
    assert len(build(journal.parents[1] / "irs", journal.parent)) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="NOT TESTED: this system has only names of Unicode")
def test_names_that_are_not_utf_8_pass_through_folders_stores_and_splits(tmp_path):
    root = tmp_path / os.fsdecode(b"r\xe4ume\n\x1b[2J")
    write(root / os.fsdecode(b"caf\xe9") / os.fsdecode(b"=1+1\xff.wav"), 1)
    write(root / "good.wav", 2)
    (root / os.fsdecode(b"bad\xff.wav")).write_text("a shopping list")
    corpus = read_folder(root)
    assert {os.fsencode(name) for name in corpus.names} == {b"caf\xe9/=1+1\xff.wav", b"good.wav"}
    assert {os.fsencode(source) for source in corpus.sources} == {b"caf\xe9", b"r\xe4ume\n\x1b[2J"}
    stored = build(root, tmp_path / "store")
    again = open_corpus(tmp_path / "store")
    assert stored.names == again.names == corpus.names
    assert stored.sources == again.sources == corpus.sources
    assert stored.skipped == again.skipped == corpus.skipped and len(corpus.skipped) == 1
    (root / "splits.json").write_text(json.dumps({"train": list(set(corpus.sources)), "test": []}))
    assert len(corpus.where(read_splits(root)["train"])) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"train": ["a"], "train": ["b"], "test": []}', "'train' occurs more than once"),
        ('{"train": ["a"], "test": [1]}', 'no list of source names under "test"'),
        ('{"train": {"a": 1}, "test": []}', 'no list of source names under "train"'),
        ("3", 'no list of source names under "train"'),
    ],
)
def test_damaged_splits_are_refused_with_their_name(text, words, tmp_path):
    (tmp_path / "splits.json").write_text(text)
    with pytest.raises(ValueError, match=rf"^{re.escape(str(tmp_path))}/splits\.json: .*{words}"):
        read_splits(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="NOT TESTED: this system has no FIFOs")
def test_splits_are_read_from_a_regular_file(tmp_path):
    os.mkfifo(tmp_path / "splits.json")
    with pytest.raises(ValueError, match=r"splits\.json: a (pipe|device), not a file"):
        read_splits(tmp_path)
