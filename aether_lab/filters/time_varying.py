"""Time-varying banks: trapezoidal state-variable filters with parameters on a quadratic B-spline.

Frequencies are fractions of Nyquist, as in `biquad`. Shapes: `S` sections, `T` samples, `N` blocks.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from aether_lab.filters.biquad import clip_to_valid
from aether_lab.filters.side_by_side import side_by_side

LANES = 4096
"""Blocks times sections of one step."""

SHARES = 2
"""Parts of a parallel bank that run at the same time; fixed, so that sums do not depend on the number of cores. A step
of a quarter takes nearly as long as that of a half: on two cores, four parts take 1.2 times as long as two."""

RISE, RELEASE = 0.05, 8.0
"""Where the log of a centre rises by more than `RISE` per block (an octave in 37 ms), the excess ratio to the power
`RELEASE` damps the section, which would otherwise sweep its ringing up through the spectrum."""


@partial(jax.jit, static_argnames="hop")
def filter_parallel(x: Array, frequency: Array, q: Array, amplitude: Array, hop: int = 128) -> Array:
    """Filters samples with a time-varying parallel bank.

    Each section is a trapezoidal state-variable filter with the gain at its input, which stays bounded for any change
    of parameters (Zavalishin, *The Art of VA Filter Design*, 2.1.2, section 4.4). `tan(w0/2)`, `1/Q` and the input gain
    are interpolated by `spline`.

    Args:
        x: `(T,)` samples.
        frequency, q, amplitude: `(N, S)` with `N = ceil(T / hop)`, or `(1, S)` for a time-invariant bank. Row `n` takes
            effect from the start of block `n`, half of it at the end of that block, all of it one block later. Row 0
            applies from the first sample. A section whose centre rises fast is damped (see `RISE`).
        hop: samples per block.

    Returns:
        `(T,)`, the sum of the sections.
    """
    return resume_parallel(None, x, frequency, q, amplitude, hop)[1]


def filter_parallel_in_shares(x: Array, frequency: Array, q: Array, amplitude: Array, hop: int = 128) -> Array:
    """`filter_parallel` outside of `jax.jit` and `jax.grad`, `in_shares` that run side by side."""
    y, *others = side_by_side(partial(filter_parallel, x, hop=hop), *in_shares(frequency, q, amplitude))
    return sum(others, y)


def in_shares(*parameters: Array) -> list[list[Array]]:
    """Each of the parameters `(..., S)` of a parallel bank, in `SHARES` parts: banks whose outputs are added."""
    return [jnp.array_split(each, min(SHARES, each.shape[-1]), axis=-1) for each in parameters]


@partial(jax.jit, static_argnames="hop")
def resume_parallel(
    state: Any, x: Array, frequency: Array, q: Array, amplitude: Array, hop: int = 128
) -> tuple[Any, Array]:
    """`filter_parallel` for successive pieces of whole blocks: takes the state of the piece before (None at first)."""
    g, k = _svf(frequency, q)
    x = x.astype(jnp.result_type(x, g))
    zeros = jnp.zeros(frequency.shape[-1:], x.dtype)
    memory, before = ((zeros, zeros), (None,) * 3) if state is None else state
    rows = _control_rows(g, k, amplitude * k, -(-x.shape[0] // hop), before, hop)
    memory, y = _run(memory, x, rows, hop)
    return (memory, tuple(each[-2:] for each in rows)), y


@partial(jax.jit, static_argnames="hop")
def filter_cascade(x: Array, frequency: Array, q: Array, gain_db: Array, hop: int = 128) -> Array:
    """Filters samples with time-varying peaking sections in series; arguments as in `filter_parallel`.

    Each section adds a band-pass of its input. `tan(w0/2)`, `1/(Q A)` and the input gain `(A² - 1)/(Q A)` are
    interpolated, with `A = 10^(g/40)` (Simper, *Linear Trapezoidal Integrated State Variable Filter*, bell, but with
    the mix at the input).
    """
    return resume_cascade(None, x, frequency, q, gain_db, hop)[1]


@partial(jax.jit, static_argnames="hop")
def resume_cascade(
    state: Any, x: Array, frequency: Array, q: Array, gain_db: Array, hop: int = 128
) -> tuple[Any, Array]:
    """`filter_cascade` for successive pieces, as `resume_parallel`."""
    g, k = _svf(frequency, q)
    a = 10 ** (gain_db / 40)
    k = k / a
    parameters = tuple(jnp.moveaxis(p, -1, 0)[..., None] for p in (g, k, k * (a * a - 1)))
    x = x.astype(jnp.result_type(x, g))
    zeros = jnp.zeros((g.shape[-1], 1), x.dtype)
    first = tuple(jnp.repeat(p[:, :1], 2, axis=1) for p in parameters)
    memory, before = ((zeros, zeros), first) if state is None else state

    def section(x: Array, at: Any) -> tuple[Array, Any]:
        (g, k, gain), memory, before = at
        rows = _control_rows(g, k, gain, -(-x.shape[0] // hop), before, hop)
        memory, y = _run(memory, x, rows, hop)
        return x + y, (memory, tuple(each[-2:] for each in rows))

    y, state = jax.lax.scan(section, x, (parameters, memory, before))
    return state, y


def control_points(parameter: Array, n_blocks: int, before: Array | None) -> Array:
    """Control points of a `spline`, `(N + 2, ...)`, from `(N, ...)` or `(1, ...)` rows.

    `before` is the last two rows of the piece before; if None, the first row applies from the first sample.
    """
    rows = jnp.broadcast_to(parameter, (n_blocks, *parameter.shape[1:]))
    return jnp.concatenate([jnp.repeat(rows[:1], 2, axis=0) if before is None else before, rows])


def spline(rows: Array, hop: int) -> Array:
    """Samples `(N, hop, ...)` of the quadratic B-spline with `(N + 2, ...)` control points, one per block.

    Each block runs from the midpoint of its first two control points to that of its last two. Value and slope are
    continuous, there is no overshoot, and equal rows are reached exactly. The clicks of linear interpolation are 40 dB
    louder, those of a step another 50 dB.
    """
    u = ((jnp.arange(hop) + 1) / hop).astype(rows.dtype).reshape(hop, *[1] * (rows.ndim - 1))
    return _spline_at(tuple(each[:, None] for each in (rows[:-2], rows[1:-1], rows[2:])), u[None])


def _spline_at(points: tuple[Array, ...], u: Array) -> Array:
    a, b, c = points
    return (a + b) / 2 + u * (b - a + u * (a / 2 - b + c / 2))


def _svf(frequency: ArrayLike, q: ArrayLike) -> tuple[Array, Array]:
    centre, q = clip_to_valid(frequency, q)
    return jnp.tan(jnp.pi / 2 * centre), 1 / q


def _svf_step(state: tuple[Array, Array], u: Array, g: Array, k: Array) -> tuple[tuple[Array, Array], Array]:
    """One sample of the state-variable filter; returns the new state and the band-pass output (peak gain Q)."""
    s1, s2 = state
    v1 = (s1 + g * (u - s2)) / (1 + g * (g + k))
    v2 = s2 + g * v1
    return (2 * v1 - s1, 2 * v2 - s2), v1


def _control_rows(g: Array, k: Array, gain: Array, n_blocks: int, before: Any, hop: int) -> tuple[Array, Array, Array]:
    """Control points, `(N + 2, ...)` each; sections that rise too fast are widened, with the same gain."""
    g = control_points(g, n_blocks, before[0])
    excess = jnp.maximum(jnp.log(g[2:] / g[1:-1]) - RISE, 0)
    k = k + RELEASE * excess / (hop * g[2:])  # ringing decays by exp(-g k) per sample
    return g, control_points(k, n_blocks, before[1]), control_points(gain, n_blocks, before[2])


def _run(memory: Any, x: Array, rows: tuple[Array, ...], hop: int) -> tuple[Any, Array]:
    """The sum of time-varying sections: the state after `(T,)` samples, and their output.

    XLA takes as long for a step of one sample as for hundreds side by side. So blocks are filtered side by side, twice:
    from rest and from each unit state, which gives the state that every block begins with, and then from that. Blocks
    are the last axis, so that the sections are added many blocks at a time.
    """
    n, sections = -(-x.shape[0] // hop), rows[0].shape[-1]
    width = max(1, min(n, -(-LANES // sections)))
    missing = -n % width  # they have no input, and come after the last state that counts

    def tiled(blocks: Array) -> Array:
        blocks = jnp.pad(blocks, [(0, missing), (0, 0)], mode="edge")
        return blocks.reshape(-1, width, sections).mT

    inputs = jnp.pad(x, (0, (n + missing) * hop - x.shape[0])).reshape(-1, width, hop)
    points = tuple(tuple(map(tiled, (each[:-2], each[1:-1], each[2:]))) for each in rows)
    zero, one = jnp.zeros((sections, width), x.dtype), jnp.ones((sections, width), x.dtype)
    at = ((jnp.arange(hop) + 1) / hop).astype(x.dtype)

    def tile(memory: Any, tile: Any) -> tuple[Any, Any]:
        inputs, points = tile

        def from_rest(states: Any, now: tuple[Array, Array]) -> tuple[Any, None]:
            u, x = now
            g, k, gain = (_spline_at(each, u) for each in points)
            drives = gain * x[None], zero, zero
            return tuple(_svf_step(state, drive, g, k)[0] for state, drive in zip(states, drives, strict=True)), None

        def from_states(state: Any, now: tuple[Array, Array]) -> tuple[Any, Array]:
            u, x = now
            g, k, gain = (_spline_at(each, u) for each in points)
            state, v1 = _svf_step(state, gain * x[None], g, k)
            return state, v1.sum(0)

        ends, _ = jax.lax.scan(from_rest, ((zero, zero), (one, zero), (zero, one)), (at, inputs.T))
        memory, begins = jax.lax.scan(_next_block, memory, jax.tree.map(jnp.transpose, ends))
        _, y = jax.lax.scan(from_states, jax.tree.map(jnp.transpose, begins), (at, inputs.T))
        return memory, (begins, y.T)

    last, (begins, y) = jax.lax.scan(tile, memory, (inputs, points))
    if missing:
        last = jax.tree.map(lambda each: each.reshape(-1, sections)[n], begins)
    return last, y.ravel()[: x.shape[0]]


def _next_block(state: tuple[Array, Array], ends: Any) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The state after a block, from how it ends from rest and from either unit state; and the one before."""
    rest, first, second = ends
    s1, s2 = (r + a * state[0] + b * state[1] for r, a, b in zip(rest, first, second, strict=True))
    return (s1, s2), state
