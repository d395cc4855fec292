"""Banks in time, whose parameters move: trapezoidal state-variable filters on a quadratic B-spline.

Frequencies are fractions of Nyquist in this module, as in `biquad`. Shapes: `S` sections, `T` samples, `N` blocks.
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
"""A moving centre may rise by `RISE` a block, as a logarithm (a third of an octave in 3 ms). From what it rises beyond,
its ringing falls by the power `RELEASE`: a narrow section would else carry a low tone up through the whole band."""


@partial(jax.jit, static_argnames="hop")
def filter_parallel(x: Array, frequency: Array, q: Array, amplitude: Array, hop: int = 128) -> Array:
    """Plays samples through a parallel bank whose parameters move.

    A trapezoidal state-variable filter per section (Zavalishin, *The Art of VA Filter Design*, 2.1.2, section 4.4),
    gain at its input; the only structure that stays bounded however violently the parameters move. What moves is
    `tan(w0/2)`, `1/Q` and the input gain, each on the `spline` of its rows.

    Args:
        x: `(T,)` samples.
        frequency, q, amplitude: `(N, S)` with `N = ceil(T / hop)`, or `(1, S)` for a bank at rest. Row `n` is first
            heard in block `n`, half of the way to it is gone at the end of that block, all of it a block later. Row 0
            holds from the first sample. A section that rises by more than `RISE` a block rings less meanwhile.
        hop: samples per block.

    Returns:
        `(T,)`, the sum of the sections.
    """
    return resume_parallel(None, x, frequency, q, amplitude, hop)[1]


@partial(jax.jit, static_argnames="hop")
def resume_parallel(
    state: Any, x: Array, frequency: Array, q: Array, amplitude: Array, hop: int = 128
) -> tuple[Any, Array]:
    """`filter_parallel` in pieces: takes what the piece before returned, `None` at first; a piece is whole blocks."""
    g, k = _svf(frequency, q)
    blocks = _blocks(x, hop)
    rest = jnp.zeros(frequency.shape[-1:], jnp.result_type(x, g))
    memory, before = ((rest, rest), (None,) * 3) if state is None else state
    rows = _moving(g, k, amplitude * k, blocks.shape[0], before, hop)

    def sample(memory: tuple[Array, Array], at: tuple[Array, ...]) -> tuple[tuple[Array, Array], Array]:
        u, g, k, gain = at
        memory, v1 = _svf_step(memory, gain * u, g, k)
        return memory, v1.sum()

    memory, y = _run(sample, memory, blocks, rows, hop)
    return (memory, tuple(each[-2:] for each in rows)), y[: x.shape[0]]


@partial(jax.jit, static_argnames="hop")
def filter_cascade(x: Array, frequency: Array, q: Array, gain_db: Array, hop: int = 128) -> Array:
    """Plays samples through peaking sections in series; arguments and motion as in `filter_parallel`.

    Each adds a band-pass of what comes in to it: `tan(w0/2)`, `1/(Q A)` and the input gain `(A² - 1)/(Q A)` move, with
    `A = 10^(g/40)` (Simper, *Linear Trapezoidal Integrated State Variable Filter*, bell, its mix put at the input).
    """
    return resume_cascade(None, x, frequency, q, gain_db, hop)[1]


@partial(jax.jit, static_argnames="hop")
def resume_cascade(
    state: Any, x: Array, frequency: Array, q: Array, gain_db: Array, hop: int = 128
) -> tuple[Any, Array]:
    """`filter_cascade` in pieces, as `resume_parallel`."""
    g, k = _svf(frequency, q)
    a = 10 ** (gain_db / 40)
    k = k / a
    parameters = tuple(jnp.moveaxis(p, -1, 0) for p in (g, k, k * (a * a - 1)))
    x = x.astype(jnp.result_type(x, g))
    rest = jnp.zeros(g.shape[-1:], x.dtype)
    held = tuple(jnp.repeat(p[:, :1], 2, axis=1) for p in parameters)
    memory, before = ((rest, rest), held) if state is None else state

    def section(x: Array, at: Any) -> tuple[Array, Any]:
        (g, k, gain), memory, before = at
        blocks = _blocks(x, hop)
        rows = _moving(g, k, gain, blocks.shape[0], before, hop)

        def sample(memory: tuple[Array, Array], at: tuple[Array, ...]) -> tuple[tuple[Array, Array], Array]:
            u, g, k, gain = at
            memory, v1 = _svf_step(memory, gain * u, g, k)
            return memory, u + v1

        memory, y = _run(sample, memory, blocks, rows, hop)
        return y[: x.shape[0]], (memory, tuple(each[-2:] for each in rows))

    y, state = jax.lax.scan(section, x, (parameters, memory, before))
    return state, y


def control_points(parameter: Array, n_blocks: int, before: Array | None) -> Array:
    """Rows of a `spline`, `(N + 2, ...)`, from `(N, ...)` or `(1, ...)`; `before` are the last two of the piece before.

    Without those the first row holds from the first sample.
    """
    rows = jnp.broadcast_to(parameter, (n_blocks, *parameter.shape[1:]))
    return jnp.concatenate([jnp.repeat(rows[:1], 2, axis=0) if before is None else before, rows])


def spline(rows: Array, hop: int) -> Array:
    """`(N + 2, ...)` rows, one a block, to `(N, hop, ...)` samples: the quadratic B-spline that the rows control.

    A block runs from half way between the two rows before it to half way between the last of them and its own. Value
    and slope go on from block to block, nothing overshoots, and rows that are equal are reached exactly. A straight
    ramp has corners instead, which cost 40 dB of clicks, and no ramp at all another 50.
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


def _moving(g: Array, k: Array, gain: Array, n_blocks: int, before: Any, hop: int) -> tuple[Array, Array, Array]:
    """Rows of a bank in motion, three `(N + 2, ...)`; sections that rise too fast are widened, their gains stay."""
    g = control_points(g, n_blocks, before[0])
    excess = jnp.maximum(jnp.log(g[2:] / g[1:-1]) - RISE, 0)
    k = k + RELEASE * excess / (hop * g[2:])  # ringing falls by exp(-g k) a sample
    return g, control_points(k, n_blocks, before[1]), control_points(gain, n_blocks, before[2])


def _blocks(x: Array, hop: int) -> Array:
    return jnp.pad(x, (0, -x.shape[0] % hop)).reshape(-1, hop)


def _run(sample: Callable, state: Any, blocks: Array, rows: Any, hop: int) -> tuple[Any, Array]:
    """Scans `sample` over blocks and the samples in them, each parameter on its spline; the last state and `(T,)`."""

    def block(state: Any, at: Any) -> tuple[Any, Array]:
        x, three = at
        return jax.lax.scan(sample, state, (x, *(spline(each, hop)[0] for each in three)), unroll=4)

    state, y = jax.lax.scan(
        block, state, (blocks, tuple(jnp.stack([each[:-2], each[1:-1], each[2:]], axis=1) for each in rows))
    )
    return state, y.reshape(-1)
