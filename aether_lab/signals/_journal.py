"""The journal of a store that is being built: an SQLite database, and the workers that fill it.

One transaction for each task: after a crash the journal holds every task that was finished, and nothing of one that was
half written. Whoever builds holds its lock. Workers import neither jax nor anything else that starts threads.
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
from contextlib import closing, contextmanager, nullcontext
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from aether_lab.signals.corpus import Corpus, read_file
from aether_lab.signals.corpus_index import FORMAT, SPECTRA, _header, _lines, _same_folder, is_store

JOURNAL = "journal.sqlite"
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
