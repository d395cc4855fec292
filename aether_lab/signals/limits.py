"""How much of a file is read: bounds that a damaged or crafted file cannot exceed, whatever its header says.

Each is checked before memory is taken. Where a measurement is really larger, set the environment variable
`AETHER_LAB_` + name before Python starts (`AETHER_LAB_LARGEST_SAMPLES=500000000 aether_lab corpus rooms`); worker
processes inherit it. In a running program, assign to the constant (`limits.LARGEST_SAMPLES = 500_000_000`).

>>> from aether_lab.signals import limits
>>> limits.check("hour.wav", 600_000_000, "LARGEST_RESPONSE")
Traceback (most recent call last):
ValueError: hour.wav: 600 MB; at most 500 MB are read (AETHER_LAB_LARGEST_RESPONSE)
"""

from __future__ import annotations

import os

_UNITS = {
    "LARGEST_TEXT": "bytes",
    "MOST_LINES": "lines of text",
    "LARGEST_RESPONSE": "bytes",
    "LONGEST_RESPONSE": "samples in a response",
    "LARGEST_SAMPLES": "samples over all channels and measurements",
    "MOST_RESPONSES": "measurements and emitters",
}


def _limit(name: str, default: int) -> int:
    text = os.environ.get(f"AETHER_LAB_{name}", "")
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"AETHER_LAB_{name}={text}: a whole number of {_UNITS[name]} is needed, at least 1")
    return int(text)


LARGEST_TEXT = _limit("LARGEST_TEXT", 50_000_000)
"""Bytes of a text file; a million points are 30 MB."""

MOST_LINES = _limit("MOST_LINES", 1_000_000)
"""Lines of a text file."""

LARGEST_RESPONSE = _limit("LARGEST_RESPONSE", 500_000_000)
"""Bytes of an audio or SOFA file; an hour-long recording is not an impulse response."""

LONGEST_RESPONSE = _limit("LONGEST_RESPONSE", 2**24)
"""Samples of one impulse response, over the channels that are kept: 5.8 minutes in mono at 48 kHz. Its spectrum takes
about 40 bytes of memory per sample."""

LARGEST_SAMPLES = _limit("LARGEST_SAMPLES", 2**26)
"""Samples of a file, over all its channels and measurements: 512 MiB as float64."""

MOST_RESPONSES = _limit("MOST_RESPONSES", 2**17)
"""Responses of a SOFA file: its measurements times its emitters."""

LOWEST_RATE, HIGHEST_RATE = 8_000.0, 384_000.0  # Hz; outside it the header is damaged or the band too narrow


def check_rate(sample_rate: float, name: str = "") -> None:
    """Raises `ValueError`, which begins with `name` if there is one, for a rate outside 8 to 384 kHz."""
    if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
        where = f"{name}: " if name else ""
        raise ValueError(
            f"{where}a sample rate of {sample_rate:g} Hz; allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz"
        )


def check(name: str, size: int, limit: str) -> None:
    """Raises `ValueError`, which begins with `name`, where `size` exceeds the limit of this name."""
    largest, unit = globals()[limit], _UNITS[limit]
    if size > largest:
        scale, unit = (1_000_000, "MB") if unit == "bytes" and largest >= 1_000_000 else (1, unit)
        raise ValueError(
            f"{name}: {size // scale:,} {unit}; at most {largest // scale:,} {unit.split()[0]} are read "
            f"(AETHER_LAB_{limit})"
        )
