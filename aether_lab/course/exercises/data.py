"""Exercises of notebook 01: convolution, third octaves, the distance of spectra, and listening tests."""

import math

import numpy as np
from scipy.stats import binom

from aether_lab.course.exercise import WrongAnswer, exercise


@exercise(
    "01.1",
    "Write the convolution of an input x with an impulse response h as a sum of shifted, scaled copies of h.",
    (
        "Each sample of x starts a copy of h. What is the copy multiplied by, and where does it begin?",
        "The output has len(x) + len(h) - 1 samples; begin with zeros and add a copy for each sample of x.",
        "for n, value in enumerate(x): y[n : n + len(h)] += value * h.",
    ),
    is_code=True,
)
def convolution_of(answer):
    rng = np.random.default_rng(0)
    for length, other in [(1, 4), (6, 3), (20, 20)]:
        x, h = rng.normal(size=length), rng.normal(size=other)
        found, expected = np.asarray(answer(x.copy(), h.copy()), float), np.convolve(x, h)
        if found.shape != expected.shape:
            raise WrongAnswer(
                f"{length} samples with {other} give an output of shape {found.shape}; it should be {expected.shape}"
            )
        if not np.allclose(found, expected):
            first = int(np.argmax(~np.isclose(found, expected)))
            raise WrongAnswer(f"sample {first} of the output is {found[first]:.3f}; it should be {expected[first]:.3f}")
    return "It agrees with np.convolve. An FFT gives the same in fewer steps."


@convolution_of.solution
def convolve(x, h):
    y = np.zeros(len(x) + len(h) - 1)
    for n, value in enumerate(x):
        y[n : n + len(h)] += value * h
    return y


@convolution_of.wrong
def convolve_reversed(x, h):
    y = np.zeros(len(x) + len(h) - 1)
    for n, value in enumerate(x):
        y[n : n + len(h)] += value * h[::-1]
    return y


@exercise(
    "01.2",
    "A wall returns an impulse 1 ms late and at equal strength. At which frequency, in Hz, is the lowest notch?",
    (
        "At a notch the echo cancels the direct sound. By which part of a period is it late there?",
        "Half a period of the lowest notch is 1 ms long.",
        "The period is 2 ms, and the frequency is one over the period.",
    ),
)
def notch(answer):
    size = abs(1 + np.exp(-2j * np.pi * answer * 0.001))
    if size > 0.02:
        raise WrongAnswer(f"at {answer:g} Hz direct sound and echo add up to {size:.2f} of the direct sound, not to 0")
    if abs(answer - 500) > 5:
        raise WrongAnswer(f"there is a notch at {answer:g} Hz, and one below it")
    return "The next notches are at 1500 Hz, 2500 Hz and so on: a comb filter."


@notch.solution
def lowest_notch_hz():
    return 500


@notch.wrong
def frequency_of_the_delay():
    return 1000


@exercise(
    "01.3",
    "Write the mean power over the third of an octave around a frequency.",
    (
        "Which FFT lines lie in the band, and what is averaged: power or dB?",
        "The band goes from centre_hz * 2 ** (-1 / 6) to centre_hz * 2 ** (1 / 6).",
        "Select the lines in the band with a Boolean array, and take power[inside].mean().",
    ),
    is_code=True,
)
def third_octave_of(answer):
    frequency_hz = np.arange(0, 24_000.1, 2.0)
    power = np.random.default_rng(0).exponential(size=len(frequency_hz)) * (1 + frequency_hz / 1000)
    for centre in (250.0, 1000.0, 8000.0):
        inside = np.abs(np.log2(np.maximum(frequency_hz, 1) / centre)) <= 1 / 6
        found, expected = float(answer(power, frequency_hz, centre)), power[inside].mean()
        if not abs(found / expected - 1) < 0.02:
            raise WrongAnswer(f"around {centre:g} Hz you find a power of {found:.4g}; it should be {expected:.4g}")
    return "Power is averaged, because powers of independent parts add; the logarithm comes after."


@third_octave_of.solution
def third_octave(power, frequency_hz, centre_hz):
    inside = (frequency_hz >= centre_hz * 2 ** (-1 / 6)) & (frequency_hz <= centre_hz * 2 ** (1 / 6))
    return power[inside].mean()


@third_octave_of.wrong
def third_octave_of_levels(power, frequency_hz, centre_hz):
    inside = (frequency_hz >= centre_hz * 2 ** (-1 / 6)) & (frequency_hz <= centre_hz * 2 ** (1 / 6))
    return 10 ** np.log10(power[inside]).mean()


@exercise(
    "01.4",
    "Write the log-spectral distance of two spectra a and b in dB with weights that sum to 1.",
    (
        "Which kind of mean lets a single large difference count more than many small ones?",
        "It is the root of the weighted mean of the squared differences.",
        "np.sqrt(np.sum(weights * (a - b) ** 2)).",
    ),
    is_code=True,
)
def distance_of(answer):
    rng = np.random.default_rng(0)
    for size in (4, 513):
        a, b, weights = rng.normal(size=size), 5 * rng.normal(size=size), rng.uniform(size=size)
        weights /= weights.sum()
        found, expected = float(answer(a, b, weights)), math.sqrt(np.sum(weights * (a - b) ** 2))
        if abs(found - expected) > 1e-6:
            raise WrongAnswer(f"for {size} levels you find {found:.4f} dB; the distance is {expected:.4f} dB")
    return "A constant difference of d dB gives exactly d."


@distance_of.solution
def distance(a, b, weights):
    return np.sqrt(np.sum(weights * (a - b) ** 2))


@distance_of.wrong
def mean_distance(a, b, weights):
    return np.sum(weights * np.abs(a - b))


@exercise(
    "01.5",
    "Two spectra differ by 40 dB below 100 Hz and nowhere else. What is their LSD in this package, in dB?",
    (
        "Which weight do the bins below 100 Hz have?",
        "Print WEIGHTS[FREQUENCIES < 100].",
        "All weights below 100 Hz are 0, so the difference counts nothing.",
    ),
)
def below_100_hz(answer):
    if abs(answer) > 0.01:
        raise WrongAnswer(f"{answer:g} dB would need bins below 100 Hz that have a weight")
    return "Recordings hold rumble there, and a bin of 47 Hz is wider than the filters of the ear."


@below_100_hz.solution
def no_distance():
    return 0.0


@below_100_hz.wrong
def whole_distance():
    return 40.0


@exercise(
    "01.6",
    "Write the probability of at least this many right answers in an ABX test by guessing.",
    (
        "In how many of the 2 ** trials equally likely results are at least `correct` answers right?",
        "math.comb(trials, k) counts the results with exactly k right answers.",
        "sum(math.comb(trials, k) for k in range(correct, trials + 1)) / 2**trials.",
    ),
    is_code=True,
)
def p_value_of(answer):
    for correct, trials in [(10, 10), (9, 10), (5, 10), (0, 10), (14, 20)]:
        found, expected = float(answer(correct, trials)), float(binom.sf(correct - 1, trials, 0.5))
        if abs(found - expected) > 1e-9:
            raise WrongAnswer(f"{correct} of {trials}: you find {found:.5f}; the probability is {expected:.5f}")
    return "Nine of ten is the fewest with a probability under 0.05."


@p_value_of.solution
def p_value(correct, trials):
    return sum(math.comb(trials, k) for k in range(correct, trials + 1)) / 2**trials


@p_value_of.wrong
def probability_of_exactly(correct, trials):
    return math.comb(trials, correct) / 2**trials
