"""One door for a measured thing: a path, an impulse response, a curve or a spectrum becomes a `Target`.

Everything in the package that takes a measured thing takes it through `as_target`, so that a file means the same to
a panel, a fit, the encoder and an evaluation.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.signals import spectrum
from aether_lab.signals.curve import LEAST_COVERAGE, Curve
from aether_lab.signals.impulse_response import ImpulseResponse


@dataclass(frozen=True, eq=False)
class Target:
    """A measured thing on the grid of 513 bins, and where it was measured."""

    name: str
    spectrum_db: np.ndarray  # (513,) float32, level-aligned dB
    band_hz: tuple[float, float]  # what it says something about of 100 Hz to 20 kHz

    @cached_property
    def weights(self) -> np.ndarray:
        """`(513,)` weights for `spectrum.lsd`, 0 outside `band_hz`; sum 1."""
        return spectrum.erb_weights(*self.band_hz)

    @property
    def label(self) -> str:
        """The name without its folders."""
        return Path(self.name).name

    def common_band_hz(self, low: float, high: float) -> tuple[float, float]:
        """The part of `low` to `high` Hz that the target covers; one that reaches 100 Hz covers what is below as well.

        Raises:
            ValueError: if less than an octave is left.
        """
        lowest, highest = self.band_hz
        if lowest == spectrum.BAND[0]:
            lowest = low
        common = max(lowest, low), min(highest, high)
        if common[1] < LEAST_COVERAGE * common[0]:
            raise ValueError(
                f"{self.name}: covers {lowest:.0f} to {highest:.0f} Hz; of the band {low:g} to {high:g} Hz less than "
                "an octave is left: widen it"
            )
        return common


Measured = Target | ImpulseResponse | Curve | str | os.PathLike | ArrayLike
"""What `as_target` takes."""


def as_target(x: Measured, name: str | None = None) -> Target:
    """A measured thing on the grid of 513 bins.

    >>> flat = as_target(Curve([20, 20_000], [0, 0], "flat"))
    >>> flat.name, flat.spectrum_db.shape, flat.band_hz
    ('flat', (513,), (100.0, 20000.0))

    Args:
        x: the path of a file that `read_target` reads; an `ImpulseResponse`, of which the first channel counts; a
            `Curve`; a level-aligned spectrum `(513,)` dB; or a `Target`, which is returned.
        name: in place of its own; of an array "spectrum" otherwise.

    Raises:
        ValueError: anything else, a file that cannot be read, or values that are not finite.
    """
    if isinstance(x, Target):
        return x
    if isinstance(x, str | os.PathLike):
        from aether_lab.signals.curve_files import read_target  # here: it loads soundfile and h5py

        x = read_target(Path(x))
    if isinstance(x, Curve | ImpulseResponse):
        return Target(name or x.name, x.spectrum_db, x.band_hz)
    return Target(name or "spectrum", _spectrum(x), spectrum.BAND)


def as_spectra(x: Measured) -> np.ndarray:
    """Spectra `(..., 513)` float32 dB of many: an array as it is, one measured thing as its own.

    Raises:
        ValueError: as `as_target`.
    """
    if isinstance(x, Target | ImpulseResponse | Curve | str | os.PathLike):
        return as_target(x).spectrum_db
    try:
        levels = np.asarray(x)
    except ValueError as error:  # of a ragged list
        raise _refusal(x, f"{error}") from error
    if levels.shape[-1:] != (spectrum.N_BINS,) or levels.dtype.kind not in "fiu":
        raise _refusal(x, f"shape {levels.shape}")
    if not np.isfinite(levels).all():
        raise _refusal(x, "values that are not finite")
    return levels.astype(np.float32)


def _spectrum(x: ArrayLike) -> np.ndarray:
    levels = as_spectra(x)
    if levels.shape != (spectrum.N_BINS,):
        raise _refusal(x, f"shape {levels.shape}")
    return levels


def _refusal(x: object, reason: str) -> ValueError:
    return ValueError(
        f"{type(x).__name__} ({reason}) is not a measured thing; allowed are a path, an ImpulseResponse, a Curve and a "
        f"spectrum of {spectrum.N_BINS} finite dB values"
    )
