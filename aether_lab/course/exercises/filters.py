"""Exercises of notebook 02: one section, its poles, and what two of them do together."""

import math

import numpy as np
from scipy import signal

from aether_lab.course.exercise import WrongAnswer, exercise


def analogue_bandpass(frequency_hz, q, sample_rate):
    """The band-pass `(s / Q) / (s² + s / Q + 1)`, moved to the sample rate by SciPy's bilinear transform."""
    warped = 2 * sample_rate * math.tan(math.pi * frequency_hz / sample_rate)
    return signal.bilinear([warped / q, 0], [1, warped / q, warped**2], sample_rate)


@exercise(
    "02.1",
    "Write the band-pass of the Audio EQ Cookbook with 0 dB at its centre: its coefficients b and a.",
    (
        "The cookbook calls it BPF (constant 0 dB peak gain); w0 is an angle in radians per sample.",
        "w0 = 2 * np.pi * frequency_hz / sample_rate and alpha = np.sin(w0) / (2 * q).",
        "b = [alpha, 0, -alpha] and a = [1 + alpha, -2 * np.cos(w0), 1 - alpha].",
    ),
    is_code=True,
)
def bandpass_of(answer):
    rng = np.random.default_rng(0)
    for _ in range(5):
        frequency_hz, q, rate = 50 * 400 ** rng.uniform(), 0.5 * 40 ** rng.uniform(), rng.choice([44_100.0, 48_000.0])
        b, a = answer(frequency_hz, q, rate)
        near = frequency_hz * np.array([0.5, 0.9, 1.0, 1.1])
        _, found = signal.freqz(b, a, near, fs=rate)
        _, expected = signal.freqz(*analogue_bandpass(frequency_hz, q, rate), near, fs=rate)
        if not np.allclose(found, expected, atol=1e-4):
            k = int(np.argmax(abs(found - expected)))
            raise WrongAnswer(
                f"for {frequency_hz:.0f} Hz and Q = {q:.2f} at {rate:.0f} Hz your filter has a response of "
                f"{abs(found[k]):.4f} at {near[k]:.0f} Hz; SciPy's has {abs(expected[k]):.4f}"
            )
    return "Magnitude and phase agree with SciPy's bilinear transform of the analogue band-pass."


@bandpass_of.solution
def bandpass(frequency_hz, q, sample_rate):
    w0 = 2 * np.pi * frequency_hz / sample_rate
    alpha = np.sin(w0) / (2 * q)
    b = np.array([alpha, 0, -alpha])
    a = np.array([1 + alpha, -2 * np.cos(w0), 1 - alpha])
    return b, a


@bandpass_of.wrong
def bandpass_in_fractions_of_nyquist(frequency_hz, q, sample_rate):
    w0 = np.pi * frequency_hz / sample_rate
    alpha = np.sin(w0) / (2 * q)
    return np.array([alpha, 0, -alpha]), np.array([1 + alpha, -2 * np.cos(w0), 1 - alpha])


@exercise(
    "02.2",
    "Write the radius of the two poles of the band-pass (Q above 0.5).",
    (
        "The poles are the roots of the denominator; their product is its last coefficient over its first.",
        "Two complex poles are conjugates, so that their product is the square of the radius.",
        "np.sqrt((1 - alpha) / (1 + alpha)), with alpha = np.sin(w0) / (2 * q).",
    ),
    is_code=True,
)
def pole_radius_of(answer):
    for frequency_hz, q, rate in [(1000, 1, 48_000), (1000, 16, 48_000), (200, 4, 44_100), (9000, 3, 48_000)]:
        found = float(answer(frequency_hz, q, rate))
        expected = float(np.abs(np.roots(analogue_bandpass(frequency_hz, q, rate)[1])).max())
        if abs(found - expected) > 1e-6:
            raise WrongAnswer(f"{frequency_hz} Hz, Q = {q} at {rate} Hz: {found:.6f}; the radius is {expected:.6f}")
    return "The larger Q, the nearer the poles to the unit circle, and the longer the section rings."


@pole_radius_of.solution
def pole_radius(frequency_hz, q, sample_rate):
    alpha = np.sin(2 * np.pi * frequency_hz / sample_rate) / (2 * q)
    return np.sqrt((1 - alpha) / (1 + alpha))


@pole_radius_of.wrong
def squared_radius(frequency_hz, q, sample_rate):
    alpha = np.sin(2 * np.pi * frequency_hz / sample_rate) / (2 * q)
    return (1 - alpha) / (1 + alpha)


@exercise(
    "02.3",
    "At which Q is a band-pass one octave wide between its points 3 dB below the peak?",
    (
        "The two points lie half an octave below and half an octave above the centre.",
        "The width is centre / Q. With a centre of 1000 Hz the points are 707 and 1414 Hz.",
        "Q = 1000 / (1414 - 707).",
    ),
)
def octave_q(answer):
    half = 1 / (2 * answer)
    octaves = 2 * math.log2(half + math.sqrt(half * half + 1))
    if abs(octaves - 1) > 0.01:
        raise WrongAnswer(f"with Q = {answer:g} the band is {octaves:.2f} octaves wide")
    return "It is the square root of 2."


@octave_q.solution
def one_octave():
    return 1.414


@octave_q.wrong
def one_over_one():
    return 1.0


@exercise(
    "02.4",
    "Two band-passes at 100 and 400 Hz with Q = 2 are added. What is the level of the sum at 200 Hz, in dB?",
    (
        "H = 1 / (1 + j v) with v = Q (u - 1/u); what is u at 200 Hz for each of the two sections?",
        "u is 2 for the lower and 1/2 for the upper section, so v is 3 and -3.",
        "H is 1/(1 + 3j) + 1/(1 - 3j) = 2/10, and 20 log10(0.2) is its level.",
    ),
)
def crossover(answer):
    expected = 20 * math.log10(0.2)
    if abs(answer - expected) > 0.1:
        raise WrongAnswer(f"{answer:g} dB is a magnitude of {10 ** (answer / 20):.3f}; |H1 + H2| is another")
    return "Each alone has -10 dB there: together they are lower than one alone."


@crossover.solution
def level_of_the_sum():
    return -13.98


@crossover.wrong
def level_of_two_magnitudes():
    return -3.98


@exercise(
    "02.5",
    "Write the level of a parallel bank in dB, from the responses, the gains in dB and the signs of its sections.",
    (
        "What is added in a parallel bank: levels, magnitudes or complex numbers?",
        "Each section is multiplied by its sign and by 10 ** (gain / 20), then all are added, then comes the level.",
        "20 * np.log10(abs(((signs * 10 ** (gains_db / 20))[:, None] * responses).sum(axis=0))).",
    ),
    is_code=True,
)
def parallel_level_of(answer):
    rng = np.random.default_rng(0)
    for sections in (1, 2, 5):
        responses = rng.normal(size=(sections, 7)) + 1j * rng.normal(size=(sections, 7))
        gains_db, signs = 6 * rng.normal(size=sections), rng.choice([-1.0, 1.0], size=sections)
        weights = signs * 10 ** (gains_db / 20)
        expected = 20 * np.log10(abs(weights @ responses))
        found = np.asarray(answer(responses, gains_db, signs))
        if found.shape != expected.shape:
            raise WrongAnswer(f"responses of shape {responses.shape} give levels of shape {found.shape}, not (7,)")
        if not np.allclose(found, expected):
            raise WrongAnswer(
                f"a bank of {sections} has {found[0]:.2f} dB at the first frequency, not {expected[0]:.2f}"
            )
    return "With it you can draw any bank of this notebook."


@parallel_level_of.solution
def parallel_level(responses, gains_db, signs):
    weights = signs * 10 ** (gains_db / 20)
    return 20 * np.log10(abs((weights[:, None] * responses).sum(axis=0)))


@parallel_level_of.wrong
def parallel_level_of_magnitudes(responses, gains_db, signs):
    weights = signs * 10 ** (gains_db / 20)
    return 20 * np.log10(abs((weights[:, None] * abs(responses)).sum(axis=0)))
