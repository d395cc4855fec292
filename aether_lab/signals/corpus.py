"""Corpora: many spectra with their names and sources, from folders of impulse responses and measured curves.

A source is the folder of a file, relative to the folder that was read (`"rooms/otala"`). Files of one source are
similar, so corpora are split by source, never by file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from aether_lab.signals.curve import LEAST_COVERAGE
from aether_lab.signals.folders import find_files, not_entered
from aether_lab.signals.json_files import read_json, texts
from aether_lab.signals.kinds import kind_of
from aether_lab.signals.measurements import FileSpectra, nothing_to_read, read_spectra
from aether_lab.signals.names import pluralize
from aether_lab.signals.spectrum import BAND, N_BINS, erb_weights


@dataclass(frozen=True, eq=False)
class Corpus:
    """`N` spectra with their names and sources, where each was measured, and the files that were skipped.

    >>> import numpy as np
    >>> corpus = Corpus(np.zeros((2, 513), np.float32), ("a.wav", "b.wav"), ("rooms", "plates"))
    >>> corpus.where(["rooms"])
    Corpus(1 spectrum, 1 source, 0 files skipped)
    >>> corpus.kinds, corpus.bands_hz.tolist(), corpus.weights.shape
    (('room', 'plate or spring'), [[100.0, 20000.0], [100.0, 20000.0]], (2, 513))

    Raises:
        ValueError: the fields differ in `N`, spectra are not `(N, 513)`, or a band is no octave within 100 Hz to
            20 kHz.
    """

    spectra_db: np.ndarray  # (N, 513) float32, level-aligned dB (`spectrum`)
    names: tuple[str, ...]  # path relative to the folder, with "#L", "#R" or "#0L" where a file has several
    sources: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...] = ()  # (path, reason) of each file that is not read, or not wholly
    bands_hz: np.ndarray = field(default_factory=lambda: np.array(BAND))
    """`(N, 2)` float64: the part of 100 Hz to 20 kHz in which each spectrum was measured; `(2,)` is that of all."""

    def __post_init__(self) -> None:
        shape = self.spectra_db.shape
        if shape != (len(self.names), N_BINS) or len(self.sources) != len(self.names):
            raise ValueError(
                f"spectra of shape {shape}, {len(self.names)} names and {len(self.sources)} sources; "
                f"(N, {N_BINS}), N and N are needed"
            )
        bands = np.asarray(self.bands_hz, dtype=np.float64)
        if bands.shape == (2,):
            bands = np.tile(bands, (len(self), 1))
        if bands.shape != (len(self), 2):
            raise ValueError(f"bands of shape {bands.shape}; ({len(self)}, 2) is needed, as many as spectra")
        if not (valid := are_bands(bands)).all():
            low, high = bands[np.argmin(valid)]
            raise ValueError(
                f"{self.names[np.argmin(valid)]}: a band of {low:g} to {high:g} Hz; "
                f"allowed is an octave or more within {BAND[0]:g} to {BAND[1]:g} Hz"
            )
        object.__setattr__(self, "bands_hz", bands)

    def __len__(self) -> int:
        return len(self.names)

    def __add__(self, other: Corpus) -> Corpus:
        """Both corpora, this one first."""
        return join([self, other])

    def __repr__(self) -> str:
        spectra, sources = pluralize(len(self), "spectrum", "spectra"), pluralize(len(set(self.sources)), "source")
        return f"Corpus({spectra}, {sources}, {pluralize(len(self.skipped), 'file')} skipped)"

    @cached_property
    def weights(self) -> np.ndarray:
        """`(N, 513)` float32, read-only: weights of sum 1 for `spectrum.lsd`, 0 outside the band of each spectrum."""
        bands, which = np.unique(self.bands_hz, axis=0, return_inverse=True)
        each = np.array([erb_weights(*band) for band in bands], np.float32).reshape(-1, N_BINS)
        if len(each) == 1:
            return np.broadcast_to(each[0], (len(self), N_BINS))  # of a store with millions of spectra, 2 kB
        weights = each[which.reshape(-1)]
        weights.flags.writeable = False
        return weights

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kind of system of each spectrum: one of `kinds.KINDS`, "" where its source does not say."""
        kinds = {source: kind_of(source) for source in set(self.sources)}
        return tuple(kinds[source] for source in self.sources)

    def where(self, sources: Iterable[str]) -> Corpus:
        """The spectra of these sources, in the order of the corpus.

        `skipped` is unchanged, because a skipped file has no source.
        """
        wanted = {sources} if isinstance(sources, str) else set(sources)
        return self.at(np.flatnonzero([source in wanted for source in self.sources]))

    def at(self, indices: np.ndarray) -> Corpus:
        """The spectra at `(K,)` indices; `skipped` is unchanged."""
        names, sources = (tuple(each[i] for i in indices) for each in (self.names, self.sources))
        return Corpus(self.spectra_db[indices], names, sources, self.skipped, self.bands_hz[indices])


def are_bands(bands_hz: np.ndarray) -> np.ndarray:
    """`(N,)` bool: which of `(N, 2)` bands lie within 100 Hz to 20 kHz and cover an octave; NaN does not."""
    low, high = bands_hz.T
    return (low >= BAND[0]) & (high <= BAND[1]) & (high >= LEAST_COVERAGE * low)


def join(corpora: Sequence[Corpus]) -> Corpus:
    """One or more corpora as one, in their order."""
    return Corpus(
        np.concatenate([each.spectra_db for each in corpora]),
        tuple(chain.from_iterable(each.names for each in corpora)),
        tuple(chain.from_iterable(each.sources for each in corpora)),
        tuple(chain.from_iterable(each.skipped for each in corpora)),
        np.concatenate([each.bands_hz for each in corpora]),
    )


def balanced(sources: Sequence[str]) -> np.ndarray:
    """Probability of drawing each spectrum, `(N,)`, sum 1: every source weighs the same.

    So one head with hundreds of directions does not outweigh a headphone with six measurements.
    """
    _, source, count = np.unique(np.asarray(sources), return_inverse=True, return_counts=True)
    weight = 1 / count[source]
    return weight / weight.sum()


def read_folder(path: str | Path, *more: str | Path, progress: bool = False) -> Corpus:
    """Spectra of every impulse response and measured curve in one or more folders and their subfolders.

    Files are read in the order of their relative paths, so a folder gives the same corpus on every machine. A stereo
    file gives two spectra, a file with more channels one (see `audio_files`), a SOFA file one per measurement, emitter
    and receiver. A curve as text gives one, of the band that it covers (`Corpus.bands_hz`). Audio is recognised by what
    a file holds, whatever its suffix; text is read as by `read_target` where its suffix is one of
    `measurements.TEXT_SUFFIXES` and it holds a table of numbers: prose, programs and lists of filters are no
    measurements.

    Whatever is not read is listed in `skipped` with the reason: damaged, hidden and other files, tables that may be
    read in two ways, pipes and devices (which are not opened), folders that are hidden or cannot be listed, and files
    of which some measurements or the first channels are silent, or some lines are left out. A link to a file is read as
    that file. A link to a folder is followed if that folder neither lies in one that is read already nor contains one:
    nothing is read twice, and no loop is followed. Stores of `build_corpus` are passed over. `build_corpus` does the
    same for folders that are too large for one core or for memory.

    >>> import numpy as np, pathlib, soundfile, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(pathlib.Path(folder, "click.wav"), np.eye(1, 4800)[0], 48_000)
    ...     read_folder(folder).names
    ('click.wav',)

    Args:
        path: a folder, or one file.
        more: further folders. Names and sources are relative to each; the source of a file directly in a folder is the
            name of that folder.
        progress: show a tqdm bar.

    Raises:
        ValueError: a path does not exist, has no measurements, or none that can be read (with the first reasons).
    """
    roots = [Path(root) for root in (path, *more)]
    files = [(file, root if root.is_dir() else root.parent) for root in roots for file in find_files(root)]
    bar = tqdm(files, desc="reading", unit="file", disable=not progress)
    parts = [read_file(file, root, named=file in roots) for file, root in bar]
    if not any(map(len, parts)):
        raise nothing_to_read(", ".join(map(str, roots)), chain.from_iterable(part.skipped for part in parts))
    return join(parts)


def read_file(file: Path, root: Path, named: bool = False) -> Corpus:
    """The spectra of one file in `root` or a subfolder, and in `skipped` why it is not read, or not wholly.

    Args:
        file: one of `folders.find_files`.
        root: names are relative to it.
        named: the file itself was asked for, so that it is read although it is hidden.
    """
    name, folder = file.relative_to(root).as_posix(), file.parent.relative_to(root).as_posix()
    try:
        if file.name.startswith(".") and not named:
            raise ValueError("a hidden folder" if os.path.isdir(file) else "a hidden file")
        if os.path.isdir(file):
            raise ValueError(not_entered(file))
        found = read_spectra(file, named)
    except (ValueError, OSError, MemoryError) as error:
        found = FileSpectra([], [], [], str(error) or type(error).__name__)
    reason = found.reason.removeprefix(str(file)).lstrip(":, ")
    return Corpus(
        np.array(found.spectra_db, np.float32).reshape(-1, N_BINS),
        tuple(name + label for label in found.labels),
        (root.resolve().name if folder == "." else folder,) * len(found.labels),
        ((name, reason),) if reason else (),
        np.array(found.bands_hz, np.float64).reshape(-1, 2),
    )


def read_splits(*folders: str | Path) -> dict[str, list[str]] | None:
    """`{"train": [source, ...], "test": [source, ...]}` from the `splits.json` beside or in each of some folders.

    Those of several folders are united. A folder without one adds nothing; without any, None is returned.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = '{"train": ["rooms/hall"], "test": ["plates"]}'
    ...     _ = pathlib.Path(folder, "splits.json").write_text(text)
    ...     read_splits(folder, f"{folder}/more")
    {'train': ['rooms/hall'], 'test': ['plates']}

    Raises:
        ValueError: a file is not JSON, or has no list of names for one of the two; or a source is in both lists, of one
            folder or of two.
    """
    united: dict[str, dict[str, Path]] = {"train": {}, "test": {}}  # source: the file that names it first
    paths = dict.fromkeys(filter(None, map(_find_splits, folders)))
    for path in paths:
        content = read_json(path)
        for part, names in united.items():
            listed: Any = content.get(part) if isinstance(content, dict) else None
            if not texts(listed):
                raise ValueError(f'{path}: no list of source names under "{part}"')
            for name in listed:
                names.setdefault(name, path)
    for name in filter(united["test"].__contains__, united["train"]):
        first, second = (united[part][name] for part in united)
        where = f"{first}" if first == second else f"{first} and {second}"
        raise ValueError(f'{where}: the source {name!r} is under both "train" and "test"; it can be under one only')
    return {part: list(names) for part, names in united.items()} if paths else None


def _find_splits(folder: str | Path) -> Path | None:
    folder = Path(folder).resolve()
    return next((path for path in (folder.parent / "splits.json", folder / "splits.json") if path.exists()), None)
