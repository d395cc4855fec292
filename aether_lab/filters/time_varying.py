"""Time-varying banks: trapezoidal state-variable filters with parameters on a quadratic B-spline.

Frequencies are fractions of Nyquist, as in `biquad`. Shapes: `S` sections, `T` samples, `N` blocks.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from aether_lab.filters.biquad import clip_to_valid

RISE, RELEASE = 0.2, 4.0
"""Where the log of a centre rises by more than `RISE` per block (a third of an octave in 3 ms), the excess ratio to the
power `RELEASE` damps the section, which would otherwise sweep its ringing up through the spectrum."""


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


@partial(jax.jit, static_argnames="hop")
def resume_parallel(
    state: Any, x: Array, frequency: Array, q: Array, amplitude: Array, hop: int = 128
) -> tuple[Any, Array]:
    """`filter_parallel` for successive pieces of whole blocks: takes the state of the piece before (None at first)."""
    g, k = _svf(frequency, q)
    blocks = _blocks(x, hop)
    zeros = jnp.zeros(frequency.shape[-1:], jnp.result_type(x, g))
    memory, before = ((zeros, zeros), (None,) * 3) if state is None else state
    rows = _control_rows(g, k, amplitude * k, blocks.shape[0], before, hop)

    def sample(memory: tuple[Array, Array], at: tuple[Array, ...]) -> tuple[tuple[Array, Array], Array]:
        u, g, k, gain = at
        memory, v1 = _svf_step(memory, gain * u, g, k)
        return memory, v1.sum()

    memory, y = _run(sample, memory, blocks, rows, hop)
    return (memory, tuple(each[-2:] for each in rows)), y[: x.shape[0]]


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
    parameters = tuple(jnp.moveaxis(p, -1, 0) for p in (g, k, k * (a * a - 1)))
    x = x.astype(jnp.result_type(x, g))
    zeros = jnp.zeros(g.shape[-1:], x.dtype)
    first = tuple(jnp.repeat(p[:, :1], 2, axis=1) for p in parameters)
    memory, before = ((zeros, zeros), first) if state is None else state

    def section(x: Array, at: Any) -> tuple[Array, Any]:
        (g, k, gain), memory, before = at
        blocks = _blocks(x, hop)
        rows = _control_rows(g, k, gain, blocks.shape[0], before, hop)

        def sample(memory: tuple[Array, Array], at: tuple[Array, ...]) -> tuple[tuple[Array, Array], Array]:
            u, g, k, gain = at
            memory, v1 = _svf_step(memory, gain * u, g, k)
            return memory, u + v1

        memory, y = _run(sample, memory, blocks, rows, hop)
        return y[: x.shape[0]], (memory, tuple(each[-2:] for each in rows))

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
    a, b, c = (each[:, None] for each in (rows[:-2], rows[1:-1], rows[2:]))
    return (a + b) / 2 + u[None] * (b - a + u[None] * (a / 2 - b + c / 2))


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


def _blocks(x: Array, hop: int) -> Array:
    return jnp.pad(x, (0, -x.shape[0] % hop)).reshape(-1, hop)


def _run(sample: Callable, state: Any, blocks: Array, rows: Any, hop: int) -> tuple[Any, Array]:
    """Scans `sample` over all samples, with each parameter on its spline; returns the last state and `(T,)`."""

    def block(state: Any, at: Any) -> tuple[Any, Array]:
        x, three = at
        return jax.lax.scan(sample, state, (x, *(spline(each, hop)[0] for each in three)), unroll=4)

    state, y = jax.lax.scan(
        block, state, (blocks, tuple(jnp.stack([each[:-2], each[1:-1], each[2:]], axis=1) for each in rows))
    )
    return state, y.reshape(-1)
