"""Lists of second-order sections that were read from text, and their response.

Sections follow Robert Bristow-Johnson's *Cookbook formulae for audio EQ biquad filter coefficients*, as analogue
prototypes over `s = j tan(w/2) / tan(w0/2)`. The package's own filters (`filters.biquad`) are peaking, shelves of
slope 1 and band-passes; other equalisers have more types, and shelves of any Q.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.signals import limits
from aether_lab.signals.curve import Curve
from aether_lab.signals.names import pluralize

RATE = 48_000.0  # Hz, of lists that state none
LIMITS = {"frequency": (1.0, 400_000.0), "Q": (1e-3, 1000.0), "gain": (-120.0, 120.0)}
MOST_SECTIONS = 256
BUTTERWORTH_Q = float(np.sqrt(0.5))

KINDS = {
    "peaking": r"pk|peq|eq|modal|peak\w*|bell|parametric",
    "lowshelf": r"low ?shelf\w*|lsc|lsq|lsh?|lowshelf",
    "highshelf": r"high ?shelf\w*|hsc|hsq|hsh?|highshelf",
    "lowpass": r"lp|lpq|low ?pass|high ?cut",
    "highpass": r"hp|hpq|high ?pass|low ?cut",
    "bandpass": r"bp|band ?pass",
    "notch": r"no|notch",
    "allpass": r"ap|all ?pass",
}


def shelf_q(slope: float, gain_db: ArrayLike) -> Any:
    """Q of a shelf of a slope S in (0, 1], from Robert Bristow-Johnson's cookbook; it depends on the gain."""
    a = 10 ** (np.asarray(gain_db, np.float64) / 40)
    return 1 / np.sqrt((a + 1 / a) * (1 / slope - 1) + 2)


@dataclass(frozen=True)
class Section:
    """One section. A shelf has a `slope`, or 0 where Q is given; its frequency is the centre, or the `corner`."""

    kind: str
    frequency_hz: float
    q: float = BUTTERWORTH_Q
    gain_db: float = 0.0
    sign: float = 1.0
    slope: float = 0.0
    corner: bool = False

    def response(self, frequency_hz: np.ndarray, rate: float) -> np.ndarray:
        """Complex response at `(F,)` Hz."""
        a = 10 ** (self.gain_db / 40)
        centre, q = self.frequency_hz, self.q
        if self.slope:
            q = shelf_q(self.slope, self.gain_db)
        if self.corner:
            slope = self.slope or 1 / ((1 / q**2 - 2) / (a + 1 / a) + 1)
            shift = 10 ** (abs(self.gain_db) / (80 * slope))
            centre = centre * shift if self.kind == "lowshelf" else centre / shift
        s = 1j * np.tan(np.pi * frequency_hz / rate) / np.tan(np.pi * min(centre, 0.4999 * rate) / rate)
        top, below = _PROTOTYPES[self.kind](s, a, q)
        return top / below


_PROTOTYPES = {
    "peaking": lambda s, a, q: (s * s + s * a / q + 1, s * s + s / (a * q) + 1),
    "lowshelf": lambda s, a, q: (
        a * (s * s + s * np.sqrt(a) / q + a),
        a * s * s + s * np.sqrt(a) / q + 1,
    ),
    "highshelf": lambda s, a, q: (
        a * (a * s * s + s * np.sqrt(a) / q + 1),
        s * s + s * np.sqrt(a) / q + a,
    ),
    "lowpass": lambda s, a, q: (1, s * s + s / q + 1),
    "highpass": lambda s, a, q: (s * s, s * s + s / q + 1),
    "bandpass": lambda s, a, q: (a * a * s / q, s * s + s / q + 1),
    "notch": lambda s, a, q: (s * s + 1, s * s + s / q + 1),
    "allpass": lambda s, a, q: (s * s - s / q + 1, s * s + s / q + 1),
}


def kind_of(name: str) -> str | None:
    """The section type that a name such as "PK" or "Low Shelf" means."""
    name = re.sub(r"[\s_-]+", " ", name).strip().lower()
    return next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, name)), None)


def check_section(section: Section, where: str) -> Section:
    """The section itself; `ValueError` if a value is outside `LIMITS`."""
    for field, value in (("frequency", section.frequency_hz), ("Q", section.q), ("gain", section.gain_db)):
        low, high = LIMITS[field]
        if not low <= value <= high:
            raise ValueError(f"{where}: a {field} of {value:g}; allowed are {low:g} to {high:g}")
    return section


def response_curve(
    sections: list[Section],
    name: str,
    rate: float,
    preamp_db: float,
    notes: tuple[str, ...] = (),
    *,
    parallel: bool = False,
    graphic: list[tuple[np.ndarray, np.ndarray]] | None = None,
) -> Curve:
    """The response of sections as a curve, dense around each centre."""
    limits.check_rate(rate, name)
    if len(sections) > MOST_SECTIONS:
        raise ValueError(f"{name}: {len(sections)} filters; at most {MOST_SECTIONS} are read")
    top = 0.499 * rate
    centres = np.array([section.frequency_hz for section in sections])
    widths = np.array([1 / section.q for section in sections])
    dense = centres[:, None] * np.exp(widths[:, None] * np.linspace(-1, 1, 41)) if sections else np.empty(0)
    grid = np.union1d(np.geomspace(10, top, 2000), dense)
    grid = grid[(grid >= 10) & (grid <= top)]
    total = np.zeros_like(grid, complex) if parallel else np.ones_like(grid, complex)
    for section in sections:
        response = section.response(grid, rate)
        total = total + section.sign * response if parallel else total * response
    level_db = 20 * np.log10(np.maximum(np.abs(total), 1e-10)) + preamp_db
    for frequency_hz, gain_db in graphic or []:
        level_db = level_db + np.interp(np.log(grid), np.log(frequency_hz), gain_db)
    many = pluralize(len(sections), "filter")
    return Curve(grid, level_db, name, (f"a list of {many}, read as its response at {rate:g} Hz", *notes))
