"""Impulse responses in text, as REW exports them: a header of `value // meaning`, then one sample per line."""

from __future__ import annotations

import re

import numpy as np

from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.text import Line, shorten

_FIELD = re.compile(r"^(\S+)\s*//\s*(.+)$")


def read_impulse_text(lines: list[Line], name: str) -> ImpulseResponse | None:
    """The response, or None where the text is none.

    Raises:
        ValueError: it has no sample interval, fewer samples than stated, or a line that is no number.
    """
    header = {found[2].lower(): (found[1], line) for line in lines[:60] if (found := _FIELD.match(line.text))}
    if not any("response length" in meaning or "sample interval" in meaning for meaning in header):
        return None

    def value(meaning: str) -> float:
        text, line = next(each for key, each in header.items() if meaning in key)
        return _number(text, line, name)

    try:
        interval, length = value("sample interval"), value("response length")
    except StopIteration:
        raise ValueError(f"{name}: an impulse response as text without its sample interval and length") from None
    if not interval > 0 or not length >= 2:
        raise ValueError(
            f"{name}: {length:g} samples of {interval:g} s; at least two of a positive duration are needed"
        )
    begin = next((i + 1 for i, line in enumerate(lines) if line.text.lower().startswith("data start")), None)
    if begin is None:
        begin = 1 + max(i for i, line in enumerate(lines[:60]) if _FIELD.match(line.text))
    data = [line for line in lines[begin:] if not line.comment]
    if len(data) < length:
        raise ValueError(f"{name}: truncated; {len(data)} of {length:g} samples")
    samples = np.array([_number(line.text, line, name) for line in data[: int(length)]])
    return ImpulseResponse(samples, float(np.round(1 / interval, 3)), name)


def _number(text: str, line: Line, name: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise ValueError(
            f"{name}, line {line.number}: {shorten(text)!r} is not a number; a sample is expected"
        ) from None
