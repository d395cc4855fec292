"""Simulated listeners for searches by ear, and a ten-band equaliser that is searched by the same belief."""

from dataclasses import dataclass

import numpy as np

from aether_lab.filters.recipe import Recipe
from aether_lab.model.belief import Belief, Particles
from aether_lab.model.ear_curves import EAR_HZ, EarCurves, SpaceCurves
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import FREQUENCIES, lsd

BANDS_HZ = 31.25 * 2.0 ** np.arange(10)


class SpaceFamily(SpaceCurves):
    """The filters of a space, and their responses at all bins."""

    def __init__(self, space):
        super().__init__(space)
        self.space = space

    def response_db(self, one: Particles):
        kind = self.space.kinds[int(one.kind[0])] if self.space.kinds else None
        return np.asarray(self.space.response_db(one.numbers[0], kind), np.float64)


class TenBands(EarCurves):
    """A graphic equaliser of octave bands: peaking filters in series; its numbers are gains in units of `UNIT_DB`."""

    size, kinds, deviation = 10, 1, 1.0
    UNIT_DB, Q = 6.0, 1.41

    def _levels(self, numbers, hertz):
        tan = np.tan(np.pi * np.minimum(hertz, 23_999) / 48_000)[:, None] / np.tan(np.pi * BANDS_HZ / 48_000)
        v = (self.Q * (tan - 1 / tan)) ** 2  # (F, 10)
        gain = 10 ** (self.UNIT_DB * numbers / 20)[:, None, :]
        return 10 * np.log10((v + gain) / (v + 1 / gain)).sum(-1)

    def __call__(self, numbers, kind):
        parts = [self._levels(numbers[at : at + 256], EAR_HZ) for at in range(0, len(numbers), 256)]
        levels = np.concatenate(parts)
        return levels - levels.mean(-1, keepdims=True)

    def response_db(self, one: Particles):
        return self._levels(one.numbers[:1], np.maximum(FREQUENCIES, 1.0))[0]

    def recipe(self, one: Particles):
        return Recipe.of(BANDS_HZ, [self.Q] * 10, self.UNIT_DB * one.numbers[0])


@dataclass
class Listener:
    """Prefers the filter nearer to a spectrum `(513,)` dB, judged with normal noise of `noise_db`.

    Says "clearly" where one seems nearer by more than `clearly_db`; by default never.
    """

    wanted_db: np.ndarray
    weights: np.ndarray
    noise_db: float
    seed: int = 0
    clearly_db: float = np.inf

    def __post_init__(self):
        self.random = np.random.default_rng(self.seed)

    def distance(self, response_db):
        aligned = response_db - (response_db * self.weights).sum()
        return float(np.sqrt((self.weights * (aligned - self.wanted_db) ** 2).sum()))

    def answer(self, a_db, b_db):
        closer = self.distance(b_db) - self.distance(a_db) + self.noise_db * self.random.standard_normal()
        return ("clearly " if abs(closer) > self.clearly_db else "") + ("a" if closer > 0 else "b")


def found(family, listener, answers, belief=None, seed=0, noise_db=1.5):
    """The distance of the best filter after each of `answers` (counts) answers, dB."""
    belief = Belief.before(family, seed, noise_db) if belief is None else belief
    distances = []
    for count in range(max(answers) + 1):
        if count in answers:
            distances.append(listener.distance(family.response_db(belief.best())))
        if count < max(answers):
            a, b = belief.question()
            answer = listener.answer(family.response_db(a), family.response_db(b))
            belief = belief.answered(a.curves[0], b.curves[0], answer)
    return distances


def latent_optimised(space: FilterSpace, spectra, weights):
    """The least distance `(N,)` dB that the knobs of a space reach, in the kind that fits best."""
    z = np.asarray(space.locate(spectra, weights, 0) if space.kinds else space.encode(spectra, weights=weights)[0])
    z = space.refine(spectra, z, 20, weights=weights, details=0)
    response = np.asarray(space.response_db(z), np.float64)
    response -= (response * weights).sum(-1, keepdims=True)
    return np.array([lsd(*each) for each in zip(response, spectra, weights, strict=True)])
