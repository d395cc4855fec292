"""Large corpora: the spectra of a folder as one memory-mapped array on disk, computed by many workers.

A store is a folder of two files. `spectra.npy` is `(N, 513)` float32. `index.jsonl` is a header and one line for each
audio file, in the order of `corpus.read_folder`: path, size and time of last change, and either the names of its
spectra with their source, or the reason why it was skipped. Both depend on the audio files alone: not on the executor,
nor on the order in which workers finish, nor on interruptions.

While a store is being built, what has been read lies in a journal beside them, an SQLite database written in one
transaction for each task: after a crash it holds every task that was finished, and nothing of one that was half
written. Whoever builds holds its lock. Workers import neither jax nor anything else that starts threads.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager, nullcontext, suppress
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from aether_lab.signals.corpus import Corpus, audio_files, nothing_to_read, read_file
from aether_lab.signals.files import replacing
from aether_lab.signals.spectrum import N_BINS

FORMAT = 1  # one more whenever a store is written otherwise, or a spectrum means something else
SPECTRA, INDEX, JOURNAL = "spectra.npy", "index.jsonl", "journal.sqlite"
ROW_BYTES = 4 * N_BINS

Stamp = tuple[str, int, int]  # path relative to the folder, with "/"; size in bytes; last change in ns

_SCHEMA = f"""
PRAGMA page_size = 16384;     -- several spectra of 2 kB to a page
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;  -- a killed process loses nothing, a power cut at most the last tasks
PRAGMA user_version = {FORMAT};
CREATE TABLE IF NOT EXISTS builds (folder TEXT);
CREATE TABLE IF NOT EXISTS done (
    key BLOB PRIMARY KEY, size INTEGER, changed INTEGER, names TEXT, source TEXT, reason TEXT, spectra BLOB);
CREATE TEMP TABLE plan (key BLOB PRIMARY KEY, size INTEGER, changed INTEGER) WITHOUT ROWID;
"""


def build_corpus(
    folder: str | Path,
    executor: Executor | None = None,
    *,
    out: str | Path | None = None,
    retry: bool = False,
    progress: bool = True,
    chunk: int = 32,
    ahead: int = 64,
) -> Corpus:
    """The corpus of a folder of any size, kept on disk: `spectra_db` is a memory map, read when it is looked at.

    The same call goes on where an earlier one was interrupted, however it was; on a finished store it returns at once.
    A file that was added or changed since (its size or its time of last change differs) is read, and one that is gone
    is dropped; what was read of the others is kept. Names, sources and skipped files are those of `read_folder`.

    Args:
        folder: searched as `read_folder` does. Workers must find it at the same path.
        executor: where files are read. By default a pool of one process per core; a script then needs the usual
            `if __name__ == "__main__":`. Dask: `Client(address).get_executor()`. MPI: `MPIPoolExecutor()` of
            `mpi4py.futures`. Ray: an object whose `submit(f, *a)` returns `ray.remote(f).remote(*a).future()`;
            `submit` is all that is called. It is left open.
        out: the store, a folder that is made where it does not exist; `FOLDER.corpus` beside the folder by default.
        retry: read the skipped files again, such as after a network drive failed. A changed one is read anyway.
        progress: show a tqdm bar.
        chunk: files per task. A task is written as a whole: an interruption costs what is under way.
        ahead: tasks that may be handed out and not yet written; it bounds memory. At least twice the workers.

    Raises:
        ValueError: as `read_folder`; or `out` is in use, damaged, of another folder, or of another version.
        OSError: `out` cannot be written.
        RuntimeError: a worker died. What was finished is kept.
    """
    folder = Path(folder).resolve()
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder")
    if chunk < 1 or ahead < 1:
        raise ValueError(f"chunk={chunk}, ahead={ahead}; both must be at least 1")
    out = Path(out) if out is not None else store_beside(folder)
    if _is_current(out, folder, retry):
        return open_corpus(out)
    if not out.parent.is_dir() or (out.exists() and not out.is_dir()):
        raise ValueError(f"{out}: out is a folder, made if need be in one that exists; {out.parent} must be one")
    out.mkdir(exist_ok=True)
    with _journal(out, folder.name) as journal:
        for left in (*out.glob(f".{SPECTRA}.*"), *out.glob(f".{INDEX}.*")):
            left.unlink()  # of a build that was killed while it wrote them
        _plan(journal, _stamps(folder))
        if (out / INDEX).exists():
            _recall(journal, out)
        if retry:
            journal.execute("DELETE FROM done WHERE reason IS NOT NULL")
            journal.commit()
        _read(journal, folder, executor, progress, chunk, ahead)
        _write(journal, out, folder)
    (out / JOURNAL).unlink()
    return open_corpus(out)


def open_corpus(store: str | Path) -> Corpus:
    """A corpus that `build_corpus` finished, without its folder; `spectra_db` is a memory map.

    Raises:
        ValueError: there is no finished corpus, or it is damaged or of another version.
    """
    store = Path(store)
    if not (store / INDEX).is_file():
        raise ValueError(f"{store}: no finished corpus; build_corpus makes one, and goes on where it was interrupted")
    names: list[str] = []
    sources: list[str] = []
    skipped: list[tuple[str, str]] = []
    once: dict[str, str] = {}  # a source is held once, not once for each of its spectra
    try:
        for line in _lines(store):
            if "reason" in line:
                skipped.append((line["file"], line["reason"]))
            else:
                names += line["names"]
                sources += [once.setdefault(line["source"], line["source"])] * len(line["names"])
        spectra = np.load(store / SPECTRA, mmap_mode="r")
        return Corpus(spectra, tuple(names), tuple(sources), tuple(skipped))
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(f"{store}: damaged ({error}); delete it and build it again") from error


def store_beside(folder: str | Path) -> Path:
    """Where `build_corpus` keeps the corpus of a folder if it is not told: `FOLDER.corpus`."""
    folder = Path(folder).resolve()
    return folder.with_name(folder.name + ".corpus")


def is_store(path: str | Path) -> bool:
    """Whether the path is a corpus that `build_corpus` finished."""
    return (Path(path) / INDEX).is_file()


def _header(store: Path) -> dict[str, Any]:
    with (store / INDEX).open(encoding="utf-8") as file:
        try:
            header = json.loads(file.readline())
            version = header["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{store / INDEX}: damaged; delete {store} and build it again") from error
    if version != FORMAT:
        raise ValueError(f"{store}: written as format {version}, this version reads {FORMAT}; build it again elsewhere")
    return header


def _lines(store: Path) -> Iterator[dict[str, Any]]:
    """One dict for each audio file of a finished store."""
    _header(store)
    with (store / INDEX).open(encoding="utf-8") as file:
        yield from map(json.loads, islice(file, 1, None))


def _stamps(folder: Path) -> Iterator[Stamp]:
    for file in audio_files(folder):
        with suppress(FileNotFoundError):  # gone since the folder was listed
            stat = file.stat()
            yield file.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns


def _is_current(out: Path, folder: Path, retry: bool) -> bool:
    """Whether the store is finished and each file of the folder is as it was when it was read."""
    if not is_store(out) or (out / JOURNAL).exists():
        return False
    _same_folder(out, folder.name, _header(out)["folder"])
    for line, stamp in zip_longest(_lines(out), _stamps(folder)):
        if not line or (line["file"], line["size"], line["changed_ns"]) != stamp or (retry and "reason" in line):
            return False
    return True


def _same_folder(out: Path, folder: str, built: str) -> None:
    if folder != built:
        raise ValueError(f"{out}: holds the corpus of a folder {built!r}, not {folder!r}; choose another out")


def _key(file: str) -> bytes:
    """What sorts as the parts of a relative path do: no character comes before the one between two parts."""
    return file.replace("/", "\0").encode("utf-8", "surrogatepass")


def _file(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass").replace("\0", "/")


@contextmanager
def _journal(out: Path, folder: str) -> Iterator[sqlite3.Connection]:
    """The journal, locked, with an empty plan. SQLite's errors leave it in words that name the store."""
    path = out / JOURNAL
    try:
        with closing(sqlite3.connect(path, timeout=0)) as journal:
            # One builder; and no shared memory, which network file systems lack. It must be said before the first read.
            journal.execute("PRAGMA locking_mode = EXCLUSIVE")
            (version,) = journal.execute("PRAGMA user_version").fetchone()
            if version not in (0, FORMAT):
                raise ValueError(f"{path}: format {version}, this version writes {FORMAT}; delete it to begin anew")
            journal.executescript(_SCHEMA)
            (built,) = journal.execute("SELECT folder FROM builds").fetchone() or (None,)
            if built is None and is_store(out):
                built = _header(out)["folder"]
            _same_folder(out, folder, built or folder)
            with journal:
                journal.execute("DELETE FROM builds")
                journal.execute("INSERT INTO builds VALUES (?)", (folder,))
            yield journal
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_BUSY:
            raise ValueError(f"{out}: another build is writing here; wait for it, or choose another out") from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise ValueError(f"{path}: damaged ({error}); delete it to begin anew") from error
        raise OSError(f"{path}: {error}") from error


def _plan(journal: sqlite3.Connection, stamps: Iterable[Stamp]) -> None:
    with journal:
        rows = ((_key(file), size, changed) for file, size, changed in stamps)
        journal.executemany("INSERT INTO plan VALUES (?, ?, ?)", rows)


def _recall(journal: sqlite3.Connection, store: Path) -> None:
    """Copies a finished store into the journal: its files need not be read again, as long as they are the same."""

    def rows() -> Iterator[tuple]:
        spectra, begin = np.load(store / SPECTRA, mmap_mode="r"), 0
        for line in _lines(store):
            names = tuple(line.get("names", ()))
            part = spectra[begin : begin + len(names)]
            begin += len(names)
            skipped = ((line["file"], line["reason"]),) if "reason" in line else ()
            sources = (line.get("source", ""),) * len(names)
            yield _row((line["file"], line["size"], line["changed_ns"]), Corpus(part, names, sources, skipped))

    with journal:
        journal.executemany("INSERT OR IGNORE INTO done VALUES (?, ?, ?, ?, ?, ?, ?)", rows())


def _row(stamp: Stamp, part: Corpus) -> tuple:
    """A row of `done`: one file, and what was read from it."""
    file, size, changed = stamp
    source = part.sources[0] if part.sources else None
    reason = part.skipped[0][1] if part.skipped else None
    return _key(file), size, changed, json.dumps(part.names), source, reason, part.spectra_db.astype("<f4").tobytes()


def _read(
    journal: sqlite3.Connection, folder: Path, executor: Executor | None, progress: bool, chunk: int, ahead: int
) -> None:
    """Reads what is planned and not done; each task is committed as soon as it comes back."""
    journal.execute(
        "CREATE TEMP TABLE todo AS SELECT key, size, changed FROM plan "
        "WHERE NOT EXISTS (SELECT 1 FROM done WHERE (key, size, changed) = (plan.key, plan.size, plan.changed)) "
        "ORDER BY key"
    )
    (total,), (left,) = (journal.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("plan", "todo"))
    if not left:
        return
    rows = journal.execute("SELECT key, size, changed FROM todo ORDER BY rowid")
    tasks = iter(lambda: [(_file(key), size, changed) for key, size, changed in islice(rows, chunk)], [])
    bar = tqdm(total=total, initial=total - left, desc=f"reading {folder.name}", unit="file", disable=not progress)
    with bar, nullcontext(executor) if executor else _processes(-(-left // chunk)) as workers:
        for results in _as_they_finish(workers, folder, tasks, ahead):
            with journal:
                lines = [_row(stamp, part) for stamp, part in results]
                journal.executemany("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?, ?, ?, ?)", lines)
            bar.update(len(results))


def _as_they_finish(
    executor: Executor, folder: Path, tasks: Iterable[list[Stamp]], ahead: int
) -> Iterator[list[tuple[Stamp, Corpus]]]:
    """Results of tasks in the order in which they finish, at most `ahead` of them under way."""
    pending: set[Future] = set()
    finished: set[Future] = set()
    try:
        for task in tasks:
            pending.add(executor.submit(_read_task, str(folder), task))
            if len(pending) >= ahead:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                while finished:
                    yield finished.pop().result()
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            while finished:
                yield finished.pop().result()
    except BrokenExecutor as error:
        raise RuntimeError(
            f"{folder}: a worker process died; what was read before is kept. Out of memory? A script that calls "
            'build_corpus outside of `if __name__ == "__main__":`? A file that breaks the reader?'
        ) from error
    finally:
        for future in pending:
            future.cancel()


def _read_task(folder: str, files: list[Stamp]) -> list[tuple[Stamp, Corpus]]:
    root = Path(folder)
    return [(stamp, read_file(root / stamp[0], root)) for stamp in files]


def _processes(tasks: int) -> ProcessPoolExecutor:
    """One process per core that this one may use. They are spawned: a fork copies the locks of jax's threads."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(min(tasks, cores, 61), spawn, _prepare_worker)  # 61: Windows waits for no more


def _prepare_worker() -> None:
    """Leaves ^C to the builder, and does not outlive it: a killed one cannot end its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _write(journal: sqlite3.Connection, out: Path, folder: Path) -> None:
    """The finished store, in the order of the plan. An index stands only beside the spectra that it is of."""
    planned = "FROM plan JOIN done USING (key)"
    files, n_bytes = journal.execute(f"SELECT count(*), sum(length(spectra)) {planned}").fetchone()
    if not n_bytes:
        skipped = journal.execute(f"SELECT key, reason {planned} ORDER BY key LIMIT 3")
        raise nothing_to_read(str(folder), files, ((_file(key), reason) for key, reason in skipped))
    n = n_bytes // ROW_BYTES
    with replacing(out / INDEX) as index, replacing(out / SPECTRA) as spectra:
        with spectra.open("wb") as array, index.open("w", encoding="utf-8") as lines:
            header = {"descr": "<f4", "fortran_order": False, "shape": (n, N_BINS)}
            np.lib.format.write_array_header_1_0(array, header)
            lines.write(json.dumps({"format": FORMAT, "folder": folder.name, "files": files, "spectra": n}) + "\n")
            columns = "key, done.size, done.changed, names, source, reason, spectra"
            for key, size, changed, names, source, reason, rows in journal.execute(
                f"SELECT {columns} {planned} ORDER BY key"
            ):
                read = {"reason": reason} if reason is not None else {"names": json.loads(names), "source": source}
                line = {"file": _file(key), "size": size, "changed_ns": changed, **read}
                lines.write(json.dumps(line) + "\n")
                array.write(rows)
        (out / INDEX).unlink(missing_ok=True)
