"""Corrections with a device: its settings that are nearest to the free correction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from aether_lab.filters.correction import Correction
from aether_lab.filters.device import DeviceProfile
from aether_lab.filters.device_fit import DeviceFit, fit_device


def correction_with(made: Correction, device: DeviceProfile) -> tuple[Correction, DeviceFit]:
    """A correction of one channel by the settings of a device, and these settings.

    The settings are fitted to the gain of the free correction over its band; where they give more boost than the
    correction allows, a note says how much.
    """
    fitted = fit_device(made.gain_db, device, frequency_hz=made.frequency_hz, band_hz=made.band_hz)
    gain_db = np.asarray(fitted.recipe.response_db(made.frequency_hz), np.float64) - fitted.preamp_db
    over = float((gain_db - gain_db @ made.weights - made.limit_db).max())
    headroom = float(gain_db.max())
    notes = (*made.notes, f"The settings of {device.name}, nearest to the free correction.")
    if over > 0.1:
        notes = (*notes, f"They boost by up to {over:.1f} dB more than the limit allows.")
    return replace(made, recipe=fitted.recipe, gain_db=gain_db, headroom_db=headroom, notes=notes), fitted
