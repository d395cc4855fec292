"""A belief about the filter that a listener wants: weighted particles, and what an answer does to them.

A question is two filters, A and B; the answer says which is closer to what the listener wants, and perhaps that it is
so clearly. A particle stands for a filter that may be wanted. The probability that its listener answers A is a logistic
function of how much farther B is away, in dB (Thurstone 1927; Bradley & Terry 1952), and that of "clearly A" is one of
how much more than `CLEARLY_DB` (a cumulative model: McCullagh, "Regression models for ordinal data", Journal of the
Royal Statistical Society B 42, 1980). An answer multiplies the weights by it (Bayes); where few particles keep most of
the weight, they are drawn again and moved by one step of Metropolis and Hastings, so that they stay draws from the
posterior of all answers (Chopin, "A sequential particle filter method for static models", Biometrika 89, 2002). The
next question is the one on whose answer the belief disagrees most.

Everything is a function of the seed and the answers, and the browser computes the same (`static/dsp/belief.js`).
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from aether_lab.model.ear_curves import EarCurves
from aether_lab.signals.pseudo_random import scramble

FIRST_PARTICLES, PARTICLES = 4096, 1024
"""Before the first answer, and after particles have been drawn again."""

DIRECTIONS, COMPARED, JUDGES = 32, 16, 256
"""Particles that questions are made of, how many of these are compared with each other, and particles that judge each
question."""

STRETCHES = (1.0, 1.7, 3.0)
"""A question can also be a particle and its mirror image about the mean, both this much farther from the mean. The
distances of two filters that enclose the belief differ most, and so does an answer with much noise: with 2 dB of it,
25 answers came within 0.7 dB for 59 instead of 44 % of 120 responses of training sources."""

FLOOR_DB = 2.0
"""The distance that a wanted response keeps from every filter of a space: the latent-optimised distance."""

FLOOR_SPREAD = 0.5
"""The share of `FLOOR_DB` that is random in a comparison of two filters that lie in opposite directions."""

LAPSE = 0.02
"""The share of answers that are given at random."""

CLEARLY_DB = 3.0
"""How much closer a filter is where half of those who grade their answers say "clearly"."""

GRADED = 0.9
"""The share of clear cases in which they say so. Who has not said "clearly" yet does not grade: "a" then means no more
than that A is closer."""

LOGISTIC = 1.702
"""A logistic function of this times x is the normal distribution function of x, up to 0.01."""

STEP = 1.2
"""Length of a proposed move, in standard deviations of the belief over the square root of their number."""

RIDGE = 1e-6
"""Added to the variances of a belief before it is moved."""

ANSWERS = ("a", "b", "same", "clearly a", "clearly b")

_START, _DRAW, _MOVE, _ACCEPT, _PICK, _JUDGE = range(6)  # purposes of random numbers


@dataclass(frozen=True, eq=False)
class Particles:
    """Filters that may be wanted: numbers `(N, size)`, kinds `(N,)`, and their curves `(N, F)` dB."""

    numbers: NDArray[np.float64]
    kind: NDArray[np.int64]
    curves: NDArray[np.float64]

    def __getitem__(self, rows: NDArray) -> "Particles":
        return Particles(self.numbers[rows], self.kind[rows], self.curves[rows])

    def __add__(self, other: "Particles") -> "Particles":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Particles(*(np.concatenate(pair) for pair in pairs))


Asked = tuple[tuple[NDArray[np.float64], NDArray[np.float64], str], ...]


@dataclass(frozen=True, eq=False)
class Belief:
    """Particles and their weights `(N,)` of sum 1, after the answers to some questions.

    `asked` holds the curves of each question and its answer, one of `ANSWERS`, and `log_likelihood` `(N,)` what they
    say of each particle; `noise_db` is the standard deviation of the listener's judgement of how much closer a filter
    is.
    """

    family: EarCurves
    seed: int
    noise_db: float
    particles: Particles
    weights: NDArray[np.float64]
    log_likelihood: NDArray[np.float64]
    asked: Asked = field(default=())

    @classmethod
    def before(cls, family: EarCurves, seed: int, noise_db: float) -> "Belief":
        """What is believed before the first answer: normal numbers, and every kind alike."""
        numbers = family.deviation * _normal(seed, 0, _START, (FIRST_PARTICLES, family.size))
        kind = np.arange(FIRST_PARTICLES) % family.kinds
        particles = Particles(numbers, kind, family(numbers, kind))
        weights = np.full(FIRST_PARTICLES, 1 / FIRST_PARTICLES)
        return cls(family, seed, noise_db, particles, weights, np.zeros(FIRST_PARTICLES))

    def question(self) -> tuple[Particles, Particles]:
        """Two filters, `Particles` of one row each: the pair whose answer differs most among the particles.

        The sum over the answers of the variance of their probability is the mutual information of answer and particle
        in the sense of Gini's index, which needs no logarithm.
        """
        round_ = len(self.asked)
        chosen = self.particles[_drawn(self.weights, DIRECTIONS, _uniform(self.seed, round_, _PICK, 1)[0])]
        judges = self.particles[_drawn(self.weights, JUDGES, _uniform(self.seed, round_, _JUDGE, 1)[0])].curves
        mean = self.mean_numbers()[chosen.kind]
        parts = [sign * stretch for stretch in STRETCHES for sign in (1, -1)]
        numbers = np.concatenate([mean + part * (chosen.numbers - mean) for part in parts])
        kind = np.tile(chosen.kind, len(parts))
        candidates = Particles(numbers, kind, self.family(numbers, kind))
        first, second = _questions()
        away = _away(candidates.curves, judges)
        apart = np.sqrt(((candidates.curves[first] - candidates.curves[second]) ** 2).mean(-1))
        chances = probabilities(away[first], away[second], apart[:, None], self.noise_db, _share_graded(self.asked))
        best = int(sum((each**2).mean(-1) - each.mean(-1) ** 2 for each in chances.values()).argmax())
        return candidates[first[best : best + 1]], candidates[second[best : best + 1]]

    def answered(self, a: NDArray[np.float64], b: NDArray[np.float64], answer: str) -> "Belief":
        """The belief after an answer to a question between two curves `(F,)`."""
        asked = (*self.asked, (a, b, answer))
        graded, curves = _share_graded(asked), self.particles.curves
        if graded == _share_graded(self.asked):
            gain = _log_likelihood(curves, asked[-1:], self.noise_db, graded)
        else:  # the answers before have another meaning now
            gain = _log_likelihood(curves, asked, self.noise_db, graded) - self.log_likelihood
        weights = self.weights * np.exp(gain - gain.max())
        weights /= weights.sum()
        after = replace(self, weights=weights, log_likelihood=self.log_likelihood + gain, asked=asked)
        return after._renewed() if 1 / (weights**2).sum() < PARTICLES / 2 else after

    def mean_numbers(self) -> NDArray[np.float64]:
        """`(kinds, size)`: the mean of each kind, and of all where few particles are of a kind."""
        return np.stack([self._moments(k)[0] for k in range(self.family.kinds)])

    def kind_shares(self) -> NDArray[np.float64]:
        """`(kinds,)`, the probability of each."""
        return np.bincount(self.particles.kind, self.weights, self.family.kinds).astype(np.float64)

    def mean_curve(self) -> NDArray[np.float64]:
        """`(F,)` dB, the curve of the least expected square of the distance."""
        return self.weights @ self.particles.curves

    def best(self) -> Particles:
        """The filter nearest to `mean_curve`, one row, among the particles and the mean of the likeliest kind."""
        kind = np.array([self.kind_shares().argmax()])
        mean = self.mean_numbers()[kind]
        all_ = self.particles + Particles(mean, kind, self.family(mean, kind))
        return all_[np.array([_distance(self.mean_curve()[None], all_.curves)[0].argmin()])]

    def spread_db(self) -> float:
        """The distance of the wanted filter from `mean_curve` that is to be expected, dB, `FLOOR_DB` left out."""
        return float(self.weights @ _distance(self.mean_curve()[None], self.particles.curves)[0])

    def quantiles(self, shares: tuple[float, ...] = (0.05, 0.5, 0.95)) -> NDArray[np.float64]:
        """`(size, len(shares))` of each number."""
        order = self.particles.numbers.argsort(0, kind="stable")
        below = self.weights[order].cumsum(0)
        last = len(self.weights) - 1
        rows = [(below < share).sum(0).clip(0, last) for share in shares]
        return np.stack([self.particles.numbers[order[row, range(len(row))], range(len(row))] for row in rows], -1)

    def _moments(self, kind: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean `(size,)` and covariance `(size, size)` of a kind; of all where few particles are of that kind."""
        own = self.particles.kind == kind
        if own.sum() <= 2 * self.family.size:
            own = np.ones(len(own), bool)
        numbers, weights = self.particles.numbers[own], self.weights[own]
        weights = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))
        mean = weights @ numbers
        return mean, (numbers - mean).T @ (weights[:, None] * (numbers - mean))

    def _renewed(self) -> "Belief":
        """The belief as `PARTICLES` of equal weight, each moved once."""
        round_, size = len(self.asked), self.family.size
        drawn = _drawn(self.weights, PARTICLES, _uniform(self.seed, round_, _DRAW, 1)[0])
        before = self.particles[drawn]
        steps = _normal(self.seed, round_, _MOVE, (PARTICLES, size)) * (STEP / np.sqrt(size))
        numbers = before.numbers.copy()
        for k in range(self.family.kinds):
            own = before.kind == k
            factor = np.linalg.cholesky(self._moments(k)[1] + RIDGE * np.eye(size))
            numbers[own] += steps[own] @ factor.T
        moved = Particles(numbers, before.kind, self.family(numbers, before.kind))
        was = self.log_likelihood[drawn]
        is_ = _log_likelihood(moved.curves, self.asked, self.noise_db, _share_graded(self.asked))
        gain = self._log_prior(moved) + is_ - self._log_prior(before) - was
        accepted = np.log(_uniform(self.seed, round_, _ACCEPT, PARTICLES)) < gain
        rows = np.where(accepted, np.arange(PARTICLES) + PARTICLES, np.arange(PARTICLES))
        weights = np.full(PARTICLES, 1 / PARTICLES)
        return replace(
            self, particles=(before + moved)[rows], weights=weights, log_likelihood=np.where(accepted, is_, was)
        )

    def _log_prior(self, particles: Particles) -> NDArray[np.float64]:
        return -0.5 * (particles.numbers**2).sum(-1) / self.family.deviation**2


def _questions() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of A and B among `2 * len(STRETCHES)` blocks of `DIRECTIONS` candidates: `Belief.question` has them."""
    first, second = np.triu_indices(COMPARED, 1)
    blocks = 2 * DIRECTIONS * np.arange(len(STRETCHES))
    mirrored = (blocks[:, None] + np.arange(DIRECTIONS)).ravel()
    every = DIRECTIONS // COMPARED
    return np.concatenate([every * first, mirrored]), np.concatenate([every * second, mirrored + DIRECTIONS])


def probabilities(
    away_a: NDArray, away_b: NDArray, apart: NDArray, noise_db: float, graded: float = 0.0
) -> dict[str, NDArray[np.float64]]:
    """The probability of each answer but "same" of a listener whose filter is `away_a` and `away_b` dB away.

    Args:
        apart: the distance between A and B, dB. Part of the wanted response lies in no direction that the space has;
            the wider A and B are apart, as seen from there, the more it adds to the noise.
        graded: the share of clear cases in which the listener says "clearly".
    """
    noise = np.sqrt(noise_db**2 + (FLOOR_SPREAD * FLOOR_DB * apart / (away_a + away_b)) ** 2)

    def closer(margin_db: float) -> NDArray[np.float64]:
        """That A seems closer by more than this."""
        part = 1 / (1 + np.exp(-LOGISTIC * (away_b - away_a - margin_db) / noise))
        return LAPSE / 2 + (1 - LAPSE) * part

    a = closer(0)
    if not graded:
        return {"a": a, "b": 1 - a}
    clearly_a, clearly_b = graded * closer(CLEARLY_DB), graded * (1 - closer(-CLEARLY_DB))
    return {"a": a - clearly_a, "clearly a": clearly_a, "b": 1 - a - clearly_b, "clearly b": clearly_b}


def _share_graded(asked: Asked) -> float:
    """`GRADED` for a listener who has said "clearly", else 0."""
    return GRADED if any(answer.startswith("clearly") for _, _, answer in asked) else 0.0


def _log_likelihood(curves: NDArray[np.float64], asked: Asked, noise_db: float, graded: float) -> NDArray[np.float64]:
    """Of each curve `(N, F)`. "same" counts as half an answer A and half an answer B (Davidson 1970)."""
    total = np.zeros(len(curves))
    for a, b, answer in asked:
        away_a, away_b = _away(np.stack([a, b]), curves)
        apart = _distance(a[None], b[None])[0]
        if answer == "same":
            total += sum(np.log(p) for p in probabilities(away_a, away_b, apart, noise_db).values()) / 2
        else:
            total += np.log(probabilities(away_a, away_b, apart, noise_db, graded)[answer])
    return total


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances `(N, M)` dB between curves `(N, F)` and `(M, F)`."""
    squares = (a**2).sum(-1)[:, None] + (b**2).sum(-1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0) / a.shape[-1])


def _away(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances `(N, M)` dB from filters to responses that are `FLOOR_DB` off the particles of these curves."""
    return np.sqrt(_distance(a, b) ** 2 + FLOOR_DB**2)


def _drawn(weights: NDArray[np.float64], count: int, offset: float) -> NDArray[np.int64]:
    """Indices of `count` systematic draws by weight."""
    below = weights.cumsum()
    return np.searchsorted(below, (np.arange(count) + offset) / count * below[-1], "right").clip(0, len(weights) - 1)


def _uniform(seed: int, round_: int, purpose: int, count: int) -> NDArray[np.float64]:
    """`(count,)` pseudo-random numbers inside (0, 1)."""
    start = scramble(scramble(np.array([seed])) + 8 * round_ + purpose)
    return (scramble(start + np.arange(count)) + 0.5) / 2**32


def _normal(seed: int, round_: int, purpose: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Normal pseudo-random numbers (Box & Muller, Annals of Mathematical Statistics 29, 1958)."""
    count = shape[0] * shape[1]
    pairs = _uniform(seed, round_, purpose, 2 * count)
    return (np.sqrt(-2 * np.log(pairs[:count])) * np.cos(2 * np.pi * pairs[count:])).reshape(shape)
