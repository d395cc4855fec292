"""A measured response, what a space makes of it, and the sections that match it."""

from dataclasses import dataclass, replace

import numpy as np

from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.model.space import FilterSpace
from aether_lab.signals.curve import Curve
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.spectrum import FREQUENCIES, erb_weights, lsd
from aether_lab.signals.target import band_of, common_band, spectrum_of

Target = ImpulseResponse | Curve


SECTIONS = Sections(count=10)


@dataclass(frozen=True, eq=False)
class Match:
    """One measured response, and what comes near it."""

    target: Target
    level_db: np.ndarray  # (513,) dB, level-aligned: what everything here is compared with
    encoded_z: np.ndarray  # (Z,), the encoder's mean
    z: np.ndarray  # (Z,), refined by gradient
    encoded: Recipe  # decoded at encoded_z
    refined: Recipe  # decoded at z
    direct: Recipe  # the space's own bank, fitted with no network
    sections: Sections
    fitted: Recipe  # `sections`, fitted: the filter to take home

    @property
    def band(self) -> tuple[float, float]:
        """Hz: what the target covers of the band that its sections were given; `fitted` is judged there."""
        return common_band(self.target, self.sections.hertz)

    @property
    def distance(self) -> dict[str, float]:
        """The ladder of this one response, dB (`spectrum.lsd`), and that of `fitted` over `band`.

        From `mu` to `refined` is what the encoder loses, from there to `direct` the latent space, the rest the bank.
        """
        whole, part = erb_weights(*band_of(self.target)), erb_weights(*self.band)
        found = (
            ("mu", self.encoded, whole),
            ("refined", self.refined, whole),
            ("direct", self.direct, whole),
            ("fitted", self.fitted, part),
        )
        return {rung: float(lsd(_response(recipe), self.level_db, weights)) for rung, recipe, weights in found}


def match_target(
    space: FilterSpace, target: Target, sections: Sections = SECTIONS, known: Match | None = None
) -> Match:
    """What a space and `sections` make of a response.

    Args:
        known: a match of the same target in the same space: only its sections are fitted anew.

    Raises:
        ValueError: if the target covers nothing of the band of the sections.
    """
    level = spectrum_of(target) if known is None else known.level_db
    fitted = fit_recipe(level, sections, band=common_band(target, sections.hertz))
    if known is not None:
        return replace(known, sections=sections, fitted=fitted)
    mean = np.asarray(space.encode(level)[0], np.float64)
    z = np.asarray(space.refine(level, mean), np.float64)
    direct = fit_recipe(level, space.settings)
    return Match(target, level, mean, z, space.decode(mean), space.decode(z), direct, sections, fitted)


def _response(recipe: Recipe) -> np.ndarray:
    """`(513,)` dB at the bins, whatever rate the recipe is for; above its Nyquist frequency, the level there."""
    return np.asarray(recipe.response_db(np.minimum(FREQUENCIES, recipe.sample_rate / 2)), np.float64)
