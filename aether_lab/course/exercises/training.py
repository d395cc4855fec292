"""Exercises of notebook 05, training the parametric VAE."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import jax.numpy as jnp
import numpy as np

from aether_lab.course.exercise import WrongAnswer, exercise
from aether_lab.model.vae import DECODER, LOWEST_LINEAR_CENTRE, LOWEST_LOG_CENTRE, bank_parameters, parameter_shapes

NYQUIST = 24_000.0  # Hz


@exercise(
    "05.1",
    "Write count_parameters(sizes): how many weights and biases a chain of dense layers of these sizes has.",
    (
        "A dense layer multiplies by a matrix and adds a vector.",
        "From n inputs to m outputs there are n·m weights and m biases.",
        "Return sum(n * m + m for n, m in zip(sizes, sizes[1:])).",
    ),
    is_code=True,
)
def _count_parameters(answer: Callable[..., Any]) -> str:
    for filters in (32, 16):
        sizes = (4, *DECODER, 3 * filters)
        shapes = parameter_shapes(filters, 4, 513)
        true = sum(int(np.prod(shape)) for name, shape in shapes.items() if "/decoder" in name)
        found = answer(sizes)
        if found != true:
            raise WrongAnswer(f"for {sizes} yours is {found}, and the decoder of {filters} sections has another number")
    return f"The decoder of 32 sections has {count_parameters((4, *DECODER, 96))} numbers, of 16 sections {true}."


@_count_parameters.solution
def count_parameters(sizes: Any) -> int:
    """Of each layer a matrix of weights and a vector of biases."""
    return sum(n * m + m for n, m in pairwise(sizes))


@_count_parameters.wrong
def _without_biases(sizes: Any) -> int:
    return sum(n * m for n, m in pairwise(sizes))


@exercise(
    "05.2",
    "Write centre_hz(raw): the map of the original design from the raw output of the network to a frequency in Hz.",
    (
        "The sigmoid 1 / (1 + exp(-raw)) lies between 0 and 1.",
        "0.99 · sigmoid + 0.01 is a fraction of the Nyquist frequency, which is 24000 Hz.",
        "Return 24000 * (0.99 / (1 + np.exp(-raw)) + 0.01).",
    ),
    is_code=True,
)
def _centre_hz(answer: Callable[..., Any]) -> str:
    raw = np.random.default_rng(0).normal(0, 3, (5, 32))
    true = NYQUIST * np.asarray(bank_parameters(jnp.asarray(np.stack([raw] * 3, -1)), "linear")[0], np.float64)
    found = np.asarray(answer(raw), float)
    if found.shape != raw.shape:
        raise WrongAnswer(f"for raw values of shape {raw.shape} yours has shape {found.shape}")
    worst = np.unravel_index(np.argmax(np.nan_to_num(abs(found - true), nan=np.inf)), raw.shape)
    if not abs(found[worst] - true[worst]) < 1.0:
        raise WrongAnswer(
            f"at raw = {raw[worst]:.2f} yours is {found[worst]:.5g} Hz; the network has {true[worst]:.5g} Hz"
        )
    return f"At {raw.size} random raw values it is within {abs(found - true).max():.2g} Hz of the network's."


@_centre_hz.solution
def centre_hz(raw: Any) -> Any:
    """0.99 sigmoid + 0.01, a fraction of the Nyquist frequency."""
    return 24_000 * (0.99 / (1 + np.exp(-raw)) + 0.01)


@_centre_hz.wrong
def _at_the_sample_rate(raw: Any) -> Any:
    return 48_000 * (0.99 / (1 + np.exp(-raw)) + 0.01)


@exercise(
    "05.3",
    "Which lowest centre frequencies, in Hz, can the linear map and the log map reach? Answer (linear, log).",
    (
        "What is the sigmoid where the raw output is very negative?",
        "There the linear map is 0.01 and the log map is 0.002, as fractions of the Nyquist frequency.",
        "0.01 · 24000 Hz and 0.002 · 24000 Hz.",
    ),
)
def _lowest_centres(answer: Any) -> str:
    found = np.asarray(answer, float)
    if found.shape != (2,):
        raise WrongAnswer(f"the answer has shape {found.shape}; it must be two numbers, (linear, log)")
    true = NYQUIST * np.array([LOWEST_LINEAR_CENTRE, LOWEST_LOG_CENTRE])
    for name, value, right in zip(("linear", "log"), found, true, strict=True):
        if abs(value - 2 * right) < 0.01 * right:
            raise WrongAnswer(f"the {name} map: {value:g} Hz is a fraction of the sample rate, not of half of it")
        if not abs(value - right) < 0.01 * right:
            raise WrongAnswer(f"the {name} map does not end at {value:g} Hz")
    return "Below 240 Hz the linear map has no centre; the log map covers more than two octaves more."


@_lowest_centres.solution
def _lowest_centres_solution() -> tuple[float, float]:
    return 0.01 * 24_000, 0.002 * 24_000


@_lowest_centres.wrong
def _of_the_sample_rate() -> tuple[float, float]:
    return 0.01 * 48_000, 0.002 * 48_000


@exercise(
    "05.4",
    'Write parts(errors): from the errors "mu", "refined" and "direct" the three parts of "mu" in dB, '
    "(amortisation gap, decoder and latent size, bank).",
    (
        "Which error is left when z is searched for each spectrum, and which when there is no network at all?",
        "The amortisation gap is what the encoder loses against a search for the best z.",
        'Return errors["mu"] - errors["refined"], errors["refined"] - errors["direct"], errors["direct"].',
    ),
    is_code=True,
)
def _parts(answer: Callable[..., Any]) -> str:
    for direct, decoder, gap in ((0.1, 1.6, 0.05), (2.4, 0.8, 0.3)):
        errors = {"mu": direct + decoder + gap, "refined": direct + decoder, "direct": direct}
        found = np.asarray(answer(errors), float)
        if found.shape != (3,):
            raise WrongAnswer(f"what parts returns has shape {found.shape}; it must be three numbers")
        if abs(found.sum() - errors["mu"]) > 1e-6:
            raise WrongAnswer(
                f"your parts sum to {found.sum():.2f} dB and not to the error at mu, {errors['mu']:.2f} dB"
            )
        names = ("amortisation gap", "part of decoder and latent size", "part of the bank")
        for name, value, true in zip(names, found, (gap, decoder, direct), strict=True):
            if abs(value - true) > 1e-6:
                raise WrongAnswer(f"the {name} of {errors} is not {value:.2f} dB")
    return "The parts sum to the error at mu."


@_parts.solution
def parts(errors: Mapping[str, float]) -> tuple[float, float, float]:
    """Each stage leaves out one cause of the error."""
    return errors["mu"] - errors["refined"], errors["refined"] - errors["direct"], errors["direct"]


@_parts.wrong
def _in_another_order(errors: Mapping[str, float]) -> tuple[float, float, float]:
    return errors["refined"] - errors["direct"], errors["mu"] - errors["refined"], errors["direct"]
