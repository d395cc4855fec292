"""Paths through the latent space: arrays of latent points `z`, and motions that are functions of time.

`Z` is the dimension of the space. The knobs reach from -2 to 2, which holds 95 % of the prior in each dimension; a path
may go beyond. A `Motion` is a function of time alone, the same in `dsp/motion.js` to 1e-9: what the browser plays
can be rendered again offline.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

KNOB = 2.0
"""What a knob reaches to either side of 0."""

KINDS = ("manual", "spiral", "orbit", "walk", "path")
FASTEST = 5.0
"""Hz, the limit of `Motion.rate` (of the faster coordinate of an orbit). Up to here the widest spiral about any point
of the knobs keeps the clicks of a 1 kHz sine below -130 dB in the shipped models (tests/audio/test_render.py)."""

SLOW_LIMIT = 1.0
"""Hz, the limit of `Motion.slow_rate`."""

GLIDE = 0.02
"""Seconds: time constant with which z leaves what it was and joins a motion that has been changed (`follow`)."""

LIMITS = {"rate": FASTEST, "slow_rate": SLOW_LIMIT, "radius": KNOB, "slow_radius": KNOB, "stereo_offset": 1.0}
"""The largest value of each of these fields of `Motion`; the smallest is 0."""

LARGEST_RATIO = 8
"""The larger limit of both numbers of `Motion.ratio`; the smallest is 1."""


def sweep(dimension: int, latent_dim: int, steps: int = 41, span: float = KNOB) -> NDArray[np.float64]:
    """One dimension from `-span` to `span`, the others at 0.

    Args:
        dimension: 0 to `latent_dim - 1`.
        latent_dim: `Z`.
        steps: at least 2; an odd number visits 0.
        span: above 0.

    Returns:
        `(steps, Z)`, evenly spaced.
    """
    if latent_dim < 1:
        raise ValueError(f"latent_dim is {latent_dim}; allowed is 1 and above")
    if not 0 <= dimension < latent_dim:
        raise ValueError(f"dimension is {dimension}; a space of latent_dim {latent_dim} has 0 to {latent_dim - 1}")
    path = np.zeros((_checked(steps), latent_dim))
    path[:, dimension] = _axis(steps, span)
    return path


def line(start: ArrayLike, end: ArrayLike, steps: int = 41) -> NDArray[np.float64]:
    """The straight line between two points, both included.

    Args:
        start: `(Z,)`.
        end: `(Z,)`.
        steps: at least 2.

    Returns:
        `(steps, Z)`, evenly spaced.
    """
    ends = _points([start, end])
    return np.linspace(ends[0], ends[1], _checked(steps))


def loop(points: Sequence[ArrayLike], steps: int = 41) -> NDArray[np.float64]:
    """The closed polyline through `points` by straight lines at constant speed.

    Played again and again it does not jump: the step from the last row back to the first is as long as any other,
    save where a corner is cut.

    Args:
        points: two or more of `(Z,)`, not all the same.
        steps: at least 2, for the whole polyline.

    Returns:
        `(steps, Z)`, beginning at the first point.
    """
    corners = _points(points)
    if (corners == corners[0]).all():
        raise ValueError(f"all {len(corners)} points are {corners[0].tolist()}; a loop needs two that differ")
    return _along(np.concatenate([corners, corners[:1]]), np.arange(_checked(steps)) / steps)


def grid(steps: int = 21, span: float = KNOB) -> NDArray[np.float64]:
    """The square from `-span` to `span` of a two-dimensional space.

    Args:
        steps: along each side, at least 2.
        span: above 0.

    Returns:
        `(steps, steps, 2)`; `[row, column]` holds `(z0, z1)`, z0 rising with the column and z1 with the row,
        as an image is drawn.
    """
    axis = _axis(_checked(steps), span)
    return np.stack(np.meshgrid(axis, axis), axis=-1)


@dataclass(frozen=True)
class Motion:
    """z as a function of time, deterministic: the same settings give the same z at the same second, in any order.

    A spiral, an orbit and a walk move two pairs of coordinates about `centre`: (z0, z1) fast, with `rate` and `radius`,
    and (z2, z3) slowly, with `slow_rate` and `slow_radius`. `swap` exchanges the two roles. A space of two dimensions
    has only the first pair; coordinates from z4 on stay at the centre.

    - `manual` rests at `centre`.
    - `spiral`: each pair on a circle, `(sin, cos)`.
    - `orbit`: each pair on a Lissajous figure, `(sin 2π p c, sin 2π (q c + shift))` with `ratio = (p, q)` and `c` the
      cycles gone by.
    - `walk`: each coordinate a cubic B-spline through random knots, one a cycle: it never leaves `centre ± radius`, has
      no corners, and is known at any time without the times before.
    - `path`: through `points` by straight lines at constant speed, once round a cycle, so that the period is `1 / rate`
      seconds; round and round if `closed`, there and back if not.

    The right channel runs `stereo_offset` of a fast cycle ahead of the left.

    Raises:
        ValueError: for a value outside the limits written beside each field.
    """

    kind: str = "manual"  # one of KINDS
    centre: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)  # (Z,), finite
    rate: float = 0.5  # Hz, 0 to FASTEST; in an orbit times the larger of `ratio`
    slow_rate: float = 0.02  # Hz, 0 to SLOW_LIMIT
    radius: float = 1.5  # 0 to KNOB
    slow_radius: float = 1.5  # 0 to KNOB
    swap: bool = False
    ratio: tuple[int, int] = (3, 2)  # whole numbers from 1 to 8
    shift: float = 0.25  # cycles
    phase: float = 0.0  # cycles gone by at time 0, fast
    slow_phase: float = 0.0  # and slow
    points: tuple[tuple[float, ...], ...] = ()  # (P, Z), for a path: two or more, not all the same
    closed: bool = True
    seed: int = 0  # of a walk, 0 to 2**32 - 1
    stereo_offset: float = 0.0  # cycles, 0 to 1

    def __post_init__(self) -> None:
        centre = np.asarray(self.centre, float)
        if centre.ndim != 1 or not centre.size or not np.isfinite(centre).all():
            raise ValueError(
                f"centre is {self.centre}; it is (Z,), finite numbers, one for each dimension of the space"
            )
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
                raise ValueError(f"{name} is {getattr(self, name)}; it is a finite number of cycles")
        if len(self.ratio) != 2 or any(part not in range(1, LARGEST_RATIO + 1) for part in self.ratio):
            raise ValueError(f"ratio is {self.ratio}; it is two whole numbers from 1 to {LARGEST_RATIO}")
        if self.kind == "orbit" and self.rate * max(self.ratio) > FASTEST:
            words = f"an orbit's rate times {max(self.ratio)} is at most {FASTEST:g} Hz"
            raise ValueError(f"rate is {self.rate} with ratio {self.ratio}; {words}")
        if self.seed not in range(2**32):
            raise ValueError(f"seed is {self.seed}; allowed is 0 to {2**32 - 1}")
        if self.kind == "path":
            points = _points(self.points)
            if points.shape[1] != self.latent_dim:
                raise ValueError(f"points have {points.shape[1]} coordinates and centre has {self.latent_dim}")
            if (points == points[0]).all():
                raise ValueError(f"all {len(points)} points are {points[0].tolist()}; a path needs two that differ")

    @property
    def latent_dim(self) -> int:
        return len(self.centre)

    def at(self, t: ArrayLike, channel: int = 0) -> NDArray[np.float64]:
        """z at times `t` `(N,)` in seconds for the left channel (0) or the right one (1): `(N, Z)`."""
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
        for k in range(min(self.latent_dim, 4)):
            fast = (k < 2) != self.swap
            z[:, k] += (self.radius if fast else self.slow_radius) * self._figure(k, cycles[fast])
        return z

    def _figure(self, k: int, cycles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coordinate `k` of a figure of radius 1."""
        if self.kind == "walk":
            return _walk(self.seed, k, cycles)
        times, shift = (1, 0.25) if self.kind == "spiral" else (self.ratio[k % 2], self.shift)
        return np.sin(2 * np.pi * (times * (cycles % 1) + shift * (k % 2)))

    def continued(self, t: float, **changes: Any) -> "Motion":
        """The motion with other settings, its phases such that from time `t` it goes on where it is on its figure."""
        after = replace(self, **changes)
        phase = self.phase + (self.rate - after.rate) * t
        return replace(after, phase=phase, slow_phase=self.slow_phase + (self.slow_rate - after.slow_rate) * t)


def follow(automation: Sequence[tuple[float, Motion]], t: ArrayLike, channel: int = 0) -> NDArray[np.float64]:
    """z along an automation of motions, each with the second at which it takes over, without a jump.

    What z was too much at a change, `d` seconds ago, is still there times `exp(-d / GLIDE)`: a turned knob arrives
    smoothly and an undisturbed motion is exact, which smoothing z itself would not be.

    Args:
        automation: rising times, the first motion from the beginning, whatever its time.
        t: `(N,)` seconds.
        channel: 0 left, 1 right.

    Returns:
        `(N, Z)`.
    """
    times, motions = [when for when, _ in automation], [motion for _, motion in automation]
    if not automation or len({motion.latent_dim for motion in motions}) > 1 or (np.diff(times) < 0).any():
        raise ValueError(
            "an automation is one or more (seconds, Motion), the seconds rising, all motions with the same Z"
        )
    t = np.asarray(t, np.float64)
    z = motions[0].at(t, channel)
    for when, before, after in zip(times[1:], motions, motions[1:], strict=False):
        later = t > when
        gap = before.at([when], channel) - after.at([when], channel)
        z[later] += (
            after.at(t[later], channel) - before.at(t[later], channel) + gap * np.exp((when - t[later, None]) / GLIDE)
        )
    return z


def _along(corners: NDArray[np.float64], fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """The latent points `fraction` `(N,)` of the way along straight lines through `corners` `(P, Z)`: `(N, Z)`."""
    travelled = np.concatenate([[0.0], np.linalg.norm(np.diff(corners, axis=0), axis=1).cumsum()])
    return np.stack([np.interp(fraction * travelled[-1], travelled, axis) for axis in corners.T], axis=1)


def _walk(seed: int, k: int, cycles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Uniform cubic B-spline, inside (-1, 1), with one random control value a cycle."""
    knot = np.floor(cycles)
    u = cycles - knot
    weights = ((1 - u) ** 3, (3 * u - 6) * u * u + 4, ((3 - 3 * u) * u + 3) * u + 1, u**3)
    first = knot.astype(np.int64) - 1
    start = scramble(scramble(np.array([seed])) + k)
    values = [scramble(start + first + i) / 2**31 - 1 for i in range(4)]
    return np.sum([w * v for w, v in zip(weights, values, strict=True)], axis=0) / 6


def scramble(x: NDArray[np.integer]) -> NDArray[np.int64]:
    """A random number from 0 to 2**32 - 1 for each whole number, modulo 2**32.

    Wellons' lowbias32 (*Prospecting for Hash Functions*, 2018): as random as its low bias means, and the same in any
    language that multiplies 32-bit integers.
    """
    h = x.astype(np.uint64).astype(np.uint32)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x7FEB352D)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x846CA68B)
    h ^= h >> np.uint32(16)
    return h.astype(np.int64)


def _checked(steps: int) -> int:
    if steps < 2:
        raise ValueError(f"steps is {steps}; a path needs 2 or more")
    return steps


def _axis(steps: int, span: float) -> NDArray[np.float64]:
    if not 0 < span < np.inf:
        raise ValueError(f"span is {span}; allowed is any finite number above 0")
    return np.linspace(-span, span, steps)


def _points(points: Sequence[ArrayLike]) -> NDArray[np.float64]:
    arrays = [np.asarray(point, float) for point in points]
    shapes = [array.shape for array in arrays]
    if len(arrays) < 2 or len(set(shapes)) > 1 or len(shapes[0]) != 1 or shapes[0] == (0,):
        raise ValueError(f"points have shapes {shapes}; a path needs two or more, all (Z,) with the same Z")
    stacked = np.stack(arrays)
    if not np.isfinite(stacked).all():
        raise ValueError(f"points are {stacked.tolist()}; every coordinate must be finite")
    return stacked
