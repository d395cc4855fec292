"""Corpora on disk do not depend on the executor or on interruptions."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context

import distributed
import h5py
import numpy as np
import pytest
import soundfile

from aether_lab.analysis.pca import pca_distances
from aether_lab.signals._journal import JOURNAL
from aether_lab.signals.corpus import read_folder
from aether_lab.signals.corpus_index import INDEX, SPECTRA, is_store, open_corpus
from aether_lab.signals.corpus_store import build_corpus


def write(path, seed, samples=200, channels=1, rate=48_000):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(size=(samples, channels)) * 0.1
    soundfile.write(path, noise * np.exp(-np.arange(samples) / samples * 5)[:, None], rate)


@pytest.fixture
def folder(tmp_path):
    """Forty mono files of four sources, a stereo file, a SOFA file, and three files that cannot be read."""
    for i in range(40):
        write(tmp_path / f"irs/{'abcd'[i % 4]}/{i:02d}.wav", i)
    write(tmp_path / "irs/top.flac", 40, channels=2)
    with h5py.File(tmp_path / "irs/ears.sofa", "w") as file:
        file["Data.IR"] = np.random.default_rng(41).normal(size=(3, 2, 64))
        file["Data.SamplingRate"] = [48_000.0]
    (tmp_path / "irs/a/empty.wav").touch()
    (tmp_path / "irs/text.wav").write_text("a shopping list")
    soundfile.write(tmp_path / "irs/zeros.wav", np.zeros(100), 48_000)
    return tmp_path / "irs"


class Recording(ThreadPoolExecutor):
    """Two threads, and a list of the files submitted to them."""

    def __init__(self):
        super().__init__(2)
        self.files = []

    def submit(self, function, folder, files):
        self.files += [file for file, *_ in files]
        return super().submit(function, folder, files)


class Shuffled(ThreadPoolExecutor):
    """Threads with random delays."""

    def submit(self, function, *arguments):
        def delayed():
            time.sleep(random.random() / 100)
            return function(*arguments)

        return super().submit(delayed)


def build(folder, out, executor=None, **options):
    """Builds in `out` beside the folder with two threads, and returns the corpus and the bytes of its files."""
    with executor or Recording() as threads:
        corpus = build_corpus(folder, threads, out=out, progress=False, **options)
    assert sorted(path.name for path in out.iterdir()) == [INDEX, SPECTRA]
    return corpus, ((out / INDEX).read_bytes(), (out / SPECTRA).read_bytes())


def assert_equal(corpus, other):
    assert (corpus.names, corpus.sources, corpus.skipped) == (other.names, other.sources, other.skipped)
    np.testing.assert_array_equal(corpus.spectra_db, other.spectra_db)
    np.testing.assert_array_equal(corpus.bands_hz, other.bands_hz)


def test_a_store_equals_read_folder(folder, tmp_path):
    corpus, _ = build(folder, tmp_path / "store", chunk=7)
    assert len(corpus) == 48 and [name for name, _ in corpus.skipped] == ["a/empty.wav", "text.wav", "zeros.wav"]
    assert_equal(corpus, read_folder(folder))
    assert isinstance(corpus.spectra_db, np.memmap) and corpus.spectra_db.dtype == np.float32
    assert_equal(open_corpus(tmp_path / "store"), corpus)


def test_a_store_of_real_responses_equals_read_folder(real_folder, tmp_path):
    corpus, _ = build(real_folder, tmp_path / "store")
    assert_equal(corpus, read_folder(real_folder))


def test_bands_are_kept_once_for_a_file_whose_spectra_have_the_same(tmp_path):
    write(tmp_path / "irs/a.wav", 1, channels=2, rate=8_000)
    with h5py.File(tmp_path / "irs/ears.sofa", "w") as file:
        file["Data.IR"] = np.random.default_rng(41).normal(size=(3, 2, 64))
        file["Data.SamplingRate"] = [48_000.0, 8_000.0, 48_000.0]
    corpus, (index, _) = build(tmp_path / "irs", tmp_path / "store")
    entries = [json.loads(line) for line in index.decode().splitlines()[1:]]
    full, low = [100.0, 20_000.0], [100.0, 3600.0]
    assert [entry["bands"] for entry in entries] == [[low], [full, full, low, low, full, full]]
    assert corpus.bands_hz.tolist() == [low, low, *entries[1]["bands"]]
    write(tmp_path / "irs/b.wav", 2)  # the others come from the store
    assert_equal(build(tmp_path / "irs", tmp_path / "store")[0], read_folder(tmp_path / "irs"))


def test_threads_processes_and_dask_write_the_same_bytes_in_any_order(folder, tmp_path):
    _, expected = build(folder, tmp_path / "threads", chunk=4)
    _, shuffled = build(folder, tmp_path / "shuffled", Shuffled(8), chunk=1, ahead=20)
    assert shuffled == expected
    corpus = build_corpus(folder, progress=False)
    beside = tmp_path / "irs.corpus"
    assert_equal(corpus, open_corpus(beside))
    assert ((beside / INDEX).read_bytes(), (beside / SPECTRA).read_bytes()) == expected
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        _, through_dask = build(folder, tmp_path / "dask", client.get_executor(), chunk=4)
    assert through_dask == expected


def test_workers_load_neither_jax_nor_scipy():
    code = (
        "import sys, aether_lab.signals.corpus_store; print(sorted({'jax', 'scipy', 'ipywidgets'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def count(store):
    with closing(sqlite3.connect(store / JOURNAL)) as journal:
        return journal.execute("SELECT count(*) FROM done").fetchone()[0]


@pytest.mark.slow
def test_a_killed_build_resumes_without_loss_and_reads_no_file_twice(tmp_path):
    folder, store, n, chunk = tmp_path / "irs", tmp_path / "store", 120, 2
    for i in range(8):
        write(folder / f"{i:03d}.wav", i, samples=192_000, rate=96_000)
    for i in range(8, n):
        os.link(folder / f"{i % 8:03d}.wav", folder / f"{i:03d}.wav")
    _, expected = build(folder, tmp_path / "whole")

    call = (
        "import sys; from aether_lab.signals.corpus_store import build_corpus;"
        "build_corpus(*sys.argv[1:2], out=sys.argv[2], chunk=2)"
    )
    command = [sys.executable, "-c", call, folder, store]
    builder = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log = store / f"{JOURNAL}-wal"
    while builder.poll() is None and not (log.exists() and log.stat().st_size > 250_000):
        time.sleep(0.002)
    builder.send_signal(signal.SIGKILL)
    _, stderr = builder.communicate(timeout=20)  # the pipes close when its last worker has ended
    assert builder.returncode == -signal.SIGKILL, stderr
    with pytest.raises(ValueError, match="no finished corpus"):
        open_corpus(store)

    assert {path.name for path in store.iterdir()} == {JOURNAL, log.name}  # no shared memory, for network drives
    done = count(shutil.copytree(store, tmp_path / "copy"))
    os.truncate(log, log.stat().st_size - 100)  # after a power failure the last write is incomplete
    recovered = count(store)
    assert 0 < done < n and done - chunk <= recovered < done

    (store / ".aether_lab-half.partial").write_bytes(b"an array that a killed builder was writing")
    threads = Recording()
    _, resumed = build(folder, store, threads)
    assert len(threads.files) == len(set(threads.files)) == n - recovered
    assert resumed == expected


def test_an_unchanged_folder_is_not_read_again_and_skipped_files_only_with_retry(folder, tmp_path):
    first, expected = build(folder, tmp_path / "store")
    again = Recording()
    corpus, unchanged = build(folder, tmp_path / "store", again)
    assert again.files == [] and unchanged == expected
    assert_equal(corpus, first)
    retried = Recording()
    assert build(folder, tmp_path / "store", retried, retry=True)[1] == expected
    assert retried.files == ["a/empty.wav", "text.wav", "zeros.wav"]


@pytest.mark.parametrize("interrupted", [False, True])
def test_only_the_changed_files_of_a_folder_are_read(interrupted, folder, tmp_path):
    class Stop(Recording):
        def submit(self, function, folder, files):
            if len(self.files) >= 30:
                raise KeyboardInterrupt
            return super().submit(function, folder, files)

    if interrupted:
        with pytest.raises(KeyboardInterrupt):
            build(folder, tmp_path / "store", Stop(), chunk=1, ahead=1)
    else:
        build(folder, tmp_path / "store")
    write(folder / "a/00.wav", 100)  # of the same size
    os.utime(folder / "a/00.wav", ns=(0, time.time_ns() + 10**9))
    write(folder / "a/04.wav", 4, samples=201)
    write(folder / "new/first.wav", 101)
    (folder / "b/01.wav").unlink()
    (folder / "text.wav").unlink()

    threads = Recording()
    corpus, files = build(folder, tmp_path / "store", threads)
    changed = {"a/00.wav", "a/04.wav", "new/first.wav"}
    assert changed <= set(threads.files) and len(threads.files) == (3 + 14 if interrupted else 3)
    assert_equal(corpus, read_folder(folder))
    assert files == build(folder, tmp_path / "afresh")[1]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_folder(tmp_path):
    peaks = []
    for n in (100, 1000):
        folder = tmp_path / f"irs{n}"
        for i in range(10):
            write(folder / f"{i:04d}.wav", i, samples=64, channels=2)
        for i in range(10, n):
            os.link(folder / f"{i % 10:04d}.wav", folder / f"{i:04d}.wav")
        with ThreadPoolExecutor(2) as threads:
            tracemalloc.start()
            corpus = build_corpus(folder, threads, out=tmp_path / f"store{n}", progress=False, chunk=8, ahead=4)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert len(corpus) == 2 * n
    bytes_per_spectrum = (peaks[1] - peaks[0]) / (2 * 900)
    assert bytes_per_spectrum < 300  # its name; the spectrum itself has 2052


def test_a_store_works_like_any_corpus(folder, tmp_path):
    corpus, _ = build(folder, tmp_path / "store")  # test_main.py trains on one
    plain = read_folder(folder)
    assert pca_distances(corpus.where("b").spectra_db, corpus.spectra_db, 2).tolist() == (
        pca_distances(plain.where("b").spectra_db, plain.spectra_db, 2).tolist()
    )
    both = corpus + corpus.where("b")
    assert len(both) == 58 and both.names[48:] == plain.where("b").names


def test_a_dead_worker_is_reported_and_the_files_read_are_kept(folder, tmp_path):
    class Dying(ProcessPoolExecutor):
        def submit(self, function, folder, files):
            dies = files[0][0] == "b/01.wav"
            return super().submit(os._exit, 1) if dies else super().submit(function, folder, files)

    with pytest.raises(RuntimeError, match="a worker process died; the files read so far are kept"):
        build(folder, tmp_path / "store", Dying(1, get_context("spawn")), chunk=1, ahead=1)
    assert count(tmp_path / "store") == 11  # those of folder "a"
    threads = Recording()
    build(folder, tmp_path / "store", threads)
    assert len(threads.files) == 45 - 11


def test_invalid_folders_and_stores_are_refused(folder, tmp_path):
    store = tmp_path / "store"
    with pytest.raises(ValueError, match="nowhere: no such folder"):
        build_corpus(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="chunk=0, ahead=64; both must be at least 1"):
        build_corpus(folder, chunk=0)
    for out in (tmp_path / "missing" / "store", folder / "text.wav"):
        with pytest.raises(ValueError, match="out must be a folder, or a new one in a folder that exists"):
            build_corpus(folder, out=out)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "text.wav").write_text("a shopping list")
    with pytest.raises(ValueError, match=r"nothing can be read of 1 measurement \(text\.wav: text, not audio"):
        build(tmp_path / "bad", store)
    with pytest.raises(ValueError, match=r"contains the corpus of a folder 'bad', not 'irs'; choose another out"):
        build(folder, store)
    (store / JOURNAL).write_bytes(b"not a database, " * 1000)
    with pytest.raises(ValueError, match=r"journal\.sqlite: damaged .*delete it to start again"):
        build(folder, store)
    (store / JOURNAL).unlink()
    with closing(sqlite3.connect(store / JOURNAL)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ValueError, match="another build is writing here"):
            build(folder, store)
    build(folder, store)
    os.truncate(store / SPECTRA, 50_000)
    with pytest.raises(ValueError, match=r"store: damaged .*build it again"):
        open_corpus(store)
    header, *lines = (store / INDEX).read_text().splitlines()
    (store / INDEX).write_text("\n".join([json.dumps(json.loads(header) | {"format": 0}), *lines]))
    with pytest.raises(ValueError, match="written as format 0, but this version reads 3"):
        open_corpus(store)
    assert is_store(store) and not is_store(folder)
