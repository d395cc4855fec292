"""The specification of a fit: number, kind and ranges of its sections."""

from dataclasses import dataclass

import numpy as np

from aether_lab.filters import biquad
from aether_lab.filters.recipe import POLARITIES, TOPOLOGIES

AUDIBLE_HZ = (20.0, 20_000.0)
"""The default band of a fit."""


@dataclass(frozen=True)
class Sections:
    """Number, kind and ranges of the sections of a fit.

    The ranges apply to every section, but the Q of a shelf is fixed. A cascade ignores `polarity`. With `preamp`, the
    overall level of a cascade is fitted too, as its `Recipe.preamp_db`; a parallel bank ignores it.

    >>> Sections(5, shelves=True, sample_rate=96_000).n_sections
    5

    Raises:
        ValueError: a value out of range; the message states what is allowed.
    """

    n_sections: int = 10
    topology: str = "cascade"
    polarity: str = "alternating"
    shelves: bool = False
    frequency_range_hz: tuple[float, float] = AUDIBLE_HZ
    q_range: tuple[float, float] = (0.1, 10.0)
    gain_range_db: tuple[float, float] = (-24.0, 24.0)
    sample_rate: float = 48_000.0
    preamp: bool = True

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("topology", self.topology, TOPOLOGIES),
            ("polarity", self.polarity, POLARITIES),
        ):
            if value not in allowed:
                raise ValueError(f"{name} is {value!r}; allowed are {', '.join(allowed)}")
        if self.shelves and self.topology != "cascade":
            raise ValueError(f"shelves are allowed in a cascade, not in a {self.topology} bank")
        if self.n_sections < 1 + self.shelves:
            raise ValueError(
                f"n_sections is {self.n_sections}; it must be at least {1 + self.shelves} (with shelves 2)"
            )
        if not (np.isfinite(self.sample_rate) and self.sample_rate > 0):
            raise ValueError(f"sample_rate is {self.sample_rate}; it must be a positive number of Hz")
        nyquist = self.sample_rate / 2
        for name, (low, high), (lowest, highest) in (
            ("frequency_range_hz", self.frequency_range_hz, tuple(nyquist * end for end in biquad.CENTRE_RANGE)),
            ("q_range", self.q_range, biquad.Q_RANGE),
            ("gain_range_db", self.gain_range_db, (-120.0, 120.0)),
        ):
            if not lowest <= low <= high <= highest:
                raise ValueError(f"{name} is {low:g} to {high:g}; it must rise within {lowest:g} to {highest:g}")
