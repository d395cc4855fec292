"""Corrections with a device: its settings that are nearest to the free correction and keep its limit of boost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from aether_lab.filters.correction import Correction
from aether_lab.filters.correction_fit import TOLERANCE_DB
from aether_lab.filters.device import DeviceProfile
from aether_lab.filters.device_fit import DeviceFit, fit_device

REFITS, OVERSHOOT = 4, 1.5
"""Where they exceed it, they are fitted again, at most so often, to a gain that is this many times the excess lower."""

BESIDE = 0.02
"""The weight that frequencies beside the band have then, as a share of the greatest in it: they may boost there too."""


def correction_with(made: Correction, device: DeviceProfile) -> tuple[Correction, DeviceFit]:
    """A correction of one channel by the settings of a device, and these settings.

    The settings are fitted to the gain of the free correction over its band, again and again until they boost no more
    than the correction allows; if none of these fits keeps the limit, a note says by how much the best one exceeds it.
    """
    hertz, wanted_db, fits = made.frequency_hz, made.gain_db, []
    weights = np.maximum(made.weights, BESIDE * made.weights.max())
    where: dict[str, Any] = {"band_hz": made.band_hz}
    for _ in range(1 + REFITS):
        fitted = fit_device(wanted_db, device, frequency_hz=hertz, **where)
        gain_db = np.asarray(fitted.recipe.response_db(hertz), np.float64) - fitted.preamp_db
        level_db = (gain_db - made.gain_db) @ made.weights  # by which all of it is louder
        excess = np.maximum(gain_db - level_db - made.limit_db, 0)
        fits.append((float(excess.max()), fitted, gain_db))
        if excess.max() <= TOLERANCE_DB:
            break
        wanted_db = wanted_db - OVERSHOOT * excess
        weights = weights * (1 + excess)
        where = {"band_hz": (hertz[0], hertz[-1]), "weights": weights}
    over, fitted, gain_db = min(fits, key=lambda each: each[0])
    notes = (*made.notes, f"The settings of {device.name}, nearest to the free correction.")
    if over > TOLERANCE_DB:
        notes = (*notes, f"They boost by up to {over:.1f} dB more than the limit allows.")
    headroom = float(gain_db.max())
    return replace(made, recipe=fitted.recipe, gain_db=gain_db, headroom_db=headroom, notes=notes), fitted
