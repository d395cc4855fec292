"""Exercises of notebook 06: disentanglement, coverage and crossfades."""

from typing import Any

import numpy as np

from aether_lab.course.exercise import WrongAnswer, exercise

REACH = 2.0


@exercise(
    "06.1",
    "Write `mig(information)`: of a table `(Z, K)`, how much each of `Z` knobs tells of each of `K` factors, the mean "
    "over the factors of the gap between the largest and the second largest entry.",
    (
        "A factor is a column: sort each column by itself.",
        "`np.sort(information, axis=0)` has the largest entry of each column in the last row.",
        "With `s = np.sort(information, axis=0)`, return `(s[-1] - s[-2]).mean()`.",
    ),
    is_code=True,
)
def _gap(mig: Any) -> str:
    table = np.array([[0.9, 0.1, 0.4], [0.1, 0.3, 0.4], [0.0, 0.2, 0.1]])
    if not np.isclose(found := float(mig(table)), 0.3):
        raise WrongAnswer(
            f"the gaps of the columns of {table.tolist()} are 0.8, 0.1 and 0, 0.3 in the mean; yours is {found:.3f}"
        )
    table = np.random.default_rng(1).uniform(size=(4, 6))
    truth = np.mean([sorted(column)[-1] - sorted(column)[-2] for column in table.T])
    if not np.isclose(found := float(mig(table)), truth):
        raise WrongAnswer(f"for a random table (4, 6) it is {truth:.3f}, and yours is {found:.3f}")
    return "The score is 1 if one knob alone predicts each factor, and 0 if two knobs predict each equally well."


@_gap.solution
def mig(information: Any) -> Any:
    """The mean over columns of the largest less the second largest entry."""
    ranked = np.sort(information, axis=0)
    return (ranked[-1] - ranked[-2]).mean()


@_gap.wrong
def _mig_of_rows(information: Any) -> Any:
    ranked = np.sort(information, axis=1)
    return (ranked[:, -1] - ranked[:, -2]).mean()


@exercise(
    "06.2",
    "Each of four independent numbers from N(0, 1) lies within -2 and 2 with probability 0.954. With what probability "
    "do all four?",
    (
        "Independent: the probability of all is a product.",
        "It is smaller than 0.954, because one number outside is enough to be outside.",
        "0.954 to the power of 4.",
    ),
)
def _joint_probability(answer: Any) -> str:
    if abs(float(answer) - 0.954**4) > 0.005:
        raise WrongAnswer(f"{float(answer):.3f} is not the probability that four independent events all happen")
    return f"0.954⁴ = {0.954**4:.3f}. With eight numbers it is {0.954**8:.3f}."


_joint_probability.solution(lambda: 0.954**4)
_joint_probability.wrong(lambda: 0.954)


@exercise(
    "06.3",
    "Write `inside(z)`: of latent points `(N, Z)`, the share whose numbers all lie within -2 and 2.",
    (
        "A point is inside if every one of its numbers is: one answer for each row.",
        "`abs(z) <= 2` is `(N, Z)`; `.all(axis=1)` makes one truth value of each row.",
        "Return `(abs(z) <= 2).all(axis=1).mean()`.",
    ),
    is_code=True,
)
def _joint_coverage(inside: Any) -> str:
    z = np.array([[0.0, 0.0], [1.9, -1.9], [0.0, 3.0], [-2.5, 0.0], [-2.0, 2.0]])
    if not np.isclose(share := float(inside(z)), 0.6):
        raise WrongAnswer(f"3 of these 5 points are inside, a share of 0.6, and yours is {share:.2f}: {z.tolist()}")
    z = np.random.default_rng(0).normal(size=(4000, 4))
    truth = np.mean([all(-REACH <= number <= REACH for number in row) for row in z])
    if not np.isclose(share := float(inside(z)), truth):
        raise WrongAnswer(f"of 4000 random points it gives {share:.3f}; counted one by one it is {truth:.3f}")
    return f"Of 4000 random points of N(0, I) with four numbers, {truth:.0%} are inside."


@_joint_coverage.solution
def inside(z: Any) -> Any:
    """The share of rows whose numbers all lie within -2 and 2."""
    return (abs(z) <= 2).all(axis=1).mean()


@_joint_coverage.wrong
def _inside_of_each_number(z: Any) -> Any:
    return (abs(z) <= 2).mean()


@exercise(
    "06.4",
    "Write `crossfade_db(a, b, t)`: the level in dB of a crossfade of two unrelated sounds with levels `a` and `b` in "
    "dB, a share `1 - t` of the power of the first and `t` of that of the second.",
    (
        "Sounds that are unrelated add in power, not in dB.",
        "From dB to power is `10 ** (a / 10)`, and back `10 * np.log10(power)`.",
        "`10 * np.log10((1 - t) * 10 ** (a / 10) + t * 10 ** (b / 10))`.",
    ),
    is_code=True,
)
def _crossfade(crossfade_db: Any) -> str:
    a, b = np.array([0.0, -20.0, 3.0]), np.array([0.0, 0.0, -40.0])
    for t in (0.0, 0.25, 0.5, 1.0):
        truth = 10 * np.log10((1 - t) * 10 ** (a / 10) + t * 10 ** (b / 10))
        found = np.asarray(crossfade_db(a, b, t), float)
        if found.shape != truth.shape or not np.allclose(found, truth, atol=1e-6):
            raise WrongAnswer(
                f"at t = {t:g} levels of {a.tolist()} and {b.tolist()} dB give {truth.round(1).tolist()} dB; "
                f"yours are {np.round(found, 1).tolist()}"
            )
    return "Half way between 0 and -40 dB a crossfade is at -3 dB: the louder sound decides."


@_crossfade.solution
def crossfade_db(a: Any, b: Any, t: Any) -> Any:
    """Unrelated sounds add in power."""
    return 10 * np.log10((1 - t) * 10 ** (a / 10) + t * 10 ** (b / 10))


@_crossfade.wrong
def _average_of_decibels(a: Any, b: Any, t: Any) -> Any:
    return (1 - t) * a + t * b
