"""Notations of numbers in text: what separates columns, marks decimals and groups thousands.

A notation holds for a whole file, because no line alone tells whether `1,000` is one or a thousand.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

SPACES = "\u00a0\u2000-\u200a\u202f\u205f\u3000"  # no-break, thin, narrow: they separate columns or group thousands
QUOTES = "'’`´"  # they group thousands in Switzerland
MISSING = frozenset(
    [
        "-",
        "--",
        "---",
        "–",
        "—",
        "*",
        "?",
        "na",
        "n/a",
        "#n/a",
        "n.a.",
        "nan",
        "#nan",
        "-nan",
        "nan(ind)",
        "-nan(ind)",
        "none",
        "null",
        "nil",
        "undefined",
        "#value!",
        "#num!",
        "#div/0!",
        "1.#qnan",
        "-1.#ind",
        "1.#ind",
    ]
)
INFINITE = frozenset(
    [
        "inf",
        "-inf",
        "+inf",
        "infinity",
        "-infinity",
        "+infinity",
        "∞",
        "-∞",
        "+∞",
        "1.#inf",
        "-1.#inf",
        "-1.#inf00",
        "1.#inf00",
    ]
)
UNIT = r"k?Hz|k|dB[\w/]*|deg(?:rees)?|°|rad|ohms?|[ΩΩ]|[mµu]?Pa|V/V|m?V|m?s|%"

LONGEST_NUMBER = 64  # characters

_SEPARATORS = {  # name for a message: pattern
    "tabs": r"\t",
    "semicolons": ";",
    "vertical bars": r"\|",
    "commas": ",",
    "commas and spaces": r",\s+",
    "several spaces": rf"[ {SPACES}]{{2,}}|\t",
    "spaces": r"[ \t]+",
    "any spaces": rf"[ \t{SPACES}]+",
}
_DELIMITERS = {"tabs": "\t", "semicolons": ";", "vertical bars": "|", "commas": ",", "commas and spaces": ","}
_ATOM = re.compile(rf"[+-]?(?:\d[\d.{QUOTES}]*|\.\d+)(?:[eEdD][+-]?\d+)?(?:{UNIT})?|{UNIT}", re.I)
_PLAIN = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_PLAIN_ROW = re.compile(rf"\s*{_PLAIN}(?:(?:\s*[,;]\s*|\s+){_PLAIN})*\s*")
_NUMBER_ATOM = re.compile(r"[+-]?\.?\d")
_SPACE_BEFORE_UNIT = re.compile(rf"(?<=[\d.])[ {SPACES}]+(?=(?:{UNIT})(?:[\s,;|]|$))", re.I)


def split_cells(text: str, mark: str) -> list[str]:
    """The cells of a line between marks, quoted ones without their quotes."""
    return [cell.strip() for cell in next(csv.reader([text], delimiter=mark, skipinitialspace=True), [])]


def count_numbers(line: str) -> int:
    """How many numbers a line holds, or 0 if it also holds anything else than units and marks of missing values."""
    if _PLAIN_ROW.fullmatch(line):  # nearly every line: three times as fast
        return len(re.findall(r"[^\s,;]+", line))
    count = 0
    for atom in re.split(rf'[\s{SPACES},;|"]+', line):
        if _ATOM.fullmatch(atom):
            count += bool(_NUMBER_ATOM.match(atom))
        elif not is_missing(atom):
            return 0
    return count


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value: blank, "n/a", "-inf" and the like."""
    return not cell or cell.lower() in MISSING or cell.lower() in INFINITE


@dataclass(frozen=True)
class Notation:
    """One way to read the lines of a table."""

    separator: str  # a key of _SEPARATORS
    decimal: str  # "." or ","
    grouping: str = ""  # a character class, or none
    paired: bool = False  # commas separate columns and mark decimals: every number is two cells

    def __str__(self) -> str:
        grouped = {"": "", ",": ", a comma groups thousands", ".": ", a point groups thousands"}
        marks = {".": "a decimal point", ",": "a decimal comma"}
        return (
            f"columns separated by {self.separator}, {marks[self.decimal]}"
            f"{grouped.get(self.grouping, ', thousands are grouped')}"
        )

    @cached_property
    def _number(self) -> re.Pattern[str]:
        decimal = re.escape(self.decimal)
        grouped = rf"|[1-9]\d{{0,2}}(?:[{self.grouping}]\d{{3}})+" if self.grouping else ""
        fraction = rf"{decimal}\d*" if self.decimal == "." else rf"{decimal}\d+"
        number = rf"(?P<sign>[+-]?)(?:(?P<whole>\d+{grouped})(?P<fraction>{fraction})?|(?P<bare>{decimal}\d+))"
        return re.compile(rf"{number}(?:[eEdD](?P<power>[+-]?\d+))?[ {SPACES}]*(?P<unit>{UNIT})?", re.I)

    def cells(self, line: str) -> list[str]:
        """The columns of a line, without quotes."""
        if '"' in line and self.separator in _DELIMITERS:
            return split_cells(line, _DELIMITERS[self.separator])
        if "spaces" in self.separator:
            line = _SPACE_BEFORE_UNIT.sub("", line.strip())
            if '"' in line:
                return [cell for cell in split_cells(line, " ") if cell]
        cells = [cell.strip().strip('"').strip() for cell in re.split(_SEPARATORS[self.separator], line)]
        if self.separator == "vertical bars" and line.lstrip().startswith("|"):
            cells = cells[1:-1] if line.rstrip().endswith("|") else cells[1:]
        if self.paired:
            return [",".join(pair) for pair in zip(cells[::2], cells[1::2], strict=True)] if len(cells) % 2 == 0 else []
        return cells

    def number(self, cell: str) -> tuple[float, str] | None:
        """Value and unit of a cell: NaN where it is blank, None where it is no number."""
        match = self._number.fullmatch(cell) if len(cell) <= LONGEST_NUMBER else None
        if match is None:
            lower = cell.lower()
            if not cell or lower in MISSING:
                return math.nan, ""
            return (-math.inf if lower.startswith("-") else math.inf, "") if lower in INFINITE else None
        whole = match["whole"] or ""
        if self.separator == "commas" and len(whole) > 1 and whole[0] == "0" and not match["fraction"]:
            return None  # the digits after a decimal comma
        if self.grouping:
            whole = re.sub(rf"[{self.grouping}]", "", whole)
        fraction = (match["fraction"] or match["bare"] or "").replace(",", ".")
        return float(f"{match['sign']}{whole}{fraction}e{match['power'] or 0}"), (match["unit"] or "")


def notations(text: str) -> Iterator[Notation]:
    """The notations whose characters occur in a text, the usual ones first."""
    marks = {
        "tabs": "\t" in text,
        "semicolons": ";" in text,
        "vertical bars": "|" in text,
        "commas": "," in text,
        "commas and spaces": bool(re.search(r",\s", text)),
        "several spaces": bool(re.search(rf"\S(?:[ {SPACES}]{{2,}}|\t)\S", text)),
        "spaces": bool(re.search(r"\S[ \t]+\S", text)),
        "any spaces": bool(re.search(rf"[{SPACES}]", text)),
    }
    groupings = [each for each in (",", ".", f" {SPACES}", QUOTES) if re.search(rf"\d[{each}]\d\d\d(?!\d)", text)]
    for separator, decimal, grouping in product(marks, ".,", ["", *groupings]):
        if not marks[separator] or grouping == decimal or (decimal == "," and grouping != "." and "," not in text):
            continue
        if separator == "commas" and "," in (decimal, grouping) and '"' not in text:
            if decimal == ",":
                yield Notation(separator, decimal, grouping, paired=True)
            continue
        yield Notation(separator, decimal, grouping)
