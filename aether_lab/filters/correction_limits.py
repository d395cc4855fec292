"""How much a correction may boost: what the user allows, and less where the measurement leaves the level open."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aether_lab.filters.spec import AUDIBLE_HZ
from aether_lab.signals import spectrum

Values = NDArray[np.float64]

FREQUENCY_HZ = np.geomspace(*AUDIBLE_HZ, 240)
"""`(240,)` Hz, 24 per octave: where corrections are computed."""

MAX_BOOST_DB = 6.0
MAX_SPREAD_DB = 6.0  # no boost from here on; all of it up to half of that
LARGEST_LIMIT_DB = 60.0


def check_limits(max_boost_db: float, max_cut_db: float | None, max_spread_db: float) -> None:
    """Refuses limits out of range.

    Raises:
        ValueError: naming the first.
    """
    for name, value in (("max_boost_db", max_boost_db), ("max_cut_db", 0.0 if max_cut_db is None else max_cut_db)):
        if not 0 <= value <= LARGEST_LIMIT_DB:
            raise ValueError(f"{name} is {value}; allowed are 0 to {LARGEST_LIMIT_DB:g} dB")
    if not 0 < max_spread_db <= LARGEST_LIMIT_DB:
        raise ValueError(f"max_spread_db is {max_spread_db}; it must be above 0 and at most {LARGEST_LIMIT_DB:g} dB")


def uncertainty_at(frequency_hz: Values, spread_db: ArrayLike | None) -> Values:
    """The argument `spread_db` of `correction`, a standard deviation in dB, at `(F,)` Hz; 0 where it is None.

    Raises:
        ValueError: it has another length, or values that are no deviations.
    """
    if spread_db is None:
        return np.zeros(frequency_hz.size)
    spread = np.asarray(spread_db, np.float64)
    grids = {spectrum.N_BINS: spectrum.FREQUENCIES, FREQUENCY_HZ.size: FREQUENCY_HZ}
    if spread.ndim != 1 or spread.size not in grids or not (np.isfinite(spread).all() and (spread >= 0).all()):
        raise ValueError(
            f"spread_db of shape {spread.shape}; it must be {spectrum.N_BINS} or {FREQUENCY_HZ.size} numbers of dB >= 0"
        )
    return np.interp(frequency_hz, grids[spread.size], spread)


def boost_limit(
    frequency_hz: Values,
    spread_db: Values,
    known: NDArray[np.bool_],
    max_boost_db: float,
    max_spread_db: float,
    open_elsewhere: bool,
) -> Values:
    """The most gain allowed, `(..., F)` dB.

    Args:
        spread_db: `(..., F)`, the standard deviation of what was measured.
        known: `(F,)`, where it was measured.
        open_elsewhere: the spread holds elsewhere too, from 100 Hz to 20 kHz; beyond them, nothing is boosted.
            Otherwise nothing is known of the rest: the filter may go on there as at the ends.
    """
    limit = max_boost_db * np.clip(2 - 2 * spread_db / max_spread_db, 0, 1)
    if not open_elsewhere:
        return np.where(known, limit, max_boost_db)
    low, high = spectrum.BAND
    return np.where(known | ((frequency_hz >= low) & (frequency_hz <= high * 1.0001)), limit, 0.0)


def limited_note(frequency_hz: Values, limit_db: Values, max_boost_db: float) -> str:
    """Where less boost is allowed, and where none is; "" where all of it is everywhere.

    Args:
        limit_db: `(..., F)`, of which the least counts.
    """
    least = limit_db.reshape(-1, frequency_hz.size).min(axis=0)
    less, none = (_ranges(frequency_hz, least < most) for most in (0.99 * max_boost_db, 0.05))
    if max_boost_db < 0.05 or not less:
        return ""
    words = f"Boost is limited {less}, where the measurement leaves the level open"
    return f"{words}; there is none {none}." if none else f"{words}."


def _ranges(frequency_hz: Values, inside: NDArray[np.bool_]) -> str:
    """ "below 120 Hz and above 5000 Hz" """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    parts = []
    for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
        low, high = (f"{frequency_hz[i]:.0f} Hz" for i in (first, last))
        if first == 0:
            parts.append("everywhere" if last == inside.size - 1 else f"below {high}")
        else:
            parts.append(f"above {low}" if last == inside.size - 1 else f"from {low} to {high}")
    return " and ".join(parts)
