"""Headers of tables in text: the labels of the columns from the lines above a block of numbers.

A header may stand in a comment, as in FRD files, have a line of its own for units, or be aligned with blanks. A line of
prose that holds a comma and "80Hz" is none: a header names a frequency and something measured over it.
"""

from __future__ import annotations

import re

from aether_lab.signals import text_columns as columns
from aether_lab.signals.text import Line
from aether_lab.signals.text_notation import Notation, split_cells

NEAR = 12  # lines above a block among which its header is looked for
INDEX = "#"  # the label of a column that counts lines, where the header has none for it
_WORDS_WITH_UNITS = re.compile(r"[^\s(\[]+(?:\s*[(\[][^)\]]*[)\]])?")


def find_labels(above: list[Line], rows: list[list[str]], width: int, notation: Notation) -> list[str]:
    """A label for each of `width` columns, "" where none is found.

    Args:
        above: the lines above the block.
        rows: the cells of the block.
        notation: that of the block.
    """
    near, counting = above[-NEAR:], counts_lines(rows)
    for i in range(len(near) - 1, -1, -1):
        labels = _labels(near[i], (width, width - counting), notation, adjacent=i == len(near) - 1)
        if not labels:
            continue
        if len(labels) == width - 1 and counting and labels[0] not in ("", "-", INDEX):
            labels = [INDEX, *labels]
        if i and near[i - 1].comment == near[i].comment:
            labels = _with_line_above(near[i - 1], labels)
        return (labels + [""] * width)[:width]
    return [""] * width


def counts_lines(rows: list[list[str]]) -> bool:
    """Whether the first of three or more columns counts from 0 or 1, upwards or downwards."""
    if len(rows[0]) < 3:
        return False
    first = [row[0] for row in rows]
    return any(
        all(cell == str(number) for number, cell in enumerate(cells, start=begin))
        for begin in (0, 1)
        for cells in (first, reversed(first))
    )


def _labels(line: Line, widths: tuple[int, int], notation: Notation, adjacent: bool) -> list[str]:
    """The cells of a header; none if the line is something else. A split into one of `widths` is preferred."""
    marked = [without_blank_end([cell.strip() for cell in cells]) for cells in _marked(line.text, notation)]
    for cells in sorted(marked, key=lambda cells: len(cells) not in widths):
        frequencies = sum(map(columns.is_frequency, cells))
        quantities = sum(columns.is_quantity(cell) and not columns.is_frequency(cell) for cell in cells)
        whole = len(cells) in widths and adjacent and not line.comment
        if (len(cells) > 1 and (frequencies and (quantities or whole))) or (whole and quantities == len(cells)):
            return cells
    for cells in (_WORDS_WITH_UNITS.findall(line.text), line.text.split()):
        named = sum(map(columns.is_frequency, cells))
        if len(cells) in widths and named and all(map(_is_label, cells)):
            return cells
    return []


def _is_label(word: str) -> bool:
    return columns.is_frequency(word) or columns.is_quantity(word) or word in (INDEX, "-")


def _marked(text: str, notation: Notation) -> list[list[str]]:
    """The cells of a line by each mark that it holds, and by runs of blanks."""
    by_mark = [split_cells(text, mark) for mark in "\t;,|" if mark in text]
    return [notation.cells(text) if "space" not in notation.separator else [], *by_mark, re.split(r"\s{2,}|\t", text)]


def without_blank_end(cells: list[str]) -> list[str]:
    """Cells without the blank ones at their end."""
    last = max((i for i, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]


def _with_line_above(line: Line, labels: list[str]) -> list[str]:
    """Labels below those of another line where they do not tell columns apart: units, or the same for each curve."""
    plain = [label for label in labels if label]
    if len(set(plain)) == len(plain) and not all(map(columns.is_unit, plain)):
        return labels
    mark = next((mark for mark in "\t;,|" if mark in line.text), None)
    upper = split_cells(line.text, mark) if mark else line.text.split()
    if sum(map(bool, upper)) < 2 or abs(len(upper) - len(labels)) > 1:
        return labels
    spread: list[str] = []
    for cell in [*upper, ""][: len(labels)]:
        spread.append(cell or (spread[-1] if spread else ""))
    return [" ".join(filter(None, pair)) for pair in zip(spread, labels, strict=True)]
