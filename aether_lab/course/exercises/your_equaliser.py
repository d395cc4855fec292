"""Exercises of notebook 09: the gain of a correction, its limit, the values of a device, and the worth of an answer."""

import numpy as np

from aether_lab.course.exercise import WrongAnswer, exercise

_MEASURED = np.array([4.0, 1.0, -2.0, -7.0])
_TARGET = np.array([1.0, 0.0, -1.0, -2.0])


@exercise(
    "09.1",
    "Write the gain in dB that takes a measured level to a target, with mean 0.",
    (
        "In dB, filters in series add. What must you add to the measured level?",
        "measured + gain = target, so gain = target - measured; then give it a mean of 0.",
        "gain = target - measured; return gain - gain.mean().",
    ),
    is_code=True,
)
def gain_of_a_correction(answer):
    found = np.asarray(answer(_MEASURED, _TARGET), float)
    left = _MEASURED + found - _TARGET
    if np.ptp(left) > 1e-6:
        raise WrongAnswer(f"for measured {_MEASURED} and target {_TARGET} the sum with your gain is off by {left}")
    if abs(found.mean()) > 1e-6:
        raise WrongAnswer(f"the shape is right; the mean of your gain is {found.mean():.2f} dB, not 0")
    return "What is left after it is the same at every frequency: loudness, not timbre."


@gain_of_a_correction.solution
def target_less_measured(measured_db, target_db):
    gain_db = target_db - measured_db
    return gain_db - gain_db.mean()


@gain_of_a_correction.wrong
def measured_less_target(measured_db, target_db):
    gain_db = measured_db - target_db
    return gain_db - gain_db.mean()


@exercise(
    "09.2",
    "Write the most boost that is allowed where positions have a given spread: all up to 3 dB, none from 6 dB on.",
    (
        "Which two spreads have a known answer, and what lies between them?",
        "A straight line from `most` at 3 dB to 0 at 6 dB, and constant on both sides of it.",
        "most * np.clip(2 - spread_db / 3, 0, 1).",
    ),
    is_code=True,
)
def limit_of_boost(answer):
    spread = np.array([0.0, 2.0, 3.0, 4.0, 4.5, 6.0, 9.0])
    found = np.asarray(answer(spread, 6.0), float)
    expected = np.interp(spread, [3, 6], [6.0, 0.0])
    if found.shape != expected.shape or np.abs(found - expected).max() > 1e-6:
        raise WrongAnswer(f"for spreads {spread} and most 6 dB you allow {found}; compare 4.5 dB, which allows 3 dB")
    return "This is the rule of `correction`, whose `max_spread_db` is 6."


@limit_of_boost.solution
def less_where_positions_differ(spread_db, most):
    return most * np.clip(2 - spread_db / 3, 0, 1)


@limit_of_boost.wrong
def negative_beyond_the_end(spread_db, most):
    return most * np.minimum(2 - spread_db / 3, 1)


@exercise(
    "09.3",
    "Write the nearest value that a control with equal steps from `low` to `high` can have.",
    (
        "How many steps above `low` is the value, and is that a whole number?",
        "Round the number of steps, go back to dB, and stay between the ends.",
        "np.clip(low + step * np.round((value - low) / step), low, high).",
    ),
    is_code=True,
)
def value_of_a_control(answer):
    values = np.array([-20.0, -3.2, 0.24, 0.26, 5.9, 14.0])
    for low, high, step in ((-15.0, 15.0, 0.5), (-10.0, 11.0, 3.0)):
        found = np.asarray(answer(values, low, high, step), float)
        grid = np.arange(low, high + step / 2, step)
        expected = grid[np.abs(grid[:, None] - values).argmin(axis=0)]
        if np.abs(found - expected).max() > 1e-6:
            wrong = int(np.abs(found - expected).argmax())
            given = f"{values[wrong]:g} dB on {low:g} to {high:g} in steps of {step:g}"
            raise WrongAnswer(f"for {given} you find {found[wrong]:g}, not {expected[wrong]:g}")
    return "Each control alone is as near as it can be; the curve need not be."


@value_of_a_control.solution
def rounded_to_a_step(value, low, high, step):
    return np.clip(low + step * np.round((value - low) / step), low, high)


@value_of_a_control.wrong
def rounded_without_ends(value, low, high, step):
    return low + step * np.round((value - low) / step)


@exercise(
    "09.4",
    "If each answer rules out half of what is left, how many answers find one filter among 1000?",
    (
        "How many filters can two answers tell apart?",
        "n answers tell 2**n filters apart.",
        "The smallest n with 2**n of at least 1000.",
    ),
)
def answers_for_a_thousand(answer):
    if answer != 10:
        raise WrongAnswer(f"{answer} answers tell {2.0**answer:.0f} filters apart; the search needs 1000, and no more")
    return "2**10 is 1024. A listener who is not sure gives less than one bit with each answer."


@answers_for_a_thousand.solution
def logarithm_to_base_two():
    return 10


@answers_for_a_thousand.wrong
def a_tenth_each():
    return 100
