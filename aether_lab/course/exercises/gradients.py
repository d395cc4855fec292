"""Exercises of notebook 03: derivatives by differences, gradient descent, and a fit that does not get stuck."""

import numpy as np

from aether_lab.course.exercise import WrongAnswer, exercise

GRID = np.geomspace(100, 10_000, 128)
"""Hz, where the targets of exercise 03.4 are compared."""


def three_sections_db(sections, at_hz):
    """Level in dB, `(F,)`, of three analogue peaking sections in series: their frequencies in Hz, Q and gains in dB."""
    frequency_hz, q, gain_db = (np.asarray(each, float)[:, None] for each in sections)
    v_squared = (q * (at_hz / frequency_hz - frequency_hz / at_hz)) ** 2
    a = 10 ** (gain_db / 20)
    return (10 * np.log10((v_squared + a) / (v_squared + 1 / a))).sum(axis=0)


@exercise(
    "03.1",
    "Write the derivative of a function f at x by a central difference.",
    (
        "A derivative is a difference of f divided by a difference of x. Between which two points?",
        "Go one step to each side of x: from x - step to x + step.",
        "(f(x + step) - f(x - step)) / (2 * step).",
    ),
    is_code=True,
)
def difference_of(answer):
    for name, f, x, expected in [("x³", lambda x: x**3, 1.0, 3.01), ("1/x", lambda x: 1 / x, 2.0, -0.2506266)]:
        found = float(answer(f, x, 0.1))
        if abs(found - expected) > 1e-4:
            raise WrongAnswer(f"for {name} at {x:g} and a step of 0.1 you find {found:.4f}, but it is {expected:.4f}")
    return "The error falls with the square of the step, until rounding takes over."


@difference_of.solution
def central_difference(f, x, step):
    return (f(x + step) - f(x - step)) / (2 * step)


@difference_of.wrong
def forward_difference(f, x, step):
    return (f(x + step) - f(x)) / step


@exercise(
    "03.2",
    "At the centre of a peaking section: by how many dB does the level rise when the gain rises by 1 dB?",
    (
        "What is the level of a peaking section at its centre?",
        "At the centre the level is the gain.",
        "The derivative of the gain with respect to itself.",
    ),
)
def slope_at_the_centre(answer):
    if abs(answer - 1) > 0.01:
        level = three_sections_db(([1000], [2], [7]), np.array([1000.0]))[0]
        raise WrongAnswer(f"a section of 7 dB has {level:.2f} dB at its centre; what has one of 8 dB?")
    return "Far from the centre the same derivative is 0."


@slope_at_the_centre.solution
def one_to_one():
    return 1.0


@slope_at_the_centre.wrong
def as_a_factor():
    return 1.122


@exercise(
    "03.3",
    "Write gradient descent: from start, go steps times against the gradient, and return where you are.",
    (
        "In which direction does the function fall?",
        "Each step subtracts the learning rate times the gradient at the present point.",
        "for _ in range(steps): x = x - rate * gradient(x).",
    ),
    is_code=True,
)
def descent_of(answer):
    for start, rate, steps in [(np.array([3.0, -1.0]), 0.1, 5), (np.array([1.0, 1.0]), 0.4, 20)]:
        curvature = np.array([1.0, 2.0])
        expected = start * (1 - rate * curvature) ** steps
        found = np.asarray(answer(lambda x, c=curvature: c * x, start.copy(), rate, steps))
        if found.shape != start.shape or not np.allclose(found, expected):
            raise WrongAnswer(f"{steps} steps at a rate of {rate:g} from {start} lead to {found}, not to {expected}")
    return "Each step shrinks the distance by the same factor, a different one for each curvature."


@descent_of.solution
def descend(gradient, start, rate, steps):
    x = start
    for _ in range(steps):
        x = x - rate * gradient(x)
    return x


@descent_of.wrong
def ascend(gradient, start, rate, steps):
    x = start
    for _ in range(steps):
        x = x + rate * gradient(x)
    return x


@exercise(
    "03.4",
    "Write a fit that finds three peaking sections to within 0.1 dB of a target, whatever the target is.",
    (
        "From one start the fit may end in a local minimum. What if you begin from several?",
        "Keep the best of ten or more starts; draw the starting frequencies at random over the octaves.",
        "Call scipy.optimize.least_squares over log frequency, log Q and gain from 20 random starts; keep the best.",
    ),
    is_code=True,
)
def fit_of(answer):
    for centre, q, gain in [
        ([200, 900, 5000], [1.0, 2.0, 3.0], [8, -9, 6]),
        ([300, 420, 6000], [4.0, 4.0, 0.8], [9, -9, -7]),
    ]:
        target = three_sections_db((centre, q, gain), GRID)
        found = answer(target, GRID)
        if len(found) != 3 or any(np.shape(each) != (3,) for each in found):
            raise WrongAnswer("return three arrays of three: the frequencies in Hz, the Q and the gains in dB")
        error = np.sqrt(np.mean((three_sections_db(found, GRID) - target) ** 2))
        if not error < 0.1:
            raise WrongAnswer(f"the sections {centre} Hz are missed by {error:.2f} dB; 0.1 dB is allowed")
    return "Several starts are the simplest cure against local minima."


@fit_of.solution
def fit(target_db, frequency_hz):
    from scipy.optimize import least_squares

    rng = np.random.default_rng(0)

    def unpacked(parameters):
        octaves, log_q, gain_db = parameters.reshape(3, 3)
        return 1000 * 2**octaves, 2**log_q, gain_db

    def difference(parameters):
        return three_sections_db(unpacked(parameters), frequency_hz) - target_db

    starts = [np.concatenate([rng.uniform(-3, 3, 3), np.zeros(3), rng.normal(size=3)]) for _ in range(20)]
    limits = ([-4] * 3 + [-4] * 3 + [-24] * 3, [4] * 3 + [5] * 3 + [24] * 3)
    results = [least_squares(difference, start, bounds=limits, max_nfev=60) for start in starts]
    return unpacked(min(results, key=lambda result: result.cost).x)


@fit_of.wrong
def three_guesses(target_db, frequency_hz):
    loudest = frequency_hz[np.argsort(-abs(target_db))[:3]]
    return loudest, np.ones(3), np.interp(loudest, frequency_hz, target_db)
