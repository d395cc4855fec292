"""The settings of a model."""

from dataclasses import dataclass
from typing import Any

from jax import Array

from aether_lab.filters.biquad import CENTRE_RANGE
from aether_lab.filters.recipe import POLARITIES, TOPOLOGIES, Recipe
from aether_lab.filters.spec import Sections
from aether_lab.model.vae import (
    FREQUENCY_MAPS,
    GAIN_LIMIT,
    LOWEST_LINEAR_CENTRE,
    LOWEST_LOG_CENTRE,
    LOWEST_Q,
    ParametricVAE,
)
from aether_lab.signals.json_files import is_number
from aether_lab.signals.limits import HIGHEST_RATE, LOWEST_RATE

MOST_KINDS = 64
MOST_GAIN = 120.0  # dB


@dataclass(frozen=True)
class ModelSettings:
    """Everything about a model but its weights.

    `frequency_map` is "linear" or "log", `topology` "parallel" or "cascade", `polarity`, the signs of parallel
    sections, one of `filters.recipe.POLARITIES`; `sample_rate` in Hz. The last `details` of the `latent_dim` numbers
    are details, the others knobs. `kinds` are the names of the kinds of systems on which the network is conditioned.
    Gains are inside ± `gain_limit_db`.

    Raises:
        ValueError: a size that is no integer or below 1, no knob, kinds that are no distinct names, a sample rate
            outside `LOWEST_RATE` to `HIGHEST_RATE` of `signals.limits`, a gain limit outside 1 to `MOST_GAIN` dB, or
            another choice.

    >>> from aether_lab import ModelSettings
    >>> [round(edge, 1) for edge in ModelSettings(latent_dim=2).sections.frequency_range_hz]
    [48.0, 23988.0]
    """

    latent_dim: int = 4
    num_filters: int = 32
    frequency_map: str = "log"
    topology: str = "parallel"
    polarity: str = "alternating"
    sample_rate: float = 48_000.0
    details: int = 0
    kinds: tuple[str, ...] = ()
    gain_limit_db: float = GAIN_LIMIT

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", _checked_kinds(self.kinds))
        for name in ("latent_dim", "num_filters", "details"):
            if type(value := getattr(self, name)) is not int:
                raise ValueError(f"{name} is {value!r:.100}; it must be an integer")
        if not is_number(self.sample_rate) or not LOWEST_RATE <= self.sample_rate <= HIGHEST_RATE:
            raise ValueError(
                f"sample_rate is {self.sample_rate!r:.100}; allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz"
            )
        if not is_number(self.gain_limit_db) or not 1 <= self.gain_limit_db <= MOST_GAIN:
            raise ValueError(f"gain_limit_db is {self.gain_limit_db!r:.100}; allowed are 1 to {MOST_GAIN:g} dB")
        if self.latent_dim < 1 or self.num_filters < 1:
            raise ValueError(f"latent_dim {self.latent_dim} and num_filters {self.num_filters} must be at least 1")
        if not 0 <= self.details < self.latent_dim:
            raise ValueError(f"details is {self.details}; allowed are 0 to {self.latent_dim - 1}, of {self.latent_dim}")
        for name, allowed in (
            ("frequency_map", FREQUENCY_MAPS),
            ("topology", TOPOLOGIES),
            ("polarity", POLARITIES),
        ):
            if (value := getattr(self, name)) not in allowed:
                raise ValueError(f"{name} is {value!r:.100}; allowed are {', '.join(allowed)}")

    @property
    def network(self) -> ParametricVAE:
        return ParametricVAE(self.num_filters, self.latent_dim, self.frequency_map, len(self.kinds), self.gain_limit_db)

    @property
    def knobs(self) -> int:
        """The numbers of z before the details."""
        return self.latent_dim - self.details

    @property
    def sections(self) -> Sections:
        """The bank, with the ranges of the decoder; Q, unbounded in the decoder, is at most 100."""
        lowest = LOWEST_LINEAR_CENTRE if self.frequency_map == "linear" else LOWEST_LOG_CENTRE
        nyquist = self.sample_rate / 2
        return Sections(
            self.num_filters,
            self.topology,
            self.polarity,
            frequency_range_hz=(lowest * nyquist, CENTRE_RANGE[1] * nyquist),
            q_range=(LOWEST_Q, 100.0),
            gain_range_db=(-self.gain_limit_db, self.gain_limit_db),
            sample_rate=self.sample_rate,
            preamp=False,
            nyquist_share=1.0,
        )

    def recipe(self, frequency: Array, q: Array, gain_db: Array) -> Recipe:
        """A recipe from the network's outputs, `(..., S)` each; `frequency` is a fraction of Nyquist."""
        return Recipe(frequency * (self.sample_rate / 2), q, gain_db, self.topology, self.polarity, self.sample_rate)


def _checked_kinds(kinds: Any) -> tuple[str, ...]:
    if not isinstance(kinds, list | tuple) or not all(isinstance(kind, str) and kind.isprintable() for kind in kinds):
        raise ValueError(f"kinds are {kinds!r:.100}; they must be names")
    if len(kinds) == 1 or len(set(kinds)) < len(kinds) or len(kinds) > MOST_KINDS or "" in kinds:
        raise ValueError(f"kinds are {kinds!r:.100}; none, or 2 to {MOST_KINDS} different names, are allowed")
    return tuple(kinds)
