"""Corrections: the equaliser that takes what was measured to a target.

A match (`fit_recipe`) becomes the measurement; a correction becomes what the measurement lacks. It is computed in five
steps, on a grid of 24 points per octave (`FREQUENCY_HZ`):

1. The level of every measurement is smoothed (`signals.levels`) and aligned over the measured band, where the mean of
   dB is weighted by 1/ERB. Several measurements of one channel, of positions or fittings, become their mean and their
   spread (the standard deviation between them).
2. The desired gain is the target less the mean. Its weighted mean is 0 dB, so boost and cut are relative to it.
3. Boost is limited (`correction_limits`): to `max_boost_db` where the spread is small, less where it is larger, and to
   nothing from `max_spread_db` on, because a dip that moves from position to position cannot be filled.
4. A cascade is fitted to the limited gain. Where its response still exceeds the limit, it is fitted again to a lower
   gain there, and in the end single sections are turned down until it keeps the limit.
5. The preamp, the same of all channels in effect, lowers everything until no frequency is above 0 dB.

Only magnitude is corrected. The filters are minimum phase, so they undo the phase of a minimum-phase response as well;
any other phase, such as the delay of a reflection, is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aether_lab.filters.correction_channels import Positions, by_channel, label_of
from aether_lab.filters.correction_fit import fit_within
from aether_lab.filters.correction_limits import (
    FREQUENCY_HZ,
    MAX_BOOST_DB,
    MAX_SPREAD_DB,
    boost_limit,
    check_limits,
    limited_note,
    uncertainty_at,
)
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import AUDIBLE_HZ, Sections
from aether_lab.signals import spectrum
from aether_lab.signals.curve import LEAST_COVERAGE
from aether_lab.signals.levels import SPECTRUM_SMOOTHING, Levels, check_smoothing, levels_at
from aether_lab.signals.target import Measured
from aether_lab.signals.target_curves import Goal, target_curve

Values = NDArray[np.float64]

NYQUIST_SHARE = 0.95  # of the Nyquist frequency: where corrections end at a low sample rate
RELIABLE_DB = 3.0  # the spread at which a frequency counts half in the fit
OUTSIDE = 0.1  # the weight of frequencies outside of the band, where nothing is to change
UNKNOWN = 0.01  # of frequencies that were not measured
TRANSITION = 2**0.5  # beside the band, the ratio of frequencies over which the filter is free
SECTIONS = Sections(10, shelves=True)
"""The sections of a correction unless others are named: eight peaks between two shelves."""

PHASE_NOTE = (
    "Only magnitude is corrected: the filters are minimum phase, and any delay or other excess phase is left alone."
)


@dataclass(frozen=True, eq=False)
class Correction:
    """A filter for each channel, what it starts from, and what it leaves.

    The leading axis `(C, ...)` of the arrays is that of the channels; a correction of a single one has none. Levels are
    in dB, relative to the mean of the measurement over its band.

    >>> from aether_lab import Curve
    >>> made = correction({"left": Curve([20, 20_000], [4, -4]), "right": Curve([20, 20_000], [3, -3])})
    >>> made.channels, made["left"].recipe.n_sections, made.gain_db.shape
    (('left', 'right'), 10, (2, 240))
    """

    recipe: Recipe  # (..., S), with its preamp: no frequency is above 0 dB
    frequency_hz: Values  # (F,)
    band_hz: tuple[float, float]  # where it corrects
    measured_db: Values  # (..., F), smoothed; of several measurements the mean
    spread_db: Values  # (..., F), standard deviation between the measurements, and what was passed as spread_db
    target_db: Values  # (..., F)
    limit_db: Values  # (..., F), the most gain allowed, also where nothing was measured
    gain_db: Values  # (..., F), of the filter without its preamp
    weights: Values  # (F,) of the distance, sum 1, 0 outside the band
    headroom_db: float  # the highest gain of all channels, which the preamp takes away
    channels: tuple[str, ...]  # their names, (C,)
    label: str  # of what was measured
    target_label: str
    notes: tuple[str, ...]

    @property
    def corrected_db(self) -> Values:
        """The response after the correction, `(..., F)`, as predicted."""
        return self.measured_db + self.gain_db

    @property
    def residual_db(self) -> Values:
        """What is left: the corrected response less the target, `(..., F)`."""
        return self.corrected_db - self.target_db

    @property
    def preamp_db(self) -> float | Values:
        """The gain before the sections, `(...)`; in effect the same of all channels, so that their balance stays."""
        preamp = np.asarray(self.recipe.preamp_db, np.float64)
        return preamp if preamp.ndim else float(preamp)

    @property
    def distance(self) -> dict[str, float | Values]:
        """The distance from the target in dB, level aligned, `before` and `after`: weighted by 1/ERB over the band."""
        return {
            "before": self._distance(self.measured_db - self.target_db),
            "after": self._distance(self.residual_db),
        }

    def _distance(self, difference_db: Values) -> float | Values:
        aligned = difference_db - (difference_db @ self.weights)[..., None]
        distance = np.sqrt(aligned**2 @ self.weights)
        return distance if distance.ndim else float(distance)

    def __getitem__(self, channel: str | int) -> Correction:
        """The correction of one channel, by its name or number.

        Raises:
            KeyError: there is no such channel.
        """
        index = self.channels.index(channel) if channel in self.channels else channel
        if not isinstance(index, int) or not 0 <= index < len(self.channels):
            raise KeyError(f"there is no channel {channel!r}; there are {', '.join(self.channels) or 'no others'}")
        if self.measured_db.ndim == 1:
            return self
        rows = ("measured_db", "spread_db", "target_db", "limit_db", "gain_db")
        recipe = self.recipe
        fields = {name: getattr(recipe, name)[index] for name in ("frequency_hz", "q", "gain_db")}
        preamp = None if recipe.preamp_db is None else recipe.preamp_db[index]
        return replace(
            self,
            recipe=replace(recipe, **fields, preamp_db=preamp),
            channels=(self.channels[index],),
            **{name: getattr(self, name)[index] for name in rows},
        )

    def __repr__(self) -> str:
        distance = (np.atleast_1d(self.distance[stage]).mean() for stage in ("before", "after"))
        before, after = (f"{value:.2f}" for value in distance)
        several = f" of {len(self.channels)} channels" if len(self.channels) > 1 else ""
        return (
            f"Correction{several}({self.label} to {self.target_label}, {self.band_hz[0]:.0f} to {self.band_hz[1]:.0f} "
            f"Hz: {before} dB off before, {after} dB after, headroom {self.headroom_db:.1f} dB)"
        )


def correction(
    measured: Measured | Sequence[Measured] | Mapping[str, Measured | Sequence[Measured]],
    target: Goal = "flat",
    sections: Sections = SECTIONS,
    *,
    band_hz: tuple[float, float] | None = None,
    smoothing: float = SPECTRUM_SMOOTHING,
    max_boost_db: float = MAX_BOOST_DB,
    max_cut_db: float | None = None,
    max_spread_db: float = MAX_SPREAD_DB,
    spread_db: ArrayLike | None = None,
    per_channel: bool = False,
    seed: int = 0,
    capacity: int | None = None,
) -> Correction:
    """The cascade that takes a measurement, or the mean of several, to a target.

    >>> from aether_lab import Curve
    >>> dull = Curve([20, 1000, 20_000], [4, 0, -6], "dull")
    >>> made = correction(dull, "tilt:-0.4")
    >>> made.distance["before"] > 1, made.distance["after"] < 0.2, float(made.recipe.response_db().max()) <= 0
    (True, True, True)

    Args:
        measured: anything `as_target` accepts; a list of them for one channel at several positions or fittings; or
            a mapping from the names of channels, such as left and right, to either.
        target: "flat"; dB per octave as a `Tilt`, a number or "tilt:-0.8"; a curve, or another measurement.
        sections: a cascade.
        band_hz: where to correct; by default 20 Hz to 20 kHz, as far as measured. Outside of a band that is narrower
            than what was measured, the filter stays near 0 dB, so its level is not free.
        smoothing: of measurements, in octaves, 1/48 to 2. Broader than 1/3 does without narrow sections.
        max_boost_db: the highest gain over the mean, 0 to 60 dB.
        max_cut_db: the lowest, likewise; by default only the ranges of the sections limit it.
        max_spread_db: from this spread on nothing is boosted; up to half of it, all of `max_boost_db` is allowed.
        spread_db: `(513,)` or `(240,)` at `FREQUENCY_HZ`: an uncertainty of what was measured, as a standard
            deviation, such as that of a `Fan`. Its square adds to that of the spread between measurements. It also
            counts where nothing was measured.
        per_channel: correct every channel of the impulse responses, not the first alone.
        seed: of the starting points of the fit.
        capacity: of the compiled fit, as in `fit_recipe`.

    Raises:
        ValueError: a measurement or a target that cannot be read, or an option out of range.
    """
    low_high = _checked_band(band_hz)
    check_smoothing(smoothing)
    check_limits(max_boost_db, max_cut_db, max_spread_db)
    if sections.topology != "cascade":
        raise ValueError(f"topology of sections is {sections.topology!r}; a correction must be a cascade")
    channels = by_channel(measured, per_channel)
    hertz = FREQUENCY_HZ[: np.searchsorted(FREQUENCY_HZ, NYQUIST_SHARE * sections.sample_rate / 2, side="right")]
    goal = target_curve(target, hertz, smoothing)
    each = {name: [levels_at(x, hertz, smoothing, channel) for x, channel in rows] for name, rows in channels}
    bands = [levels.band_hz for rows in each.values() for levels in rows] + [goal.band_hz]
    whole = max(hertz[0], *(low for low, _ in bands)), min(hertz[-1], *(high for _, high in bands))
    band = max(whole[0], low_high[0]), min(whole[1], low_high[1])
    if band[1] < LEAST_COVERAGE * band[0]:
        raise ValueError(
            f"{goal.label} and what was measured have {whole[0]:.0f} to {whole[1]:.0f} Hz in common, which is less "
            f"than an octave of {low_high[0]:g} to {low_high[1]:g} Hz: widen the band"
        )
    share = _weights(hertz, whole)
    rows = [_mean_and_spread(levels, share) for levels in each.values()]
    mean, between = (np.stack(values) for values in zip(*rows, strict=True))
    spread = np.hypot(between, uncertainty_at(hertz, spread_db))
    target_db = np.broadcast_to(goal.level_db - goal.level_db @ share, mean.shape)
    inside, known = _weights(hertz, band) > 0, share > 0
    limit = boost_limit(hertz, spread, known, max_boost_db, max_spread_db, open_elsewhere=spread_db is not None)
    desired = np.clip(target_db - mean, -np.inf if max_cut_db is None else -max_cut_db, limit)
    is_whole = band == whole
    reliable = 1 / (1 + (spread / RELIABLE_DB) ** 2)
    if is_whole:  # beyond what was measured the filter goes on as at the ends, as far as it may
        ends = np.clip(np.arange(known.size), *np.flatnonzero(known)[[0, -1]])
        desired = np.minimum(desired[:, ends], limit)
        fitted_weights = np.where(known, reliable, UNKNOWN)
    else:  # beside the band it is free, then near 0 dB
        desired = np.where(inside, desired, 0.0)
        beside = (hertz > band[0] / TRANSITION) & (hertz < band[1] * TRANSITION)
        fitted_weights = np.where(inside, reliable, np.where(beside, 0.0, OUTSIDE))
    low, high = sections.frequency_range_hz
    centres = max(low, band[0]), min(high, band[1])
    if centres[0] >= centres[1]:
        raise ValueError(f"frequency_range_hz of sections is {low:g} to {high:g}; none of it is in the band")
    recipe, gain, headroom = fit_within(
        replace(sections, frequency_range_hz=centres, preamp=sections.preamp and is_whole),
        hertz,
        desired,
        fitted_weights,
        upper_db=limit,
        lower_db=np.full_like(limit, -np.inf if max_cut_db is None else -max_cut_db),
        seed=seed,
        capacity=capacity,
    )
    names = tuple(name for name, _ in channels)
    notes = _notes(channels, goal.notes, band, band_hz, spread, limit, target_db - mean, inside)
    if spread_db is not None and (note := limited_note(hertz, limit, max_boost_db)):
        notes = (note, *notes)
    made = Correction(
        recipe, hertz, band, mean, spread, target_db, limit, gain, _weights(hertz, band), headroom, names,
        label_of(channels), goal.label, notes,
    )  # fmt: skip
    return made[0] if len(names) == 1 else made


def _checked_band(band_hz: tuple[float, float] | None) -> tuple[float, float]:
    try:
        low, high = map(float, AUDIBLE_HZ if band_hz is None else band_hz)
    except (TypeError, ValueError) as error:
        raise ValueError(f"band_hz is {band_hz!r}; it must be the lowest and the highest frequency in Hz") from error
    if not AUDIBLE_HZ[0] <= low < high <= AUDIBLE_HZ[1]:
        raise ValueError(f"band_hz is {low:g} to {high:g} Hz; it must rise within 20 to 20000 Hz")
    return low, high


def _weights(frequency_hz: Values, band_hz: tuple[float, float]) -> Values:
    """`(F,)` of sum 1: bandwidth over ERB within a band."""
    inside = (frequency_hz >= band_hz[0] * 0.9999) & (frequency_hz <= band_hz[1] * 1.0001)
    weights = inside * np.gradient(frequency_hz) / spectrum.erb(frequency_hz)
    return weights / weights.sum()


def _mean_and_spread(levels: list[Levels], share: Values) -> tuple[Values, Values]:
    rows = np.stack([each.level_db - each.level_db @ share for each in levels])
    spread = rows.std(axis=0, ddof=1) if len(rows) > 1 else np.zeros(share.size)
    return rows.mean(axis=0), spread


def _notes(
    channels: list[tuple[str, Positions]],
    goal_notes: tuple[str, ...],
    band: tuple[float, float],
    asked: tuple[float, float] | None,
    spread: Values,
    limit: Values,
    wanted: Values,
    inside: NDArray[np.bool_],
) -> tuple[str, ...]:
    notes = [note for _, rows in channels for target, _ in rows for note in target.notes] + list(goal_notes)
    if asked is not None and (band[0] > asked[0] or band[1] < asked[1]):
        notes.append(f"Measured only from {band[0]:.0f} to {band[1]:.0f} Hz; nothing is corrected elsewhere.")
    if any(len(rows) > 1 for _, rows in channels):
        notes.append(f"The spread between measurements is {spread[:, inside].mean():.1f} dB on average.")
    short = (wanted > limit + 0.1)[:, inside].mean()
    if short > 0:
        notes.append(f"{100 * short:.0f} % of the band would need more boost than allowed.")
    return (*notes, PHASE_NOTE)
