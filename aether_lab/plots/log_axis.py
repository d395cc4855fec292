"""Levels over a log frequency axis from 20 Hz to 20 kHz."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import Range1d
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from aether_lab.signals.spectrum import FREQUENCIES, erb

_Array = NDArray[np.float64]

LOW, HIGH = 20.0, 20_000.0  # Hz

TICKS = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
"""Hz."""

DENSE = np.geomspace(LOW, HIGH, 800)
"""Frequencies of a smooth curve: a pixel apart in the widest frame."""


def on_log_axis(
    levels_db: ArrayLike, ndim: int, frequency_hz: ArrayLike | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Levels at equal steps of log frequency, `(F',)` Hz and `(..., F')` dB, as far as the given frequencies reach.

    The 513 bins are 47 Hz apart, more than an octave at the low end of the axis. Between them the curve is monotone,
    so it passes through every bin and has no peak of its own, over a scale on which an auditory filter is equally wide
    at every frequency: nearly linear below 200 Hz, nearly logarithmic above 1 kHz. Between 0 Hz and the first bin,
    where decibels may fall without end, it follows the amplitude.

    Args:
        levels_db: `(..., F)` dB, with `ndim` axes.
        ndim: number of axes.
        frequency_hz: `(F,)` Hz, rising; default: the 513 bins.

    Raises:
        ValueError: another number of axes or frequencies, frequencies that do not rise or none in the axis, or levels
            that are not finite.

    Source: F. N. Fritsch and R. E. Carlson, "Monotone Piecewise Cubic Interpolation", SIAM J. Numer. Anal. 17 (1980).
    """
    hertz = np.asarray(FREQUENCIES if frequency_hz is None else frequency_hz, float)
    levels = np.asarray(levels_db, float)
    if levels.ndim != ndim or hertz.shape != levels.shape[-1:]:
        raise ValueError(
            f"levels have shape {levels.shape} and frequency_hz {hertz.shape}; "
            f"expected {ndim} axes, the last with one level per frequency"
        )
    if not np.isfinite(levels).all():
        raise ValueError(f"{(~np.isfinite(levels)).sum()} of {levels.size} levels are not finite")
    if not (np.diff(hertz) > 0).all() or not len(hertz) or hertz[0] > HIGH or hertz[-1] < LOW:
        raise ValueError(f"frequency_hz must rise and have a part in {LOW:g} to {HIGH:g} Hz, not {hertz}")
    if len(hertz) == 1:
        return hertz.astype(np.float32), levels.astype(np.float32)
    hertz, levels = _from_low(hertz, levels)
    ends = np.clip(hertz[[0, -1]], LOW, HIGH)
    shown = np.concatenate([ends[:1], DENSE[(ends[0] < DENSE) & (ends[1] > DENSE)], ends[1:]])
    drawn = PchipInterpolator(np.log(erb(hertz)), levels, axis=-1)(np.log(erb(shown)))
    return shown.astype(np.float32), drawn.astype(np.float32)


def _from_low(hertz: _Array, levels: _Array) -> tuple[_Array, _Array]:
    """What lies above 20 Hz, and 20 Hz itself, where amplitude is linear, as that of a high-pass is near 0 Hz."""
    first = int(np.searchsorted(hertz, LOW))
    if not first:
        return hertz, levels
    amplitude = 10 ** (levels[..., first - 1 : first + 1] / 20)
    share = (LOW - hertz[first - 1]) / (hertz[first] - hertz[first - 1])
    low = 20 * np.log10(amplitude[..., :1] * (1 - share) + amplitude[..., 1:] * share)
    return np.append(LOW, hertz[first:]), np.concatenate([low, levels[..., first:]], axis=-1)


def level_range(curves_db: Sequence[NDArray[Any]], floor: float = 90) -> Range1d:
    """A range that includes all levels down to `floor` dB below the highest."""
    low, high = min(float(np.min(levels)) for levels in curves_db), max(float(np.max(levels)) for levels in curves_db)
    low = max(low, high - floor)
    margin = max(0.06 * (high - low), 2.0)
    return Range1d(low - margin, high + margin)
