"""Matching a measured response: its latent point, the decoded filters, and fitted sections."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.filters.device import DeviceProfile
from aether_lab.filters.device_fit import DeviceFit, fit_device
from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.model.direct_fit import fit_bank
from aether_lab.model.refinement import aligned
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import erb_weights, lsd
from aether_lab.signals.target import Measured, Target, as_target


@dataclass(frozen=True, eq=False)
class Match:
    """A measured response and the filters that match it."""

    target: Target
    encoded_z: np.ndarray  # (Z,), the encoder mean
    z: np.ndarray  # (Z,), optimised from encoded_z
    encoded: Recipe  # decoded at encoded_z
    refined: Recipe  # decoded at z
    direct: Recipe  # the bank of the space, fitted without the network
    sections: Sections
    fitted: Recipe  # the fitted `sections`, or the settings of a device: the filter to export
    device_fit: DeviceFit | None = None  # where `fitted` are the settings of a device

    @property
    def band_hz(self) -> tuple[float, float]:
        """Hz: the part of `sections.frequency_range_hz` that the target covers; `fitted` is evaluated there."""
        return self.target.common_band_hz(*self.sections.frequency_range_hz)

    @property
    def distance(self) -> dict[str, float]:
        """Reconstruction error by stage, dB (`spectrum.lsd`), and that of `fitted` over `band_hz`.

        `mu` - `refined` is the share of the encoder, `refined` - `direct` of the latent space, `direct` of the bank.
        Decoded responses are compared at the level of the target, as `FilterSpace.reconstruct` returns them; so is the
        response of a device.
        """
        weights = self.target.weights
        errors = {
            stage: self._distance(aligned(np.asarray(recipe.response_db(), np.float64), weights), weights)
            for stage, recipe in {"mu": self.encoded, "refined": self.refined}.items()
        }
        return {
            **errors,
            "direct": self._distance(self.direct.response_db(), weights),
            "fitted": self._distance(self.fitted_db, erb_weights(*self.band_hz)),
        }

    @property
    def fitted_db(self) -> np.ndarray:
        """The response of `fitted`, `(513,)` dB; that of a device at the level of the target."""
        response = self.fitted.level_db()
        if self.device_fit is None:
            return response
        return response + erb_weights(*self.band_hz) @ (self.target.spectrum_db - response)

    def _distance(self, response_db: ArrayLike, weights: np.ndarray) -> float:
        return float(lsd(np.asarray(response_db, np.float64), self.target.spectrum_db, weights))


def match_target(
    space: FilterSpace,
    target: Measured,
    sections: Sections = Sections(),
    known: Match | None = None,
    device: DeviceProfile | None = None,
    capacity: int | None = None,
) -> Match:
    """Encodes a measured response in a space and fits `sections` to it, or a device within their range of frequency.

    Args:
        target: anything `as_target` accepts.
        known: a match of the same target in the same space; only its sections are fitted again.
        capacity: of the compiled fit of sections, as in `fit_recipe`.

    Raises:
        ValueError: as `as_target`, or the target covers nothing of the band of the sections.

    >>> from aether_lab import FilterSpace, Sections, match_target
    >>> space = FilterSpace.load("2d")
    >>> match = match_target(space, space.response_db([1.0, -0.5]), Sections(4))
    >>> match.z.shape, match.fitted.n_sections, match.distance["refined"] <= match.distance["mu"]
    ((2,), 4, True)
    """
    target = as_target(target) if known is None else known.target
    device_fit = None
    if device is None:
        fitted = fit_recipe(target, sections, capacity=capacity)
    else:
        device_fit = fit_device(target, device, band_hz=target.common_band_hz(*sections.frequency_range_hz))
        fitted = device_fit.recipe
    if known is not None:
        return replace(known, sections=sections, fitted=fitted, device_fit=device_fit)
    mean = np.asarray(space.encode(target)[0], np.float64)
    z = np.asarray(space.refine(target, mean), np.float64)
    direct = fit_bank(target, space.settings)
    return Match(target, mean, z, space.decode(mean), space.decode(z), direct, sections, fitted, device_fit)
