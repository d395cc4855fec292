"""A finished corpus store on disk: `spectra.npy` and `index.jsonl` (see `corpus_store`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab.signals.corpus import Corpus

SPECTRA, INDEX = "spectra.npy", "index.jsonl"
FORMAT = 2  # increases whenever the layout of a store or the definition of a spectrum changes


def open_corpus(store: str | Path) -> Corpus:
    """A corpus that `build_corpus` wrote, without its folder of audio; `spectra_db` is a memory map.

    >>> import numpy as np, pathlib, soundfile, tempfile
    >>> from aether_lab import build_corpus
    >>> with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as store:
    ...     soundfile.write(pathlib.Path(folder, "click.wav"), np.eye(1, 4800)[0], 48_000)
    ...     built = build_corpus(folder, out=store, progress=False)
    ...     open_corpus(store).names == built.names
    True

    Raises:
        ValueError: there is no finished corpus, or it is damaged or of another version.
    """
    store = Path(store)
    if not (store / INDEX).is_file():
        raise ValueError(f"{store}: no finished corpus; build_corpus makes one, or resumes an interrupted build")
    names: list[str] = []
    sources: list[str] = []
    skipped: list[tuple[str, str]] = []
    interned: dict[str, str] = {}  # one string per source, not one per spectrum
    try:
        for line in read_entries(store):
            if "reason" in line:
                skipped.append((line["file"], line["reason"]))
            else:
                names += line["names"]
                sources += [interned.setdefault(line["source"], line["source"])] * len(line["names"])
        spectra = np.load(store / SPECTRA, mmap_mode="r")
        return Corpus(spectra, tuple(names), tuple(sources), tuple(skipped))
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(f"{store}: damaged ({error}); delete it and build it again") from error


def store_beside(folder: str | Path) -> Path:
    """The default store of `build_corpus` for a folder: `FOLDER.corpus` beside it."""
    folder = Path(folder).resolve()
    return folder.with_name(folder.name + ".corpus")


def is_store(path: str | Path) -> bool:
    """Whether the path is a finished store of `build_corpus`."""
    return (Path(path) / INDEX).is_file()


def read_header(store: Path) -> dict[str, Any]:
    """The first line of the index: `format`, `folder`, and the numbers of `files` and `spectra`."""
    with (store / INDEX).open(encoding="utf-8") as file:
        try:
            header = json.loads(file.readline())
            version = header["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{store / INDEX}: damaged; delete {store} and build it again") from error
    if version != FORMAT:
        raise ValueError(
            f"{store}: written as format {version}, but this version reads {FORMAT}; build it again elsewhere"
        )
    return header


def read_entries(store: Path) -> Iterator[dict[str, Any]]:
    """One dict per audio file of a finished store."""
    read_header(store)
    with (store / INDEX).open(encoding="utf-8") as file:
        yield from map(json.loads, islice(file, 1, None))


def check_same_folder(out: Path, folder: str, built: str) -> None:
    """Raises `ValueError` if the store `out` was built from another folder."""
    if folder != built:
        raise ValueError(f"{out}: contains the corpus of a folder {built!r}, not {folder!r}; choose another out")
