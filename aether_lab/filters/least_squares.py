"""Least squares over the parameters of a bank: Levenberg-Marquardt from several starts, many targets at once.

A point `x` `(S, 3)` is a bank: log of the centre (fraction of Nyquist), log of Q, and gain in units of `GAIN_UNIT` dB,
so that a step of one means about as much in each. What is made least is `sum w (response - target)²`, the square of
`spectrum.lsd`. A section's response depends on its own three numbers only, so that three directional derivatives give
the whole Jacobian, for four times the price of a response.

Method: Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", J. SIAM 11 (1963), with each
step cut at the bounds, where what wants to leave them is held.
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
RIDGE = 1e-4  # keeps a section of 0 dB, whose centre and Q mean nothing, from making the matrix singular
ATOMS = (64, 8)  # centres and Q tried for each section of a greedy start
NOISE = 0.5  # on the log of an atom's score, in every start but the first


class Bank(NamedTuple):
    """What is fitted, apart from its numbers: static under jit."""

    size: int  # sections
    topology: str
    polarity: str
    shelves: bool
    free_level: bool  # a gain before all sections is fitted too: in closed form, since it is a weighted mean


class Problem(NamedTuple):
    """Where a response is compared and what its parameters may be."""

    grid: Array  # (P,) fractions of Nyquist, rising
    weights: Array  # (P,), sum 1
    ends: Array  # (2,) fractions of Nyquist: where weights begin and end
    bounds: Array  # (2, 3) lowest and highest of the three coordinates


class State(NamedTuple):
    """One fit on its way: the point, its cost, gradient and normal matrix, and how much the next step is damped."""

    x: Array
    cost: Array
    gradient: Array
    normal: Array
    damping: Array


def parameters(x: Array) -> tuple[Array, Array, Array]:
    """Centre (fraction of Nyquist), Q and gain (dB), `(..., S)` each, of points `(..., S, 3)`."""
    return jnp.exp(x[..., 0]), jnp.exp(x[..., 1]), GAIN_UNIT * x[..., 2]


def point(frequency: Any, q: Any, gain_db: Any) -> np.ndarray:
    """The inverse of `parameters`, float32."""
    frequency, q, gain_db = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (frequency, q, gain_db)))
    return np.stack([np.log(frequency), np.log(q), gain_db / GAIN_UNIT], axis=-1).astype(np.float32)


@partial(jax.jit, static_argnums=(0, 1, 2))
def solve(
    bank: Bank, steps: int, starts: int, problem: Problem, targets: Array, given: Array | None, key: Array
) -> tuple[Array, Array, Array]:
    """The best of several descents to each target.

    Every start goes down the first quarter of the steps, the better quarter of them the rest.

    Args:
        targets: `(B, P)` dB.
        given: `(B, S, 3)` points that take the place of the first start, or None.
        key: one for all targets, so that a target's fit does not depend on its company.

    Returns:
        Points `(B, S, 3)`, the levels `(B,)` in dB that go before all sections, and the costs `(B,)` in dB².
    """
    keys = jax.random.split(key, starts)
    noise = jnp.where(jnp.arange(starts) == 0, 0.0, NOISE).astype(targets.dtype)
    begin = _greedy if bank.free_level else _spread

    def one(target: Array, given: Array | None) -> tuple[Array, Array, Array]:
        x = jax.vmap(partial(begin, bank, problem, target))(keys, noise)
        if given is not None:
            x = x.at[0].set(given)
        x = jnp.clip(x, problem.bounds[None, :1], problem.bounds[None, 1:])
        look = partial(_linearised, bank, problem, target)
        damping = jnp.full((starts,), DAMPING[1], x.dtype)
        states = State(x, *jax.vmap(look)(x), damping)
        states = _descend(look, problem.bounds, states, steps // 4)
        kept = jnp.argsort(states.cost)[: max(1, starts // 4)]
        states = _descend(look, problem.bounds, jax.tree.map(lambda a: a[kept], states), steps - steps // 4)
        best = jnp.argmin(states.cost)
        x = states.x[best]
        response = _level(bank, _parts(bank, problem.grid, x).sum(1))
        return x, problem.weights @ (target - response), states.cost[best]

    return jax.vmap(one)(targets, given)


def _parts(bank: Bank, grid: Array, x: Array) -> Array:
    """`(C, S, P)`, what the sections put into a sum: their decibels (C = 1), or their real and imaginary parts."""
    frequency, q, gain_db = parameters(x)
    if bank.topology == "cascade":
        return biquad.cascade_db(frequency, q, gain_db, grid, bank.shelves)[None]
    sign = np.where((np.arange(bank.size) % 2 == 1) & (bank.polarity == "alternating"), -1, 1)
    amplitude = jnp.asarray(sign, x.dtype) * 10 ** (gain_db / 20)
    return jnp.stack(biquad.bandpass_response(frequency, q, grid)) * amplitude[None, :, None]


def _level(bank: Bank, total: Array) -> Array:
    """`(P,)` dB of the sum `(C, P)`."""
    return total[0] if bank.topology == "cascade" else biquad.power_db(total[0], total[1])


def _linearised(bank: Bank, problem: Problem, target: Array, x: Array) -> tuple[Array, Array, Array]:
    """Cost, half its gradient `(3S,)`, and the normal matrix `(3S, 3S)` at a point."""
    parts = partial(_parts, bank, problem.grid)
    each, linear = jax.linearize(parts, x)
    moved = jax.vmap(lambda axis: linear(jnp.broadcast_to(axis[None], x.shape)))(jnp.eye(3, dtype=x.dtype))
    response, pull = jax.vjp(partial(_level, bank), each.sum(1))
    (slope,) = pull(jnp.ones_like(response))
    jacobian = jnp.einsum("cp,kcsp->skp", slope, moved).reshape(3 * bank.size, -1)
    error = response - target
    if bank.free_level:
        error = error - problem.weights @ error
        jacobian = jacobian - (jacobian @ problem.weights)[:, None]
    weighted = jacobian * problem.weights[None]
    return problem.weights @ error**2, weighted @ error, weighted @ jacobian.T


def _descend(look: Callable, bounds: Array, states: State, steps: int) -> State:
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
        cost, gradient, normal = look(x)
        better = cost < state.cost  # not where a matrix was singular and all is NaN
        damping = jnp.where(
            better, jnp.maximum(state.damping / 3, DAMPING[0]), jnp.minimum(4 * state.damping, DAMPING[2])
        )
        found = State(x, cost, gradient, normal, damping)
        return jax.tree.map(partial(jnp.where, better), found, state._replace(damping=damping))

    def all_of_them(states: State, _: None) -> tuple[State, None]:
        return jax.vmap(step)(states), None

    return jax.lax.scan(all_of_them, states, length=steps)[0]


def _greedy(bank: Bank, problem: Problem, target: Array, key: Array, noise: Array) -> Array:
    """Sections placed one by one where the most is left of the target, `(S, 3)`; `noise` makes another choice of it.

    What would be left is judged on a table of sections of `GAIN_UNIT` dB, whose shape hardly changes with their gain.
    """
    low, high = problem.bounds
    ends = jnp.clip(jnp.log(problem.ends), low[0], high[0])
    across = jnp.linspace(0, 1, ATOMS[0], dtype=target.dtype)
    centres = jnp.exp(ends[0] + across * (ends[1] - ends[0]))
    widths = jnp.exp(jnp.linspace(low[1], high[1], ATOMS[1] + 2, dtype=target.dtype)[1:-1])
    frequency, q = (each.reshape(-1) for each in jnp.meshgrid(centres, widths))
    gain = jnp.full_like(frequency, GAIN_UNIT)

    def place(rest: Array, key: Array, respond: Callable, frequency: Array, q: Array) -> tuple[Array, Array]:
        table = respond(frequency, q, gain[: frequency.size])
        if bank.free_level:
            table = table - (table @ problem.weights)[:, None]
        norm = jnp.sqrt(table**2 @ problem.weights) + 1e-6
        likeness = (table * problem.weights[None]) @ rest / norm
        best = jnp.argmax(jnp.abs(likeness) * jnp.exp(noise * jax.random.normal(key, likeness.shape, rest.dtype)))
        chosen = jnp.clip(likeness[best] / norm[best], low[2], high[2])
        x = jnp.stack([jnp.log(frequency[best]), jnp.log(q[best]), chosen])
        return rest - respond(frequency[best][None], q[best][None], GAIN_UNIT * chosen[None])[0], x

    def peak(frequency: Array, q: Array, gain_db: Array) -> Array:
        return biquad.peaking_db(frequency, q, gain_db, problem.grid)

    keys = jax.random.split(key, bank.size)
    rest, first, last = target, [], []
    if bank.shelves:
        half = ATOMS[0] // 2
        shelf = jnp.full_like(centres, biquad.SHELF_Q)

        def low_shelf(frequency: Array, q: Array, gain_db: Array) -> Array:
            return biquad.low_shelf_db(frequency, gain_db, problem.grid)

        def high_shelf(frequency: Array, q: Array, gain_db: Array) -> Array:
            return biquad.high_shelf_db(frequency, gain_db, problem.grid)

        rest, x = place(rest, keys[0], low_shelf, centres[:half], shelf[:half])
        first = [x[None]]
        rest, x = place(rest, keys[-1], high_shelf, centres[half:], shelf[half:])
        last = [x[None]]
        keys = keys[1:-1]
    _, peaks = jax.lax.scan(lambda rest, key: place(rest, key, peak, frequency, q), rest, keys)
    return jnp.concatenate([*first, peaks, *last])


def _spread(bank: Bank, problem: Problem, target: Array, key: Array, noise: Array) -> Array:
    """Centres in equal ratios, a little off them with `noise`, at the target's level; Q reaches both neighbours."""
    low, high = problem.bounds
    ends = jnp.clip(jnp.log(problem.ends), low[0], high[0])
    spacing = (ends[1] - ends[0]) / bank.size
    off = 0.5 + noise * jax.random.uniform(key, (bank.size,), target.dtype, -1, 1)
    centre = ends[0] + spacing * (jnp.arange(bank.size, dtype=target.dtype) + off)
    gain = jnp.interp(centre, jnp.log(problem.grid), target) / GAIN_UNIT
    ratio = jnp.exp(spacing)
    if bank.topology == "cascade":
        gain = gain / 2  # two neighbours add
    return jnp.stack([centre, jnp.full_like(centre, jnp.log(ratio / (ratio**2 - 1))), gain], axis=-1)
