"""The journal of a corpus store during a build: an SQLite database that workers (`_workers`) fill.

Each task is one transaction: after a crash the journal contains every finished task and no partial one. The builder
locks the journal.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager, nullcontext, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from aether_lab.signals._workers import Stamp, process_pool, results_as_completed
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.corpus_index import (
    FORMAT,
    INDEX,
    LONGEST_LINE,
    SPECTRA,
    are_levels,
    bands_of,
    check_same_folder,
    damaged,
    is_entry,
    is_store,
    pack_bands,
    read_entries,
    read_header,
    read_spectra,
)
from aether_lab.signals.json_files import check_regular, parse_json
from aether_lab.signals.names import printable
from aether_lab.signals.spectrum import N_BINS

JOURNAL = "journal.sqlite"
ROW_BYTES = 4 * N_BINS

_SCHEMA = f"""
PRAGMA page_size = 16384;     -- several spectra of 2 kB to a page
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;  -- a killed process loses nothing, a power failure at most the last tasks
PRAGMA user_version = {FORMAT};
CREATE TABLE IF NOT EXISTS builds (folder TEXT);
CREATE TABLE IF NOT EXISTS done (
    key BLOB PRIMARY KEY, size INTEGER, changed INTEGER, names TEXT, source TEXT, reason TEXT,
    bands TEXT, spectra BLOB);
CREATE TEMP TABLE plan (key BLOB PRIMARY KEY, size INTEGER, changed INTEGER) WITHOUT ROWID;
"""
_PLACES = ", ".join("?" * 8)  # of the columns of `done`


def _key(file: str) -> bytes:
    """A key that sorts by the parts of a relative path: its separator comes before every other character."""
    return _blob(file.replace("/", "\0"))


def file_of_key(key: bytes) -> str:
    return _text(key).replace("\0", "/")


_SYSTEM_ERRORS = (
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_AUTH,
)


def _blob(text: str) -> bytes:
    """Text for the journal; SQLite has no text for names that are not UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def _text(blob: bytes | str) -> str:
    """Text from the journal; those of earlier versions have strings.

    Raises:
        sqlite3.DataError: another value.
    """
    if isinstance(blob, bytes):
        with suppress(UnicodeDecodeError):
            return blob.decode("utf-8", "surrogatepass")
    if not isinstance(blob, str):
        raise sqlite3.DataError(f"{blob!r:.100} is not text")
    return blob


@contextmanager
def open_journal(out: Path, folder: str) -> Iterator[sqlite3.Connection]:
    """The journal, locked, with an empty plan. SQLite's errors are raised again with the path of the store."""
    path = out / JOURNAL
    if path.exists():
        check_regular(path)
    try:
        with closing(sqlite3.connect(path, timeout=0)) as journal:
            # One builder, and no shared memory, which network file systems lack. This must precede the first read.
            journal.execute("PRAGMA locking_mode = EXCLUSIVE")
            (version,) = journal.execute("PRAGMA user_version").fetchone()
            if version not in (0, FORMAT):
                raise ValueError(
                    f"{path}: format {version}, but this version writes {FORMAT}; delete it to start again"
                )
            journal.executescript(_SCHEMA)
            (stored,) = journal.execute("SELECT folder FROM builds").fetchone() or (None,)
            built = None if stored is None else _text(stored)
            if built is None and is_store(out):
                built = read_header(out)["folder"]
            check_same_folder(out, folder, built or folder)
            with journal:
                journal.execute("DELETE FROM builds")
                journal.execute("INSERT INTO builds VALUES (?)", (_blob(folder),))
            yield journal
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # without the extended part
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise ValueError(f"{out}: another build is writing here; wait for it, or choose another out") from error
        if code in _SYSTEM_ERRORS:
            raise OSError(f"{path}: {error}") from error
        raise ValueError(f"{path}: damaged ({error}); delete it to start again") from error


def plan_files(journal: sqlite3.Connection, stamps: Iterable[Stamp]) -> None:
    with journal:
        rows = ((_key(file), size, changed) for file, size, changed in stamps)
        journal.executemany("INSERT INTO plan VALUES (?, ?, ?)", rows)


def copy_store(journal: sqlite3.Connection, store: Path) -> None:
    """Copies a finished store into the journal, so that unchanged files are not read again."""

    def rows() -> Iterator[tuple]:
        spectra, begin = read_spectra(store, read_header(store)["spectra"]), 0
        for line in read_entries(store):
            names = tuple(line.get("names", ()))
            part = spectra[begin : begin + len(names)]
            begin += len(names)
            skipped = ((line["file"], line["reason"]),) if "reason" in line else ()
            sources = (line.get("source", ""),) * len(names)
            if len(part) != len(names):
                raise damaged(store, f"{SPECTRA} has fewer spectra than {INDEX} lists")
            bands = bands_of(line) if names else np.empty((0, 2))
            yield _row((line["file"], line["size"], line["changed_ns"]), Corpus(part, names, sources, skipped, bands))

    with journal:
        journal.executemany(f"INSERT OR IGNORE INTO done VALUES ({_PLACES})", rows())


def _row(stamp: Stamp, part: Corpus) -> tuple:
    """A row of the table `done`: one file and its spectra, or the reason why it was skipped."""
    file, size, changed = stamp
    source = _blob(part.sources[0]) if part.sources else None
    reason = _blob(part.skipped[0][1]) if part.skipped else None
    names, bands = json.dumps(part.names), json.dumps(pack_bands(part.bands_hz))
    return _key(file), size, changed, names, source, reason, bands, part.spectra_db.astype("<f4").tobytes()


def planned_rows(journal: sqlite3.Connection) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The line of the index and the spectra (`(n, 513)` float32) of each planned file, in the order of the plan.

    Raises:
        sqlite3.DataError: a damaged row.
    """
    columns = "key, done.size, done.changed, names, source, reason, bands, spectra"
    for key, size, changed, names, source, reason, bands, spectra in journal.execute(
        f"SELECT {columns} FROM plan JOIN done USING (key) ORDER BY key"
    ):
        line: dict[str, Any] = {"file": file_of_key(key), "size": size, "changed_ns": changed}
        if reason is not None:
            line["reason"] = _text(reason)
        if source is not None:
            with suppress(ValueError):  # without names it is no entry
                listed = (parse_json(_text(each), LONGEST_LINE) for each in (names, bands))
                line |= {"source": _text(source), **dict(zip(("names", "bands"), listed, strict=True))}
        rows = len(line.get("names", ())) if is_entry(line) else -1
        if not isinstance(spectra, bytes) or len(spectra) != rows * ROW_BYTES or not are_levels(_levels(spectra)):
            raise sqlite3.DataError(f"the entry of {line['file']} cannot be read")
        yield line, spectra


def _levels(spectra: bytes) -> np.ndarray:
    return np.frombuffer(spectra, "<f4")


def read_planned_files(
    journal: sqlite3.Connection, folder: Path, executor: Executor | None, progress: bool, chunk: int, ahead: int
) -> None:
    """Reads the planned files that are not done; commits each task as soon as it returns."""
    journal.execute(
        "CREATE TEMP TABLE todo AS SELECT key, size, changed FROM plan "
        "WHERE NOT EXISTS (SELECT 1 FROM done WHERE (key, size, changed) = (plan.key, plan.size, plan.changed)) "
        "ORDER BY key"
    )
    (total,), (left,) = (journal.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("plan", "todo"))
    if not left:
        return
    rows = journal.execute("SELECT key, size, changed FROM todo ORDER BY rowid")
    tasks = iter(lambda: [(file_of_key(key), size, changed) for key, size, changed in islice(rows, chunk)], [])
    bar = tqdm(
        total=total, initial=total - left, desc=f"reading {printable(folder.name)}", unit="file", disable=not progress
    )
    with bar, nullcontext(executor) if executor else process_pool(-(-left // chunk)) as workers:
        for results in results_as_completed(workers, folder, tasks, ahead):
            with journal:
                lines = [_row(stamp, part) for stamp, part in results]
                journal.executemany(f"INSERT OR REPLACE INTO done VALUES ({_PLACES})", lines)
            bar.update(len(results))
