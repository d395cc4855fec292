"""The fan of a measurement of a part of the band, for the match panel and its view (`static/views/match_plots.js`)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters.correction import Correction
from aether_lab.model.posterior import POSTERIOR_HZ, at_posterior_hz, hidden_fan
from aether_lab.panels.state import rounded
from aether_lab.signals.spectrum import FREQUENCIES
from aether_lab.signals.target import Target

Values = NDArray[np.float64]


def fan_state(target: Target, correction: Correction | None = None) -> list[dict[str, Any]]:
    """The 90 % band of what was not measured, in Hz and dB, a piece on each side; nothing where all was measured.

    Args:
        correction: the band is at its level, where it is at that of `target` without.
    """
    if (found := hidden_fan(target)) is None:
        return []
    ends, level = at_posterior_hz(found.band_db()), target.spectrum_db[1:].astype(np.float64)
    if correction is not None:
        shown = np.interp(np.log(correction.frequency_hz), np.log(FREQUENCIES[1:]), level)
        shift = correction.weights @ (correction.measured_db - shown)
        ends, level = ends + shift, level + shift
    edges = np.interp(np.log(target.band_hz), np.log(FREQUENCIES[1:]), level)
    low, high = target.band_hz
    below, above = low > POSTERIOR_HZ, high < POSTERIOR_HZ
    pieces = [
        _piece(np.append(POSTERIOR_HZ[below], low), np.column_stack([ends[:, below], edges[[0, 0]]])),
        _piece(np.insert(POSTERIOR_HZ[above], 0, high), np.column_stack([edges[[1, 1]], ends[:, above]])),
    ]
    return [piece for piece, hidden in zip(pieces, (below, above), strict=True) if np.count_nonzero(hidden) > 1]


def _piece(frequency_hz: Values, ends_db: Values) -> dict[str, Any]:
    """A side of the band, closed at the edge of what was measured."""
    low, high = ends_db
    return {"frequency": frequency_hz.tolist(), "low": rounded(low), "high": rounded(high)}
