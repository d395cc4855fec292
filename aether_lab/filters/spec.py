"""What may be fitted: how many sections, of what kind, in what ranges."""

from dataclasses import dataclass

import numpy as np

from aether_lab.filters import biquad
from aether_lab.filters.recipe import POLARITIES, TOPOLOGIES

WHOLE = (20.0, 20_000.0)  # Hz, the band in which a curve is fitted unless told otherwise


@dataclass(frozen=True)
class Sections:
    """How many sections may be used, of what kind, in what ranges.

    Ranges hold for every section; the Q of a shelf is fixed. `polarity` is that of a parallel bank.

    Raises:
        ValueError: naming what is out of range and what is allowed.
    """

    count: int = 10
    topology: str = "cascade"
    polarity: str = "alternating"
    shelves: bool = False
    hertz: tuple[float, float] = (20.0, 20_000.0)
    q: tuple[float, float] = (0.1, 10.0)
    gain_db: tuple[float, float] = (-24.0, 24.0)
    sample_rate: float = 48_000.0

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("topology", self.topology, TOPOLOGIES),
            ("polarity", self.polarity, POLARITIES),
        ):
            if value not in allowed:
                raise ValueError(f"{name} is {value!r}; allowed are {', '.join(allowed)}")
        if self.shelves and self.topology != "cascade":
            raise ValueError(f"shelves belong in a cascade, not in a {self.topology} bank")
        if self.count < 1 + self.shelves:
            raise ValueError(f"count is {self.count}; {1 + self.shelves} is the least, with shelves 2")
        if not (np.isfinite(self.sample_rate) and self.sample_rate > 0):
            raise ValueError(f"sample_rate is {self.sample_rate}; it must be a positive number of Hz")
        nyquist = self.sample_rate / 2
        legal_hertz = tuple(nyquist * end for end in biquad.CENTRE_RANGE)
        for name, (low, high), (least, most) in (
            ("hertz", self.hertz, legal_hertz),
            ("q", self.q, biquad.Q_RANGE),
            ("gain_db", self.gain_db, (-120.0, 120.0)),
        ):
            if not least <= low <= high <= most:
                raise ValueError(f"{name} is {low:g} to {high:g}; it must rise within {least:g} to {most:g}")
