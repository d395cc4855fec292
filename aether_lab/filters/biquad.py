"""Biquads and banks of them: responses in closed form, and coefficients.

The sections are from Robert Bristow-Johnson's *Cookbook formulae for audio EQ biquad filter coefficients*: the
band-pass with constant 0 dB peak gain, the peaking equaliser, and the low and high shelf. Two banks combine them:

- **parallel**: `H = Σ c_k H_k`, a sum of band-passes, each with a signed linear gain `c_k`;
- **cascade**: a product of peaking sections, so that their gains in dB add; with `shelves` the first section is a low
  shelf and the last a high shelf. `sections_db` and `sections_sos` have shelves of any Q, in any place.

In this module, frequencies are fractions of Nyquist (1 is half the sample rate) and Q is dimensionless. Shapes: `S`
sections, `F` frequencies; leading axes broadcast. Responses, coefficients and filters are finite and stable for any
input, because all of them clip it to `CENTRE_RANGE` and `Q_RANGE`.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

CENTRE_RANGE = (1e-4, 0.9995)
"""Valid centres: at exactly 0 or Nyquist the poles of a section lie on the unit circle."""

Q_RANGE = (0.025, 1000.0)
"""Valid Q: for a larger Q, float32 rounds the poles onto the unit circle."""

SHELF_Q = float(np.sqrt(0.5))
"""Q of the shelves of `shelves`: the cookbook's slope S = 1, the steepest without overshoot, as in Web Audio."""

POWER_FLOOR = 1e-12
"""Added to |H|² before the logarithm, so that no level is below -120 dB and no gradient is infinite."""


def clip_to_valid(frequency: ArrayLike, q: ArrayLike) -> tuple[Array, Array]:
    """Centre and Q clipped to `CENTRE_RANGE` and `Q_RANGE`."""
    return jnp.clip(jnp.asarray(frequency), *CENTRE_RANGE), jnp.clip(jnp.asarray(q), *Q_RANGE)


def _tangents(frequency: ArrayLike, grid: ArrayLike) -> tuple[Array, Array]:
    """`p` and `m`, each `(..., S, F)`, of the prototype's frequency `u = tan(w/2) / tan(w0/2) = p / m`.

    `p = sin(w/2) cos(w0/2)` and `m = cos(w/2) sin(w0/2)`: separately, numerator and denominator are finite at DC
    (`p = 0`) and Nyquist (`m = 0`).
    """
    centre = jnp.clip(jnp.asarray(frequency), *CENTRE_RANGE)
    grid = jnp.reshape(jnp.asarray(grid), (1,) * centre.ndim + (-1,))
    half, half0 = jnp.pi / 2 * grid, jnp.pi / 2 * centre[..., None]
    # cos(pi/2) would be 6e-17 (float64) or -4e-8 (float32).
    cosine = jnp.where(grid >= 1, 0.0, jnp.cos(half))
    return jnp.sin(half) * jnp.cos(half0), cosine * jnp.sin(half0)


def _cross_terms(frequency: ArrayLike, q: ArrayLike, grid: ArrayLike) -> tuple[Array, Array]:
    """`n` and `d`, each `(..., S, F)`, of `v = d / n = Q (u - 1/u)`, the variable of band-pass and peaking."""
    p, m = _tangents(frequency, grid)
    return p * m, clip_to_valid(frequency, q)[1][..., None] * (p - m) * (p + m)


def bandpass_response(frequency: ArrayLike, q: ArrayLike, grid: ArrayLike) -> tuple[Array, Array]:
    """Real and imaginary part of each band-pass, `1 / (1 + j v)`, `(..., S, F)` each.

    Args:
        frequency: `(..., S)` centres, fraction of Nyquist.
        q: `(..., S)`.
        grid: `(F,)` fractions of Nyquist in [0, 1]; the response is exactly 0 at both ends.
    """
    n, d = _cross_terms(frequency, q, grid)
    scaled = n / (n * n + d * d)
    return n * scaled, -d * scaled


def parallel_response(frequency: ArrayLike, q: ArrayLike, amplitude: ArrayLike, grid: ArrayLike) -> tuple[Array, Array]:
    """Real and imaginary part of `Σ c_k H_k`, `(..., F)` each; `amplitude` `(..., S)` is the signed linear `c_k`."""
    real, imag = bandpass_response(frequency, q, grid)
    amplitude = jnp.asarray(amplitude)
    return jnp.einsum("...s,...sf->...f", amplitude, real), jnp.einsum("...s,...sf->...f", amplitude, imag)


def power_db(real: ArrayLike, imag: ArrayLike) -> Array:
    """`10 log10(|H|² + POWER_FLOOR)` from the real and imaginary part of `H`."""
    real, imag = jnp.asarray(real), jnp.asarray(imag)
    return 10 * jnp.log10(real * real + imag * imag + POWER_FLOOR)


def peaking_db(frequency: ArrayLike, q: ArrayLike, gain_db: ArrayLike, grid: ArrayLike) -> Array:
    """Magnitude of each peaking section, `(..., S, F)` dB: `|H|² = (v² + 10^(g/20)) / (v² + 10^(-g/20))`."""
    n, d = _cross_terms(frequency, q, grid)
    squared_a = 10 ** (jnp.asarray(gain_db)[..., None] / 20)
    return 10 * jnp.log10((d * d + n * n * squared_a) / (d * d + n * n / squared_a))


def low_shelf_db(frequency: ArrayLike, gain_db: ArrayLike, grid: ArrayLike) -> Array:
    """Magnitude of each low shelf, `(..., S, F)` dB: `gain_db` at DC, half of it at the corner, 0 at Nyquist.

    The cookbook's prototype at `Q = SHELF_Q` is `|H|² = A² (A² + u⁴) / (1 + A² u⁴)`, with `A² = 10^(g/20)`.
    """
    p, m = _tangents(frequency, grid)
    p, m = p**4, m**4
    gain_db = jnp.asarray(gain_db)[..., None]
    squared_a = 10 ** (gain_db / 20)
    return gain_db / 2 + 10 * jnp.log10((squared_a * m + p) / (m + squared_a * p))


def high_shelf_db(frequency: ArrayLike, gain_db: ArrayLike, grid: ArrayLike) -> Array:
    """Magnitude of each high shelf, `(..., S, F)` dB: its gain less the response of the low shelf."""
    return jnp.asarray(gain_db)[..., None] - low_shelf_db(frequency, gain_db, grid)


def shelf_db(frequency: ArrayLike, q: ArrayLike, gain_db: ArrayLike, grid: ArrayLike) -> Array:
    """Magnitude of each low shelf of any Q, `(..., S, F)` dB.

    The cookbook's prototype is `|H|² = A² ((A - u²)² + A u²/Q²) / ((1 - A u²)² + A u²/Q²)`, with `A = 10^(g/40)`. That
    of a high shelf is its gain less this.
    """
    p, m = (each**2 for each in _tangents(frequency, grid))
    gain_db = jnp.asarray(gain_db)[..., None]
    a = 10 ** (gain_db / 40)
    slope = a * p * m / clip_to_valid(frequency, q)[1][..., None] ** 2
    return gain_db / 2 + 10 * jnp.log10(((a * m - p) ** 2 + slope) / ((m - a * p) ** 2 + slope))


def sections_db(kinds: Sequence[str], frequency: ArrayLike, q: ArrayLike, gain_db: ArrayLike, grid: ArrayLike) -> Array:
    """Magnitude of sections of the types `kinds` (peaking, lowshelf, highshelf), shelves of any Q, `(..., S, F)` dB."""
    # Every type for every section: with the same shapes for any `kinds`, nothing is compiled for each of them.
    peak, low = peaking_db(frequency, q, gain_db, grid), shelf_db(frequency, q, gain_db, grid)
    high = jnp.asarray(gain_db)[..., None] - low
    peaking, lowshelf = (np.array([each == kind for each in kinds])[:, None] for kind in ("peaking", "lowshelf"))
    return jnp.where(peaking, peak, jnp.where(lowshelf, low, high))


def cascade_db(frequency: ArrayLike, q: ArrayLike, gain_db: ArrayLike, grid: ArrayLike, shelves: bool = False) -> Array:
    """Magnitude of each section of a cascade, `(..., S, F)` dB; with `shelves`, the first and last Q are ignored."""
    frequency, q, gain_db = jnp.asarray(frequency), jnp.asarray(q), jnp.asarray(gain_db)
    if not shelves:
        return peaking_db(frequency, q, gain_db, grid)
    low = low_shelf_db(frequency[..., :1], gain_db[..., :1], grid)
    high = high_shelf_db(frequency[..., -1:], gain_db[..., -1:], grid)
    inner = peaking_db(frequency[..., 1:-1], q[..., 1:-1], gain_db[..., 1:-1], grid)
    return jnp.concatenate([low, inner, high], axis=-2)


def bandpass_sos(frequency: ArrayLike, q: ArrayLike, amplitude: ArrayLike = 1.0) -> np.ndarray:
    """Band-pass sections as float64 rows `[b0 b1 b2 1 a1 a2]` in SciPy's order, `(..., S, 6)`."""
    centre, q = (np.asarray(x, np.float64) for x in (frequency, q))
    w0, q = np.pi * np.clip(centre, *CENTRE_RANGE), np.clip(q, *Q_RANGE)
    alpha = np.sin(w0) / (2 * q)
    b = np.asarray(amplitude, np.float64) * alpha
    rows = (b, 0 * b, -b, 1 + alpha, -2 * np.cos(w0), 1 - alpha)
    return np.stack(np.broadcast_arrays(*rows), axis=-1) / (1 + alpha)[..., None]


def peaking_sos(frequency: ArrayLike, q: ArrayLike, gain_db: ArrayLike) -> np.ndarray:
    """Peaking sections as float64 rows `[b0 b1 b2 1 a1 a2]` in SciPy's order, `(..., S, 6)`."""
    centre, q = (np.asarray(x, np.float64) for x in (frequency, q))
    w0, q = np.pi * np.clip(centre, *CENTRE_RANGE), np.clip(q, *Q_RANGE)
    alpha, a = np.sin(w0) / (2 * q), 10 ** (np.asarray(gain_db, np.float64) / 40)
    rows = (1 + alpha * a, -2 * np.cos(w0), 1 - alpha * a, 1 + alpha / a, -2 * np.cos(w0), 1 - alpha / a)
    return np.stack(np.broadcast_arrays(*rows), axis=-1) / (1 + alpha / a)[..., None]


def low_shelf_sos(frequency: ArrayLike, gain_db: ArrayLike, q: ArrayLike = SHELF_Q) -> np.ndarray:
    """Low shelves as float64 rows `[b0 b1 b2 1 a1 a2]` in SciPy's order, `(..., S, 6)`."""
    cosine, a, root = _shelf_terms(frequency, gain_db, q)
    plus, minus = (a + 1) - (a - 1) * cosine, (a + 1) + (a - 1) * cosine
    b = (a * (plus + root), 2 * a * ((a - 1) - (a + 1) * cosine), a * (plus - root))
    rows = (*b, minus + root, -2 * ((a - 1) + (a + 1) * cosine), minus - root)
    return np.stack(rows, axis=-1) / (minus + root)[..., None]


def high_shelf_sos(frequency: ArrayLike, gain_db: ArrayLike, q: ArrayLike = SHELF_Q) -> np.ndarray:
    """High shelves as float64 rows `[b0 b1 b2 1 a1 a2]` in SciPy's order, `(..., S, 6)`."""
    cosine, a, root = _shelf_terms(frequency, gain_db, q)
    plus, minus = (a + 1) + (a - 1) * cosine, (a + 1) - (a - 1) * cosine
    b = (a * (plus + root), -2 * a * ((a - 1) + (a + 1) * cosine), a * (plus - root))
    rows = (*b, minus + root, 2 * ((a - 1) - (a + 1) * cosine), minus - root)
    return np.stack(rows, axis=-1) / (minus + root)[..., None]


def sos_response(rows: ArrayLike, w: np.ndarray, parallel: bool = False) -> np.ndarray:
    """Complex response `(F,)` of rows `(S, 6)`, in series or added, at `w` `(F,)`, rad per sample."""
    z = np.exp(-1j * w)
    response = np.zeros_like(z) if parallel else np.ones_like(z)
    for b0, b1, b2, _, a1, a2 in np.asarray(rows):
        section = (b0 + z * (b1 + z * b2)) / (1 + z * (a1 + z * a2))
        response = response + section if parallel else response * section
    return response


def _shelf_terms(frequency: ArrayLike, gain_db: ArrayLike, q: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`cos w0`, `A` and `2 sqrt(A) alpha` of the cookbook, with `alpha = sin(w0) / (2 Q)`."""
    w0 = np.pi * np.clip(np.asarray(frequency, np.float64), *CENTRE_RANGE)
    a = 10 ** (np.asarray(gain_db, np.float64) / 40)
    return np.cos(w0), a, np.sqrt(a) * np.sin(w0) / np.clip(np.asarray(q, np.float64), *Q_RANGE)


def cascade_sos(frequency: ArrayLike, q: ArrayLike, gain_db: ArrayLike, shelves: bool = False) -> np.ndarray:
    """Sections of a cascade as float64 rows `[b0 b1 b2 1 a1 a2]` in SciPy's order, `(..., S, 6)`."""
    rows = peaking_sos(frequency, q, gain_db)
    if shelves:
        frequency, gain_db = np.asarray(frequency), np.asarray(gain_db)
        rows[..., :1, :] = low_shelf_sos(frequency[..., :1], gain_db[..., :1])
        rows[..., -1:, :] = high_shelf_sos(frequency[..., -1:], gain_db[..., -1:])
    return rows


def sections_sos(kinds: Sequence[str], frequency: ArrayLike, q: ArrayLike, gain_db: ArrayLike) -> np.ndarray:
    """Sections of the types `kinds`, shelves of any Q, as float64 rows `[b0 b1 b2 1 a1 a2]`, `(..., S, 6)`."""
    rows = {
        "peaking": peaking_sos(frequency, q, gain_db),
        "lowshelf": low_shelf_sos(frequency, gain_db, q),
        "highshelf": high_shelf_sos(frequency, gain_db, q),
    }
    return np.stack([rows[kind][..., i, :] for i, kind in enumerate(kinds)], axis=-2)
