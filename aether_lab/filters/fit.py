"""Fits of a bank to a target by least squares, and of a cascade to the residual of another filter.

A direct fit is a lower bound on the error of a network with the same bank (`model.direct_fit`).
"""

import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from tqdm.auto import tqdm

from aether_lab.filters import biquad
from aether_lab.filters.least_squares import Bank, Problem, parameters, point, solve
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import AUDIBLE_HZ, Sections
from aether_lab.signals.spectrum import FREQUENCIES, erb
from aether_lab.signals.target import Curve, ImpulseResponse, Measured, Target, as_spectra, as_target

POINTS_PER_OCTAVE = 24
"""Density of the evaluation grid. With fewer points, narrow sections fit between them: fitted at the 513 bins alone,
10 sections have peaks of up to 16 dB between the bins below 1 kHz."""

_OCTAVES = np.log2(AUDIBLE_HZ[1] / FREQUENCIES[1])
FINE_HZ = np.geomspace(FREQUENCIES[1], AUDIBLE_HZ[1], 1 + round(POINTS_PER_OCTAVE * _OCTAVES))
"""The evaluation grid of `residual`: the lowest bins are an octave apart, too coarse for narrow sections."""

STEPS, STARTS = 100, 8  # iterations, and starting points of each target
DENSE = 1000  # points: a target with more, such as the lines of an FFT, is averaged
RATE_WEIGHT = 0.1  # 1/dB²: a fit with a third more error is taken for 1.8 dB less change at another rate
MEMORY = 1 << 25  # floats of Jacobian at a time, 128 MB
SIZES, FEW = (10, 16, 32), 16
"""Cascades of a few targets are compiled for these numbers of sections: who tries 4, 5 and 6 waits for XLA once."""


def fit_recipe(
    target: Measured,
    spec: Sections = Sections(),
    steps: int = STEPS,
    *,
    starts: int = STARTS,
    frequency_hz: ArrayLike | None = None,
    band_hz: tuple[float, float] | None = None,
    weights: ArrayLike | None = None,
    start: Recipe | None = None,
    seed: int = 0,
    progress: bool = False,
    capacity: int | None = None,
) -> Recipe:
    """Fits a bank to each target by Levenberg-Marquardt from several starts (see `least_squares`).

    >>> bell = Recipe.of([1000], [1], [6]).response_db()
    >>> fitted = fit_recipe(bell, Sections(1))
    >>> fitted.frequency_hz.round().tolist(), fitted.gain_db.round(1).tolist()
    ([1000.0], [6.0])

    Args:
        target: what `as_target` accepts, or spectra `(..., 513)` in dB; with `frequency_hz`, levels `(..., F)` in dB.
        spec: the bank and its ranges.
        steps: iterations; a quarter of them is spent on every start, the rest on the best half of the starts.
        starts: starting points of each target.
        frequency_hz: `(F,)`, rising; by default the 513 bins. Targets are evaluated at 24 points per octave: denser
            ones are thinned (averaged if they have more than 1000 points), sparser ones interpolated.
        band_hz: lowest and highest frequency of the evaluation; by default the part of the range of the sections that
            the target covers, and with `frequency_hz` 20 Hz to 20 kHz.
        weights: `(F,)`, not negative, multiplied with the weights 1/ERB of `spectrum.lsd`.
        start: a recipe, such as that of a decoder, for the first starting point; the fit is never worse.
        seed: of the random starting points.
        progress: show a tqdm bar.
        capacity: compile the fit for this many sections, of which those of `spec` are used: any number up to it is
            then fitted without compiling again, in about the time of `capacity` sections. By default the next of
            `SIZES` for cascades of up to `FEW` targets, else exactly the number of `spec`.

    Returns:
        Recipes `(..., S)` in float32. Cascades are sorted by frequency, with shelves at both ends.

    Raises:
        ValueError: an invalid target or option; the message states what is allowed.
    """
    nyquist = spec.sample_rate / 2
    levels, grid_hz, weight = evaluation_grid(
        target, spec.frequency_range_hz, nyquist, frequency_hz=frequency_hz, band_hz=band_hz, weights=weights
    )
    if steps < 1 or starts < 1:
        raise ValueError(f"steps are {steps} and starts {starts}; both must be at least 1")
    ends = np.clip(grid_hz[weight > 0][[0, -1]], *spec.frequency_range_hz)
    bounds = point(np.array(spec.centre_range_hz) / nyquist, np.array(spec.q_range), np.array(spec.gain_range_db))
    rate_weight = RATE_WEIGHT if start is None and spec.nyquist_share < 1 else 0.0
    leading = levels.shape[:-1]
    levels = levels.reshape(-1, grid_hz.size)
    if capacity is None and spec.topology == "cascade" and len(levels) <= FEW:
        capacity = next((size for size in SIZES if size >= spec.n_sections), None)
    size = spec.n_sections if capacity is None else capacity
    if size < spec.n_sections:
        raise ValueError(f"capacity is {size}; it must be at least the {spec.n_sections} sections of the fit")
    place = np.arange(spec.n_sections)
    if spec.shelves:
        place[-1] = size - 1  # the high shelf is the last of a bank
    used = None if capacity is None else jnp.asarray(np.isin(np.arange(size), place), jnp.float32)
    values = grid_hz / nyquist, weight, ends / nyquist, bounds, spec.preamp_range_db, rate_weight
    problem = Problem(*(jnp.asarray(each, jnp.float32) for each in values))._replace(used=used)
    free_level = spec.preamp and spec.topology == "cascade"
    bank = Bank(size, spec.topology, spec.polarity, spec.shelves, free_level)

    first = None
    if start is not None:
        first = np.zeros((len(levels), size, 3), np.float32)
        first[:, place] = _starting_points(start, spec, leading)
    key = jax.random.key(seed)
    chunk = max(1, MEMORY // (starts * 3 * size * grid_hz.size))
    results = []
    with tqdm(total=len(levels), desc="fitting", unit="curve", disable=not progress) as bar:
        for begin in range(0, len(levels), chunk):
            part = slice(begin, begin + chunk)
            count = len(levels[part])
            padding = [(0, min(chunk, 1 << (count - 1).bit_length()) - count)] + [(0, 0)] * 2  # few shapes to compile
            rows = np.pad(levels[part], padding[:2], mode="edge")
            points = None if first is None else np.pad(first[part], padding, mode="edge")
            x, level, _ = solve(bank, steps, starts, problem, rows, points, key)
            results.append((np.asarray(x)[:count], np.asarray(level)[:count]))
            bar.update(count)
    x, level = (np.concatenate(each) for each in zip(*results, strict=True))
    x = x.reshape(*leading, size, 3)
    order = np.broadcast_to(place, (*leading, place.size)).copy()
    if spec.topology == "cascade":
        inner = slice(1, -1) if spec.shelves else slice(None)
        order[..., inner] = np.take_along_axis(order[..., inner], np.argsort(x[..., place, 0][..., inner]), -1)
    if spec.shelves:
        x[..., [0, -1], 1] = np.log(biquad.SHELF_Q)
    preamp = jnp.asarray(level.reshape(leading)) if free_level else None
    centre, q, gain_db = parameters(jnp.asarray(x))
    # In NumPy, since JAX would compile this again for each number of sections.
    found = (np.take_along_axis(np.asarray(a), order, -1) for a in (centre * nyquist, q, gain_db))
    centre, q, gain_db = map(jnp.asarray, found)
    return Recipe(centre, q, gain_db, spec.topology, spec.polarity, spec.sample_rate, spec.shelves, preamp)


def residual(
    recipe: Recipe, target: Measured, spec: Sections = Sections(), steps: int = STEPS, **options: Any
) -> Recipe:
    """The cascade that, in series with recipes `(..., S)`, has the response of the targets, including their level.

    In series with the recipe of a latent point, it corrects the error of the model at that point.

    >>> decoded = Recipe.of([1000], [1], [6])
    >>> left = residual(decoded, Recipe.of([1000], [1], [9]).response_db(), Sections(1))
    >>> left.frequency_hz.round(-1).tolist(), left.gain_db.round().tolist()
    ([1000.0], [3.0])

    Args:
        recipe: `(..., S)`.
        target: as in `fit_recipe`.
        options: those of `fit_recipe`.

    Raises:
        ValueError: as `fit_recipe`, or `spec` is not a cascade.
    """
    if spec.topology != "cascade":
        raise ValueError(f"topology of spec is {spec.topology!r}; a residual must be a cascade")
    frequency_hz = options.pop("frequency_hz", None)
    if frequency_hz is None:
        levels, covered = measured_levels(target, spec.frequency_range_hz)
        options.setdefault("band_hz", covered)
        bins, frequency_hz = np.log(FREQUENCIES[1:]), FINE_HZ
        levels = np.apply_along_axis(lambda row: np.interp(np.log(FINE_HZ), bins, row[1:]), -1, levels)
    else:
        levels = np.asarray(target, np.float64)
    decoded = np.asarray(recipe.response_db(frequency_hz))
    return fit_recipe(levels - decoded, spec, steps, frequency_hz=frequency_hz, **options)


def evaluation_grid(
    target: Measured,
    range_hz: tuple[float, float],
    nyquist: float,
    *,
    frequency_hz: ArrayLike | None = None,
    band_hz: tuple[float, float] | None = None,
    weights: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets on the evaluation grid of a fit: levels `(..., P)`, frequencies `(P,)` in Hz, weights `(P,)` of sum 1.

    Args:
        range_hz: of the sections; by default, the part of it that the target covers is evaluated.
        nyquist: Hz, half the sample rate of the fit.
        frequency_hz, band_hz, weights: as in `fit_recipe`.
    """
    if frequency_hz is None:
        levels, covered = measured_levels(target, range_hz)
        band_hz, frequency_hz = band_hz or covered, FREQUENCIES
    else:
        levels = np.asarray(target, float)
    return _resampled(levels, frequency_hz, band_hz or AUDIBLE_HZ, weights, nyquist)


def measured_levels(target: Measured, range_hz: tuple[float, float]) -> tuple[np.ndarray, tuple[float, float]]:
    """Levels `(..., 513)` in dB of what `as_target` accepts or of spectra, and the part of a range that they cover.

    Raises:
        ValueError: as `as_target`, or they cover less than an octave.
    """
    if isinstance(target, str | os.PathLike):
        target = as_target(target)  # reads the file once
    levels = as_spectra(target)
    if levels.ndim > 1:
        return levels, (max(range_hz[0], AUDIBLE_HZ[0]), min(range_hz[1], AUDIBLE_HZ[1]))
    measured = as_target(target if isinstance(target, Target | ImpulseResponse | Curve) else levels)
    return levels, measured.common_band_hz(*range_hz)


def _resampled(
    levels_db: ArrayLike,
    frequency_hz: ArrayLike,
    band_hz: tuple[float, float],
    weights: ArrayLike | None,
    nyquist: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets on the evaluation grid: levels `(..., P)`, frequencies `(P,)` in Hz, and weights `(P,)` of sum 1."""
    frequency_hz, target = np.asarray(frequency_hz, float), np.asarray(levels_db, float)
    if (
        frequency_hz.ndim != 1
        or frequency_hz.size < 2
        or not (np.isfinite(frequency_hz).all() and (np.diff(frequency_hz) > 0).all())
    ):
        raise ValueError("frequency_hz must be (F,) with at least two finite, rising values")
    if target.shape[-1:] != frequency_hz.shape or not np.isfinite(target).all():
        raise ValueError(f"a target must be {frequency_hz.size} finite values in dB, not of shape {target.shape}")
    factor = np.ones_like(frequency_hz) if weights is None else np.asarray(weights, float)
    if factor.shape != frequency_hz.shape or not (np.isfinite(factor).all() and (factor >= 0).all()):
        raise ValueError(f"weights must be {frequency_hz.size} finite numbers >= 0, not of shape {factor.shape}")
    low, high = band_hz
    inside = (frequency_hz > 0) & (frequency_hz < nyquist)
    if np.count_nonzero(inside & (frequency_hz >= low) & (frequency_hz <= high) & (factor > 0)) < 2:
        raise ValueError(
            f"band_hz is {low:g} to {high:g} Hz; it must contain at least two frequencies of the target "
            f"({frequency_hz[0]:g} to {frequency_hz[-1]:g} Hz) below {nyquist:g} Hz, with weights > 0"
        )
    rows = np.concatenate(
        [target.reshape(-1, frequency_hz.size), factor[None], np.log2(np.maximum(frequency_hz, 1e-9))[None]]
    )[:, inside]
    cells = np.flatnonzero(np.diff(np.floor(POINTS_PER_OCTAVE * rows[-1]), prepend=-np.inf))
    if frequency_hz.size > DENSE:
        rows = np.add.reduceat(rows, cells, axis=-1) / np.diff(cells, append=rows.shape[-1])
        cells = np.arange(cells.size)
    steps = POINTS_PER_OCTAVE * np.diff(rows[-1])
    points = np.unique([*cells, *np.flatnonzero(steps > 1.5), *np.flatnonzero(steps > 1.5) + 1, rows.shape[-1] - 1])
    rows = rows[:, points]
    measured = rows[-1]
    gaps = np.where(np.diff(points) == 1, np.ceil(POINTS_PER_OCTAVE * np.diff(measured) - 0.5), 1).clip(1).astype(int)
    octaves = np.interp(np.arange(1 + gaps.sum()), np.cumsum([0, *gaps]), measured)
    interpolation = np.array([np.interp(octaves, measured, each) for each in np.eye(measured.size)])
    valid = (rows[-2] > 0) @ interpolation > 1 - 1e-9  # not interpolated from a point of weight 0
    *rows, factor = rows[:-1] @ interpolation
    grid_hz = 2**octaves
    inside = (grid_hz >= low * 0.9999) & (grid_hz <= high * 1.0001)
    weight = valid * factor * np.gradient(grid_hz) / erb(grid_hz) * inside
    return np.reshape(rows, (*target.shape[:-1], grid_hz.size)).astype(np.float32), grid_hz, weight / weight.sum()


def _starting_points(start: Recipe, spec: Sections, leading: tuple[int, ...]) -> np.ndarray:
    """A recipe as starting points `(B, S, 3)`."""
    expected = (spec.n_sections, spec.topology, spec.shelves, spec.sample_rate)
    actual = (start.n_sections, start.topology, start.shelves, start.sample_rate)
    other_signs = spec.topology == "parallel" and spec.polarity != start.polarity
    if expected != actual or other_signs:
        raise ValueError(
            f"start is {start.topology} ({start.polarity}) of {start.n_sections} sections, shelves {start.shelves}, at "
            f"{start.sample_rate:g} Hz; it must match {spec}"
        )
    x = point(*(np.asarray(a, np.float64) for a in (start.normalized_frequency, start.q, start.gain_db)))
    return np.broadcast_to(x, (*leading, *x.shape[-2:])).reshape(-1, *x.shape[-2:])
