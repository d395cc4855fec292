"""What each knob of a space does: a caption in words, and how evenly and smoothly it does it. Measured, not guessed.

Effects are averages over the places that knobs reach: the change in dB per unit of one dimension, at places drawn from
the prior N(0, 1), by a difference over one unit.
"""

from dataclasses import dataclass

import numpy as np

from aether_lab.audio import motion
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import WEIGHTS, lsd, tilt

HERTZ = np.geomspace(80, 14_000, 150)
EDGES = {"bass": 100.0, "treble": 11_000.0}  # Hz: an effect that is largest below or above has no centre to name
STRAIGHT = 0.8  # share of an effect's variance above which it is called a tilt
OTHER_END = 0.4  # and a tilt moves its other end by at least this share of the first: a bass shelf is none
SECOND = 0.6  # a second peak, of the other sign, is named when it is at least this share of the first
AUDIBLE = 0.1  # dB per unit: a knob that moves less than this anywhere is dead
STEADY = 0.75  # share of places where the effect must have the sign that its caption says


@dataclass(frozen=True)
class Peak:
    """Where an effect is largest: Hz, dB per unit there, and the share of places where it has that sign."""

    hertz: float
    level_db: float
    steady: float

    def __str__(self) -> str:
        if self.hertz <= EDGES["bass"]:
            where = "bass"
        elif self.hertz >= EDGES["treble"]:
            where = "treble"
        else:
            where = f"{round(self.hertz, -1):.0f} Hz" if self.hertz < 1000 else f"{self.hertz / 1000:.1f} kHz"
        return f"{where} {self.level_db:+.1f}"


@dataclass(frozen=True)
class Effect:
    """What one dimension of z does, on average over the space."""

    dimension: int
    tilt_db: float  # dB per octave and unit of z
    straight: float  # share of the mean curve's variance that the tilt explains, 0 to 1
    peaks: tuple[Peak, Peak]  # the largest, and the largest of the other sign

    @property
    def caption(self) -> str:
        """What moves most, where, and by how many dB per unit: "tilt +1.7 dB/oct", "330 Hz +2.6, 2.5 kHz -3.1 dB"."""
        if abs(self.peaks[0].level_db) < AUDIBLE:
            return "does nothing"
        first, second = self.peaks
        if self.straight >= STRAIGHT and abs(second.level_db) >= OTHER_END * abs(first.level_db):
            return f"tilt {self.tilt_db:+.1f} dB/oct"
        if first.steady < STEADY:
            return f"mixed, most at {first.hertz:.0f} Hz"
        named = [first]
        if abs(second.level_db) >= SECOND * abs(first.level_db) and second.steady >= STEADY:
            named.append(second)
        return ", ".join(map(str, sorted(named, key=lambda peak: peak.hertz))) + " dB"


def effects(space: FilterSpace, places: int = 400, seed: int = 0) -> list[Effect]:
    """The effect of each dimension, averaged over `places` of the space."""
    z = np.random.default_rng(seed).normal(size=(places, space.latent_dim)).clip(-2, 2)
    octaves = np.log2(HERTZ / 1000)
    found = []
    for k in range(space.latent_dim):
        half = 0.5 * np.eye(space.latent_dim)[k]
        up, down = (np.asarray(space.decode(z + s * half).response_db(HERTZ), np.float64) for s in (1, -1))
        each = up - down  # (places, F) dB per unit
        mean = each.mean(0)
        slope = float(tilt(mean, HERTZ))
        rest = mean - mean.mean() - slope * (octaves - octaves.mean())
        straight = 1 - float(np.var(rest) / max(np.var(mean), 1e-12))

        def peak(at: int, each: np.ndarray = each, mean: np.ndarray = mean) -> Peak:
            steady = np.mean(np.sign(each[:, at]) == np.sign(mean[at]))
            return Peak(float(HERTZ[at]), float(mean[at]), float(steady))

        ends = sorted((int(mean.argmin()), int(mean.argmax())), key=lambda at: -abs(mean[at]))
        found.append(Effect(k, slope, max(straight, 0.0), (peak(ends[0]), peak(ends[1]))))
    return found


def captions(space: FilterSpace) -> list[str]:
    """One caption per dimension."""
    return [effect.caption for effect in effects(space)]


def steps_db(space: FilterSpace, path: np.ndarray) -> np.ndarray:
    """LSD between neighbours along a path `(N, Z)`: `(N - 1,)` dB."""
    response = np.asarray(space.response_db(path), np.float64)
    return lsd(response[1:], response[:-1])


def _rates(space: FilterSpace, steps: int) -> np.ndarray:
    """Steps along each knob, the others at 0: `(Z, steps - 1)` dB."""
    return np.array([steps_db(space, motion.sweep(k, space.latent_dim, steps)) for k in range(space.latent_dim)])


def strength(space: FilterSpace, steps: int = 41) -> np.ndarray:
    """How far each knob goes over its whole travel, the others at 0: `(Z,)` dB."""
    return _rates(space, steps).sum(1)


def evenness(space: FilterSpace, steps: int = 41) -> np.ndarray:
    """Coefficient of variation of the dB per unit along each knob, the others at 0: `(Z,)`; 0 is perfectly even."""
    rates = _rates(space, steps)
    return rates.std(1) / rates.mean(1)


def roughness(space: FilterSpace, steps: int = 400) -> np.ndarray:
    """Largest step over the median step along each knob, the others at 0: `(Z,)`; 1 is perfectly smooth."""
    moves = _rates(space, steps)
    return moves.max(1) / np.median(moves, 1)


def cancellation_db(space: FilterSpace, z: np.ndarray) -> np.ndarray:
    """How far the strongest section stands over the sum of all, at places `(..., Z)`: `(..., F)` dB over 100 Hz-20 kHz.

    Sections that nearly cancel turn the rounding and the ramps of each into hiss that the sum does not mask.
    """
    recipe = space.decode(z)
    over = np.asarray(recipe.section_response_db()).max(-2) - np.asarray(recipe.response_db())
    return over[..., WEIGHTS > 0]


def summary(space: FilterSpace, seed: int = 0) -> dict[str, object]:
    """All of the above as plain JSON, for a model's card."""
    z = np.random.default_rng(seed).normal(size=(200, space.latent_dim)).clip(-2, 2)
    return {
        "evenness": np.round(evenness(space), 3).tolist(),
        "roughness": np.round(roughness(space), 2).tolist(),
        "cancellation_p95_db": round(float(np.percentile(cancellation_db(space, z), 95)), 1),
    }
