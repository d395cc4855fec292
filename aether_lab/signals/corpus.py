"""Corpora: many spectra with their names and sources, from folders of impulse responses.

A source is the folder a file lies in, relative to the folder that was read (`"rooms/otala"`). Files of one source
resemble each other, so corpora are split by source, never by file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from aether_lab.signals.audio_files import SUFFIXES, read_all
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.spectrum import N_BINS, spectrum_db


def pluralize(count: int, noun: str, plural: str = "") -> str:
    """As "1 source", "2 sources", "1 spectrum", "2 spectra"."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


@dataclass(frozen=True, eq=False)
class Corpus:
    """`N` spectra, where each came from, and the files that gave none.

    Raises:
        ValueError: the three fields disagree about `N`, or spectra are not `(N, 513)`.
    """

    spectra_db: np.ndarray  # (N, 513) float32, level-aligned dB as spectra.py defines it
    names: tuple[str, ...]  # path relative to the folder; "#L", "#R" or "#0L" behind it where a file holds several
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
        """The spectra of these sources, in their own order; empty where the corpus has none of them.

        `skipped` is kept whole, because a file that gave no spectrum belongs to no source.
        """
        wanted = {sources} if isinstance(sources, str) else set(sources)
        return self.at(np.flatnonzero([source in wanted for source in self.sources]))

    def at(self, indices: np.ndarray) -> Corpus:
        """The spectra at `(K,)` indices; `skipped` is kept whole."""
        names, sources = (tuple(each[i] for i in indices) for each in (self.names, self.sources))
        return Corpus(self.spectra_db[indices], names, sources, self.skipped)


def read_folder(path: str | Path, *more: str | Path, progress: bool = False) -> Corpus:
    """Spectra of every impulse response in one folder or several, and in the folders inside them.

    Files are read in the order of their relative paths, so that a folder gives the same corpus on every machine. A
    stereo file gives two spectra, one of more channels one (see `impulse`), a SOFA file one for each measurement and
    receiver. A file that cannot be read is listed in `skipped` and harms nothing. Files with another suffix than
    `audio_files.SUFFIXES`, and those whose name begins with a dot, are passed over. `corpus_store.build_corpus` does
    the same for folders too large for one core or for memory.

    Args:
        path: a folder, or one audio file.
        more: further ones. Names and sources are relative to each; a file that lies in the given folder itself has
            that folder's name for its source.
        progress: show a tqdm bar.

    Raises:
        ValueError: a path does not exist, holds no audio files, or none that can be read (the first reasons are told).
    """
    roots = [Path(root) for root in (path, *more)]
    found = [(file, root.parent if root.is_file() else root) for root in roots for file in audio_files(root)]
    parts = [read_file(*each) for each in tqdm(found, desc="reading", unit="file", disable=not progress)]
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
    """One audio file that lies in the folder `root` or below it; empty where it cannot be read, with the reason."""
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
    """Audio files of a folder and of those inside it, in the order of relative paths; the path itself if it is a file.

    Only the names of the folders on the way to a file are held in memory.

    Raises:
        ValueError: the path does not exist, or there is no audio file.
    """
    if not root.exists():
        raise ValueError(f"{root}: no such folder")
    files = iter([root]) if root.is_file() else _walk(root)
    first = next(files, None)
    if first is None:
        raise ValueError(f"{root}: no audio files in this folder or below it; looked for {', '.join(SUFFIXES)}")
    yield first
    yield from files


def _walk(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except PermissionError:  # such as the lost+found of a disk: not the user's, and no impulse responses
        return
    for entry in inside:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith(".") and entry.is_file():
            yield Path(entry.path)


def nothing_to_read(where: str, files: int, skipped: Iterable[tuple[str, str]]) -> ValueError:
    """The error of a folder whose audio files all are skipped, with the first three reasons."""
    reasons = "; ".join(f"{name}: {reason}" for name, reason in islice(skipped, 3))
    return ValueError(f"{where}: none of {files} audio files can be read ({reasons})")


def _labels(response: ImpulseResponse, file: Path) -> tuple[str, ...]:
    """What tells the responses of a file apart: `#measurement` in a SOFA file, then the channel."""
    measurement = response.name.removeprefix(str(file)) or "#"
    channels = {1: ("",), 2: ("L", "R")}.get(response.channels, tuple(f"[{c}]" for c in range(response.channels)))
    return tuple((measurement + channel).removesuffix("#") for channel in channels)


def read_splits(folder: str | Path) -> dict[str, list[str]] | None:
    """`{"train": [source, ...], "test": [source, ...]}` of the `splits.json` beside a folder, or in it; None without.

    Raises:
        ValueError: the file is not JSON, or lacks one of the two lists of names.
    """
    folder = Path(folder).resolve()
    for path in (folder.parent / "splits.json", folder / "splits.json"):
        if path.is_file():
            break
    else:
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error})") from error
    splits: dict[str, list[str]] = {}
    for part in ("train", "test"):
        names = content.get(part) if isinstance(content, dict) else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError(f'{path}: no list of source names under "{part}"')
        splits[part] = names
    return splits
