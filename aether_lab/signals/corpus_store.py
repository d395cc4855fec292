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
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path

import numpy as np

from aether_lab.signals._journal import JOURNAL, Stamp, _file, _journal, _plan, _read, _recall
from aether_lab.signals.corpus import Corpus, audio_files, nothing_to_read
from aether_lab.signals.corpus_index import (
    FORMAT,
    INDEX,
    SPECTRA,
    _header,
    _lines,
    _same_folder,
    is_store,
    open_corpus,
    store_beside,
)
from aether_lab.signals.files import replacing
from aether_lab.signals.spectrum import N_BINS

ROW_BYTES = 4 * N_BINS


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
