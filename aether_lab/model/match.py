"""A measured response, what a space makes of it, and the sections that match it."""

from dataclasses import dataclass, replace

import numpy as np

from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.model.direct_fit import fit_bank
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import erb_weights, lsd
from aether_lab.signals.target import Measured, Target, as_target


@dataclass(frozen=True, eq=False)
class Match:
    """One measured response, and the filters that match it."""

    target: Target
    encoded_z: np.ndarray  # (Z,), the encoder's mean
    z: np.ndarray  # (Z,), optimised from there
    encoded: Recipe  # decoded at encoded_z
    refined: Recipe  # decoded at z
    direct: Recipe  # the space's own bank, fitted with no network
    sections: Sections
    fitted: Recipe  # `sections`, fitted: the filter to export

    @property
    def band_hz(self) -> tuple[float, float]:
        """What the target covers of the band that its sections were given; `fitted` is judged there."""
        return self.target.common_band_hz(*self.sections.frequency_range_hz)

    @property
    def distance(self) -> dict[str, float]:
        """Reconstruction error of this one response by stage, dB (`spectrum.lsd`), and that of `fitted` over `band_hz`.

        From `mu` to `refined` is what the encoder loses, from there to `direct` the latent space, the rest the bank.
        """
        stages = {"mu": self.encoded, "refined": self.refined, "direct": self.direct}
        found = {stage: self._distance(recipe, self.target.weights) for stage, recipe in stages.items()}
        return {**found, "fitted": self._distance(self.fitted, erb_weights(*self.band_hz))}

    def _distance(self, recipe: Recipe, weights: np.ndarray) -> float:
        return float(lsd(np.asarray(recipe.response_db(), np.float64), self.target.spectrum_db, weights))


def match_target(
    space: FilterSpace, target: Measured, sections: Sections = Sections(), known: Match | None = None
) -> Match:
    """What a space and `sections` make of a measured response.

    Args:
        target: what `as_target` takes.
        known: a match of the same target in the same space: only its sections are fitted anew.

    Raises:
        ValueError: as `as_target`, or if the target covers nothing of the band of the sections.
    """
    target = as_target(target) if known is None else known.target
    fitted = fit_recipe(target, sections)
    if known is not None:
        return replace(known, sections=sections, fitted=fitted)
    mean = np.asarray(space.encode(target)[0], np.float64)
    z = np.asarray(space.refine(target, mean), np.float64)
    direct = fit_bank(target, space.settings)
    return Match(target, mean, z, space.decode(mean), space.decode(z), direct, sections, fitted)
