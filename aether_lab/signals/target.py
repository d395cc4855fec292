"""Targets: a path, an impulse response, a curve or a spectrum in one common form.

Every function of the package that accepts a measurement passes it to `as_target`, so that panels, fits, the encoder and
evaluations treat the same file alike.
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
from aether_lab.signals.names import printable


@dataclass(frozen=True, eq=False)
class Target:
    """A measured spectrum on the 513 bins, and the band in which it was measured.

    >>> target = as_target(Curve([200, 2000, 8000], [0, 3, 0], "measured/bell.csv"))
    >>> target.label, target.band_hz, target.weights.sum().round(6).tolist()
    ('bell.csv', (200.0, 8000.0), 1.0)
    """

    name: str
    spectrum_db: np.ndarray  # (513,) float32, level-aligned dB
    band_hz: tuple[float, float]  # measured part of 100 Hz to 20 kHz
    notes: tuple[str, ...] = ()  # what the reader chose, converted or left out
    measured: Curve | ImpulseResponse | None = None  # what the spectrum was made of, for `levels.levels_at`

    @cached_property
    def weights(self) -> np.ndarray:
        """`(513,)` weights of sum 1 for `spectrum.lsd`, 0 outside `band_hz`."""
        return spectrum.erb_weights(*self.band_hz)

    @property
    def label(self) -> str:
        """The name without its folders, on one visible line."""
        return printable(Path(self.name).name)

    def common_band_hz(self, low_hz: float, high_hz: float) -> tuple[float, float]:
        """The part of a band that the target covers; a target from 100 Hz upwards also covers everything below.

        Raises:
            ValueError: it is less than an octave.
        """
        lowest, highest = self.band_hz
        if lowest == spectrum.BAND[0]:
            lowest = low_hz
        common = max(lowest, low_hz), min(highest, high_hz)
        if common[1] < LEAST_COVERAGE * common[0]:
            raise ValueError(
                f"{self.name}: covers {lowest:.0f} to {highest:.0f} Hz, which is less than an octave of the band "
                f"{low_hz:g} to {high_hz:g} Hz: widen the band"
            )
        return common


Measured = Target | ImpulseResponse | Curve | str | os.PathLike | ArrayLike
"""What `as_target` accepts: a measurement, or an array `(513,)` in dB."""


def as_target(x: Measured, name: str | None = None, column: str | int | None = None) -> Target:
    """A measurement as a spectrum on the 513 bins.

    >>> flat = as_target(Curve([20, 20_000], [0, 0], "flat"))
    >>> flat.name, flat.spectrum_db.shape, flat.band_hz
    ('flat', (513,), (100.0, 20000.0))

    Args:
        x: the path of a file for `read_target`; an `ImpulseResponse` (its first channel); a `Curve`; a level-aligned
            spectrum `(513,)` in dB; or a `Target`, which is returned unchanged.
        name: replaces the name of `x`; the default name of an array is "spectrum".
        column: of a curve in a file, as in `read_curve`.

    Raises:
        ValueError: another type, a file that cannot be read, or values that are not finite.
    """
    if isinstance(x, Target):
        return x
    if isinstance(x, str | os.PathLike):
        from aether_lab.signals.curve_files import read_target  # imported here: it loads soundfile and h5py

        x = read_target(Path(x), column=column)
    if isinstance(x, Curve | ImpulseResponse):
        return Target(name or x.name, x.spectrum_db, x.band_hz, x.notes, x)
    return Target(name or "spectrum", _spectrum(x), spectrum.BAND)


def as_spectra(x: Measured) -> np.ndarray:
    """Spectra `(..., 513)` float32 in dB: those of an array, or the one of another measurement.

    Raises:
        ValueError: as `as_target`.
    """
    if isinstance(x, Target | ImpulseResponse | Curve | str | os.PathLike):
        return as_target(x).spectrum_db
    try:
        levels = np.asarray(x)
    except ValueError as error:  # a ragged list
        raise _not_a_measurement(x, f"{error}") from error
    if levels.shape[-1:] != (spectrum.N_BINS,) or levels.dtype.kind not in "fiu":
        raise _not_a_measurement(x, f"shape {levels.shape}")
    if not np.isfinite(levels).all():
        raise _not_a_measurement(x, "values that are not finite")
    return levels.astype(np.float32)


def measured_spectra(x: Measured, weights: ArrayLike | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Spectra `(..., 513)` float32 dB, and the weights `(..., 513)` of the distance: where they were measured.

    Raises:
        ValueError: as `as_target`, or weights of another shape, negative, or all 0.
    """
    if isinstance(x, Target | ImpulseResponse | Curve | str | os.PathLike):
        x = as_target(x)
        weights = x.weights if weights is None else weights
    spectra = as_spectra(x)
    measured = np.asarray(spectrum.WEIGHTS if weights is None else weights, np.float32)
    if measured.shape[-1:] != (spectrum.N_BINS,) or not (np.isfinite(measured).all() and (measured >= 0).all()):
        raise ValueError(
            f"weights of shape {measured.shape}; they must be {spectrum.N_BINS} numbers >= 0 for each spectrum"
        )
    measured = measured * (spectrum.WEIGHTS > 0)
    if not (total := measured.sum(-1, keepdims=True)).all():
        raise ValueError("weights that are 0 from 100 Hz to 20 kHz; nothing was measured there")
    return spectra, np.broadcast_to((measured / total).astype(np.float32), spectra.shape)


def _spectrum(x: ArrayLike) -> np.ndarray:
    levels = as_spectra(x)
    if levels.shape != (spectrum.N_BINS,):
        raise _not_a_measurement(x, f"shape {levels.shape}")
    return levels


def _not_a_measurement(x: object, reason: str) -> ValueError:
    return ValueError(
        f"{type(x).__name__} ({reason}) is not a measurement; allowed are a path, an ImpulseResponse, a Curve and a "
        f"spectrum of {spectrum.N_BINS} finite dB values"
    )
