"""Least squares over the parameters of a bank: Levenberg-Marquardt from several starts, for many targets at once.

A point `x` `(S, 3)` is a bank: log of the centre (fraction of Nyquist), log of Q, and gain in units of `GAIN_UNIT` dB,
so that steps of one have similar effects. The cost is `Σ w (response - target)²`, the square of `spectrum.lsd`. The
response of a section depends only on its own three parameters, so three directional derivatives give the whole Jacobian
at the cost of four responses.

Source: Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", J. SIAM 11 (1963). In addition,
each step is clipped to the bounds, and coordinates that would leave them are fixed.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from aether_lab.filters import biquad

GAIN_UNIT = 8.0  # dB
LONGEST_STEP = 1.0  # in any coordinate
DAMPING = (1e-5, 0.1, 1e4)  # relative to the diagonal: lowest, at the start, highest
RIDGE = 1e-4  # keeps the matrix regular for a section of 0 dB, whose centre and Q have no effect
CANDIDATES = (64, 8)  # numbers of centres and of Q tried for each section of a greedy start
BROADEST = 1 / 3  # of the lowest Q: with broader candidates, clipped later, fits end in fewer local minima
NOISE = 0.5  # on the log of a candidate's score, in every start but the first


class Bank(NamedTuple):
    """The structure of the bank, which is static under jit."""

    n_sections: int
    topology: str
    polarity: str
    shelves: bool
    free_level: bool  # whether a gain before all sections is fitted too, in closed form as a weighted mean


class Problem(NamedTuple):
    """The evaluation grid and the bounds of the parameters."""

    grid: Array  # (P,) fractions of Nyquist, rising
    weights: Array  # (P,), sum 1
    ends: Array  # (2,) fractions of Nyquist, the band of the centres of starting points before they are clipped
    bounds: Array  # (2, 3), lowest and highest value of each coordinate
    levels: Array  # (2,) dB, lowest and highest overall level over the mean of the target
    rate_weight: Array  # 1/dB², of the change at twice the sample rate in the choice between fits
    used: Array | None = None  # (S,) 1 or 0: sections of 0 have no part in the bank; None for all of them


class State(NamedTuple):
    """The state of one fit: point, cost, half the gradient, normal matrix, and damping of the next step."""

    x: Array
    cost: Array
    gradient: Array
    normal: Array
    damping: Array


def parameters(x: Array) -> tuple[Array, Array, Array]:
    """Centre (fraction of Nyquist), Q and gain (dB) of points `(..., S, 3)`, `(..., S)` each."""
    return jnp.exp(x[..., 0]), jnp.exp(x[..., 1]), GAIN_UNIT * x[..., 2]


def point(frequency: Any, q: Any, gain_db: Any) -> np.ndarray:
    """The inverse of `parameters`, float32."""
    frequency, q, gain_db = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (frequency, q, gain_db)))
    return np.stack([np.log(frequency), np.log(q), gain_db / GAIN_UNIT], axis=-1).astype(np.float32)


@partial(jax.jit, static_argnums=(0, 1, 2))
def solve(
    bank: Bank, steps: int, starts: int, problem: Problem, targets: Array, initial: Array | None, key: Array
) -> tuple[Array, Array, Array]:
    """The best of several fits to each target.

    A quarter of the steps is spent on every start, the rest on the best half of the starts. Of these fits, the one with
    the lowest `cost (1 + rate_weight change)` is taken, so that an exact one is never left for another.

    Args:
        targets: `(B, P)` dB.
        initial: `(B, S, 3)` points that replace the first start, or None.
        key: shared by all targets, so that a fit does not depend on the other targets.

    Returns:
        Points `(B, S, 3)`, overall levels `(B,)` in dB, and costs `(B,)` in dB².
    """
    keys = jax.random.split(key, starts)
    noise = jnp.where(jnp.arange(starts) == 0, 0.0, NOISE).astype(targets.dtype)
    starting_point = _greedy_start if bank.free_level else _spaced_start

    def solve_one(target: Array, initial: Array | None) -> tuple[Array, Array, Array]:
        x = jax.vmap(partial(starting_point, bank, problem, target))(keys, noise)
        if initial is not None:
            x = x.at[0].set(initial)
        x = jnp.clip(x, problem.bounds[None, :1], problem.bounds[None, 1:])
        linearize = partial(_linearize, bank, problem, target)
        damping = jnp.full((starts,), DAMPING[1], x.dtype)
        states = State(x, *jax.vmap(linearize)(x), damping)
        states = _minimize(linearize, problem.bounds, states, steps // 4)
        selected = jnp.argsort(states.cost)[: max(1, starts // 2)]
        states = _minimize(linearize, problem.bounds, jax.tree.map(lambda a: a[selected], states), steps - steps // 4)
        change = jax.vmap(partial(_change_with_rate, bank, problem))(states.x)
        best = jnp.argmin(states.cost * (1 + problem.rate_weight * change))
        x = states.x[best]
        response = _level(bank, _parts(bank, problem.grid, problem.used, x).sum(1))
        return x, _overall_level(problem, target, response)[0], states.cost[best]

    return jax.vmap(solve_one)(targets, initial)


def _parts(bank: Bank, grid: Array, used: Array | None, x: Array) -> Array:
    """The summands of the used sections, `(C, S, P)`: levels in dB (`C = 1`), or real and imaginary parts (`C = 2`)."""
    frequency, q, gain_db = parameters(x)
    # A factor of the gain in dB or of the amplitude: where it is 0, so are the derivatives.
    on = 1.0 if used is None else used
    if bank.topology == "cascade":
        return biquad.cascade_db(frequency, q, on * gain_db, grid, bank.shelves)[None]
    sign = np.where((np.arange(bank.n_sections) % 2 == 1) & (bank.polarity == "alternating"), -1, 1)
    amplitude = on * jnp.asarray(sign, x.dtype) * 10 ** (gain_db / 20)
    return jnp.stack(biquad.bandpass_response(frequency, q, grid)) * amplitude[None, :, None]


def _level(bank: Bank, total: Array) -> Array:
    """Level `(P,)` in dB of the sum `(C, P)`."""
    return total[0] if bank.topology == "cascade" else biquad.power_db(total[0], total[1])


def _linearize(bank: Bank, problem: Problem, target: Array, x: Array) -> tuple[Array, Array, Array]:
    """Cost, half its gradient `(3S,)`, and the normal matrix `(3S, 3S)` at a point."""
    parts = partial(_parts, bank, problem.grid, problem.used)
    values, linear = jax.linearize(parts, x)
    derivatives = jax.vmap(lambda axis: linear(jnp.broadcast_to(axis[None], x.shape)))(jnp.eye(3, dtype=x.dtype))
    response, pullback = jax.vjp(partial(_level, bank), values.sum(1))
    (slope,) = pullback(jnp.ones_like(response))
    jacobian = jnp.einsum("cp,kcsp->skp", slope, derivatives).reshape(3 * bank.n_sections, -1)
    error = response - target
    if bank.free_level:
        level, is_free = _overall_level(problem, target, response)
        error = error + level
        jacobian = jacobian - is_free * (jacobian @ problem.weights)[:, None]
    weighted = jacobian * problem.weights[None]
    return problem.weights @ error**2, weighted @ error, weighted @ jacobian.T


def _overall_level(problem: Problem, target: Array, response: Array) -> tuple[Array, Array]:
    """The level in dB that a response lacks on average, clipped to its range, and whether it lies inside of it."""
    mean = problem.weights @ target
    level = mean - problem.weights @ response
    low, high = mean + problem.levels
    return jnp.clip(level, low, high), (level > low) & (level < high)


def _change_with_rate(bank: Bank, problem: Problem, x: Array) -> Array:
    """The mean square change in dB² of a cascade used at twice the sample rate; 0 of a parallel bank."""
    if bank.topology != "cascade":
        return jnp.zeros((), x.dtype)
    octave = jnp.asarray([np.log(2), 0, 0], x.dtype)
    moved = _parts(bank, problem.grid / 2, problem.used, x - octave[None])
    return problem.weights @ (moved - _parts(bank, problem.grid, problem.used, x))[0].sum(0) ** 2


def _minimize(linearize: Callable, bounds: Array, states: State, steps: int) -> State:
    def step(state: State) -> State:
        leaves = ((state.x <= bounds[:1]) & (state.gradient.reshape(state.x.shape) > 0)) | (
            (state.x >= bounds[1:]) & (state.gradient.reshape(state.x.shape) < 0)
        )
        free = 1 - leaves.astype(state.x.dtype).reshape(-1)
        damped = state.damping * (jnp.diagonal(state.normal) + RIDGE) + (1 - free)
        matrix = state.normal * free[:, None] * free[None] + jnp.diag(damped)
        factor = jax.scipy.linalg.cho_factor(matrix, lower=True)
        change = jax.scipy.linalg.cho_solve(factor, -state.gradient * free).reshape(state.x.shape)
        x = jnp.clip(state.x + jnp.clip(change, -LONGEST_STEP, LONGEST_STEP), bounds[:1], bounds[1:])
        cost, gradient, normal = linearize(x)
        better = cost < state.cost  # false for NaN, from a singular matrix
        damping = jnp.where(
            better, jnp.maximum(state.damping / 3, DAMPING[0]), jnp.minimum(4 * state.damping, DAMPING[2])
        )
        accepted = State(x, cost, gradient, normal, damping)
        return jax.tree.map(partial(jnp.where, better), accepted, state._replace(damping=damping))

    def step_all(states: State, _: None) -> tuple[State, None]:
        return jax.vmap(step)(states), None

    return jax.lax.scan(step_all, states, length=steps)[0]


def _greedy_start(bank: Bank, problem: Problem, target: Array, key: Array, noise: Array) -> Array:
    """A start `(S, 3)` by matching pursuit: each section is the candidate that best fits the residual of the target.

    Candidates have a gain of `GAIN_UNIT` dB, because their shape hardly depends on it. `noise` randomises the choice.
    """
    low, high = problem.bounds
    ends = jnp.log(problem.ends)
    fraction = jnp.linspace(0, 1, CANDIDATES[0], dtype=target.dtype)
    centres = jnp.exp(ends[0] + fraction * (ends[1] - ends[0]))
    qs = jnp.exp(jnp.linspace(low[1] + np.log(BROADEST), high[1], CANDIDATES[1] + 2, dtype=target.dtype)[1:-1])
    frequency, q = (each.reshape(-1) for each in jnp.meshgrid(centres, qs))
    unit = jnp.full_like(frequency, GAIN_UNIT)

    def place(
        residual: Array, key: Array, respond: Callable, frequency: Array, q: Array, used: Array | None = None
    ) -> tuple[Array, Array]:
        table = respond(frequency, q, unit[: frequency.size])
        if bank.free_level:
            table = table - (table @ problem.weights)[:, None]
        norm = jnp.sqrt(table**2 @ problem.weights) + 1e-6
        correlation = (table * problem.weights[None]) @ residual / norm
        score = jnp.abs(correlation) * jnp.exp(noise * jax.random.normal(key, correlation.shape, residual.dtype))
        best = jnp.argmax(score)
        gain = jnp.clip(correlation[best] / norm[best], low[2], high[2])
        if used is not None:
            gain = gain * used  # takes nothing from the residual
        x = jnp.stack([jnp.log(frequency[best]), jnp.log(q[best]), gain])
        return residual - respond(frequency[best][None], q[best][None], GAIN_UNIT * gain[None])[0], x

    def peak(frequency: Array, q: Array, gain_db: Array) -> Array:
        return biquad.peaking_db(frequency, q, gain_db, problem.grid)

    keys, used = jax.random.split(key, bank.n_sections), problem.used
    residual, first, last = target, [], []
    if bank.shelves:
        half = CANDIDATES[0] // 2
        shelf = jnp.full_like(centres, biquad.SHELF_Q)

        def low_shelf(frequency: Array, q: Array, gain_db: Array) -> Array:
            return biquad.low_shelf_db(frequency, gain_db, problem.grid)

        def high_shelf(frequency: Array, q: Array, gain_db: Array) -> Array:
            return biquad.high_shelf_db(frequency, gain_db, problem.grid)

        residual, x = place(residual, keys[0], low_shelf, centres[:half], shelf[:half])
        first = [x[None]]
        top = -1 if used is None else used.sum().astype(int) - 1  # the random numbers do not depend on unused sections
        residual, x = place(residual, keys[top], high_shelf, centres[half:], shelf[half:])
        last = [x[None]]
        keys, used = keys[1:-1], None if used is None else used[1:-1]
    _, peaks = jax.lax.scan(
        lambda left, each: place(left, each[0], peak, frequency, q, each[1]), residual, (keys, used)
    )
    return jnp.concatenate([*first, peaks, *last])


def _spaced_start(bank: Bank, problem: Problem, target: Array, key: Array, noise: Array) -> Array:
    """A start `(S, 3)` with equally spaced, jittered log centres and half power at the neighbours."""
    ends = jnp.log(problem.ends)
    spacing = (ends[1] - ends[0]) / (bank.n_sections if problem.used is None else problem.used.sum())
    offset = 0.5 + noise * jax.random.uniform(key, (bank.n_sections,), target.dtype, -1, 1)
    centre = ends[0] + spacing * (jnp.arange(bank.n_sections, dtype=target.dtype) + offset)
    gain = jnp.interp(centre, jnp.log(problem.grid), target) / GAIN_UNIT
    ratio = jnp.exp(spacing)
    if bank.topology == "cascade":
        gain = gain / 2  # two neighbours add
    return jnp.stack([centre, jnp.full_like(centre, jnp.log(ratio / (ratio**2 - 1))), gain], axis=-1)
