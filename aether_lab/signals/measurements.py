"""The spectra of one file of a folder: impulse responses as audio, SOFA or text, and measured curves as text.

Audio is recognised by what the file holds. Text is looked into only where its suffix may be that of a table, or where
it has none, because folders also hold prose and programs; it is then read as by `curve_files.read_target`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aether_lab.signals import audio_files, limits
from aether_lab.signals.contents import audio_type, check_regular, read_head, unsupported_type
from aether_lab.signals.curve import Curve
from aether_lab.signals.curve_files import SUFFIXES, read_measured
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.names import pluralize
from aether_lab.signals.spectrum import spectrum_db
from aether_lab.signals.text import decode

TEXT_SUFFIXES = (*SUFFIXES, ".zma", ".dat", ".asc", "")
"""Suffixes of the text files of a folder that are looked into; any other text is left alone."""

READABLE = f"{audio_files.READABLE} files and measured curves as text ({', '.join(SUFFIXES)})"

_OTHER = ("text, not", "unknown content", "the file is empty", "a picture", "a PDF", "a ZIP")
"""How the reasons begin for which files that lie beside measurements are skipped."""

_MEASUREMENTS = (*audio_files.SUFFIXES, ".frd", ".zma")
"""Suffixes that only measurements have, so that a file of other content is reported."""

_LEFT_OUT = re.compile(r"\bnot read\b|\bleft out\b")  # in the note of a reader


class FileSpectra(NamedTuple):
    """The spectra of a file, and what is left out of it."""

    spectra_db: list[np.ndarray]  # n of (513,) float32
    bands_hz: list[tuple[float, float]]  # n
    labels: list[str]  # n, "" where the file has a single spectrum
    reason: str = ""  # "" for a file that is read wholly


def read_spectra(file: Path, named: bool = False) -> FileSpectra:
    """The spectra of a file: one of a curve; one of each channel, measurement and emitter of impulse responses.

    Args:
        file: its path.
        named: the file itself was asked for, so that a text with any suffix is looked into.

    Raises:
        ValueError: the file cannot be read, or holds something else. The message begins with the path.
        OSError: the file cannot be opened.
    """
    if (named or file.suffix.lower() in TEXT_SUFFIXES) and _is_text(file):
        return _of_text(file)
    return _of_responses(audio_files.read_each(file), file)


def _is_text(file: Path) -> bool:
    """Whether a file is text, of a size that is read; anything else is left to `audio_files`, which names it."""
    size = check_regular(file)
    head = read_head(file)
    if not head or audio_type(head) or unsupported_type(head):
        return False
    try:
        decode(head, str(file))
    except ValueError:
        return False
    limits.check(str(file), size, "LARGEST_TEXT")
    return True


def _of_text(file: Path) -> FileSpectra:
    measured = read_measured(file)
    if isinstance(measured, ImpulseResponse):
        return _of_responses([measured], file)
    return FileSpectra([measured.spectrum_db], [measured.band_hz], [""], _left_out(measured))


def _left_out(curve: Curve) -> str:
    return "; ".join(note for note in curve.notes if _LEFT_OUT.search(note))


def _of_responses(responses: Iterable[ImpulseResponse | ValueError], file: Path) -> FileSpectra:
    found = FileSpectra([], [], [])
    notes: list[str] = []
    errors: list[ValueError] = []
    usable = 0
    for response in responses:
        if isinstance(response, ValueError):
            errors.append(response)
            continue
        usable += 1
        found.spectra_db.extend(spectrum_db(channel, response.sample_rate) for channel in response.samples)
        found.bands_hz.extend([response.band_hz] * response.channels)
        found.labels.extend(_labels(response, file))
        notes += response.notes
    if errors and not usable:
        raise errors[0]
    if errors:
        notes.append(audio_files.describe_errors(errors, usable, str(file)))
    return found._replace(reason="; ".join(notes))


def _labels(response: ImpulseResponse, file: Path) -> Iterator[str]:
    """A suffix for each response of a file: `#measurement` in a SOFA file, then the channel."""
    measurement = response.name.removeprefix(str(file)) or "#"
    channels = {1: ("",), 2: ("L", "R")}.get(response.channels, tuple(f"[{c}]" for c in range(response.channels)))
    return ((measurement + channel).removesuffix("#") for channel in channels)


def is_other(name: str, reason: str) -> bool:
    """Whether a skipped file is hidden, or no measurement and not called so, such as a README beside recordings."""
    return reason.startswith("a hidden ") or (reason.startswith(_OTHER) and not name.lower().endswith(_MEASUREMENTS))


def nothing_to_read(folder: str, skipped: Iterable[tuple[str, str]]) -> ValueError:
    """The error for a folder of which no file can be read, with the first three reasons."""
    every = list(skipped)
    refused = [f"{name}: {reason}" for name, reason in every if not is_other(name, reason)]
    if refused:
        return ValueError(
            f"{folder}: nothing can be read of {pluralize(len(refused), 'measurement')} ({'; '.join(refused[:3])})"
        )
    others = f" ({pluralize(len(every), 'other file')})" if every else ""
    return ValueError(f"{folder}: no measurements in this folder or its subfolders{others}; allowed are {READABLE}")
