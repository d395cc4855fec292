"""Offline rendering through a time-varying filter, the counterpart of `worklet/engine.js`.

Both decode z every `HOP` samples, for the last sample of the block, and interpolate every parameter by the same spline
(`time_varying.spline`), so that a motion sounds the same (tests/audio/test_render.py). Samples are `(T,)` or `(T, C)`
with one or two channels, full scale 1. Memory does not grow with the length of a file.
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

from aether_lab.audio.motion import HOP, Motion, Moving, follow, limit_speed
from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.audio.sound_file import create_wav, open_sound
from aether_lab.filters import biquad, time_varying
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.side_by_side import side_by_side
from aether_lab.model.latent import latent_sizes
from aether_lab.model.space import FilterSpace
from aether_lab.model.vae import Z_LIMIT
from aether_lab.signals.files import is_replaceable, replacing
from aether_lab.signals.limits import HIGHEST_RATE, LOWEST_RATE

CHUNK = 512 * HOP
"""Samples per rendered chunk."""

LIMITER_KNEE = 10 ** (-3 / 20)
"""The limiter is linear up to this (-3 dBFS) and approaches 1 above."""

INPUT_LIMIT = 8.0
"""Input is clipped to ± this (+18 dBFS) before the filters; NaN becomes 0."""

LEVEL_RANGE = (40.0, 16_000.0)  # Hz, where the level of pink noise is measured
LEVEL_POINTS = 48
LEVEL_CORRECTION = (10 ** (-48 / 20), 10 ** (24 / 20))  # range of the level correction, a factor: boost ends sooner

BAND_EDGE = 0.9
"""At rates below the model's, sections fade out from this fraction of Nyquist up."""

SAMPLE_RATES = (LOWEST_RATE, HIGHEST_RATE)  # Hz

Automation = Motion | RecordedMotion | Sequence[tuple[float, Moving]]
"""A motion, one that was recorded, or several with their start times in seconds, rounded up to a whole block."""


def render(
    x: ArrayLike,
    space: FilterSpace,
    automation: Automation,
    sample_rate: float,
    mix: float = 1.0,
    residual: Recipe | None = None,
) -> NDArray[np.float64]:
    """Filters samples with the bank of a space while z moves.

    Args:
        x: `(T,)` or `(T, C)`, C one or two.
        space: its decoder and bank; centres keep their frequency in Hz at any `sample_rate`.
        automation: z over time; as in `FilterSpace.decode`, details and kinds may be left out.
        sample_rate: of `x`, 8000 to 384000 Hz.
        mix: 0 dry to 1 wet. For pink noise the wet signal has the level of the dry one.
        residual: a static cascade `(S,)` after the bank. That of `fit.residual` makes the filter exact at one z.

    Returns:
        `(T,)` or `(T, C)` as `x`, within ±1; `(T, 2)` for `(T,)` if the channels differ (`Motion.stereo_offset`).

    Raises:
        ValueError: another shape or rate, a mix outside 0 to 1, a motion of another latent dimension, or a residual
            that is not one cascade.

    >>> import numpy as np
    >>> from aether_lab import FilterSpace, Motion, render
    >>> impulse = np.eye(1, 256)[0]
    >>> wet = render(impulse, FilterSpace.load("2d"), Motion(centre=(0.5, 0.0)), 48_000)
    >>> wet.shape, bool(np.abs(wet).max() <= 1)
    ((256,), True)
    """
    x = np.asarray(x, np.float64)
    samples = x[:, None] if x.ndim == 1 else x
    if samples.ndim != 2 or samples.shape[1] not in (1, 2):
        raise ValueError(f"samples have shape {x.shape}; allowed are (T,), (T, 1) and (T, 2)")
    chunks = (samples[at : at + CHUNK] for at in range(0, len(samples), CHUNK))
    out = list(stream(chunks, space, automation, sample_rate, mix, residual))
    channels_out = 2 if _is_stereo(_checked_automation(automation, space)) else samples.shape[1]
    y = np.concatenate(out) if out else np.zeros((0, channels_out))
    return y[:, 0] if x.ndim == 1 and channels_out == 1 else y


def stream(
    chunks: Iterable[NDArray],
    space: FilterSpace,
    automation: Automation,
    sample_rate: float,
    mix: float = 1.0,
    residual: Recipe | None = None,
) -> Iterator[NDArray[np.float64]]:
    """`render` in chunks `(CHUNK, C)`, the last perhaps shorter; the filter state continues between them."""
    motions = _checked_automation(automation, space)
    if not SAMPLE_RATES[0] <= sample_rate <= SAMPLE_RATES[1]:
        raise ValueError(f"sample_rate is {sample_rate}; allowed is {SAMPLE_RATES[0]:.0f} to {SAMPLE_RATES[1]:.0f} Hz")
    if not 0 <= mix <= 1:
        raise ValueError(f"mix is {mix}; allowed is 0 (dry) to 1 (wet)")
    if residual is not None and (residual.topology != "cascade" or residual.frequency_hz.ndim != 1):
        shape = residual.frequency_hz.shape
        raise ValueError(f"the residual is a {residual.topology} bank of shape {shape}; it must be one cascade (S,)")
    series = None if residual is None else residual.at_rate(sample_rate)
    sos = None if series is None else series.sos()
    power = np.ones(LEVEL_POINTS)
    if series is not None:
        power = 10 ** (np.asarray(series.response_db(_level_hz(sample_rate))) / 10)
    period = HOP / sample_rate
    motions = [(np.ceil(when / period - 1e-9) * period, motion) for when, motion in motions]
    states, series_state, ends = None, None, HOP * (1 + np.arange(CHUNK // HOP))
    last: list[NDArray[np.float64] | None] = [None, None]  # z of each channel
    for index, chunk in enumerate(chunks):
        if _is_stereo(motions) and chunk.shape[1] == 1:
            chunk = np.repeat(chunk, 2, axis=1)
        times = (index * CHUNK + ends) / sample_rate
        path = [
            limit_speed(np.clip(follow(motions, times, channel), -Z_LIMIT, Z_LIMIT), last[channel], period)
            for channel in range(2 if _is_stereo(motions) else 1)
        ]
        last = [z[-1] for z in path]
        frames = [parameter_frames(space.decode(z), sample_rate, power) for z in path]
        frames = frames * chunk.shape[1] if len(frames) == 1 else frames
        clipped = np.clip(
            np.nan_to_num(chunk, nan=0.0, posinf=INPUT_LIMIT, neginf=-INPUT_LIMIT), -INPUT_LIMIT, INPUT_LIMIT
        )
        padded = np.pad(clipped, ((0, CHUNK - len(chunk)), (0, 0))).T
        states, wet = _play(states, padded, frames, space.settings.topology)
        if sos is not None:
            series_state = np.zeros((len(sos), len(wet), 2)) if series_state is None else series_state
            wet, series_state = sosfilt(sos, wet, zi=series_state)
        yield np.asarray(soft_limit(padded + mix * (wet - padded)), np.float64).T[: len(chunk)]


def render_file(
    dry: str | os.PathLike,
    wet: str | os.PathLike,
    space: FilterSpace,
    automation: Automation,
    mix: float = 1.0,
    residual: Recipe | None = None,
    progress: bool = False,
) -> Path:
    """`render` from a sound file to a 24-bit WAV file, chunk by chunk; `wet` is written atomically.

    A file that is damaged, cut or has samples that are not finite is not rendered in part: `wet` is left as it was.

    Raises:
        FileNotFoundError: there is no file `dry`, or no folder for `wet`.
        OSError: `wet` cannot be written.
        ValueError: `wet` is not a .wav name; `dry` is not a sound file, is damaged, empty or has more than two channels
            (`sound_file.open_sound`); or as `render`.

    >>> import tempfile, numpy, soundfile
    >>> from aether_lab import FilterSpace, Motion, render_file
    >>> folder = tempfile.mkdtemp()
    >>> soundfile.write(f"{folder}/dry.wav", numpy.eye(1, 256)[0], 48_000)
    >>> render_file(f"{folder}/dry.wav", f"{folder}/wet.wav", FilterSpace.load("2d"), Motion(centre=(0.5, 0.0))).name
    'wet.wav'
    """
    wet = Path(wet)
    if wet.suffix.lower() != ".wav" and is_replaceable(wet):  # a device needs no suffix
        raise ValueError(f"{wet}: the result is a WAV file; use a .wav name")
    with open_sound(dry, SAMPLE_RATES) as source:
        rate = source.sample_rate
        channels = 2 if _is_stereo(_checked_automation(automation, space)) else source.channels
        with (
            replacing(wet) as scratch,
            create_wav(scratch, rate, channels, source.length) as sink,
            tqdm(total=source.length, unit="samples", unit_scale=True, disable=not progress) as bar,
        ):
            for y in stream(source.chunks(CHUNK), space, automation, float(rate), mix, residual):
                sink.write(y)
                bar.update(len(y))
    return wet


def wav_bytes(samples: ArrayLike, sample_rate: float) -> bytes:
    """A 24-bit WAV file of samples `(T,)` or `(T, C)`, clipped to ±1.

    Raises:
        ValueError: no samples, or some that are not finite.
    """
    samples = np.asarray(samples, np.float64)
    if samples.ndim not in (1, 2) or not samples.size or not np.isfinite(samples).all():
        raise ValueError(f"samples have shape {samples.shape}; expected (T,) or (T, C), finite, at least one")
    file = io.BytesIO()
    soundfile.write(file, samples, int(sample_rate), "PCM_24", format="WAV")
    return file.getvalue()


def soft_limit(x: Array) -> Array:
    """Linear up to -3 dBFS, below 1 above."""
    over = jnp.maximum(jnp.abs(x) - LIMITER_KNEE, 0)
    bent = jnp.sign(x) * (LIMITER_KNEE + (1 - LIMITER_KNEE) * jnp.tanh(over / (1 - LIMITER_KNEE)))
    return jnp.where(over > 0, bent, x)


def _checked_automation(automation: Automation, space: FilterSpace) -> list[tuple[float, Moving]]:
    motions = [(0.0, automation)] if isinstance(automation, Motion | RecordedMotion) else automation
    for _, motion in motions:
        if motion.latent_dim not in latent_sizes(space.settings):
            raise ValueError(
                f"the motion's centre has {motion.latent_dim} dimensions; this space has {space.latent_dim}"
            )
    return [(when, motion.within(space.knobs)) for when, motion in motions]


def _is_stereo(motions: Sequence[tuple[float, Moving]]) -> bool:
    return any(motion.stereo_offset for _, motion in motions)


def _level_hz(sample_rate: float) -> NDArray[np.float64]:
    return np.geomspace(LEVEL_RANGE[0], min(LEVEL_RANGE[1], 0.45 * sample_rate), LEVEL_POINTS)


@partial(jax.jit, static_argnames="sample_rate")
def parameter_frames(
    recipe: Recipe, sample_rate: float, series: ArrayLike | None = None
) -> tuple[Array, Array, Array, Array]:
    """Parameter frames at `sample_rate`: centres (fraction of Nyquist), Q, gains `(N, S)`, and input level `(N, 1)`.

    Centres keep their frequency in Hz; at a lower rate than the model's, sections fade out from `BAND_EDGE` of Nyquist
    up. The level is 1 / sqrt(mean |H|²) over log-spaced frequencies, so that pink noise keeps its level; `series` is
    |R|² of the residual there. In a parallel bank the level is part of the gain of each section.
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
    after = jnp.ones(LEVEL_POINTS) if series is None else jnp.asarray(series)
    level = jnp.clip(1 / jnp.sqrt(power @ after[:, None] / LEVEL_POINTS), *LEVEL_CORRECTION)
    if recipe.topology == "parallel":
        gain, level = gain * level, jnp.ones_like(level)
    return frequency, jnp.asarray(recipe.q), gain, level


def _play(states: Any, x: NDArray, frames: list[tuple[Array, ...]], topology: str) -> tuple[Any, NDArray[np.float64]]:
    """Filters one chunk `(C, T)` with the parameter frames of each channel; all the banks run side by side.

    A cascade is one bank, a parallel one is in shares. `states` are those after the chunk before, None at first.
    """
    run = _play_cascade if topology == "cascade" else _play_share
    banks = [
        (channel, *bank)
        for channel, each in zip(jnp.asarray(x), frames, strict=True)
        for bank in ([each] if topology == "cascade" else zip(*time_varying.in_shares(*each[:3]), strict=True))
    ]
    states = [None] * len(banks) if states is None else states
    states, wet = zip(*side_by_side(run, states, *zip(*banks, strict=True)), strict=True)
    return states, np.asarray(wet, np.float64).reshape(len(x), -1, x.shape[1]).sum(1)


_play_share = partial(time_varying.resume_parallel, hop=HOP)


@jax.jit
def _play_cascade(state: Any, x: Array, frequency: Array, q: Array, gain: Array, level: Array) -> tuple[Any, Array]:
    memory, before = (None, None) if state is None else state
    levels = time_varying.control_points(level, level.shape[0], before)
    x = x * time_varying.spline(levels, HOP).ravel()
    memory, wet = time_varying.resume_cascade(memory, x, frequency, q, gain, hop=HOP)
    return (memory, levels[-2:]), wet
