"""Paths through the latent space: arrays of latent points, and motions, functions of time.

`Z` is the latent dimension. Sliders range from -2 to 2, 95 % of the prior in each dimension; a path may exceed them.
`dsp/motion.js` computes the same motions to 1e-9, so that playback in the browser can be rendered offline.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aether_lab.model.knobs import KNOB
from aether_lab.signals.pseudo_random import scramble

HOP = 128
"""Samples per decoded z: the render quantum of the Web Audio API."""

KINDS = ("manual", "spiral", "orbit", "walk", "path")
FASTEST = 5.0
"""Hz, the limit of `Motion.rate` (of the faster coordinate of an orbit). Up to it, artefacts of the widest spiral on a
1 kHz sine stay below -130 dB in the shipped models (tests/audio/test_render.py)."""

SLOW_LIMIT = 1.0
"""Hz, the limit of `Motion.slow_rate`."""

GLIDE = 0.02
"""Seconds: time constant of the transition to a changed motion (`follow`)."""

SPEED = {"steady": 2 * KNOB / GLIDE, "relative": 0.5 / GLIDE}
"""Limits of the speed of a coordinate of z: latent units a second, and beyond a magnitude of 8 its share a second. A
jump of a knob from end to end begins at the first limit. Far outside the knobs a decoder changes with the logarithm of
z."""

LIMITS = {"rate": FASTEST, "slow_rate": SLOW_LIMIT, "radius": KNOB, "slow_radius": KNOB, "stereo_offset": 1.0}
"""The largest value of each of these fields of `Motion`; the smallest is 0."""

MOVED = 4
"""The number of coordinates that a spiral, orbit or walk moves at most."""

LARGEST_RATIO = 8
"""The larger limit of both numbers of `Motion.ratio`; the smallest is 1."""


def sweep(dimension: int, latent_dim: int, steps: int = 41, span: float = KNOB) -> NDArray[np.float64]:
    """One dimension from `-span` to `span`, the others at 0.

    Args:
        dimension: 0 to `latent_dim - 1`.
        latent_dim: `Z`.
        steps: >= 2; an odd number includes 0.
        span: > 0.

    Returns:
        `(steps, Z)`, evenly spaced.
    """
    if latent_dim < 1:
        raise ValueError(f"latent_dim is {latent_dim}; it must be at least 1")
    if not 0 <= dimension < latent_dim:
        raise ValueError(f"dimension is {dimension}; a space of latent_dim {latent_dim} has 0 to {latent_dim - 1}")
    path = np.zeros((_checked(steps), latent_dim))
    path[:, dimension] = _axis(steps, span)
    return path


def line(start: ArrayLike, end: ArrayLike, steps: int = 41) -> NDArray[np.float64]:
    """The straight line between two points `(Z,)`, both included, in `steps` >= 2 points.

    Returns:
        `(steps, Z)`, evenly spaced.
    """
    ends = _points([start, end])
    return np.linspace(ends[0], ends[1], _checked(steps))


def loop(points: Sequence[ArrayLike], steps: int = 41) -> NDArray[np.float64]:
    """The closed polyline through `points` at constant speed.

    The step from the last row to the first is as long as the others, up to cut corners, so that it repeats smoothly.

    Args:
        points: two or more of `(Z,)`, not all equal.
        steps: >= 2, for the whole polyline.

    Returns:
        `(steps, Z)`, from the first point on.
    """
    corners = _points(points)
    if (corners == corners[0]).all():
        raise ValueError(f"all {len(corners)} points are {corners[0].tolist()}; a loop needs two different points")
    return _along(np.concatenate([corners, corners[:1]]), np.arange(_checked(steps)) / steps)


def grid(steps: int = 21, span: float = KNOB) -> NDArray[np.float64]:
    """The square from `-span` to `span` of a two-dimensional space.

    Args:
        steps: along each side, >= 2.
        span: > 0.

    Returns:
        `(steps, steps, 2)`; `[row, column]` is `(z0, z1)`, z0 rising with the column and z1 with the row.
    """
    axis = _axis(_checked(steps), span)
    return np.stack(np.meshgrid(axis, axis), axis=-1)


class Moving(Protocol):
    """z over time: a `Motion`, or one that was recorded."""

    @property
    def latent_dim(self) -> int: ...

    @property
    def stereo_offset(self) -> float: ...

    def at(self, t: ArrayLike, channel: int = 0) -> NDArray[np.float64]: ...

    def within(self, knobs: int) -> "Moving": ...


@dataclass(frozen=True)
class Motion:
    """z as a deterministic function of time.

    A spiral, orbit or walk moves two pairs of coordinates about `centre`: (z0, z1) fast, with `rate` and `radius`, and
    (z2, z3) slowly, with `slow_rate` and `slow_radius`; `swap` exchanges the roles. Coordinates from `knobs` on are
    static; `render` and the live panel leave the details and kinds of a space static.

    - `manual`: static at `centre`.
    - `spiral`: each pair on a circle, `(sin, cos)`.
    - `orbit`: each pair on a Lissajous figure, `(sin 2π p c, sin 2π (q c + shift))`, with `ratio = (p, q)` and `c` the
      elapsed cycles.
    - `walk`: each coordinate a cubic B-spline with one random control value per cycle, within `centre ± radius`.
    - `path`: a polyline through `points` at constant speed with period `1 / rate` seconds, closed or back and forth.

    The right channel is `stereo_offset` fast cycles ahead of the left. In sound no coordinate is faster than `SPEED`,
    which only far jumps and fast, long paths would be.

    Raises:
        ValueError: a value outside the limits beside each field.

    >>> from aether_lab import Motion
    >>> Motion("spiral", centre=(0, 0), rate=1, radius=1.5).at([0, 0.25, 0.5]).round(2).tolist()
    [[0.0, 1.5], [1.5, 0.0], [0.0, -1.5]]
    """

    kind: str = "manual"  # one of KINDS
    centre: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)  # (Z,), finite
    rate: float = 0.5  # Hz, 0 to FASTEST; for an orbit, times the larger of `ratio`
    slow_rate: float = 0.02  # Hz, 0 to SLOW_LIMIT
    radius: float = 1.5  # 0 to KNOB
    slow_radius: float = 1.5  # 0 to KNOB
    swap: bool = False
    ratio: tuple[int, int] = (3, 2)  # integers, 1 to 8
    shift: float = 0.25  # cycles
    phase: float = 0.0  # fast cycles elapsed at time 0
    slow_phase: float = 0.0  # slow cycles elapsed at time 0
    points: tuple[tuple[float, ...], ...] = ()  # (P, Z), for a path: two or more, not all equal
    closed: bool = True
    seed: int = 0  # of a walk, 0 to 2**32 - 1
    stereo_offset: float = 0.0  # cycles, 0 to 1
    knobs: int = MOVED  # coordinates that a spiral, orbit or walk may move, 0 to MOVED

    def __post_init__(self) -> None:
        centre = np.asarray(self.centre, float)
        if centre.ndim != 1 or not centre.size or not np.isfinite(centre).all():
            raise ValueError(f"centre is {self.centre}; it must be (Z,) finite numbers")
        object.__setattr__(self, "centre", tuple(centre.tolist()))
        object.__setattr__(self, "points", tuple(tuple(map(float, point)) for point in self.points))
        object.__setattr__(self, "ratio", tuple(self.ratio))
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; allowed are {', '.join(KINDS)}")
        for name, limit in LIMITS.items():
            if not 0 <= getattr(self, name) <= limit:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed is 0 to {limit:g}")
        for name in ("shift", "phase", "slow_phase"):
            if not np.isfinite(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)}; it must be a finite number of cycles")
        if len(self.ratio) != 2 or any(part not in range(1, LARGEST_RATIO + 1) for part in self.ratio):
            raise ValueError(f"ratio is {self.ratio}; it must be two integers from 1 to {LARGEST_RATIO}")
        if self.kind == "orbit" and self.rate * max(self.ratio) > FASTEST:
            rule = f"an orbit's rate times {max(self.ratio)} is at most {FASTEST:g} Hz"
            raise ValueError(f"rate is {self.rate} with ratio {self.ratio}; {rule}")
        if self.knobs not in range(MOVED + 1):
            raise ValueError(f"knobs is {self.knobs}; allowed is 0 to {MOVED}")
        if self.seed not in range(2**32):
            raise ValueError(f"seed is {self.seed}; allowed is 0 to {2**32 - 1}")
        if self.kind == "path":
            points = _points(self.points)
            if points.shape[1] != self.latent_dim:
                raise ValueError(f"points have {points.shape[1]} dimensions and centre has {self.latent_dim}")
            if (points == points[0]).all():
                raise ValueError(
                    f"all {len(points)} points are {points[0].tolist()}; a path needs two different points"
                )

    @property
    def latent_dim(self) -> int:
        return len(self.centre)

    def within(self, knobs: int) -> "Motion":
        """The motion in a space of so many knobs: its figures leave the other numbers alone."""
        return replace(self, knobs=min(self.knobs, knobs))

    def at(self, t: ArrayLike, channel: int = 0) -> NDArray[np.float64]:
        """z at times `t` `(N,)` seconds, `(N, Z)`; `channel` 0 is left, 1 right."""
        t = np.asarray(t, np.float64)
        z = np.tile(np.array(self.centre), (t.size, 1))
        cycles = {
            True: self.rate * t + self.phase + self.stereo_offset * channel,
            False: self.slow_rate * t + self.slow_phase,
        }
        if self.kind == "path":
            corners = np.array(self.points)
            back = corners[:1] if self.closed else corners[-2::-1]
            return _along(np.concatenate([corners, back]), cycles[True] % 1)
        if self.kind == "manual":
            return z
        for k in range(min(self.latent_dim, self.knobs)):
            fast = (k < 2) != self.swap
            z[:, k] += (self.radius if fast else self.slow_radius) * self._figure(k, cycles[fast])
        return z

    def _figure(self, k: int, cycles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coordinate `k` of a unit figure."""
        if self.kind == "walk":
            return _walk(self.seed, k, cycles)
        times, shift = (1, 0.25) if self.kind == "spiral" else (self.ratio[k % 2], self.shift)
        return np.sin(2 * np.pi * (times * (cycles % 1) + shift * (k % 2)))

    def continued(self, t: float, **changes: Any) -> "Motion":
        """The motion with changed settings, its phases continuous at time `t` seconds."""
        after = replace(self, **changes)
        phase = self.phase + (self.rate - after.rate) * t
        return replace(after, phase=phase, slow_phase=self.slow_phase + (self.slow_rate - after.slow_rate) * t)


def follow(automation: Sequence[tuple[float, Moving]], t: ArrayLike, channel: int = 0) -> NDArray[np.float64]:
    """z along an automation, pairs of (start in seconds, motion), without jumps: `(N, Z)`.

    The difference in z at a change decays as `exp(-d / GLIDE)`, `d` seconds later. Unlike smoothing of z, this leaves
    an unchanged motion exact.

    Args:
        automation: start times ascend; the first motion applies from the beginning.
        t: `(N,)` seconds.
        channel: 0 left, 1 right.
    """
    times, motions = [when for when, _ in automation], [motion for _, motion in automation]
    if not automation or len({motion.latent_dim for motion in motions}) > 1 or (np.diff(times) < 0).any():
        raise ValueError("an automation is one or more (seconds, Motion), seconds ascending, all with the same Z")
    t = np.asarray(t, np.float64)
    z = motions[0].at(t, channel)
    for when, before, after in zip(times[1:], motions, motions[1:], strict=False):
        later = t > when
        gap = before.at([when], channel) - after.at([when], channel)
        z[later] += (
            after.at(t[later], channel) - before.at(t[later], channel) + gap * np.exp((when - t[later, None]) / GLIDE)
        )
    return z


def limit_speed(z: NDArray[np.float64], before: NDArray[np.float64] | None, period: float) -> NDArray[np.float64]:
    """z with the speed of each coordinate limited by `SPEED`: a jump to z = 1e6 takes half a second and makes no click.

    Args:
        z: `(N, Z)`, one row each `period` seconds.
        before: the result of the row before, `(Z,)`; None at the start, where the first row is taken as it is.
        period: seconds.

    Returns:
        `(N, Z)`; `z` itself where it is slower than the limits.

    >>> from aether_lab.audio.motion import limit_speed
    >>> limit_speed(np.array([[0.0], [9.0], [9.0], [9.0]]), None, 0.01).ravel().tolist()
    [0.0, 2.0, 4.0, 6.0]
    """
    known = z[:1] if before is None else before[None]
    earlier = np.concatenate([known, z[:-1]])
    if np.all(np.abs(z - earlier) <= _longest_step(earlier, period)):
        return z
    limited, at = np.empty_like(z), known[0]
    for row, target in zip(limited, z, strict=True):
        step = _longest_step(at, period)
        row[:] = at = np.clip(target, at - step, at + step)
    return limited


def _longest_step(z: NDArray[np.float64], period: float) -> NDArray[np.float64]:
    return period * np.maximum(SPEED["steady"], SPEED["relative"] * np.abs(z))


def _along(corners: NDArray[np.float64], fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Latent points `(N, Z)` at `fraction` `(N,)` of the length of the polyline `corners` `(P, Z)`."""
    travelled = np.concatenate([[0.0], np.linalg.norm(np.diff(corners, axis=0), axis=1).cumsum()])
    return np.stack([np.interp(fraction * travelled[-1], travelled, axis) for axis in corners.T], axis=1)


def _walk(seed: int, k: int, cycles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Uniform cubic B-spline within (-1, 1), one random control value per cycle."""
    knot = np.floor(cycles)
    u = cycles - knot
    weights = ((1 - u) ** 3, (3 * u - 6) * u * u + 4, ((3 - 3 * u) * u + 3) * u + 1, u**3)
    first = knot.astype(np.int64) - 1
    start = scramble(scramble(np.array([seed])) + k)
    values = [scramble(start + first + i) / 2**31 - 1 for i in range(4)]
    return np.sum([w * v for w, v in zip(weights, values, strict=True)], axis=0) / 6


def _checked(steps: int) -> int:
    if steps < 2:
        raise ValueError(f"steps is {steps}; it must be at least 2")
    return steps


def _axis(steps: int, span: float) -> NDArray[np.float64]:
    if not 0 < span < np.inf:
        raise ValueError(f"span is {span}; it must be a finite number > 0")
    return np.linspace(-span, span, steps)


def _points(points: Sequence[ArrayLike]) -> NDArray[np.float64]:
    arrays = [np.asarray(point, float) for point in points]
    shapes = [array.shape for array in arrays]
    if len(arrays) < 2 or len(set(shapes)) > 1 or len(shapes[0]) != 1 or shapes[0] == (0,):
        raise ValueError(f"points have shapes {shapes}; a path needs two or more points of shape (Z,)")
    stacked = np.stack(arrays)
    if not np.isfinite(stacked).all():
        raise ValueError(f"points are {stacked.tolist()}; every coordinate must be finite")
    return stacked
