"""Properties of the knobs: the effect of each, its name, and the uniformity and smoothness of its traversal.

An effect is the change in dB per unit of one knob, a difference over one unit, averaged over points drawn from the
prior N(0, 1) and clipped to -2 to 2. Details are 0. In a space with kinds effects are averaged over the kinds, and what
must hold for every kind is that of the worst.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from aether_lab.analysis.knob_names import HIGH_SHELF, LOW_SHELF, band_names, distinct
from aether_lab.audio import motion
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import WEIGHTS, erb, lsd, tilt

ANALYSIS_HZ = np.geomspace(80, 14_000, 150)
ANALYSIS_WEIGHTS = ANALYSIS_HZ / erb(ANALYSIS_HZ)  # per step of log frequency, as in `spectrum.lsd`
ANALYSIS_WEIGHTS /= ANALYSIS_WEIGHTS.sum()
EDGES = (100.0, 11_000.0)  # Hz: an effect with its peak below or above is a shelf
TILT_R2 = 0.8  # an effect is a tilt if the tilt explains this share of its variance
OTHER_END_SHARE = 0.4  # and its second peak is at least this share of the first, unlike a bass shelf
SECOND_SHARE = 0.6  # a caption tells the second peak from this share of the first on
AUDIBLE_DB = 0.1  # per unit: an axis with smaller peaks "does nothing"
TINY_DB = 1e-6  # keeps the ratios of an axis without effect finite
CONSISTENT = 0.75  # smallest sign consistency of a peak that a caption tells
LEAST_OF_A_KIND = 100  # latent points


@dataclass(frozen=True)
class Peak:
    """A peak of an effect: Hz, dB per unit, and the share of latent points where it has that sign, 0 to 1."""

    frequency_hz: float
    level_db: float
    sign_consistency: float

    @property
    def where(self) -> str:
        """Where it is, as "at 330 Hz" or "at 11 kHz and above"."""
        low, high = EDGES
        if self.frequency_hz <= low:
            return f"at {low:.0f} Hz and below"
        if self.frequency_hz >= high:
            return f"at {high / 1000:.0f} kHz and above"
        near = self.frequency_hz
        return f"at {round(near, -1):.0f} Hz" if near < 995 else f"at {near / 1000:.1f} kHz"

    @property
    def names(self) -> tuple[str, ...]:
        """What such a knob is called, the usual name first."""
        if self.frequency_hz <= EDGES[0]:
            return LOW_SHELF
        return HIGH_SHELF if self.frequency_hz >= EDGES[1] else band_names(self.frequency_hz)


@dataclass(frozen=True)
class Effect:
    """The effect of one knob, averaged over the space."""

    dimension: int
    tilt_db: float  # dB per octave, per unit of z
    tilt_r2: float  # share of the variance of the mean effect that the tilt explains, 0 to 1
    peaks: tuple[Peak, Peak]  # the largest, and the other extreme, mostly of opposite sign
    name: str = ""

    @property
    def is_audible(self) -> bool:
        return abs(self.peaks[0].level_db) >= AUDIBLE_DB

    @property
    def is_tilt(self) -> bool:
        first, second = (peak.level_db for peak in self.peaks)
        return self.tilt_r2 >= TILT_R2 and first * second < 0 and abs(second) >= OTHER_END_SHARE * abs(first)

    @property
    def is_level(self) -> bool:
        first, second = (peak.level_db for peak in self.peaks)
        return first * second > 0 and abs(second) >= SECOND_SHARE * abs(first)

    @property
    def sign(self) -> float:
        """1 if more of the knob is more level, or more treble where it tilts; -1 if less."""
        return 1.0 if (self.tilt_db if self.is_tilt else self.peaks[0].level_db) >= 0 else -1.0

    @property
    def choices(self) -> tuple[str, ...]:
        """Names for the knob, the best first."""
        if not self.is_audible:
            return ("Unused",)
        first, second = self.peaks
        bands = first.names + (second.names if abs(second.level_db) >= SECOND_SHARE * abs(first.level_db) else ())
        return ("Tilt",) * self.is_tilt + ("Level",) * self.is_level + bands

    @property
    def caption(self) -> str:
        """The main change, as "+7.2 dB per unit at 11 kHz and above" or "+1.7 dB per octave and unit"."""
        if not self.is_audible:
            return "does nothing"
        if self.is_tilt:
            return f"{self.tilt_db:+.1f} dB per octave and unit"
        first, second = self.peaks
        if first.sign_consistency < CONSISTENT:
            return f"mixed, most {first.where}"
        told = [first]
        if abs(second.level_db) >= SECOND_SHARE * abs(first.level_db) and second.sign_consistency >= CONSISTENT:
            told.append(second)
        low, *high = sorted(told, key=lambda peak: peak.frequency_hz)
        return ", ".join(
            [f"{low.level_db:+.1f} dB per unit {low.where}", *(f"{peak.level_db:+.1f} {peak.where}" for peak in high)]
        )


def effects(space: FilterSpace, points: int = 400, seed: int = 0) -> list[Effect]:
    """The effect of each knob, with distinct names, averaged over `points` latent points.

    >>> from aether_lab import FilterSpace
    >>> [effect.name for effect in effects(FilterSpace.load("4d"))]
    ['Treble', 'Bass', 'Presence', 'Mids']
    """
    return named_effects(changes_db(space, points, seed))


def changes_db(space: FilterSpace, points: int = 400, seed: int = 0) -> np.ndarray:
    """Change per unit of each knob, `(K, N, knobs, F)` dB, at `N` points of each of `K` kinds and at `ANALYSIS_HZ`.

    `points` of all kinds together, but 100 of each or more; a space without kinds has one.
    """
    kinds = space.kinds or (None,)
    each = points if len(kinds) == 1 else max(points // len(kinds), LEAST_OF_A_KIND)
    z = np.random.default_rng(seed).normal(size=(each, space.knobs)).clip(-2, 2)
    halves = 0.5 * np.eye(space.knobs)

    def responses(z: np.ndarray, kind: str | None) -> np.ndarray:
        return np.asarray(space.decode(z, kind).response_db(ANALYSIS_HZ), np.float64)

    return np.stack(
        [np.stack([responses(z + h, kind) - responses(z - h, kind) for h in halves], axis=1) for kind in kinds]
    )


def named_effects(changes: np.ndarray) -> list[Effect]:
    """The effects of `changes_db`."""
    found = [_effect(k, np.concatenate(changes[:, :, k])) for k in range(changes.shape[2])]
    names = distinct(effect.choices for effect in found)
    return [dataclasses.replace(effect, name=name) for effect, name in zip(found, names, strict=True)]


def _effect(knob: int, each: np.ndarray) -> Effect:
    """From changes `(N, F)`, dB per unit."""
    mean, octaves = each.mean(0), np.log2(ANALYSIS_HZ / 1000)
    slope = float(tilt(mean, ANALYSIS_HZ))
    rest = mean - mean.mean() - slope * (octaves - octaves.mean())
    tilt_r2 = 1 - float(np.var(rest) / max(np.var(mean), 1e-12))

    def peak(at: int) -> Peak:
        consistency = np.mean(np.sign(each[:, at]) == np.sign(mean[at]))
        return Peak(float(ANALYSIS_HZ[at]), float(mean[at]), float(consistency))

    ends = sorted((int(mean.argmin()), int(mean.argmax())), key=lambda at: -abs(mean[at]))
    return Effect(knob, slope, max(tilt_r2, 0.0), (peak(ends[0]), peak(ends[1])))


def kind_agreement(changes: np.ndarray) -> np.ndarray:
    """Whether each knob means the same in every kind, `(knobs,)`: 1 if it does, from `changes_db`.

    The mean correlation between the effects of two kinds over frequency, weighted as `spectrum.lsd`.
    """
    mean = changes.mean(1)  # (K, knobs, F)
    centred = (mean - (mean * ANALYSIS_WEIGHTS).sum(-1, keepdims=True)) * np.sqrt(ANALYSIS_WEIGHTS)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=-1, keepdims=True), TINY_DB)
    count = len(mean)
    if count < 2:
        return np.ones(mean.shape[1])
    total = np.linalg.norm(unit.sum(0), axis=-1) ** 2 - (unit**2).sum((0, 2))
    return total / (count * (count - 1))


def captions(space: FilterSpace, found: list[Effect] | None = None) -> list[str]:
    """One caption for each number of a latent point: the effects of the knobs, then details and kinds by name."""
    return [effect.caption for effect in found or effects(space)] + _beside_knobs(space, "detail")


def names(space: FilterSpace, found: list[Effect] | None = None) -> list[str]:
    """One short name for each number of a latent point: knobs, details and kinds."""
    return [effect.name for effect in found or effects(space)] + _beside_knobs(space, "Detail")


def _beside_knobs(space: FilterSpace, detail: str) -> list[str]:
    return [*(f"{detail} {k + 1}" for k in range(space.details)), *space.kinds]


def steps_db(space: FilterSpace, path: np.ndarray, kind: str | None = None) -> np.ndarray:
    """LSD between neighbours along a path `(N, Z)`: `(N - 1,)` dB."""
    response = np.asarray(space.response_db(path, kind), np.float64)
    return lsd(response[1:], response[:-1])


def _steps(space: FilterSpace, steps: int) -> np.ndarray:
    """Step sizes along each knob from -2 to 2, the others at 0, in each kind: `(K, knobs, steps - 1)` dB."""
    paths = [motion.sweep(k, space.knobs, steps) for k in range(space.knobs)]
    return np.array([[steps_db(space, path, kind) for path in paths] for kind in space.kinds or (None,)])


def travel_db(space: FilterSpace, steps: int = 41) -> np.ndarray:
    """Length of the traversal of each knob from -2 to 2, the others at 0, mean over kinds: `(knobs,)` dB."""
    return _steps(space, steps).sum(-1).mean(0)


def step_variation(space: FilterSpace, steps: int = 41) -> np.ndarray:
    """Coefficient of variation of the step size along each knob, of the worst kind: `(knobs,)`; 0 is uniform."""
    return variation(_steps(space, steps)).max(0)


def step_ratio(space: FilterSpace, steps: int = 400) -> np.ndarray:
    """Peak-to-median step ratio along each knob, of the worst kind: `(knobs,)`; 1 is uniform."""
    return ratio(_steps(space, steps)).max(0)


def variation(sizes: np.ndarray) -> np.ndarray:
    """Coefficient of variation of step sizes `(..., N)`."""
    return sizes.std(-1) / np.maximum(sizes.mean(-1), TINY_DB)


def ratio(sizes: np.ndarray) -> np.ndarray:
    """Peak-to-median ratio of step sizes `(..., N)`."""
    return np.maximum(sizes.max(-1), TINY_DB) / np.maximum(np.median(sizes, -1), TINY_DB)


def cancellation_db(space: FilterSpace, z: np.ndarray, kind: str | None = None) -> np.ndarray:
    """Level of the strongest section over the sum of all, at `z` `(..., Z)`: `(..., F)` dB, 100 Hz to 20 kHz.

    Where sections nearly cancel, the rounding and interpolation noise of each is audible beside the sum.
    """
    recipe = space.decode(z, kind)
    over = np.asarray(recipe.section_response_db()).max(-2) - np.asarray(recipe.response_db())
    return over[..., WEIGHTS > 0]


def axis_properties(space: FilterSpace, seed: int = 0) -> dict[str, object]:
    """Step variation, step ratio and cancellation (95th percentile) of the worst kind as plain JSON, for a card.

    With kinds also their agreement.
    """
    z = np.random.default_rng(seed).normal(size=(200, space.knobs)).clip(-2, 2)
    over = [np.percentile(cancellation_db(space, z, kind), 95) for kind in space.kinds or (None,)]
    found: dict[str, object] = {
        "step_variation": np.round(step_variation(space), 3).tolist(),
        "step_ratio": np.round(step_ratio(space), 2).tolist(),
        "cancellation_p95_db": round(float(max(over)), 1),
    }
    if space.kinds:
        found["kind_agreement"] = np.round(kind_agreement(changes_db(space)), 2).tolist()
    return found
