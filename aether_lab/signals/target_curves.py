"""Target curves: what a corrected response should look like.

A target is flat, a tilt, a curve in a file such as a preferred headphone response, or another measurement: then one
sounds, as far as magnitude goes, like the other. Its absolute level has no effect.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aether_lab.signals.levels import SPECTRUM_SMOOTHING, Values, levels_at
from aether_lab.signals.target import Measured, as_target

STEEPEST = 12.0  # dB per octave
TILT_PIVOT_HZ = 1000.0  # where the level of a tilt is 0 dB

ALLOWED = (
    "allowed are flat, tilt:SLOPE such as tilt:-0.8 (dB per octave), the path of a curve or an impulse response, a "
    "number of dB per octave, and a measurement"
)


@dataclass(frozen=True)
class Tilt:
    """A target that rises or falls by `slope` dB per octave; loudspeakers in rooms are often tilted by -0.5 to -1.

    >>> Tilt(-0.8).level_at(np.array([500.0, 2000.0])).tolist()
    [0.8, -0.8]

    Raises:
        ValueError: the slope is not a number within ±12.
    """

    slope: float

    def __post_init__(self) -> None:
        slope = self.slope
        if isinstance(slope, bool) or not isinstance(slope, int | float | np.number) or not abs(slope) <= STEEPEST:
            raise ValueError(f"a tilt of {slope!r} dB per octave; allowed are -{STEEPEST:g} to {STEEPEST:g}")

    def level_at(self, frequency_hz: Values) -> Values:
        """Level in dB at `(F,)` Hz, 0 at 1 kHz."""
        return float(self.slope) * np.log2(np.asarray(frequency_hz, np.float64) / TILT_PIVOT_HZ)

    @property
    def label(self) -> str:
        return f"tilt {self.slope:+g} dB per octave" if self.slope else "flat"


class TargetCurve(NamedTuple):
    """A target at the frequencies asked for."""

    label: str
    level_db: Values  # (F,), at any level
    band_hz: tuple[float, float]  # where it says anything
    notes: tuple[str, ...] = ()  # of the reader of a file


Goal = Tilt | Measured | float | str
"""What `target_curve` accepts."""


def target_curve(x: Goal, frequency_hz: Values, octaves: float = SPECTRUM_SMOOTHING) -> TargetCurve:
    """The level that a corrected response should have at `(F,)` Hz.

    >>> curve = target_curve("tilt:-1", np.array([500.0, 2000.0, 4000.0]))
    >>> curve.label, curve.level_db.tolist()
    ('tilt -1 dB per octave', [1.0, -1.0, -2.0])

    Args:
        x: "flat"; a `Tilt`, a number of dB per octave, or "tilt:-0.8"; or anything `as_target` accepts.
        octaves: smoothing of a measurement, as in `levels_at`.

    Raises:
        ValueError: none of these; the message says what is allowed.
    """
    tilt = _tilt(x)
    if tilt is not None:
        return TargetCurve(tilt.label, tilt.level_at(frequency_hz), (0.0, np.inf))
    if isinstance(x, str) and not Path(x).exists() and not Path(x).suffix and os.sep not in x:
        raise ValueError(f"target {x!r} is no file; {ALLOWED}")
    try:
        measured = as_target(x)  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise ValueError(f"target: {error}" if isinstance(x, str | os.PathLike) else f"{error}; {ALLOWED}") from error
    levels, band_hz = levels_at(measured, frequency_hz, octaves)
    return TargetCurve(measured.label, levels, band_hz, measured.notes)


def _tilt(x: object) -> Tilt | None:
    """The tilt that `x` stands for, None for anything else."""
    if isinstance(x, Tilt):
        return x
    if isinstance(x, int | float | np.number):
        return Tilt(x)  # type: ignore[arg-type]
    if not isinstance(x, str):
        return None
    if x.strip().lower() == "flat":
        return Tilt(0.0)
    if not (found := re.fullmatch(r"\s*tilt\s*[:= ]\s*(.*?)\s*(?:dB.*)?", x, re.I)) or Path(x).exists():
        return None
    try:
        slope = float(found[1].replace("\N{MINUS SIGN}", "-"))
    except ValueError as error:
        raise ValueError(f"target {x!r}: a tilt is a number of dB per octave, -12 to 12, such as tilt:-0.8") from error
    return Tilt(slope)
