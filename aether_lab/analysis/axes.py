"""Properties of latent axes: the effect of each, as a caption, and the uniformity and smoothness of its traversal.

An effect is the change in dB per unit of one dimension, a difference over one unit, averaged over points drawn from the
prior N(0, 1) and clipped to -2 to 2.
"""

from dataclasses import dataclass

import numpy as np

from aether_lab.audio import motion
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import WEIGHTS, lsd, tilt

ANALYSIS_HZ = np.geomspace(80, 14_000, 150)
EDGES = {"bass": 100.0, "treble": 11_000.0}  # Hz: a peak below or above is named so, without a frequency
TILT_R2 = 0.8  # an effect is a tilt if the tilt explains this share of its variance
OTHER_END_SHARE = 0.4  # and its second peak is at least this share of the first, unlike a bass shelf
SECOND_SHARE = 0.6  # a caption names the second peak, of opposite sign, from this share of the first on
AUDIBLE_DB = 0.1  # per unit: an axis with smaller peaks "does nothing"
TINY_DB = 1e-6  # keeps the ratios of an axis without effect finite
CONSISTENT = 0.75  # smallest sign consistency of a peak that a caption names


@dataclass(frozen=True)
class Peak:
    """A peak of an effect: Hz, dB per unit, and the share of latent points where it has that sign, 0 to 1."""

    frequency_hz: float
    level_db: float
    sign_consistency: float

    def __str__(self) -> str:
        if self.frequency_hz <= EDGES["bass"]:
            where = "bass"
        elif self.frequency_hz >= EDGES["treble"]:
            where = "treble"
        else:
            where = (
                f"{round(self.frequency_hz, -1):.0f} Hz"
                if self.frequency_hz < 1000
                else f"{self.frequency_hz / 1000:.1f} kHz"
            )
        return f"{where} {self.level_db:+.1f}"


@dataclass(frozen=True)
class Effect:
    """The effect of one dimension of z, averaged over the space."""

    dimension: int
    tilt_db: float  # dB per octave, per unit of z
    tilt_r2: float  # share of the variance of the mean effect that the tilt explains, 0 to 1
    peaks: tuple[Peak, Peak]  # the largest, and the largest of opposite sign

    @property
    def caption(self) -> str:
        """The main change per unit, as "tilt +1.7 dB/oct" or "330 Hz +2.6, 2.5 kHz -3.1 dB"."""
        if abs(self.peaks[0].level_db) < AUDIBLE_DB:
            return "does nothing"
        first, second = self.peaks
        if self.tilt_r2 >= TILT_R2 and abs(second.level_db) >= OTHER_END_SHARE * abs(first.level_db):
            return f"tilt {self.tilt_db:+.1f} dB/oct"
        if first.sign_consistency < CONSISTENT:
            return f"mixed, most at {first.frequency_hz:.0f} Hz"
        named = [first]
        if abs(second.level_db) >= SECOND_SHARE * abs(first.level_db) and second.sign_consistency >= CONSISTENT:
            named.append(second)
        return ", ".join(map(str, sorted(named, key=lambda peak: peak.frequency_hz))) + " dB"


def effects(space: FilterSpace, points: int = 400, seed: int = 0) -> list[Effect]:
    """The effect of each dimension, averaged over `points` latent points."""
    z = np.random.default_rng(seed).normal(size=(points, space.knobs)).clip(-2, 2)
    octaves = np.log2(ANALYSIS_HZ / 1000)
    result = []
    for k in range(space.knobs):
        half = 0.5 * np.eye(space.knobs)[k]
        up, down = (np.asarray(space.decode(z + s * half).response_db(ANALYSIS_HZ), np.float64) for s in (1, -1))
        each = up - down  # (points, F) dB per unit
        mean = each.mean(0)
        slope = float(tilt(mean, ANALYSIS_HZ))
        rest = mean - mean.mean() - slope * (octaves - octaves.mean())
        tilt_r2 = 1 - float(np.var(rest) / max(np.var(mean), 1e-12))

        def peak(at: int, each: np.ndarray = each, mean: np.ndarray = mean) -> Peak:
            consistency = np.mean(np.sign(each[:, at]) == np.sign(mean[at]))
            return Peak(float(ANALYSIS_HZ[at]), float(mean[at]), float(consistency))

        ends = sorted((int(mean.argmin()), int(mean.argmax())), key=lambda at: -abs(mean[at]))
        result.append(Effect(k, slope, max(tilt_r2, 0.0), (peak(ends[0]), peak(ends[1]))))
    return result


def captions(space: FilterSpace) -> list[str]:
    """One caption per dimension."""
    return [effect.caption for effect in effects(space)]


def steps_db(space: FilterSpace, path: np.ndarray) -> np.ndarray:
    """LSD between neighbours along a path `(N, Z)`: `(N - 1,)` dB."""
    response = np.asarray(space.response_db(path), np.float64)
    return lsd(response[1:], response[:-1])


def _steps(space: FilterSpace, steps: int) -> np.ndarray:
    """Step sizes along each axis from -2 to 2, the others at 0: `(Z, steps - 1)` dB."""
    return np.array([steps_db(space, motion.sweep(k, space.knobs, steps)) for k in range(space.knobs)])


def travel_db(space: FilterSpace, steps: int = 41) -> np.ndarray:
    """Length of the traversal of each axis from -2 to 2, the others at 0: `(Z,)` dB."""
    return _steps(space, steps).sum(1)


def step_variation(space: FilterSpace, steps: int = 41) -> np.ndarray:
    """Coefficient of variation of the step size along each axis, the others at 0: `(Z,)`; 0 is uniform."""
    sizes = _steps(space, steps)
    return sizes.std(1) / np.maximum(sizes.mean(1), TINY_DB)


def step_ratio(space: FilterSpace, steps: int = 400) -> np.ndarray:
    """Peak-to-median step ratio along each axis, the others at 0: `(Z,)`; 1 is uniform."""
    sizes = _steps(space, steps)
    return np.maximum(sizes.max(1), TINY_DB) / np.maximum(np.median(sizes, 1), TINY_DB)


def cancellation_db(space: FilterSpace, z: np.ndarray) -> np.ndarray:
    """Level of the strongest section over the sum of all, at `z` `(..., Z)`: `(..., F)` dB, 100 Hz to 20 kHz.

    Where sections nearly cancel, the rounding and interpolation noise of each is audible beside the sum.
    """
    recipe = space.decode(z)
    over = np.asarray(recipe.section_response_db()).max(-2) - np.asarray(recipe.response_db())
    return over[..., WEIGHTS > 0]


def axis_properties(space: FilterSpace, seed: int = 0) -> dict[str, object]:
    """Step variation, step ratio and cancellation (95th percentile) as plain JSON, for a model's card."""
    z = np.random.default_rng(seed).normal(size=(200, space.knobs)).clip(-2, 2)
    return {
        "step_variation": np.round(step_variation(space), 3).tolist(),
        "step_ratio": np.round(step_ratio(space), 2).tolist(),
        "cancellation_p95_db": round(float(np.percentile(cancellation_db(space, z), 95)), 1),
    }
