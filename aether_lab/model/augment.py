"""Random variation of the training spectra."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from aether_lab.signals.spectrum import DYNAMIC_RANGE, FREQUENCIES, WEIGHTS


def augment(key: Array, spectra_db: Array, others_db: Array, share: float) -> Array:
    """Varies a `share` of the batch `(B, 513)` dB: mixes each with another, shifts and tilts it, and adds three bells.

    The mix with one of `others_db` is linear in dB; the shift is up to ±0.4 octave; the tilt up to ±2 dB per octave
    about 1 kHz; the bells up to ±9 dB at random centres and widths. The floor 60 dB below the peak and the level
    alignment are applied again (`signals.spectrum`).
    """
    n = spectra_db.shape[0]
    keys = jax.random.split(key, 7)
    column = partial(jax.random.uniform, shape=(n, 1), dtype=spectra_db.dtype)
    octave = jnp.log2(jnp.maximum(jnp.asarray(FREQUENCIES, spectra_db.dtype), 20.0) / 1000.0)[None]
    x = spectra_db + column(keys[0], minval=0.0, maxval=0.5) * (others_db - spectra_db)
    x = shift_octaves(x, column(keys[1], minval=-0.4, maxval=0.4))
    x = x + column(keys[2], minval=-2.0, maxval=2.0) * octave
    centre, width, gain = (
        jax.random.uniform(k, (n, 3, 1), spectra_db.dtype, *span)
        for k, span in zip(keys[3:6], ((-4.0, 4.3), (0.1, 1.0), (-9.0, 9.0)), strict=True)
    )
    x = x + (gain * jnp.exp(-0.5 * ((octave[None] - centre) / width) ** 2)).sum(1)
    weights = jnp.asarray(WEIGHTS, x.dtype)[None]
    peak = jnp.where(weights > 0, x, -jnp.inf).max(-1, keepdims=True)
    x = jnp.maximum(x, peak - DYNAMIC_RANGE)
    x = x - (weights * x).sum(-1, keepdims=True)
    return jnp.where(jax.random.bernoulli(keys[6], share, (n, 1)), x, spectra_db)


def shift_octaves(x: Array, octaves: Array) -> Array:
    """Reads each row of `(B, 513)` at `2^octaves` times its frequency, interpolated linearly between bins."""
    last = x.shape[-1] - 1
    at = jnp.clip(jnp.arange(x.shape[-1], dtype=x.dtype)[None] * 2**octaves, 0, last)
    low = jnp.minimum(at.astype(jnp.int32), last - 1)
    part = at - low
    take = partial(jnp.take_along_axis, x, axis=-1)
    return (1 - part) * take(low) + part * take(low + 1)
