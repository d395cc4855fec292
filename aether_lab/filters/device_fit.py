"""Fits of the settings of a device, on the values that its controls can have.

The free fit (`fit.fit_recipe`) is rounded to the values of the device, and fitted again within the ranges of each band;
from these and from a greedy start, `device_search` looks for the best settings. The result is never worse than the
rounded free fit. Levels are compared at the same mean: the preamp of a device is set apart.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.optimize
from jax.typing import ArrayLike

from aether_lab.filters.device import DeviceProfile, as_device
from aether_lab.filters.device_grid import OFF, Floats, Grid, Indices, neutral, settings_near
from aether_lab.filters.device_search import greedy, search
from aether_lab.filters.fit import evaluation_grid, fit_recipe
from aether_lab.filters.least_squares import GAIN_UNIT
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import AUDIBLE_HZ, Sections
from aether_lab.signals.target import Measured

MOST_FREE = 10  # sections of the free fit; further bands begin neutral
ITERATIONS = 40  # of the fit within the ranges of each band
Q_SHARE = 0.3  # octaves of centre that a factor of 2 in Q counts for, where sections are assigned to bands
PREFERRED = ("peaking", "lowshelf", "highshelf")


@dataclass(frozen=True)
class BandSetting:
    """What one band is set to."""

    band: int  # from 1
    kind: str
    frequency_hz: float
    q: float
    gain_db: float
    on: bool

    def __str__(self) -> str:
        if not self.on:
            return f"band {self.band}: off"
        shape = f"{self.kind}, {self.frequency_hz:.6g} Hz, Q {self.q:.4g}, {self.gain_db:+g} dB"
        return f"band {self.band}: {shape}"


@dataclass(frozen=True, eq=False)
class DeviceFit:
    """The settings of a device, as a list and as a recipe.

    >>> fitted = fit_device(Recipe.of([1000], [1.4], [6.4]).response_db(), "boss-ge-7")
    >>> len(fitted.settings), fitted.recipe.n_sections, str(fitted).splitlines()[0]
    (7, 7, 'Boss GE-7')
    """

    device: DeviceProfile
    settings: tuple[BandSetting, ...]  # of each band, in order
    preamp_db: float  # the value of its preamp nearest to the level of the target; 0 without a preamp
    recipe: Recipe  # of the same sections, float64 in NumPy; bands that are off have 0 dB
    distance_db: float  # to the target at the same level, on the evaluation grid of the fit
    rounded_db: float  # the same of the free fit rounded to the device
    free_db: float  # the same of the free fit

    def __str__(self) -> str:
        lines = [self.device.name, *map(str, self.settings)]
        return "\n".join([*lines, f"preamp: {self.preamp_db:+g} dB"] if self.device.preamp_db is not None else lines)


def fit_device(
    target: Measured,
    device: DeviceProfile | str | os.PathLike,
    *,
    frequency_hz: ArrayLike | None = None,
    band_hz: tuple[float, float] | None = None,
    weights: ArrayLike | None = None,
) -> DeviceFit:
    """The settings of a device whose response is nearest to a target, on the values that it can be set to.

    It is a function of its own beside `fit_recipe`, because it fits one target and returns settings.

    >>> fitted = fit_device(Recipe.of([1000], [1.4], [6.4]).response_db(), "spotify")
    >>> print(fitted.settings[3])
    band 4: peaking, 1000 Hz, Q 1, +6 dB
    >>> fitted.distance_db <= fitted.rounded_db
    True

    Args:
        target: what `as_target` accepts; with `frequency_hz`, levels `(F,)` in dB.
        device: a profile, a shipped name (`device_names`) or a JSON file.
        frequency_hz, band_hz, weights: as in `fit_recipe`.

    Raises:
        ValueError: as `fit_recipe` and `DeviceProfile.load`, or several targets.
    """
    device = as_device(device)
    rate = device.sample_rate
    spec = Sections(
        min(len(device.bands), MOST_FREE),
        frequency_range_hz=(AUDIBLE_HZ[0], min(AUDIBLE_HZ[1], 0.475 * rate)),
        sample_rate=rate,
    )
    levels, grid_hz, weight = evaluation_grid(
        target, spec.frequency_range_hz, rate / 2, frequency_hz=frequency_hz, band_hz=band_hz, weights=weights
    )
    if levels.ndim != 1:
        raise ValueError(f"targets of shape {levels.shape[:-1]}; a device is fitted to one at a time")
    free = fit_recipe(target, spec, frequency_hz=frequency_hz, band_hz=band_hz, weights=weights)
    grid = Grid.of(device, grid_hz, weight)
    level_db = np.asarray(levels, np.float64)[weight > 0]
    goal = grid.centred(level_db)
    rounded = round_to_device(free, device)
    greedy_starts = (greedy(grid, goal, _neutral(device), order) for order in (1, -1))
    starts = [rounded, *(_within_ranges(grid, goal, start) for start in (rounded, *greedy_starts))]
    found, _ = search(grid, goal, starts)
    distance, rounded_distance = (float(np.linalg.norm(grid.device_vector(each) - goal)) for each in (found, rounded))
    if rounded_distance < distance:  # by a rounding error of the search
        found, distance = rounded, rounded_distance
    free_distance = float(np.linalg.norm(grid.recipe_vector(free) - goal))
    settings = tuple(_setting(device, i, row) for i, row in enumerate(found))
    wanted = (grid.root**2) @ (level_db - grid.device_level(found))
    preamp = 0.0 if device.preamp_db is None else float(device.preamp_db[np.argmin(np.abs(device.preamp_db - wanted))])
    recipe = _recipe(device, settings, preamp)
    return DeviceFit(device, settings, preamp, recipe, distance, rounded_distance, free_distance)


def round_to_device(recipe: Recipe, device: DeviceProfile) -> Indices:
    """Settings `(S, 4)`: each section of a recipe goes to the band that suits it best, at the nearest values.

    What counts are octaves of centre and, less, of Q (an optimal assignment); bands without a section are neutral.
    """
    columns = (recipe.frequency_hz, recipe.q, recipe.gain_db)
    frequency_hz, q, gain_db = (np.asarray(column, np.float64) for column in columns)
    settings = _neutral(device)
    sections = np.log(frequency_hz), np.log(q), gain_db
    near = np.array([settings_near(band, _preferred(band.types), *sections) for band in device.bands])  # (S, N, 4)
    apart = np.array(
        [
            abs(band.logs["frequency"][at[:, 1]] - sections[0])
            + Q_SHARE * abs(band.logs[band.types[at[0, 0]]][at[:, 2]] - sections[1])
            for band, at in zip(device.bands, near, strict=True)
        ]
    )
    for i, j in zip(*scipy.optimize.linear_sum_assignment(apart), strict=True):
        settings[i] = near[i, j]
    return settings


def _preferred(types: tuple[str, ...]) -> int:
    return min(range(len(types)), key=lambda i: PREFERRED.index(types[i]))


def _neutral(device: DeviceProfile) -> Indices:
    return np.array([neutral(band) for band in device.bands])


def _setting(device: DeviceProfile, i: int, row: Indices) -> BandSetting:
    band, (kind, f, q, gain) = device.bands[i], row.tolist()
    on = kind != OFF
    name = band.types[kind if on else _preferred(band.types)]
    shapes = band.q_of(name)
    values = float(band.frequency_hz[f]), float(shapes[min(q, len(shapes) - 1)])
    return BandSetting(i + 1, name, *values, float(band.gain_db[gain]) if on else 0.0, on)


def _recipe(device: DeviceProfile, settings: tuple[BandSetting, ...], preamp_db: float = 0.0) -> Recipe:
    columns = zip(*((each.frequency_hz, each.q, each.gain_db) for each in settings), strict=True)
    frequency_hz, q, gain_db = (np.array(column) for column in columns)
    kinds = tuple(each.kind for each in settings)
    return Recipe(
        frequency_hz,
        q,
        gain_db,
        topology="cascade",
        sample_rate=device.sample_rate,
        preamp_db=np.float64(preamp_db),  # type: ignore[arg-type]
        section_kinds=kinds if any("shelf" in kind for kind in kinds) else None,
    )


def _within_ranges(grid: Grid, goal: Floats, settings: Indices) -> Indices:
    """Settings near those of a Levenberg-Marquardt fit of all controls within their ranges, as if they had no steps."""
    bands = grid.device.bands
    on = [i for i, row in enumerate(settings) if row[0] != OFF]
    if not on:
        return settings
    kinds = [bands[i].types[settings[i, 0]] for i in on]
    axes = [
        (bands[i].logs["frequency"], bands[i].logs[kind], bands[i].gain_db / GAIN_UNIT)
        for i, kind in zip(on, kinds, strict=True)
    ]
    x = np.array(
        [[axis[at] for axis, at in zip(each, settings[i, 1:], strict=True)] for i, each in zip(on, axes, strict=True)]
    )
    low, high = (np.array([[axis[end] for axis in each] for each in axes]) for end in (0, -1))
    groups = [(kind, [i for i, each in enumerate(kinds) if each == kind]) for kind in dict.fromkeys(kinds)]

    def parts(x: Floats) -> Floats:
        found = np.empty((len(x), goal.size))
        for kind, rows in groups:
            f, q, g = x[rows].T
            found[rows] = grid.vectors(kind, np.exp(f), np.exp(q), GAIN_UNIT * g)
        return found

    x = _levenberg_marquardt(parts, goal, x, low, high)
    settings = settings.copy()
    for i, row, each in zip(on, x, settings[on], strict=True):
        settings[i] = settings_near(bands[i], int(each[0]), row[0], row[1], GAIN_UNIT * row[2])
    return settings


def _levenberg_marquardt(
    parts: Callable[[Floats], Floats], goal: Floats, x: Floats, low: Floats, high: Floats
) -> Floats:
    """Minimises `|Σ parts(x) - goal|²` within bounds, `(S, 3)` each; a part depends on its own row of `x` only."""
    step = 1e-4
    free = (high > low).ravel()
    here = parts(x)
    error = here.sum(0) - goal
    cost, damping = float(error @ error), 1e-2
    rows: Floats = np.zeros((0, 0))
    fresh = True
    for _ in range(ITERATIONS):
        if fresh:
            sign = np.where(x + step > high, -step, step)
            axes = np.eye(3)[:, None] * sign  # (3, S, 3)
            moved = [(parts(x + axis) - here) / axis.sum(1, keepdims=True) for axis in axes]
            rows = np.stack(moved, axis=1).reshape(x.size, -1)
        gradient = rows @ error
        stuck = ((x.ravel() <= low.ravel()) & (gradient > 0)) | ((x.ravel() >= high.ravel()) & (gradient < 0))
        active = np.flatnonzero(free & ~stuck)
        if not active.size:
            break
        normal = rows[active] @ rows[active].T
        normal[np.diag_indices_from(normal)] += damping * (np.diag(normal) + 1e-4)
        change = np.zeros(x.size)
        change[active] = -np.linalg.solve(normal, gradient[active])
        tried = np.clip(x + np.clip(change, -1, 1).reshape(x.shape), low, high)
        there = parts(tried)
        new = there.sum(0) - goal
        fresh = float(new @ new) < cost
        if fresh:
            done = cost - float(new @ new) < 1e-5 * cost
            x, here, error, cost, damping = tried, there, new, float(new @ new), max(damping / 4, 1e-6)
            if done:
                break
        else:
            damping *= 6
            if damping > 1e6:
                break
    return x
