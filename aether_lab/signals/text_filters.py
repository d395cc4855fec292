"""Filters in text as EqualizerAPO, REW, AutoEq and Peace write them: one `Filter` per line, and `GraphicEQ:` lines.

A list is no measurement: its numbers are centres, Q and gains of sections, so it is read as its response. Shelves
without a Q have slope 0.9, as EqualizerAPO takes from measurements of REW (BiQuadFilterFactory.cpp). The frequency of
"LS 6dB", "LS 12dB" and, in EqualizerAPO, of LS and HS with a Q is their corner, 3 dB from the end of the shelf; the
centre lies a factor `10^(|g| / (80 S))` away (the authors of both, forum of Home Theater Shack, thread 67464).
"""

from __future__ import annotations

import re

import numpy as np

from aether_lab.signals.curve import Curve
from aether_lab.signals.filter_list import BUTTERWORTH_Q, RATE, Section, check_section, kind_of, response_curve
from aether_lab.signals.text import Line, shorten
from aether_lab.signals.text_filter_table import NUMBER, read_filter_json, read_filter_table, to_float

_FILTER = re.compile(
    rf"^Filter\s*\d*\s*:?\s*(?P<state>ON|OFF)\s+(?P<kind>None|LS\s*Q|HS\s*Q|[LH]SC?\s*(?:6|12)\s*dB|"
    rf"[LH]SC?\s+{NUMBER}\s*dB(?!\s*Q)(?=\s+Fc)|[A-Z0-9]+)(?P<rest>.*)$",
    re.I,
)
_FIELD = {
    "frequency": re.compile(rf"\bFc\s+({NUMBER})\s*(k?)Hz", re.I),
    "gain": re.compile(rf"\bGain\s+({NUMBER})\s*dB", re.I),
    "Q": re.compile(rf"\bQ\s+({NUMBER})", re.I),
    "bandwidth": re.compile(rf"\bBW\s+Oct\s+({NUMBER})", re.I),
}
_PREAMP = re.compile(rf"^Preamp\s*:?\s+({NUMBER})\s*dB", re.I)
_GRAPHIC = re.compile(r"^GraphicEQ\s*:\s*(.+)$", re.I)
_UNREADABLE = re.compile(r"^(Include|Convolution|Copy|Delay|VSTPlugin|LoudnessCorrection|If|Eval)\s*:", re.I)
_CHANNEL = re.compile(r"^Channel\s*:\s*(.+)$", re.I)


DEFAULT_SLOPE = 0.9  # of a shelf for which none is given


def read_filters(lines: list[Line], text: str, name: str) -> Curve | None:
    """The response of a list of filters, or None where the text is none.

    Raises:
        ValueError: a list that cannot be read. The message names the line.
    """
    if text.lstrip().startswith("{"):
        return read_filter_json(text, name)
    if any(_FILTER.match(line.text) or _GRAPHIC.match(line.text) for line in lines if not line.comment):
        return _from_configuration(lines, name)
    return read_filter_table(lines, name)


def _from_configuration(lines: list[Line], name: str) -> Curve:
    rew = any(re.match(r"filter settings file", line.text, re.I) for line in lines[:6])
    decimal_comma = _has_decimal_comma([line for line in lines if _FILTER.match(line.text)])
    sections: list[Section] = []
    graphic: list[tuple[np.ndarray, np.ndarray]] = []
    channel, first, preamp, left_out = "all", "", 0.0, 0
    for line in lines:
        if line.comment:
            continue
        where = f"{name}, line {line.number}"
        if _UNREADABLE.match(line.text):
            raise ValueError(f"{where}: {shorten(line.text)!r} cannot be read; allowed are Filter, Preamp, GraphicEQ")
        if found := _CHANNEL.match(line.text):
            channel = found[1].strip().lower()
            first = first or ("" if channel == "all" else channel)
        elif channel not in ("all", first):
            left_out += 1
        elif found := _PREAMP.match(line.text):
            preamp += _number(found[1], "," in found[1], where)
        elif found := _GRAPHIC.match(line.text):
            graphic.append(_graphic_points(found[1], where))
        elif (found := _FILTER.match(line.text)) and found["state"].upper() == "ON" and found["kind"].lower() != "none":
            sections.append(_section(found["kind"], found["rest"], decimal_comma, rew, where))
    notes = (f"{left_out} lines of other channels are left out",) if left_out else ()
    if not sections and not graphic:
        raise ValueError(f"{name}: a list of filters, of which none is on")
    if graphic and not sections and len(graphic) == 1:
        frequency_hz, level_db = graphic[0]
        return Curve(frequency_hz, level_db + preamp, name, ("a graphic equaliser, read as its response", *notes))
    return response_curve(sections, name, RATE, preamp, notes, graphic=graphic)


def _has_decimal_comma(lines: list[Line]) -> bool:
    """Whether the numbers of `Filter` lines are written with a decimal comma."""
    numbers = [found[1] for line in lines for field in _FIELD.values() if (found := field.search(line.text))]
    commas, points = (any(mark in number for number in numbers) for mark in ",.")
    if commas and points:
        last = next(number for number in numbers if "," in number)
        return not re.search(r",\d{3}(?:\.|$)", last) or any(re.search(r"\.\d{3},", number) for number in numbers)
    return commas


def _number(text: str, decimal_comma: bool, where: str) -> float:
    plain = re.sub(r"['\u00a0\u202f]", "", text).rstrip(".,")
    plain = plain.replace(".", "").replace(",", ".") if decimal_comma else plain.replace(",", "")
    return to_float(plain, where)


def _section(kind: str, rest: str, decimal_comma: bool, rew: bool, where: str) -> Section:
    values = {
        field: _number(found[1], decimal_comma, where) for field, each in _FIELD.items() if (found := each.search(rest))
    }
    if (found := _FIELD["frequency"].search(rest)) and found[2]:
        values["frequency"] *= 1000
    name = re.sub(r"\s+", "", kind).lower()
    slope = re.fullmatch(rf"([lh]s)(c?)({NUMBER})db", name)
    shape = kind_of(slope[1] if slope else name)
    if shape is None or "frequency" not in values:
        raise ValueError(f"{where}: a filter {shorten(kind + rest)!r} is unknown; a type, Fc, Gain and Q are needed")
    if shape in ("peaking", "lowshelf", "highshelf") and "gain" not in values:
        raise ValueError(f"{where}: a filter without its gain ({shorten(kind + rest)})")
    if "bandwidth" in values:
        values["Q"] = 1 / (2 * np.sinh(np.log(2) / 2 * values["bandwidth"]))
    fixed_slope, corner = 0.0, False
    if slope:
        steepness = _number(slope[3], decimal_comma, where)
        fixed_slope, corner = steepness / 12, not slope[2]
    elif "shelf" in shape and "Q" not in values:
        fixed_slope = DEFAULT_SLOPE
    elif "shelf" in shape:
        corner = name in ("ls", "hs") and not rew
    elif shape == "peaking" and "Q" not in values:
        raise ValueError(f"{where}: a filter without its Q ({shorten(kind + rest)})")
    return check_section(
        Section(
            shape,
            values["frequency"],
            values.get("Q", 30.0 if shape == "notch" else BUTTERWORTH_Q),
            values.get("gain", 0.0),
            slope=fixed_slope,
            corner=corner,
        ),
        where,
    )


def _graphic_points(text: str, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and levels of a `GraphicEQ:` line, which separates points by semicolons."""
    points = []
    for pair in filter(None, (part.strip() for part in text.split(";"))):
        numbers = pair.replace(",", ".").split()
        if len(numbers) != 2:
            raise ValueError(f"{where}: {shorten(pair)!r} is not a frequency with a gain")
        hz, level = (to_float(number, where) for number in numbers)
        points.append((hz, level))
    if len(points) < 2:
        raise ValueError(f"{where}: a graphic equaliser has at least two points")
    frequency_hz, level_db = np.array(sorted(points)).T
    frequency_hz, first = np.unique(frequency_hz, return_index=True)
    positive = frequency_hz > 0
    return frequency_hz[positive], level_db[first][positive]
