"""Tables of numbers in text: where they begin and end, and in which notation they are written.

A block is a run of lines that hold nothing but numbers, units and marks of missing values; words end it. Every notation
that reads a whole block as levels over ordered frequencies is tried. If two give different curves, the file is refused
and both are named.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from aether_lab.signals import text_columns as columns
from aether_lab.signals.text import Line, shorten
from aether_lab.signals.text_header import INDEX, counts_lines, find_labels, without_blank_end
from aether_lab.signals.text_notation import Notation, count_numbers, notations
from aether_lab.signals.text_points import Points, ReadingError, covers_octave, to_points

HEAD_LINES = 200
TOO_FEW = "frequency in Hz and level in dB are needed, separated by comma, semicolon, tab or space"


@dataclass(frozen=True, eq=False)
class Block:
    """Lines of numbers, and the lines above them since the last block."""

    lines: list[Line] = field(default_factory=list)
    above: list[Line] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Reading:
    """The points of a block in one notation."""

    notation: Notation
    points: Points
    labels: list[str]  # of the columns, "" where the header names none
    column: str  # label of the level
    notes: tuple[str, ...]
    doubt: str = ""  # why another notation may be meant

    def same_as(self, other: Reading) -> bool:
        return all(map(np.array_equal, self.points[:2], other.points[:2]))


def find_blocks(lines: list[Line]) -> list[Block]:
    """The blocks of at least two rows; only where there is none, those with words in a column."""
    for count in (count_numbers, _count_among_words):
        blocks = [Block()]
        for line in lines:
            if not line.comment and count(line.text):
                blocks[-1].lines.append(line)
            elif blocks[-1].lines and not line.comment:
                blocks.append(Block(above=[line]))
            elif not blocks[-1].lines:
                blocks[-1].above.append(line)
        blocks = [block for block in blocks if sum(count(line.text) > 1 for line in block.lines) > 1]
        if blocks:
            return blocks
    return []


def _count_among_words(text: str) -> int:
    """How many numbers stand among words, 0 for a single one."""
    count = sum(count_numbers(cell) for cell in re.split(r"[\s,;|]+", text))
    return count if count > 1 else 0


def read_block(block: Block, column: str | int | None, default_unit: str = "unknown") -> Reading:
    """The points of a block.

    Args:
        column: that of the level, see `text_columns.choose_level`.
        default_unit: of a level whose label names none.

    Raises:
        ReadingError: no notation reads the block, or two read different points.
    """
    readings: list[Reading] = []
    errors: list[ReadingError] = []
    for notation in notations("\n".join(line.text for line in block.lines)):
        if len(block.lines) > HEAD_LINES and not _reads_most(block.lines[:HEAD_LINES], notation):
            continue
        try:
            reading = _read(block, notation, column, default_unit)
        except ReadingError as error:
            errors.append(error)
        else:
            if not any(reading.same_as(other) for other in readings):
                readings.append(reading)
    if not readings:
        raise max(errors, key=lambda error: error.line, default=_too_few(block.lines[0]))
    readings = _preferred(readings, block)
    if len(readings) > 1:
        line = next(line for line in block.lines if count_numbers(line.text) > 1)
        ways = [f"{r.points.frequency_hz[0]:g} Hz at {r.points.level_db[0]:g} dB ({r.notation})" for r in readings[:2]]
        raise ReadingError(
            line.number, f"{shorten(line.text)!r} may be {' or '.join(ways)}; the file does not say which"
        )
    if readings[0].doubt:
        raise ReadingError(block.lines[0].number, readings[0].doubt)
    return readings[0]


def _reads_most(lines: list[Line], notation: Notation) -> bool:
    """Whether most cells of a few lines are numbers; the other notations are not tried on a long file."""
    rows = [notation.cells(line.text) for line in lines]
    cells = [cell for row in rows for cell in row if len(row) > 1]
    return sum(notation.number(cell) is not None for cell in cells) > len(cells) / 2


def _preferred(readings: list[Reading], block: Block) -> list[Reading]:
    """The readings in the band of hearing, with tabs as marks, a header, and spaces behind separating commas only."""
    readings = [reading for reading in readings if covers_octave(reading.points)] or readings[:1]
    readings = [each for each in readings if each.notation.separator == "tabs"] or readings
    for complete in (any, lambda labels: all(labels[1:])):
        readings = [reading for reading in readings if complete(reading.labels)] or readings
    texts = [line.text for line in block.lines if "," in line.text]
    if all(0 < len(re.findall(r",\s", text)) < text.count(",") for text in texts):
        readings = [each for each in readings if each.notation.separator == "commas and spaces"] or readings
    return readings


def _read(block: Block, notation: Notation, column: str | int | None, default_unit: str) -> Reading:
    lines, rows, width = _rows(block, notation)
    labels = find_labels(block.above, rows, width, notation)
    named = [i for i, label in enumerate(labels) if columns.is_frequency(label)]
    frequency = named[0] if named else int(counts_lines(rows))
    if not named and columns.is_quantity(labels[frequency]):
        raise ReadingError(lines[0].number, f"column {labels[frequency]!r} is no frequency, and no other column is one")
    hz, units = _column(lines, rows, frequency, notation, "frequency")
    hz *= np.array([_HERTZ.get(unit.lower(), columns.frequency_scale(labels[frequency])) for unit in units])
    try:
        level = columns.choose_level(labels, frequency, column)
        if level.index == frequency:
            raise ReadingError(lines[0].number, f"column {frequency + 1} is the frequency; another is the level")
        values, units = _column(lines, rows, level.index, notation, "level")
        if "k" in map(str.lower, units):
            raise ReadingError(lines[0].number, "a level with the unit 'k'")
        unit = next((columns.unit_of(each) for each in units if each), level.unit)
        unit = default_unit if unit == "unknown" else unit
        level_db = columns.level_db(values, unit, level.label)
    except ReadingError:
        raise
    except ValueError as error:
        raise ReadingError(lines[0].number, str(error)) from error
    if not any(labels) and width > 2 and column is None:
        _check_unlabelled(values, lines[0].number)
    points = to_points(np.array([line.number for line in lines]), hz, level_db)
    notes = _notes(labels, level, unit, width)
    doubt = _doubt(notation, labels, lines, rows, width)
    return Reading(notation, points, labels, level.label, (*notes, *points.notes), doubt)


def _doubt(notation: Notation, labels: list[str], lines: list[Line], rows: list[list[str]], width: int) -> str:
    """Why marks that separate columns here may mark decimals or group thousands; "" without a doubt."""
    named, separator = len(without_blank_end(labels)), notation.separator
    may_mark_numbers = separator == "commas" or ("spaces" in separator and notation.decimal + notation.grouping != ".")
    if 0 < named < width and may_mark_numbers:
        return f"the header names {named} columns, and {shorten(lines[0].text)!r} has {width}"
    unnamed = separator == "commas" and width > 2 and (not named or labels[0] == INDEX)
    if unnamed and not any(re.search(r"[.,]|\d[eE]", cell) for row in rows for cell in row):
        return f"the commas of {shorten(lines[0].text)!r} may separate columns or mark decimals; the file does not say"
    return ""


def _check_unlabelled(values: np.ndarray, line: int) -> None:
    """Refuses a column without a label, one of several, that may hold phase, coherence or a linear magnitude."""
    known = values[np.isfinite(values)]
    if len(known) > 1 and (np.abs(np.diff(known)).max() > 180 or (known.min() >= 0 and known.max() <= 1)):
        what = "a phase" if known.max() > 1 else "a coherence or a linear magnitude"
        raise ReadingError(line, f"no header, and the column of the level may hold {what}; choose with column=")


_HERTZ = {"hz": 1.0, "khz": 1e3, "k": 1e3}


def _notes(labels: list[str], level: columns.Level, unit: str, width: int) -> list[str]:
    notes = []
    if width > 2:
        notes.append(f"the level is column {level.index + 1} of {width}" + f" ({level.label})" * bool(level.label))
    if unit in ("ohm", "linear", "power"):
        notes.append(
            f"{ {'ohm': 'an impedance', 'linear': 'an amplitude', 'power': 'a power'}[unit] } is converted to dB"
        )
    return notes


def _rows(block: Block, notation: Notation) -> tuple[list[Line], list[list[str]], int]:
    """The lines in cells, and how many most of them have; single numbers above, such as a date, are left out."""
    split = [notation.cells(line.text) for line in block.lines]
    first = next((i for i, line in enumerate(block.lines) if len(split[i]) > 1 or count_numbers(line.text) > 1), 0)
    lines = block.lines[first:]
    single = next((line for line, cells in zip(lines, split[first:], strict=True) if len(cells) < 2), None)
    if single or len(lines) < 2:
        raise _too_few(single or block.lines[0])
    rows = [without_blank_end(cells) for cells in split[first:]]
    width = Counter(map(len, rows)).most_common(1)[0][0]
    for line, row in zip(lines, rows, strict=True):
        if len(row) > width:
            raise ReadingError(line.number, f"{len(row)} columns ({shorten(line.text)}), where most lines have {width}")
    return lines, rows, width


def _too_few(line: Line) -> ReadingError:
    return ReadingError(line.number, f"1 column ({shorten(line.text)}); {TOO_FEW}")


def _column(
    lines: list[Line], rows: list[list[str]], index: int, notation: Notation, what: str
) -> tuple[np.ndarray, list[str]]:
    """Values of a column, NaN where it is blank, and the units in its cells."""
    values, units = np.empty(len(rows)), []
    for i, (line, row) in enumerate(zip(lines, rows, strict=True)):
        cell = row[index] if index < len(row) else ""
        number = notation.number(cell)
        if number is None:
            raise ReadingError(line.number, f"{shorten(cell)!r} is not a number; a {what} is expected")
        values[i] = number[0]
        units.append(number[1])
    return values, units
