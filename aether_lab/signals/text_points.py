"""The points of a curve from two columns of a table: in order, each frequency once, every level finite.

Whatever is left out, sorted or averaged is reported in a note.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from aether_lab.signals.curve import LARGEST_LEVEL, LEAST_COVERAGE
from aether_lab.signals.spectrum import BAND

DATE_ROWS = 8  # rows that must follow a date or a count which looks like a row


class ReadingError(ValueError):
    """Why lines are not read as a curve; `line` is the number of the first that is wrong."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


class Points(NamedTuple):
    """Level over frequency, and what was done to the lines."""

    frequency_hz: np.ndarray  # (F,) rising
    level_db: np.ndarray  # (F,) finite
    notes: list[str]
    end: int  # number of the line behind the last one


def to_points(numbers: np.ndarray, hz: np.ndarray, level_db: np.ndarray) -> Points:
    """Points from the lines of a table.

    Args:
        numbers: `(L,)` numbers of the lines.
        hz: `(L,)`, NaN where the cell is blank.
        level_db: `(L,)`, NaN or infinite where there is no level.

    Raises:
        ReadingError: a negative or infinite frequency, frequencies that neither rise nor fall, a level beyond
            ±1000 dB, or fewer than two points.
    """
    begin, end = _ordered_part(numbers, hz, level_db)
    notes = []
    if end < len(hz):
        notes.append(f"lines {numbers[end]} to {numbers[-1]} are another block and are not read")
    part = slice(begin, end)
    known = np.isfinite(hz[part]) & np.isfinite(level_db[part])
    if not known.all():
        notes.append(f"{(~known).sum()} of {len(known)} lines have no level or no frequency and are left out")
    kept = np.flatnonzero(known & (hz[part] > 0)) + begin  # a level at 0 Hz has no place on a log axis
    if len(kept) < 2:
        raise ReadingError(int(numbers[begin]), "fewer than two points; a curve has at least two")
    worst = kept[np.argmax(np.abs(level_db[kept]))]
    if abs(level_db[worst]) > LARGEST_LEVEL:
        raise ReadingError(int(numbers[worst]), f"a level of {level_db[worst]:g} dB; allowed is ±{LARGEST_LEVEL:g} dB")
    if hz[kept[0]] > hz[kept[-1]]:
        notes.append("frequencies fall from line to line and are sorted")
    frequency_hz, place, count = np.unique(hz[kept], return_inverse=True, return_counts=True)
    repeated = int((count > 1).sum())
    if repeated:
        notes.append(f"{repeated} of {len(count)} frequencies are repeated, and their levels are averaged")
    return Points(frequency_hz, np.bincount(place, level_db[kept]) / count, notes, int(numbers[end - 1]) + 1)


def covers_octave(points: Points) -> bool:
    """Whether points cover an octave of the band in which spectra are compared."""
    low, high = points.frequency_hz[0], points.frequency_hz[-1]
    return bool(min(BAND[1], high) >= LEAST_COVERAGE * max(BAND[0], low))


def _ordered_part(numbers: np.ndarray, hz: np.ndarray, level_db: np.ndarray) -> tuple[int, int]:
    """Begin and end of the rows whose frequencies rise, or fall; blank lines may end them."""
    for wrong, reason in ((hz < 0, "a frequency of {:g} Hz; it must be positive"), (np.isinf(hz), "a frequency of {}")):
        if wrong.any():
            i = int(np.argmax(wrong))
            raise ReadingError(int(numbers[i]), reason.format(hz[i]))
    begin = int(_begins_with_date(hz, level_db))
    known = np.flatnonzero(~np.isnan(hz))
    known = known[known >= begin]
    steps = np.diff(hz[known])
    first = steps[steps != 0][:1]
    back = np.flatnonzero(steps * first < 0) if len(first) else np.empty(0, int)
    if not len(back):
        return begin, len(hz)
    before, after = known[back[0]], known[back[0] + 1]
    if numbers[after] - numbers[before] > 1 and after - begin > 2:
        return begin, int(after)
    raise ReadingError(
        int(numbers[after]),
        f"{hz[after]:g} Hz after {hz[before]:g} Hz; frequencies must rise, or fall, from line to line",
    )


def _begins_with_date(hz: np.ndarray, level_db: np.ndarray) -> bool:
    """Whether the first of many rows consists of integers and is out of order, as a date or a count is."""
    if len(hz) <= DATE_ROWS or not (hz[0] == np.rint(hz[0]) and level_db[0] == np.rint(level_db[0])):
        return False
    return bool((np.diff(hz[1:]) > 0).all() and hz[0] > hz[1])
