"""Exercises of notebook 00: what one needs to know before the course, and how checks work."""

import math

import numpy as np

from aether_lab.course.exercise import WrongAnswer, exercise


@exercise(
    "00.1",
    "By how many dB does the level change when the amplitude is halved?",
    ("Amplitudes become levels by a logarithm.", "A level is 20 log10 of a ratio of amplitudes.", "20 log10(1/2)."),
)
def halved(answer):
    if abs(answer - 20 * math.log10(0.5)) > 0.03:
        raise WrongAnswer(f"{answer:g} dB is a ratio of {10 ** (answer / 20):.3g} in amplitude; it should be 0.5")
    return "Half the amplitude is about 6 dB less."


@halved.solution
def halved_level():
    return -6.02


@halved.wrong
def halved_power():
    return -3.01


@exercise(
    "00.2",
    "Write a function that gives the level in dB of a ratio of amplitudes.",
    (
        "Twice the amplitude is 6 dB, ten times is 20 dB.",
        "Use np.log10 and the factor for amplitudes, not the one for powers.",
        "return 20 * np.log10(ratio).",
    ),
    is_code=True,
)
def decibels_of(answer):
    for ratio, level in [(1.0, 0.0), (10.0, 20.0), (0.5, -6.0206), (1000.0, 60.0)]:
        found = float(answer(ratio))
        if abs(found - level) > 0.01:
            raise WrongAnswer(f"a ratio of {ratio:g} gives {found:.2f} dB, but it is {level:.2f} dB")
    return "It also works for a whole array, if you used NumPy."


@decibels_of.solution
def decibels(ratio):
    return 20 * np.log10(ratio)


@decibels_of.wrong
def decibels_of_power(ratio):
    return 10 * np.log10(ratio)


@exercise(
    "00.3",
    "Write a function that gives the number of octaves from one frequency up to another.",
    (
        "An octave is a factor of two: from 100 to 400 Hz there are two.",
        "How often must low_hz be doubled to reach high_hz?",
        "return np.log2(high_hz / low_hz).",
    ),
    is_code=True,
)
def octaves_between(answer):
    for low, high, octaves in [(100, 200, 1.0), (100, 800, 3.0), (20, 20_000, 9.9658), (440, 220, -1.0)]:
        found = float(answer(low, high))
        if abs(found - octaves) > 0.001:
            raise WrongAnswer(f"from {low} to {high} Hz you find {found:.3f} octaves; there are {octaves:.3f}")
    return "From 20 Hz to 20 kHz, all that we hear, there are ten octaves."


@octaves_between.solution
def octaves(low_hz, high_hz):
    return np.log2(high_hz / low_hz)


@octaves_between.wrong
def octaves_in_hertz(low_hz, high_hz):
    return (high_hz - low_hz) / low_hz
