"""Measured curves: level over frequency, from the text that REW, AutoEq or a spreadsheet writes, or drawn by hand.

A curve is put on the grid of `spectra` (513 bins, level-aligned dB) so:

1. Between its points it is a straight line in dB over log frequency; outside its range it is held at its end values.
2. Its power is averaged over 1/3 octave around each bin, as that of a response (`spectrum.smooth`). Of a dense curve
   every point takes part; between the points of a sparse one the lines are followed in steps of 1/8 bin.
3. It is floored 60 dB under its peak and aligned (`spectrum.floor_and_align`) over what it covers of 100 Hz to 20 kHz.
   So the level at which it was measured is of no matter, and what is held outside its range has no say in it.

`read_target` reads whatever a filter can be made to match, a curve or an impulse response, and tells them apart by
their first bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np

from aether_lab.signals import audio_files
from aether_lab.signals.curve import Curve
from aether_lab.signals.impulse_response import ImpulseResponse

SUFFIXES = (".csv", ".txt", ".tsv", ".frd")  # names of text; any other is read as well when it holds text


LARGEST_TEXT = 50_000_000  # bytes; a million points are 30 MB


LARGEST_RESPONSE = 500_000_000  # bytes; an hour-long recording is no impulse response


_MAGIC = (  # (offset, first bytes, what such a file is)
    (8, b"WAVE", "a WAV file"),
    (0, b"fLaC", "a FLAC file"),
    (8, b"AIFF", "an AIFF file"),
    (8, b"AIFC", "an AIFF file"),
    (0, b"OggS", "an OGG file"),
    (0, b"\x89HDF", "an HDF5 file, as SOFA is"),
)


_FOREIGN = (
    (0, b"PK\x03\x04", "a ZIP archive, as spreadsheets are: export it as CSV"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"ID3", "an MP3 file: save it as WAV or FLAC"),
)


_COMMENT = ("*", "#", "%", "//", '"*', "!")


_NUMBER = re.compile(r"[+-]?\d+(,\d+)?")  # with a decimal comma, or none


_FREQUENCY_WORDS = re.compile(r"freq|hz", re.I)


_LEVEL_WORDS = (r"raw", r"spl", r"magnitude|\bmag\b", r"level|amplitude", r"\bdb\b|dbfs|db\)", r"gain|response")


def read_curve(source: str | Path | bytes, name: str | None = None) -> Curve:
    """A curve from text: one point a line, frequency in Hz and level in dB first, in whatever spacing and range.

    Columns are parted by commas, semicolons, tabs or spaces; decimals may be written with a comma where it does not
    part columns. Lines that begin with `*`, `#`, `%`, `!` or `//` are comments. Of a header that names its columns
    the one of frequency and the one of level are taken ("raw" of AutoEq, "SPL" of REW, ...), else the first two. A
    point at 0 Hz is left out. UTF-8, UTF-16 with its mark, and Latin-1 are read.

    Args:
        source: a path, or the content of a file.
        name: what stands for the path where `source` is content.

    Raises:
        ValueError: anything else. The message names the file, the line where there is one, and the reason.
    """
    return cast(Curve, _read(source, name, curves_only=True))


def read_target(source: str | Path | bytes, name: str | None = None) -> ImpulseResponse | Curve:
    """What a filter is to match: an impulse response (`audio_files.read`) or a curve (`read_curve`), by content.

    Args:
        source: a path, or the content of a file.
        name: what stands for the path where `source` is content, suffix included.

    Raises:
        ValueError: neither of them, a file of one kind named as the other, or one too large (50 MB of text, 500 MB).
    """
    return _read(source, name, curves_only=False)


def _read(source: str | Path | bytes, name: str | None, curves_only: bool) -> Curve | ImpulseResponse:
    if isinstance(source, bytes):
        name = name or "content without a name"
        head, size = source[:4096], len(source)
        content: Callable[[], bytes] = lambda: source  # noqa: E731 - one name for both ways
    else:
        path = Path(source)
        name = name or str(path)
        if path.is_dir():
            raise ValueError(f"{name}: a folder, not a file")
        if not path.is_file():
            raise ValueError(f"{name}: no such file")
        with path.open("rb") as file:
            head = file.read(4096)
        size, content = path.stat().st_size, path.read_bytes
    if size == 0:
        raise ValueError(f"{name}: the file is empty (0 bytes)")
    suffix = Path(name).suffix.lower()
    audio = _kind(head, _MAGIC)
    if audio:
        if suffix not in audio_files.SUFFIXES or curves_only:
            allowed = ", ".join(audio_files.SUFFIXES)
            named = f" with a name that ends in {suffix}" if suffix not in audio_files.SUFFIXES else ""
            raise ValueError(f"{name}: {audio}{named}, not a curve; impulse responses are read from {allowed}")
        _refuse_larger(name, size, LARGEST_RESPONSE)
        return audio_files.read_bytes(source, name) if isinstance(source, bytes) else audio_files.read(source)
    foreign = _kind(head, _FOREIGN)
    if foreign:
        raise ValueError(f"{name}: {foreign}; it is neither a curve in text nor an impulse response")
    _refuse_larger(name, size, LARGEST_TEXT)
    text = _text(content(), name)
    if suffix in audio_files.SUFFIXES:
        raise ValueError(f"{name}: text, not sound as its name says; a curve is named {', '.join(SUFFIXES)}")
    return _parse(text, name)


def _kind(head: bytes, table: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((words for offset, magic, words in table if head[offset:].startswith(magic)), None)


def _refuse_larger(name: str, size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"{name}: {size / 1e6:,.0f} MB; at most {most / 1e6:.0f} MB are read")


def _text(content: bytes, name: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content[:4096]:
        raise ValueError(f"{name}: binary content, neither text nor a sound file that is known here")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _cells(line: str) -> list[str]:
    """The columns of a line, decimals with a point."""
    for separator in (";", "\t"):
        if separator in line:
            return [cell.strip(' "').replace(",", ".") for cell in line.split(separator)]
    words = line.split()
    if "," in line and not (len(words) > 1 and all(map(_NUMBER.fullmatch, words[:2]))):
        return [cell.strip(' "') for cell in line.split(",")]
    return [word.strip('"').replace(",", ".") for word in words]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _columns(header: list[str]) -> tuple[int, int]:
    """Which columns hold frequency and level; the first two where the header does not say."""
    frequency = next((i for i, word in enumerate(header) if _FREQUENCY_WORDS.search(word)), None)
    if frequency is None:
        return 0, 1
    others = [i for i in range(len(header)) if i != frequency]
    for words in _LEVEL_WORDS:
        for i in others:
            if re.search(words, header[i], re.I):
                return frequency, i
    return frequency, next(iter(others), 1)


def _parse(text: str, name: str) -> Curve:
    header: list[str] = []
    columns: tuple[int, int] | None = None
    points: list[tuple[float, float]] = []
    for number, raw in enumerate(text.replace("\N{MINUS SIGN}", "-").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith(_COMMENT):
            continue
        cells = _cells(line)
        values = [_number(cell) for cell in cells]
        if columns is None:
            first = _columns(header) if len(header) == len(cells) else (0, 1)
            if values[0] is None and (len(values) < 2 or values[first[0]] is None or values[first[1]] is None):
                header = cells if len(cells) > 1 else header
                continue
            columns = first
        if len(cells) <= max(columns):
            raise ValueError(
                f"{name}, line {number}: {len(cells)} column{'s' * (len(cells) > 1)} ({_short(line)}); "
                "frequency in Hz and level in dB are needed, parted by comma, semicolon, tab or space"
            )
        frequency, level = (values[column] for column in columns)
        if frequency is None or level is None:
            what, cell = ("frequency", cells[columns[0]]) if frequency is None else ("level", cells[columns[1]])
            raise ValueError(f"{name}, line {number}: {_short(cell)!r} is no number where a {what} is expected")
        if not np.isfinite([frequency, level]).all():
            raise ValueError(f"{name}, line {number}: {_short(line)}: every frequency and level must be finite")
        if frequency < 0:
            raise ValueError(f"{name}, line {number}: a frequency of {frequency:g} Hz; it must be above 0")
        if frequency == 0 and not points:
            continue
        if points and frequency <= points[-1][0]:
            how = "again" if frequency == points[-1][0] else f"after {points[-1][0]:g} Hz"
            raise ValueError(f"{name}, line {number}: {frequency:g} Hz {how}; frequencies must rise from line to line")
        points.append((frequency, level))
    if not points:
        raise ValueError(f"{name}: no numbers in it; a curve has one line per point, frequency in Hz and level in dB")
    if len(points) < 2:
        raise ValueError(f"{name}: one point only; a curve has at least two")
    frequency_column, level_column = np.array(points).T
    return Curve(frequency_column, level_column, name)


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[:most] + " ..."
