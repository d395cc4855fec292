"""A finished store on disk: `spectra.npy` and `index.jsonl`, see `corpus_store`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab.signals.corpus import Corpus

SPECTRA, INDEX = "spectra.npy", "index.jsonl"
FORMAT = 1  # one more whenever a store is written otherwise, or a spectrum means something else


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


def _same_folder(out: Path, folder: str, built: str) -> None:
    if folder != built:
        raise ValueError(f"{out}: holds the corpus of a folder {built!r}, not {folder!r}; choose another out")
