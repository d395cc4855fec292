"""Measured curves read from the text files of measurement programs, spreadsheets and equalisers.

`read_target` reads both curves and impulse responses and distinguishes them by what the file holds. A text is, in this
order: a list of filters (`text_filters`), an impulse response (`text_impulse`), or a table (`text_table`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

from aether_lab.signals import audio_files, limits
from aether_lab.signals.contents import audio_type, check_regular, read_head, unsupported_type
from aether_lab.signals.curve import Curve
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.names import pluralize
from aether_lab.signals.text import Line, decode, shorten, split_lines
from aether_lab.signals.text_filters import read_filters
from aether_lab.signals.text_impulse import read_impulse_text
from aether_lab.signals.text_notation import count_numbers, is_missing
from aether_lab.signals.text_points import ReadingError
from aether_lab.signals.text_table import TOO_FEW, Block, find_blocks, read_block

SUFFIXES = (".csv", ".txt", ".tsv", ".frd")  # suffixes of text files; text with another suffix is read as well
_TABLES = (".csv", ".tsv", ".frd", ".zma")  # text that is no prose
_README = re.compile(
    r"(?<![a-z])(?:readme|licen[cs]es?|copying|sources|credits|authors|notice|changelog)(?![a-z])", re.I
)


def read_curve(source: str | Path | bytes, name: str | None = None, column: str | int | None = None) -> Curve:
    """A curve from text with one point per line: frequency in Hz and level in dB.

    What separates columns, marks decimals and groups thousands is decided once per file; a file that can be read in two
    ways is refused. Lines that begin with `*`, `#`, `%`, `!` or `//` are comments. A header, which may be a comment,
    selects the columns: a measured level before a target, a mean before its spread, dB before a linear value. Without
    one, the first two columns count. Levels in V/V, Pa and ohms become dB. Words end the points. Frequencies may fall
    or repeat (levels are averaged), and lines without a level are left out; `Curve.notes` reports all of that. A list
    of equaliser filters is read as its response. The encoding is UTF-8, UTF-16 or Windows-1252.

    >>> curve = read_curve(b"frequency,raw\\n100,0\\n1000,6\\n10000,0\\n", "bell.csv")
    >>> curve.name, curve.level_db.tolist()
    ('bell.csv', [0.0, 6.0, 0.0])

    Args:
        source: a path, or the content of a file.
        name: the name of the curve; by default the path.
        column: that of the level, by its label, a part of it, or its number from 1.

    Raises:
        ValueError: the text has another format, or two readings fit. The message names the file, the line and
            the reason.
    """
    return cast(Curve, _read(source, name, column, curves_only=True))


def read_target(
    source: str | Path | bytes, name: str | None = None, column: str | int | None = None
) -> ImpulseResponse | Curve:
    """An impulse response (see `read`) or a curve (see `read_curve`), depending on the content of the file.

    The name of a file decides nothing but the unit of an impedance (`.zma`). REW's impulse responses as text are read.

    >>> target = read_target(b"100 0\\n1000 6\\n10000 0\\n", "bell.txt")
    >>> type(target).__name__, target.band_hz
    ('Curve', (100.0, 10000.0))

    Args:
        source: a path, or the content of a file.
        name: the name of the target; by default the path.
        column: as in `read_curve`; impulse responses ignore it.

    Raises:
        ValueError: the file is neither, or is larger than `limits` allows: 50 MB of text, 500 MB of audio.
    """
    return _read(source, name, column, curves_only=False)


def read_measured(path: Path) -> ImpulseResponse | Curve:
    """What `read_target` reads from a text that was found in a folder, where nobody says that it is a measurement.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "bell.csv").write_text("100,0\\n1000,6\\n10000,0\\n")
    ...     read_measured(Path(folder, "bell.csv")).band_hz
    (100.0, 10000.0)

    Raises:
        ValueError: "text, not a measurement" for prose, a README with or without a table, a list of filters and JSON;
            the reader's reason for a table that cannot be read, or in two ways, or is shorter than the words around it.
    """
    name = str(path)
    if _README.search(path.stem):
        raise ValueError(f"{name}: text, not a measurement (by its name)")
    text = decode(path.read_bytes(), name)
    lines = split_lines(text, name)
    if text.lstrip().startswith("{") or read_filters(lines, text, name) is not None:
        raise ValueError(f"{name}: text, not a measurement (a list of filters, or JSON)")
    response = read_impulse_text(lines, name)
    if response is not None:
        return response
    _check_table(lines, path)
    return _from_table(lines, name, None)


def _check_table(lines: list[Line], path: Path) -> None:
    """Refuses prose before it is searched for numbers, which takes a minute for 50 MB."""
    rows = sum(not line.comment and count_numbers(line.text) > 1 for line in lines)
    if rows < 2 and (path.suffix.lower() not in _TABLES or not any(re.search(r"\d", line.text) for line in lines)):
        raise ValueError(f"{path}: text, not a measurement (no table of numbers)")
    words = sum(not line.comment and not count_numbers(line.text) for line in lines)
    if words > rows > 1:
        raise ValueError(f"{path}: {rows} rows of numbers among {words} lines of words; a curve has more rows")


def _read(
    source: str | Path | bytes, name: str | None, column: str | int | None, curves_only: bool
) -> Curve | ImpulseResponse:
    if isinstance(source, bytes):
        name = name or "content without a name"
        size = len(source)
        content: Callable[[], bytes] = lambda: source  # noqa: E731
    else:
        path = Path(source)
        name = name or str(path)
        size, content = check_regular(path, name), path.read_bytes
    if size == 0:
        raise ValueError(f"{name}: the file is empty (0 bytes)")
    head = read_head(source)
    audio = audio_type(head)
    if audio:
        if curves_only:
            raise ValueError(f"{name}: {audio}, not a curve; read_target reads both")
        return audio_files.read_bytes(source, name) if isinstance(source, bytes) else audio_files.read(source)
    unsupported = unsupported_type(head)
    if unsupported:
        raise ValueError(f"{name}: {unsupported}; it is neither a curve as text nor an impulse response")
    limits.check(name, size, "LARGEST_TEXT")
    return _parse(decode(content(), name), name, column, curves_only)


def _parse(text: str, name: str, column: str | int | None, curves_only: bool) -> Curve | ImpulseResponse:
    lines = split_lines(text, name)
    filters = read_filters(lines, text, name)
    if filters is not None:
        return filters
    response = read_impulse_text(lines, name)
    if response is None:
        return _from_table(lines, name, column)
    if curves_only:
        raise ValueError(f"{name}: an impulse response as text, not a curve; read_target reads both")
    return response


def _from_table(lines: list[Line], name: str, column: str | int | None) -> Curve:
    """The largest block of a text as a curve; what follows it must not go on with its frequencies."""
    blocks = find_blocks(lines)
    if not blocks:
        raise ValueError(_without_points(lines, name))
    longest = max(len(block.lines) for block in blocks)
    chosen = next(i for i, block in enumerate(blocks) if 2 * len(block.lines) > longest)
    block = blocks[chosen]
    try:
        reading = read_block(block, column, _default_unit(block, name))
        _check_ends(lines, block, blocks[chosen + 1 :], reading.points.frequency_hz[-1])
    except ReadingError as error:
        raise ValueError(f"{name}, {error}") from error
    others = len(blocks) - 1
    notes = (f"{pluralize(others, 'other block')} of numbers in the file not read",) if others else ()
    return Curve(reading.points.frequency_hz, reading.points.level_db, name, (*reading.notes, *notes))


def _default_unit(block: Block, name: str) -> str:
    """That of a level without one: ohms in .zma files, and where the text above speaks of nothing but impedance."""
    above = " ".join(line.text for line in block.above)
    impedance = re.search(r"impedance|\bohms?\b|[ΩΩ]", above, re.I) and not re.search(r"dB|SPL", above)
    return "ohm" if impedance or Path(name).suffix.lower() == ".zma" else "unknown"


def _check_ends(lines: list[Line], block: Block, following: list[Block], highest: float) -> None:
    """Raises `ReadingError` where a line before or behind a block is a damaged row rather than words."""
    first, last = block.lines[0], block.lines[-1]
    behind = _line_behind(lines, last)
    for line, row in ((next((line for line in block.above[::-1]), None), first), (behind, last)):
        if line and not line.comment and (cell := _damaged_cell(line, row)):
            raise ReadingError(line.number, f"{shorten(cell)!r} is not a number")
    for other in following:
        number = re.search(r"\d+(?:[.,]\d+)?", other.lines[0].text)
        if behind and number and float(number[0].replace(",", ".")) > highest:
            raise ReadingError(
                behind.number,
                f"{shorten(behind.text)!r} stands between points; frequencies go on in line {other.lines[0].number}",
            )


def _line_behind(lines: list[Line], row: Line) -> Line | None:
    return next((line for line in lines if line.number > row.number and not line.comment), None)


def _damaged_cell(line: Line, row: Line) -> str:
    """The cell that is no number in a line that otherwise looks like the row beside it; "" for words."""
    mark = next((mark for mark in ";\t|," if mark in row.text), None)
    cells, beside = (each.text.split(mark) for each in (line, row))
    wrong = [cell.strip() for cell in cells if not is_missing(cell.strip()) and not count_numbers(cell)]
    like_a_number = bool(wrong) and bool(re.match(r"[+-]?\d", wrong[0])) and not re.match(r"\d+[-/:.]\d", wrong[0])
    if len(cells) != len(beside) or len(cells) < 2 or len(wrong) != 1:
        return ""
    return wrong[0] if like_a_number or (count_numbers(cells[0]) and mark) else ""


def _without_points(lines: list[Line], name: str) -> str:
    """The message for a text without two rows of numbers."""
    row = next((line for line in lines if not line.comment and count_numbers(line.text)), None)
    if row is None:
        return f"{name}: no numbers in it; a curve has one line per point, frequency in Hz and level in dB"
    behind = _line_behind(lines, row)
    if behind and (cell := _damaged_cell(behind, row)):
        return f"{name}, line {behind.number}: {shorten(cell)!r} is not a number"
    single = next((line for line in (row, behind) if line and re.fullmatch(r"[\d.]+", line.text)), None)
    if single:
        return f"{name}, line {single.number}: 1 column ({shorten(single.text)}); {TOO_FEW}"
    return f"{name}: one point only; a curve has at least two"
