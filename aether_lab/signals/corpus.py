"""Corpora: many spectra with their names and sources, from folders of impulse responses.

A source is the folder of a file, relative to the folder that was read (`"rooms/otala"`). Files of one source are
similar, so corpora are split by source, never by file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from aether_lab.signals.audio_files import SUFFIXES, read_all
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.json_files import read_json, texts
from aether_lab.signals.spectrum import N_BINS, spectrum_db


def pluralize(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun, such as "1 source" or "2 spectra"."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


@dataclass(frozen=True, eq=False)
class Corpus:
    """`N` spectra with their names and sources, and the files that were skipped.

    >>> import numpy as np
    >>> Corpus(np.zeros((2, 513), np.float32), ("a.wav", "b.wav"), ("rooms", "plates")).where(["rooms"])
    Corpus(1 spectrum, 1 source, 0 files skipped)

    Raises:
        ValueError: the fields differ in `N`, or spectra are not `(N, 513)`.
    """

    spectra_db: np.ndarray  # (N, 513) float32, level-aligned dB (`spectrum`)
    names: tuple[str, ...]  # path relative to the folder, with "#L", "#R" or "#0L" where a file has several
    sources: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...] = ()  # (path, reason) of each file that could not be read

    def __post_init__(self) -> None:
        shape = self.spectra_db.shape
        if shape != (len(self.names), N_BINS) or len(self.sources) != len(self.names):
            raise ValueError(
                f"spectra of shape {shape}, {len(self.names)} names and {len(self.sources)} sources; "
                f"(N, {N_BINS}), N and N are needed"
            )

    def __len__(self) -> int:
        return len(self.names)

    def __add__(self, other: Corpus) -> Corpus:
        """Both corpora, this one first."""
        return Corpus(
            np.concatenate([self.spectra_db, other.spectra_db]),
            self.names + other.names,
            self.sources + other.sources,
            self.skipped + other.skipped,
        )

    def __repr__(self) -> str:
        spectra, sources = pluralize(len(self), "spectrum", "spectra"), pluralize(len(set(self.sources)), "source")
        return f"Corpus({spectra}, {sources}, {pluralize(len(self.skipped), 'file')} skipped)"

    def where(self, sources: Iterable[str]) -> Corpus:
        """The spectra of these sources, in the order of the corpus.

        `skipped` is unchanged, because a skipped file has no source.
        """
        wanted = {sources} if isinstance(sources, str) else set(sources)
        return self.at(np.flatnonzero([source in wanted for source in self.sources]))

    def at(self, indices: np.ndarray) -> Corpus:
        """The spectra at `(K,)` indices; `skipped` is unchanged."""
        names, sources = (tuple(each[i] for i in indices) for each in (self.names, self.sources))
        return Corpus(self.spectra_db[indices], names, sources, self.skipped)


def read_folder(path: str | Path, *more: str | Path, progress: bool = False) -> Corpus:
    """Spectra of every impulse response in one or more folders and their subfolders.

    Files are read in the order of their relative paths, so a folder gives the same corpus on every machine. A stereo
    file gives two spectra, a file with more channels one (see `audio_files`), a SOFA file one per measurement and
    receiver. A file that cannot be read is listed in `skipped`. Files with a suffix that is not in
    `audio_files.SUFFIXES`, and those whose name begins with a dot, are ignored. `build_corpus` does the same for
    folders that are too large for one core or for memory.

    >>> import numpy as np, pathlib, soundfile, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(pathlib.Path(folder, "click.wav"), np.eye(1, 4800)[0], 48_000)
    ...     read_folder(folder).names
    ('click.wav',)

    Args:
        path: a folder, or one audio file.
        more: further folders. Names and sources are relative to each; the source of a file directly in a folder is the
            name of that folder.
        progress: show a tqdm bar.

    Raises:
        ValueError: a path does not exist, has no audio files, or none that can be read (with the first reasons).
    """
    roots = [Path(root) for root in (path, *more)]
    files = [(file, root.parent if root.is_file() else root) for root in roots for file in audio_files(root)]
    parts = [read_file(*each) for each in tqdm(files, desc="reading", unit="file", disable=not progress)]
    skipped = tuple(chain.from_iterable(part.skipped for part in parts))
    if not any(map(len, parts)):
        raise nothing_to_read(", ".join(map(str, roots)), len(skipped), skipped)
    return Corpus(
        np.concatenate([part.spectra_db for part in parts]),
        tuple(chain.from_iterable(part.names for part in parts)),
        tuple(chain.from_iterable(part.sources for part in parts)),
        skipped,
    )


def read_file(file: Path, root: Path) -> Corpus:
    """The spectra of one audio file in `root` or a subfolder; an empty corpus with the reason if it cannot be read."""
    name, folder = file.relative_to(root).as_posix(), file.parent.relative_to(root).as_posix()
    try:
        responses = read_all(file)
        spectra = [spectrum_db(channel, response.sample_rate) for response in responses for channel in response.samples]
    except (ValueError, OSError, MemoryError) as error:
        reason = (str(error) or type(error).__name__).removeprefix(str(file)).lstrip(": ")
        return Corpus(np.empty((0, N_BINS), np.float32), (), (), ((name, reason),))
    names = tuple(name + label for response in responses for label in _labels(response, file))
    source = root.resolve().name if folder == "." else folder
    return Corpus(np.stack(spectra), names, (source,) * len(names))


def audio_files(root: Path) -> Iterator[Path]:
    """Audio files of a folder and its subfolders, in the order of relative paths; the path itself if it is a file.

    Memory holds one directory listing per level, not the whole list.

    Raises:
        ValueError: the path does not exist, or has no audio files.
    """
    if not root.exists():
        raise ValueError(f"{root}: no such folder")
    files = iter([root]) if root.is_file() else _walk(root)
    first = next(files, None)
    if first is None:
        raise ValueError(f"{root}: no audio files in this folder or its subfolders; allowed are {', '.join(SUFFIXES)}")
    yield first
    yield from files


def _walk(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            listing = sorted(entries, key=lambda entry: entry.name)
    except PermissionError:  # such as lost+found, which has no impulse responses
        return
    for entry in listing:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith(".") and entry.is_file():
            yield Path(entry.path)


def nothing_to_read(folder: str, files: int, skipped: Iterable[tuple[str, str]]) -> ValueError:
    """The error for a folder whose audio files are all skipped, with the first three reasons."""
    reasons = "; ".join(f"{name}: {reason}" for name, reason in islice(skipped, 3))
    return ValueError(f"{folder}: none of {files} audio files can be read ({reasons})")


def _labels(response: ImpulseResponse, file: Path) -> tuple[str, ...]:
    """A suffix for each response of a file: `#measurement` in a SOFA file, then the channel."""
    measurement = response.name.removeprefix(str(file)) or "#"
    channels = {1: ("",), 2: ("L", "R")}.get(response.channels, tuple(f"[{c}]" for c in range(response.channels)))
    return tuple((measurement + channel).removesuffix("#") for channel in channels)


def read_splits(folder: str | Path) -> dict[str, list[str]] | None:
    """`{"train": [source, ...], "test": [source, ...]}` from the `splits.json` beside or in a folder, None without one.

    Raises:
        ValueError: the file is not JSON, or has no list of names for one of the two.
    """
    folder = Path(folder).resolve()
    for path in (folder.parent / "splits.json", folder / "splits.json"):
        if path.exists():
            break
    else:
        return None
    content = read_json(path)
    splits: dict[str, list[str]] = {}
    for part in ("train", "test"):
        names: Any = content.get(part) if isinstance(content, dict) else None
        if not texts(names):
            raise ValueError(f'{path}: no list of source names under "{part}"')
        splits[part] = names
    return splits
