"""Large corpora: the spectra of a folder as one memory-mapped array on disk, computed by many workers.

A store is a folder with two files. `spectra.npy` is `(N, 513)` float32. `index.jsonl` is a header and one line per
file, in the order of `corpus.read_folder`: path, size and time of last change, the names of its spectra with their
source and bands (one band where all have the same), and the reason why it was skipped, or was not read wholly. Both
depend only on the files: not on the executor, the order in which workers finish, or interruptions. During a build, a
journal beside them (`_journal`) contains the files read so far.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path

import numpy as np

from aether_lab.signals._journal import (
    JOURNAL,
    ROW_BYTES,
    Stamp,
    copy_store,
    open_journal,
    plan_files,
    planned_rows,
    read_planned_files,
)
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.corpus_index import (
    FORMAT,
    INDEX,
    SPECTRA,
    check_same_folder,
    is_store,
    open_corpus,
    read_entries,
    read_header,
    store_beside,
)
from aether_lab.signals.files import replacing
from aether_lab.signals.folders import find_files
from aether_lab.signals.measurements import nothing_to_read
from aether_lab.signals.spectrum import N_BINS


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
    """The corpus of a folder of any size, stored on disk; `spectra_db` is a memory map.

    The same call resumes an interrupted build; with a finished store it returns at once. Files that were added or
    changed (in size or time of last change) are read, deleted ones are dropped, and the others are not read again.
    Names, sources and skipped files are those of `read_folder`.

    >>> import numpy as np, pathlib, soundfile, tempfile
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as threads:
    ...     soundfile.write(pathlib.Path(folder, "click.wav"), np.eye(1, 4800)[0], 48_000)
    ...     build_corpus(folder, threads, out=f"{folder}/store", progress=False)
    Corpus(1 spectrum, 1 source, 0 files skipped)

    Args:
        folder: searched as by `read_folder`. Workers must find it at the same path.
        executor: reads the files. By default a pool of one process per core; a script then needs the usual
            `if __name__ == "__main__":`. Dask: `Client(address).get_executor()`. MPI: `MPIPoolExecutor()` of
            `mpi4py.futures`. Ray: an object whose `submit(f, *a)` returns `ray.remote(f).remote(*a).future()`;
            only `submit` is called. It is not shut down.
        out: the folder of the store, created if necessary; by default `FOLDER.corpus` beside the folder.
        retry: read skipped files again, such as after a network failure. Changed ones are always read.
        progress: show a tqdm bar.
        chunk: files per task. An interruption loses the pending tasks.
        ahead: largest number of pending tasks, which limits memory; at least twice the number of workers.

    Raises:
        ValueError: as `read_folder`; or `out` is in use, damaged, of another folder, or of another version.
        OSError: `out` cannot be written.
        RuntimeError: a worker died. The files read so far are kept.
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
        raise ValueError(f"{out}: out must be a folder, or a new one in a folder that exists")
    out.mkdir(exist_ok=True)
    with open_journal(out, folder.name) as journal:
        plan_files(journal, _stamps(folder))
        if (out / INDEX).exists():
            copy_store(journal, out)
        if retry:
            journal.execute("DELETE FROM done WHERE reason IS NOT NULL")
            journal.commit()
        read_planned_files(journal, folder, executor, progress, chunk, ahead)
        _write(journal, out, folder)
    (out / JOURNAL).unlink()
    return open_corpus(out)


def _stamps(folder: Path) -> Iterator[Stamp]:
    for file in find_files(folder):
        with suppress(FileNotFoundError):  # gone since the folder was listed
            stat = file.stat() if os.path.exists(file) else file.lstat()  # of a dangling link itself
            yield file.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns


def _is_current(out: Path, folder: Path, retry: bool) -> bool:
    """Whether the store is finished and no file of the folder was added, changed or deleted since."""
    if not is_store(out) or (out / JOURNAL).exists():
        return False
    check_same_folder(out, folder.name, read_header(out)["folder"])
    for line, stamp in zip_longest(read_entries(out), _stamps(folder)):
        if not line or (line["file"], line["size"], line["changed_ns"]) != stamp or (retry and "reason" in line):
            return False
    return True


def _write(journal: sqlite3.Connection, out: Path, folder: Path) -> None:
    """Writes the finished store in the order of the plan; no index ever exists beside the spectra of another build."""
    planned = "FROM plan JOIN done USING (key)"
    files, n_bytes = journal.execute(f"SELECT count(*), sum(length(spectra)) {planned}").fetchone()
    if not n_bytes:
        skipped = ((line["file"], line.get("reason", "no spectra")) for line, _ in planned_rows(journal))
        raise nothing_to_read(str(folder), skipped)
    n = n_bytes // ROW_BYTES
    with replacing(out / INDEX) as index, replacing(out / SPECTRA) as spectra:
        with spectra.open("wb") as array, index.open("w", encoding="utf-8") as lines:
            header = {"descr": "<f4", "fortran_order": False, "shape": (n, N_BINS)}
            np.lib.format.write_array_header_1_0(array, header)
            lines.write(json.dumps({"format": FORMAT, "folder": folder.name, "files": files, "spectra": n}) + "\n")
            written = 0
            for line, rows in planned_rows(journal):
                lines.write(json.dumps(line) + "\n")
                written += array.write(rows)
            if written != n_bytes:
                raise sqlite3.DataError("its spectra have other lengths than it counts")
        (out / INDEX).unlink(missing_ok=True)
