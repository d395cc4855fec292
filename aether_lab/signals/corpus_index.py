"""A finished corpus store on disk: `spectra.npy` and `index.jsonl` (see `corpus_store`)."""

from __future__ import annotations

import tokenize
from array import array
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab.signals.corpus import Corpus, are_bands
from aether_lab.signals.json_files import check_regular, numbers, parse_json, texts
from aether_lab.signals.spectrum import N_BINS

SPECTRA, INDEX = "spectra.npy", "index.jsonl"
FORMAT = 3  # increases whenever the layout of a store or the definition of a spectrum changes
LONGEST_LINE = 20_000_000  # bytes of a line of the index; a SOFA file of 40,000 measurements has 7 MB
_UNREADABLE = (  # what NumPy raises on the header of a damaged file
    *(ValueError, TypeError, OSError, OverflowError, MemoryError, RecursionError),
    *(SyntaxError, tokenize.TokenError),
)
LEVEL_LIMIT = 200.0  # dB
ROWS = 128  # spectra that are checked at once, 0.25 MB


def open_corpus(store: str | Path) -> Corpus:
    """A corpus that `build_corpus` wrote, without its folder of files; `spectra_db` is a memory map.

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
    if not is_store(store):
        raise ValueError(f"{store}: no finished corpus; build_corpus makes one, or resumes an interrupted build")
    header, files = read_header(store), 0
    names: list[str] = []
    sources: list[str] = []
    skipped: list[tuple[str, str]] = []
    bands = array("d")
    interned: dict[str, str] = {}  # one string per source, not one per spectrum
    for line in read_entries(store):
        files += 1
        if "reason" in line:
            skipped.append((line["file"], line["reason"]))
        if "names" in line:
            names += line["names"]
            sources += [interned.setdefault(line["source"], line["source"])] * len(line["names"])
            bands.extend(bands_of(line).ravel())
    if (header["files"], header["spectra"]) != (files, len(names)):
        counts = f"{files} files and {len(names)} spectra, not {header['files']} and {header['spectra']}"
        raise damaged(store, f"{INDEX} lists {counts}")
    spectra, bands_hz = read_spectra(store, len(names)), np.frombuffer(bands).reshape(-1, 2)
    return Corpus(spectra, tuple(names), tuple(sources), tuple(skipped), bands_hz)


def store_beside(folder: str | Path) -> Path:
    """The default store of `build_corpus` for a folder: `FOLDER.corpus` beside it."""
    folder = Path(folder).resolve()
    return folder.with_name(folder.name + ".corpus")


def is_store(path: str | Path) -> bool:
    """Whether the path is a finished store of `build_corpus`."""
    return (Path(path) / INDEX).is_file()


def read_header(store: Path) -> dict[str, Any]:
    """The first line of the index: `format`, `folder`, and the numbers of `files` and `spectra`.

    Raises:
        ValueError: another line, or another format.
    """
    _, header = next(_lines(store), (0, None))
    if not isinstance(header, dict) or type(version := header.get("format")) is not int:
        raise damaged(store, f"{INDEX} has no header")
    if version != FORMAT:
        raise ValueError(
            f"{store}: written as format {version}, but this version reads {FORMAT}; build it again elsewhere"
        )
    counts = (header.get("files"), header.get("spectra"))
    if not isinstance(header.get("folder"), str) or not all(type(n) is int and n >= 0 for n in counts):
        raise damaged(store, f"the header of {INDEX} has no folder, or no numbers of files and spectra")
    return header


def read_entries(store: Path) -> Iterator[dict[str, Any]]:
    """One dict per file of the folder of a finished store.

    Raises:
        ValueError: as `read_header`, or a line that is damaged.
    """
    read_header(store)
    for number, entry in islice(_lines(store), 1, None):
        if not is_entry(entry):
            raise damaged(store, f"line {number} of {INDEX} describes no file")
        yield entry


def is_entry(entry: Any) -> bool:
    """Whether a value is one line of the index.

    It is a file with the names of its spectra, their source and their bands, with the reason why it is skipped, or with
    both.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
        return False
    if "names" not in entry and "reason" not in entry:
        return False
    return (
        ("names" not in entry or _describes_spectra(entry))
        and isinstance(entry.get("reason", ""), str)
        and all(type(entry.get(key)) is int for key in ("size", "changed_ns"))
    )


def _describes_spectra(entry: dict[str, Any]) -> bool:
    """Whether an entry with names has their source, and one valid band for all of them or one for each."""
    names, bands = entry["names"], entry.get("bands")
    if not texts(names) or not isinstance(entry.get("source"), str) or not isinstance(bands, list):
        return False
    fits = len(bands) in (1, len(names)) and all(numbers(band, 2) for band in bands)
    return fits and bool(are_bands(np.array(bands, np.float64)).all())


def bands_of(entry: dict[str, Any]) -> np.ndarray:
    """`(n, 2)` Hz: the bands of the spectra of a file, from an entry with names."""
    return np.broadcast_to(np.array(entry["bands"], np.float64), (len(entry["names"]), 2))


def pack_bands(bands_hz: np.ndarray) -> list[list[float]]:
    """`(n, 2)` bands as an entry has them: a single one where all are the same."""
    return (bands_hz[:1] if (bands_hz == bands_hz[:1]).all() else bands_hz).tolist()


def _lines(store: Path) -> Iterator[tuple[int, Any]]:
    """The number and the value of each line of the index."""
    with (store / INDEX).open("rb") as file:
        for number in count(1):
            line = file.readline(LONGEST_LINE + 1)
            if not line:
                return
            try:
                if len(line) > LONGEST_LINE:
                    raise ValueError(f"longer than {LONGEST_LINE:,} bytes")
                value = parse_json(line, LONGEST_LINE)
            except ValueError as error:
                raise damaged(store, f"line {number} of {INDEX}: {error}") from error
            yield number, value


def read_spectra(store: Path, n: int) -> np.ndarray:
    """The spectra of a store, `(n, 513)` float32, as a memory map.

    Raises:
        ValueError: another array, or levels that are not finite or beyond ±200 dB.
    """
    try:
        check_regular(store / SPECTRA)
        spectra = np.lib.format.open_memmap(store / SPECTRA, mode="r", max_header_size=1000)
    except _UNREADABLE as error:
        raise damaged(store, f"{SPECTRA}: {error}") from error
    if spectra.shape != (n, N_BINS) or spectra.dtype != np.dtype("<f4") or not spectra.flags.c_contiguous:
        found = f"{spectra.shape} {spectra.dtype}"
        raise damaged(store, f"{SPECTRA} is {found}, not ({n}, {N_BINS}) float32 by rows")
    for begin in range(0, n, ROWS):
        if not are_levels(spectra[begin : begin + ROWS]):
            raise damaged(store, f"{SPECTRA} has levels that are not finite or beyond ±{LEVEL_LIMIT:g} dB")
    return spectra


def are_levels(spectra: np.ndarray) -> bool:
    """Whether every level is finite and within ±200 dB; level-aligned spectra are within ±60 dB of their mean."""
    return bool((np.abs(spectra) <= LEVEL_LIMIT).all())


def damaged(store: Path, reason: str) -> ValueError:
    """The error for a store that cannot be read."""
    return ValueError(f"{store}: damaged ({' '.join(reason.split())}); delete it and build it again")


def check_same_folder(out: Path, folder: str, built: str) -> None:
    """Raises `ValueError` if the store `out` was built from another folder."""
    if folder != built:
        raise ValueError(f"{out}: contains the corpus of a folder {built!r}, not {folder!r}; choose another out")
