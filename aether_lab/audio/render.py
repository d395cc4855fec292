"""Sound through a filter in motion, offline: what `worklet/engine.js` plays in the browser, from files and arrays.

Both sides decode z every `HOP` samples, for the last sample of the block, and every parameter follows these rows on the
same spline (`biquad.spline`), so that the same motion gives the same sound (tests/audio/test_render.py has
the figures).
Samples are `(T,)` or `(T, C)` with one or two channels, full scale 1; rates are in hertz. Memory does not grow with the
length of a file.
"""

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import soundfile
from jax import Array
from numpy.typing import ArrayLike, NDArray
from scipy.signal import sosfilt
from tqdm.auto import tqdm

from aether_lab.audio.motion import Motion, follow
from aether_lab.filters import biquad, time_varying
from aether_lab.filters.recipe import Recipe
from aether_lab.model.space import FilterSpace
from aether_lab.signals.files import replacing

HOP = 128
"""Samples from one decoded z to the next: the render quantum of the Web Audio API."""

CHUNK = 512 * HOP
"""Samples rendered at a time."""

LIMITER_KNEE = 10 ** (-3 / 20)
"""The limiter passes what is below this (-3 dBFS) untouched and bends the rest towards 1."""

INPUT_LIMIT = 8.0
"""Input beyond this (+18 dBFS) is clipped before it enters the filters; NaN is read as 0."""

LEVEL_RANGE = (40.0, 16_000.0)

LEVEL_POINTS = 48

LEVEL_CORRECTION = (10 ** (-24 / 20), 10 ** (24 / 20))
"""Where the level of pink noise is read, Hz, and how far it is corrected, as a factor."""

BAND_EDGE = 0.9
"""At a rate that cannot hold the model's band, sections fade out over this last part of its own."""

SAMPLE_RATES = (8_000.0, 384_000.0)

Automation = Motion | Sequence[tuple[float, Motion]]
"""A motion, or several, each with the second at which it takes over; that is rounded up to a whole block."""


def render(
    x: ArrayLike,
    space: FilterSpace,
    automation: Automation,
    sample_rate: float,
    mix: float = 1.0,
    residual: Recipe | None = None,
) -> NDArray[np.float64]:
    """Plays samples through a space in motion.

    Args:
        x: `(T,)` or `(T, C)`, C one or two.
        space: whose decoder and bank are played; its centres stay what they are in hertz at any `sample_rate`.
        automation: z over time.
        sample_rate: of `x`, 8 to 384 kHz.
        mix: 0 dry to 1 wet. The wet sound is as loud as the dry one for pink noise.
        residual: a cascade `(S,)` that follows the bank and is static. The one from a latent point to a response
            (`fit.residual`) makes the filter exact there, and what is learned still moves it.

    Returns:
        `(T,)` or `(T, C)` as `x`, within ±1; `(T, 2)` for `(T,)` when the channels differ (`Motion.stereo_offset`).

    Raises:
        ValueError: for another shape or rate, a mix outside 0 to 1, a motion of another dimension than the space, or a
            residual that is no cascade or several.
    """
    x = np.asarray(x, np.float64)
    samples = x[:, None] if x.ndim == 1 else x
    if samples.ndim != 2 or samples.shape[1] not in (1, 2):
        raise ValueError(f"samples have shape {x.shape}; allowed are (T,), (T, 1) and (T, 2)")
    pieces = (samples[at : at + CHUNK] for at in range(0, len(samples), CHUNK))
    out = list(stream(pieces, space, automation, sample_rate, mix, residual))
    wide = 2 if _is_stereo(_checked_automation(automation, space)) else samples.shape[1]
    y = np.concatenate(out) if out else np.zeros((0, wide))
    return y[:, 0] if x.ndim == 1 and wide == 1 else y


def stream(
    pieces: Iterable[NDArray],
    space: FilterSpace,
    automation: Automation,
    sample_rate: float,
    mix: float = 1.0,
    residual: Recipe | None = None,
) -> Iterator[NDArray[np.float64]]:
    """`render` in pieces of `(CHUNK, C)`, the last of which may be shorter; the filters go on from piece to piece."""
    motions = _checked_automation(automation, space)
    if not SAMPLE_RATES[0] <= sample_rate <= SAMPLE_RATES[1]:
        raise ValueError(f"sample_rate is {sample_rate}; allowed is {SAMPLE_RATES[0]:.0f} to {SAMPLE_RATES[1]:.0f} Hz")
    if not 0 <= mix <= 1:
        raise ValueError(f"mix is {mix}; allowed is 0 (dry) to 1 (wet)")
    if residual is not None and (residual.topology != "cascade" or residual.frequency_hz.ndim != 1):
        shape = residual.frequency_hz.shape
        raise ValueError(f"the residual is a {residual.topology} bank of shape {shape}; it is one cascade (S,)")
    series = None if residual is None else residual.at_rate(sample_rate)
    sos = None if series is None else series.sos()
    power = np.ones(LEVEL_POINTS)
    if series is not None:
        power = 10 ** (np.asarray(series.response_db(_level_hz(sample_rate))) / 10)
    period = HOP / sample_rate
    motions = [(np.ceil(when / period - 1e-9) * period, motion) for when, motion in motions]
    state, ringing, ends = None, None, HOP * (1 + np.arange(CHUNK // HOP))
    for index, piece in enumerate(pieces):
        if _is_stereo(motions) and piece.shape[1] == 1:
            piece = np.repeat(piece, 2, axis=1)
        times = (index * CHUNK + ends) / sample_rate
        rows = [
            _rows(space.decode(follow(motions, times, channel)), sample_rate, power)
            for channel in range(2 if _is_stereo(motions) else 1)
        ]
        rows = rows * piece.shape[1] if len(rows) == 1 else rows
        safe = np.clip(
            np.nan_to_num(piece, nan=0.0, posinf=INPUT_LIMIT, neginf=-INPUT_LIMIT), -INPUT_LIMIT, INPUT_LIMIT
        )
        padded = np.pad(safe, ((0, CHUNK - len(piece)), (0, 0))).T
        stacked = jax.tree.map(lambda *a: jnp.stack(a), *rows)
        state, wet = _play(state, jnp.asarray(padded), stacked, space.settings.topology)
        wet = np.asarray(wet, np.float64)
        if sos is not None:
            ringing = np.zeros((len(sos), len(wet), 2)) if ringing is None else ringing
            wet, ringing = sosfilt(sos, wet, zi=ringing)
        yield np.asarray(soft_limit(padded + mix * (wet - padded)), np.float64).T[: len(piece)]


def render_file(
    dry: str | os.PathLike,
    wet: str | os.PathLike,
    space: FilterSpace,
    automation: Automation,
    mix: float = 1.0,
    residual: Recipe | None = None,
    progress: bool = False,
) -> Path:
    """`render` from a sound file to a WAV of 24 bits, block by block; `wet` appears when it is whole.

    Raises:
        ValueError: for a file that is no sound, holds none or has more than two channels, naming it; else as `render`.
    """
    wet = Path(wet)
    if wet.suffix.lower() != ".wav":
        raise ValueError(f"{wet}: the result is a WAV file; name it so")
    try:
        source = soundfile.SoundFile(dry)
    except (soundfile.LibsndfileError, OSError, TypeError) as error:
        raise ValueError(f"{dry}: not a sound file that can be read ({error})") from error
    with source:
        rate, channels, frames = float(source.samplerate), source.channels, source.frames
        if channels not in (1, 2) or not frames:
            raise ValueError(
                f"{dry}: {frames} samples in {channels} channels; one or two channels with sound are allowed"
            )
        wide = 2 if _is_stereo(_checked_automation(automation, space)) else channels
        large = frames * wide * 3 > 4e9  # a WAV's own sizes are 32 bits
        with (
            replacing(wet) as scratch,
            soundfile.SoundFile(scratch, "w", int(rate), wide, "PCM_24", format="RF64" if large else "WAV") as sink,
            tqdm(total=frames, unit="samples", unit_scale=True, disable=not progress) as bar,
        ):
            for y in stream(
                source.blocks(CHUNK, dtype="float64", always_2d=True), space, automation, rate, mix, residual
            ):
                sink.write(y)
                bar.update(len(y))
    return wet


def wav_bytes(samples: ArrayLike, sample_rate: float) -> bytes:
    """`(T,)` or `(T, C)` samples as the bytes of a WAV file of 24 bits; what is beyond ±1 is clipped.

    Raises:
        ValueError: if there is no sample or one that is not finite.
    """
    samples = np.asarray(samples, np.float64)
    if samples.ndim not in (1, 2) or not samples.size or not np.isfinite(samples).all():
        raise ValueError(f"samples of shape {samples.shape} are no sound: (T,) or (T, C), finite, at least one")
    file = io.BytesIO()
    soundfile.write(file, samples, int(sample_rate), "PCM_24", format="WAV")
    return file.getvalue()


def soft_limit(x: Array) -> Array:
    """-3 dBFS and below unchanged, never beyond 1."""
    over = jnp.maximum(jnp.abs(x) - LIMITER_KNEE, 0)
    bent = jnp.sign(x) * (LIMITER_KNEE + (1 - LIMITER_KNEE) * jnp.tanh(over / (1 - LIMITER_KNEE)))
    return jnp.where(over > 0, bent, x)


def _checked_automation(automation: Automation, space: FilterSpace) -> list[tuple[float, Motion]]:
    motions = [(0.0, automation)] if isinstance(automation, Motion) else list(automation)
    for _, motion in motions:
        if motion.latent_dim != space.latent_dim:
            raise ValueError(
                f"the motion's centre has {motion.latent_dim} coordinates; this space has {space.latent_dim} dimensions"
            )
    return motions


def _is_stereo(motions: Sequence[tuple[float, Motion]]) -> bool:
    return any(motion.stereo_offset for _, motion in motions)


def _level_hz(sample_rate: float) -> NDArray[np.float64]:
    return np.geomspace(LEVEL_RANGE[0], min(LEVEL_RANGE[1], 0.45 * sample_rate), LEVEL_POINTS)


@partial(jax.jit, static_argnames="sample_rate")
def _rows(
    recipe: Recipe, sample_rate: float, series: ArrayLike = (1.0,) * LEVEL_POINTS
) -> tuple[Array, Array, Array, Array]:
    """What the bank plays at `sample_rate`: centres, Q and gains `(N, S)` and the level `(N, 1)` before all sections.

    A centre stays what it is in hertz, so where this rate's Nyquist is lower than the model's, sections fade out from
    `BAND_EDGE` of it upwards. The level is one over the root of |H|² averaged over log-spaced frequencies: pink noise
    is as loud after the bank as before; `series` is |R|² there of a filter that follows it. In a parallel bank the
    level is a part of each section's input gain.
    """
    frequency = jnp.asarray(recipe.frequency_hz) / (sample_rate / 2)
    fades = recipe.sample_rate > sample_rate
    weight = jnp.clip((1 - frequency) / (1 - BAND_EDGE), 0, 1) if fades else jnp.ones_like(frequency)
    grid = _level_hz(sample_rate) / (sample_rate / 2)
    if recipe.topology == "cascade":
        gain = weight * recipe.gain_db
        power = 10 ** (biquad.peaking_db(frequency, recipe.q, gain, grid).sum(-2) / 10)
    else:
        gain = weight * recipe.amplitude
        real, imag = biquad.parallel_response(frequency, recipe.q, gain, grid)
        power = real * real + imag * imag
    level = jnp.clip(1 / jnp.sqrt(power @ jnp.asarray(series)[:, None] / LEVEL_POINTS), *LEVEL_CORRECTION)
    if recipe.topology == "parallel":
        gain, level = gain * level, jnp.ones_like(level)
    return frequency, jnp.asarray(recipe.q), gain, level


@partial(jax.jit, static_argnames="topology")
def _play(state: Any, x: Array, rows: tuple[Array, ...], topology: str) -> tuple[Any, Array]:
    """One piece `(C, T)` through rows `(C, N, S)`."""

    def channel(state: Any, x: Array, rows: tuple[Array, ...]) -> tuple[Any, Array]:
        *parameters, level = rows
        memory, before = (None, None) if state is None else state
        levels = time_varying.control_points(level, level.shape[0], before)
        if topology == "cascade":
            memory, wet = time_varying.resume_cascade(
                memory, x * time_varying.spline(levels, HOP).ravel(), *parameters, hop=HOP
            )
        else:
            memory, wet = time_varying.resume_parallel(memory, x, *parameters, hop=HOP)
        return (memory, levels[-2:]), wet

    return jax.vmap(channel)(state, x, rows)
