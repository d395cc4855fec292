"""Exercises of notebook 04, the variational autoencoder."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import erf

from aether_lab.course.exercise import WrongAnswer, exercise

DRAWS = 200_000  # so that the mean and the deviation of samples are known to better than 1 %
KNOBS = 4


def _numbers(answer: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """The student's answer as an array; refused where it has another shape or is not finite."""
    values = np.asarray(answer, float)
    if values.shape != shape:
        raise WrongAnswer(f"{what} has shape {values.shape}; it must be {shape}")
    if not np.isfinite(values).all():
        raise WrongAnswer(f"{what} is not finite everywhere")
    return values


@exercise(
    "04.1",
    "Write sample(mean, log_var, epsilon): a draw of N(mean, exp(log_var)) from standard normal noise epsilon.",
    (
        "A normal variable is its mean plus its standard deviation times standard normal noise.",
        "log_var is the logarithm of the variance σ². Which power of e gives σ, not σ²?",
        "σ = exp(log_var / 2), so return mean + exp(log_var / 2) * epsilon.",
    ),
    is_code=True,
)
def _sample(answer: Callable[..., Any]) -> str:
    epsilon = np.random.default_rng(0).standard_normal((DRAWS, 3))
    mean, deviation = np.array([0.0, -1.0, 2.0]), np.array([1.0, 0.25, 3.0])
    drawn = _numbers(
        answer(*np.broadcast_arrays(mean, 2 * np.log(deviation), epsilon)), epsilon.shape, "what sample returns"
    )
    for k in range(3):
        found = drawn[:, k].mean(), drawn[:, k].std()
        if abs(found[0] - mean[k]) > 0.03 * deviation[k] + 0.01:
            raise WrongAnswer(f"draws of N({mean[k]:g}, {deviation[k]:g}²) have the mean {found[0]:.2f}")
        if abs(found[1] - deviation[k]) > 0.02 * deviation[k]:
            raise WrongAnswer(
                f"draws of N({mean[k]:g}, {deviation[k]:g}²) have the standard deviation {found[1]:.2f}; "
                f"it must be {deviation[k]:g}"
            )
    if np.abs(drawn - mean - deviation * epsilon).max() > 1e-4:
        raise WrongAnswer(
            "mean and deviation are right, but the draws do not follow epsilon: use it, add no other noise"
        )
    return f"{DRAWS} draws have the mean and the standard deviation that they must have."


@_sample.solution
def sample(mean: Any, log_var: Any, epsilon: Any) -> Any:
    """z = μ + σ ε (Kingma & Welling 2013, section 2.4), with σ = exp(log_var / 2). NumPy or JAX."""
    return mean + jnp.exp(log_var / 2) * epsilon


@_sample.wrong
def _variance_for_deviation(mean: Any, log_var: Any, epsilon: Any) -> Any:
    return mean + jnp.exp(log_var) * epsilon


@exercise(
    "04.2",
    "Write kl(mean, log_var): the KL divergence of N(mean, exp(log_var)) from N(0, 1) in nats, "
    "summed over the last axis.",
    (
        "It is 0 where mean is 0 and log_var is 0, and positive elsewhere.",
        "Per dimension it is (μ² + σ² - 1 - ln σ²) / 2; ln σ² is log_var itself.",
        "Return 0.5 * (mean**2 + exp(log_var) - 1 - log_var).sum(-1).",
    ),
    is_code=True,
)
def _kl(answer: Callable[..., Any]) -> str:
    rng = np.random.default_rng(1)
    mean, log_var = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)) - 1
    mean[0], log_var[0] = 0.0, 0.0
    found = _numbers(answer(mean, log_var), (6,), "what kl returns for arrays of shape (6, 3)")
    if abs(found[0]) > 1e-9:
        raise WrongAnswer(f"kl of N(0, 1) from N(0, 1) is {found[0]:.3f}; equal distributions have 0")
    deviation = np.exp(log_var / 2)
    z = mean + deviation * rng.standard_normal((DRAWS, 6, 3))
    log_ratio = 0.5 * (z**2 - ((z - mean) / deviation) ** 2 - log_var)  # ln q(z) - ln p(z)
    simulated = log_ratio.sum(-1).mean(0)
    worst = int(np.argmax(abs(found - simulated)))
    if abs(found - simulated)[worst] > 0.05:
        raise WrongAnswer(
            f"for the means {mean[worst].round(2)} and log-variances {log_var[worst].round(2)} yours is "
            f"{found[worst]:.2f}; the mean of ln q(z) - ln p(z) over {DRAWS} draws is {simulated[worst]:.2f}"
        )
    closed = kl(mean, log_var)
    if abs(found - closed).max() > 1e-4:
        raise WrongAnswer("near the simulation, but not the closed form: do not draw samples")
    return f"It agrees with the mean of ln q(z) - ln p(z) over {DRAWS} draws within {abs(found - simulated).max():.2f}."


@_kl.solution
def kl(mean: Any, log_var: Any) -> Any:
    """Kingma & Welling 2013, appendix B, with the sign of a divergence. NumPy or JAX."""
    return 0.5 * (mean**2 + jnp.exp(log_var) - 1 - log_var).sum(-1)


@_kl.wrong
def _without_the_half(mean: Any, log_var: Any) -> Any:
    return (mean**2 + jnp.exp(log_var) - 1 - log_var).sum(-1)


@exercise(
    "04.3",
    "Write aggregate_deviation(mean, log_var): the standard deviation of the aggregate posterior in each dimension, "
    "from the (N, Z) outputs of the encoder.",
    (
        "To draw from the aggregate posterior: choose one of the N spectra, then draw z from its q(z|x).",
        "Law of total variance: the variance of the means plus the mean of the variances.",
        "Return (mean.var(0) + exp(log_var).mean(0)) ** 0.5.",
    ),
    is_code=True,
)
def _aggregate_deviation(answer: Callable[..., Any]) -> str:
    rng = np.random.default_rng(2)
    mean, log_var = rng.normal(size=(500, 2)) * [2.0, 0.1] + 1, rng.normal(size=(500, 2)) - [3.0, 0.2]
    found = _numbers(answer(mean, log_var), (2,), "what aggregate_deviation returns for (500, 2)")
    chosen = rng.integers(500, size=DRAWS)
    drawn = mean[chosen] + np.exp(log_var[chosen] / 2) * rng.standard_normal((DRAWS, 2))
    if (abs(found - drawn.std(0)) > 0.02 * drawn.std(0)).any():
        raise WrongAnswer(
            f"yours is {found.round(2)}; {DRAWS} draws have the standard deviations {drawn.std(0).round(2)}"
        )
    return f"{DRAWS} draws have the standard deviations {drawn.std(0).round(2)}, as yours says."


@_aggregate_deviation.solution
def aggregate_deviation(mean: Any, log_var: Any) -> Any:
    """Law of total variance."""
    return (mean.var(0) + jnp.exp(log_var).mean(0)) ** 0.5


@_aggregate_deviation.wrong
def _of_the_means_only(mean: Any, log_var: Any) -> Any:
    return mean.std(0)


@exercise(
    "04.4",
    f"Which share of the draws of N(0, I) in {KNOBS} dimensions has all {KNOBS} numbers within ±2?",
    (
        "Of one standard normal number, about 95 % of the draws lie within ±2. Is that the answer for four?",
        "The dimensions are independent: the probabilities multiply.",
        "0.954 to the power of 4.",
    ),
)
def _jointly_inside(answer: Any) -> str:
    found = float(_numbers(answer, (), "the answer"))
    one = float(erf(2**0.5))
    if 1 < found <= 100:
        raise WrongAnswer(f"{found:g} is no share; a share lies between 0 and 1")
    if abs(found - one) < 0.005:
        raise WrongAnswer(f"{found:g} is the share in one dimension")
    if abs(found - one**KNOBS) > 0.006:
        raise WrongAnswer(
            f"a share of {found:g} was expected to lie between 0.5 and {one:.3f}, and is not the right one"
        )
    return f"{one:.3f}^{KNOBS} = {one**KNOBS:.3f}: of six draws from the prior, one is outside in some dimension."


@_jointly_inside.solution
def _jointly_inside_solution() -> float:
    return 0.9545**4


@_jointly_inside.wrong
def _one_dimension() -> float:
    return 0.9545
