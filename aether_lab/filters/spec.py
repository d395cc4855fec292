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

    The ranges apply to every section, but the Q of a shelf is fixed. A cascade ignores `polarity`, a parallel bank
    `preamp` and what follows it. The defaults are what parametric equalisers offer, and keep a cascade usable at other
    sample rates. Wider ones fit more closely:

    >>> free = Sections(5, gain_range_db=(-24, 24), q_range=(0.1, 10), preamp_range_db=(-60, 60), nyquist_share=1)
    >>> free.centre_range_hz, Sections(5).centre_range_hz
    ((20.0, 20000.0), (20.0, 18000.0))

    Args:
        preamp: the overall level of a cascade is fitted too, as its `Recipe.preamp_db`.
        preamp_range_db: of that level, over the mean level of the target.
        nyquist_share: of the Nyquist frequency, the highest centre: sections nearer to it have another response at
            another sample rate. Below 1, fits that change less at another rate are also preferred.

    Raises:
        ValueError: a value out of range; the message states what is allowed.
    """

    n_sections: int = 10
    topology: str = "cascade"
    polarity: str = "alternating"
    shelves: bool = False
    frequency_range_hz: tuple[float, float] = AUDIBLE_HZ
    q_range: tuple[float, float] = (0.25, 10.0)
    gain_range_db: tuple[float, float] = (-18.0, 18.0)
    sample_rate: float = 48_000.0
    preamp: bool = True
    preamp_range_db: tuple[float, float] = (-18.0, 18.0)
    nyquist_share: float = 0.75

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
            ("preamp_range_db", self.preamp_range_db, (-120.0, 120.0)),
        ):
            if not lowest <= low <= high <= highest:
                raise ValueError(f"{name} is {low:g} to {high:g}; it must rise within {lowest:g} to {highest:g}")
        if not 0 < self.nyquist_share <= 1:
            raise ValueError(f"nyquist_share is {self.nyquist_share}; it must be above 0 and at most 1")

    @property
    def centre_range_hz(self) -> tuple[float, float]:
        """Lowest and highest centre: `frequency_range_hz`, in a cascade up to `nyquist_share`, at least an octave."""
        low, high = self.frequency_range_hz
        share = self.nyquist_share if self.topology == "cascade" else 1.0
        return low, min(high, max(share * self.sample_rate / 2, 2 * low))
