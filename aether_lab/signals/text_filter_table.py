"""Filters in tables and JSON: one section per row, with columns of type, frequency, Q and gain."""

from __future__ import annotations

import re

from aether_lab.signals.curve import Curve
from aether_lab.signals.filter_list import KINDS, RATE, Section, check_section, kind_of, response_curve
from aether_lab.signals.json_files import parse_json
from aether_lab.signals.text import Line, shorten
from aether_lab.signals.text_notation import split_cells

NUMBER = r"[+-]?\d[\d.,'\u00a0\u202f]*"

_COLUMNS = {
    "kind": r"(?:filter ?)?(?:type|kind|shape)|filter",
    "frequency": r"f|fc|f0|(?:centre |center |corner )?freq\w*(?: ?[(\[]?hz[)\]]?)?|hz",
    "q": r"q(?: ?factor)?|quality(?: factor)?",
    "gain": r"gain(?: ?[(\[]?db[)\]]?)?|boost|db",
    "sign": r"sign|polarity",
}


_HAS_Q = re.compile(r"\bq\b|quality|\bq[_ ]?factor", re.I)


def read_filter_table(lines: list[Line], name: str) -> Curve | None:
    """The response of a table with columns of frequency, Q and gain."""
    for i, line in enumerate(lines):
        for mark in ";\t,|" if _HAS_Q.search(line.text) else "":
            cells = _cells(line.text, mark)
            at = {
                column: index
                for column, pattern in _COLUMNS.items()
                for index, cell in enumerate(cells)
                if re.fullmatch(pattern, re.sub(r"[_\s]+", " ", cell).strip().lower())
            }
            if {"frequency", "q", "gain"} <= at.keys():
                return _from_rows(lines[:i], lines[i + 1 :], at, mark, name)
    return None


def _cells(text: str, mark: str) -> list[str]:
    cells = [cell.strip("*` ") for cell in split_cells(text, mark)]
    return cells if len(cells) > 1 else []


def _from_rows(above: list[Line], below: list[Line], at: dict[str, int], mark: str, name: str) -> Curve:
    if "kind" not in at:
        raise ValueError(f"{name}: a list of filters without their types; add a column type, such as peaking")
    sections: list[Section] = []
    comma = mark != "," and any("," in line.text for line in below) and not any("." in line.text for line in below)
    for line in below:
        cells = _cells(line.text, mark)
        if line.comment or (cells and set("".join(cells)) <= set(":-")):
            continue
        if len(cells) <= max(at.values()):
            break
        where = f"{name}, line {line.number}"
        kind = kind_of(cells[at["kind"]])
        if kind is None and sections and not re.match(r"[+-]?\d", cells[at["frequency"]]):
            break  # another table
        if kind is None:
            raise ValueError(
                f"{where}: a filter of type {shorten(cells[at['kind']])!r}; allowed are {', '.join(KINDS)}"
            )
        frequency, q, gain = (_field(cells[at[column]], comma, where) for column in ("frequency", "q", "gain"))
        sign = -1.0 if "sign" in at and cells[at["sign"]].startswith("-") else 1.0
        sections.append(check_section(Section(kind, frequency, q, gain, sign), where))
    if not sections:
        raise ValueError(f"{name}: a list of filters without a filter")
    comment = "\n".join(line.text for line in above if line.comment)
    rate = re.search(rf"sample rate ({NUMBER}) Hz", comment)
    preamp = re.search(rf"preamp ({NUMBER}) dB", comment)
    return response_curve(
        sections,
        name,
        to_float(rate[1], name) if rate else RATE,
        to_float(preamp[1], name) if preamp else 0.0,
        parallel="topology parallel" in comment,
    )


def _field(cell: str, decimal_comma: bool, where: str) -> float:
    found = re.fullmatch(rf"({NUMBER}(?:[eE][+-]?\d+)?)\s*(k?hz|db)?", cell, re.I)
    if not found:
        raise ValueError(f"{where}: {shorten(cell)!r} is not a number")
    scale = 1000 if (found[2] or "").lower() == "khz" else 1
    return scale * to_float(found[1].replace(",", ".") if decimal_comma else found[1].replace(",", ""), where)


def to_float(text: str, where: str) -> float:
    """The number in a text; the `ValueError` for any other begins with `where`."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{where}: {shorten(text)!r} is not a number") from None


def read_filter_json(text: str, name: str) -> Curve:
    """The response of a recipe as `Recipe.to_json` writes it."""
    try:
        state = parse_json(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    try:
        parallel, rows = state["topology"] == "parallel", list(state["sections"])
        alternating = parallel and state.get("polarity") == "alternating"
        rate, preamp = float(state["sampleRate"]), float(state.get("preamp") or 0.0)
        sections = [_section_of(row, (-1.0) ** i if alternating else 1.0, name) for i, row in enumerate(rows)]
    except (KeyError, TypeError, AttributeError, OverflowError, ValueError) as error:
        if str(error).startswith(name):
            raise
        raise ValueError(f"{name}: JSON, but not a recipe of filters ({type(error).__name__}: {error})") from error
    return response_curve(sections, name, rate, preamp, parallel=parallel)


def _section_of(row: dict, sign: float, name: str) -> Section:
    kind = kind_of(row["type"])
    if kind is None:
        raise ValueError(f"{name}: a section of type {row['type']!r}; allowed are {', '.join(KINDS)}")
    frequency, q, gain, sign = (
        float(value) for value in (row["frequency"], row["Q"], row["gain"], row.get("sign", sign))
    )
    return check_section(Section(kind, frequency, q, gain, sign), name)
