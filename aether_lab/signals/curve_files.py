"""Measured curves read from the text files of REW, AutoEq, a spreadsheet or an editor.

`read_target` reads both curves and impulse responses and distinguishes them by their first bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np

from aether_lab.signals import audio_files
from aether_lab.signals.contents import HEAD, audio_type, unsupported_type
from aether_lab.signals.curve import Curve
from aether_lab.signals.impulse_response import ImpulseResponse

SUFFIXES = (".csv", ".txt", ".tsv", ".frd")  # suffixes of text files; text with another suffix is read as well
LARGEST_TEXT = 50_000_000  # bytes; a million points are 30 MB
LARGEST_RESPONSE = 500_000_000  # bytes; an hour-long recording is not an impulse response

_COMMENT = ("*", "#", "%", "//", '"*', "!")
_NUMBER = re.compile(r"[+-]?\d+(,\d+)?")  # an integer, or a number with a decimal comma
_FREQUENCY_LABEL = re.compile(r"freq|hz", re.I)
_LEVEL_LABELS = (r"raw", r"spl", r"magnitude|\bmag\b", r"level|amplitude", r"\bdb\b|dbfs|db\)", r"gain|response")


def read_curve(source: str | Path | bytes, name: str | None = None) -> Curve:
    """A curve from text with one point per line: frequency in Hz and level in dB, at any rising frequencies.

    Columns are separated by commas, semicolons, tabs or spaces; the decimal separator may be a comma where columns are
    separated otherwise. Lines that begin with `*`, `#`, `%`, `!` or `//` are comments. A header selects the columns of
    frequency and level by name ("raw" of AutoEq, "SPL" of REW, ...); the default is the first two. A first point at
    0 Hz is ignored. The encoding is UTF-8, UTF-16 with a byte order mark, or Latin-1.

    >>> curve = read_curve(b"frequency,raw\\n100,0\\n1000,6\\n10000,0\\n", "bell.csv")
    >>> curve.name, curve.level_db.tolist()
    ('bell.csv', [0.0, 6.0, 0.0])

    Args:
        source: a path, or the content of a file.
        name: the name of the curve; by default the path.

    Raises:
        ValueError: the text has another format. The message names the file, the line and the reason.
    """
    return cast(Curve, _read(source, name, curves_only=True))


def read_target(source: str | Path | bytes, name: str | None = None) -> ImpulseResponse | Curve:
    """An impulse response (see `read`) or a curve (see `read_curve`), depending on the content of the file.

    >>> target = read_target(b"100 0\\n1000 6\\n10000 0\\n", "bell.txt")
    >>> type(target).__name__, target.band_hz
    ('Curve', (100.0, 10000.0))

    Args:
        source: a path, or the content of a file.
        name: the name of the target, with the suffix of the file; by default the path.

    Raises:
        ValueError: the file is neither, has the suffix of the other, or is larger than 50 MB (text) or 500 MB (audio).
    """
    return _read(source, name, curves_only=False)


def _read(source: str | Path | bytes, name: str | None, curves_only: bool) -> Curve | ImpulseResponse:
    if isinstance(source, bytes):
        name = name or "content without a name"
        head, size = source[:HEAD], len(source)
        content: Callable[[], bytes] = lambda: source  # noqa: E731
    else:
        path = Path(source)
        name = name or str(path)
        if path.is_dir():
            raise ValueError(f"{name}: a folder, not a file")
        if not path.is_file():
            raise ValueError(f"{name}: no such file")
        with path.open("rb") as file:
            head = file.read(HEAD)
        size, content = path.stat().st_size, path.read_bytes
    if size == 0:
        raise ValueError(f"{name}: the file is empty (0 bytes)")
    suffix = Path(name).suffix.lower()
    audio = audio_type(head)
    if audio:
        if suffix not in audio_files.SUFFIXES or curves_only:
            allowed = ", ".join(audio_files.SUFFIXES)
            named = f" with a name that ends in {suffix}" if suffix not in audio_files.SUFFIXES else ""
            raise ValueError(f"{name}: {audio}{named}, not a curve; impulse responses are read from {allowed}")
        _check_size(name, size, LARGEST_RESPONSE)
        return audio_files.read_bytes(source, name) if isinstance(source, bytes) else audio_files.read(source)
    unsupported = unsupported_type(head)
    if unsupported:
        raise ValueError(f"{name}: {unsupported}; it is neither a curve as text nor an impulse response")
    _check_size(name, size, LARGEST_TEXT)
    text = _text(content(), name)
    if suffix in audio_files.SUFFIXES:
        raise ValueError(f"{name}: text in a file named as audio; the suffix of a curve is {', '.join(SUFFIXES)}")
    return _parse(text, name)


def _check_size(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise ValueError(f"{name}: {size / 1e6:,.0f} MB; at most {limit / 1e6:.0f} MB are read")


def _text(content: bytes, name: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content[:HEAD]:
        raise ValueError(f"{name}: binary content, neither text nor a supported audio file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _cells(line: str) -> list[str]:
    """The columns of a line, with decimal points."""
    for separator in (";", "\t"):
        if separator in line:
            return [cell.strip(' "').replace(",", ".") for cell in line.split(separator)]
    cells = line.split()
    if "," in line and not (len(cells) > 1 and all(map(_NUMBER.fullmatch, cells[:2]))):
        return [cell.strip(' "') for cell in line.split(",")]
    return [cell.strip('"').replace(",", ".") for cell in cells]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _columns(header: list[str]) -> tuple[int, int]:
    """Indices of the columns of frequency and level; 0 and 1 if the header does not name them."""
    frequency = next((i for i, label in enumerate(header) if _FREQUENCY_LABEL.search(label)), None)
    if frequency is None:
        return 0, 1
    others = [i for i in range(len(header)) if i != frequency]
    for label in _LEVEL_LABELS:
        for i in others:
            if re.search(label, header[i], re.I):
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
                "frequency in Hz and level in dB are needed, separated by comma, semicolon, tab or space"
            )
        frequency, level = (values[column] for column in columns)
        if frequency is None or level is None:
            what, cell = ("frequency", cells[columns[0]]) if frequency is None else ("level", cells[columns[1]])
            raise ValueError(f"{name}, line {number}: {_short(cell)!r} is not a number; a {what} is expected")
        if not np.isfinite([frequency, level]).all():
            raise ValueError(f"{name}, line {number}: {_short(line)}: every frequency and level must be finite")
        if frequency < 0:
            raise ValueError(f"{name}, line {number}: a frequency of {frequency:g} Hz; it must be positive")
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


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[:limit] + " ..."
