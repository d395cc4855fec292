"""Fitting a bank to a curve by least squares, and a cascade to what another filter leaves of it.

No network over the same bank can come closer than such a fit (`model.direct_fit`).
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
"""Points at which a curve is compared. A narrow section hides between points farther apart: fitted at the 513 bins
alone, 10 sections leave peaks of up to 16 dB between the bins under 1 kHz."""

_OCTAVES = np.log2(AUDIBLE_HZ[1] / FREQUENCIES[1])
FINE_HZ = np.geomspace(FREQUENCIES[1], AUDIBLE_HZ[1], 1 + round(POINTS_PER_OCTAVE * _OCTAVES))
"""Where the narrow sections of a bank are seen; between two bins, at 47 Hz an octave apart, they may hide."""

DENSE = 1000  # points: a curve of more is taken for the lines of an FFT, of which the mean counts
MEMORY = 1 << 25  # floats of Jacobian at a time, 128 MB


def fit_recipe(
    target: Measured,
    spec: Sections = Sections(),
    steps: int = 100,
    *,
    starts: int = 8,
    frequency_hz: ArrayLike | None = None,
    band_hz: tuple[float, float] | None = None,
    weights: ArrayLike | None = None,
    start: Recipe | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Recipe:
    """Fits one bank to each target, by Levenberg-Marquardt from several starts (see `least_squares`).

    >>> bell = Recipe.of([1000], [1], [6]).response_db()
    >>> fitted = fit_recipe(bell, Sections(1))
    >>> fitted.frequency_hz.round().tolist(), fitted.gain_db.round(1).tolist()
    ([1000.0], [6.0])

    Args:
        target: what `as_target` takes, or many spectra `(..., 513)` dB; with `frequency_hz`, levels `(..., F)` there.
        spec: the bank and its ranges.
        steps: of each descent; the first quarter of them is spent on every start, the rest on the better quarter.
        starts: descents to each target; `seed` says which.
        frequency_hz: `(F,)`, rising; by default the 513 bins. A curve is compared at 24 points per octave: where it has
            more, at one of them (of more than 1000 points at their mean); where it has less, on the straight line
            between two, over log frequency.
        band_hz: lowest and highest frequency that count; by default what the target covers of the range of the
            sections, and with `frequency_hz` 20 Hz to 20 kHz.
        weights: `(F,)`, a factor on what each point counts; a hertz counts 1/ERB, as in `spectrum.lsd`.
        start: a recipe, such as a decoder's own answer, with which the first descent begins: the fit is never worse.
        progress: shows a bar.

    Returns:
        Recipes `(..., S)` in float32; those of a cascade in order of frequency, shelves at both ends.

    Raises:
        ValueError: a target or an option that cannot be fitted, with what is allowed.
    """
    nyquist = spec.sample_rate / 2
    if frequency_hz is None:
        levels, covered = measured_levels(target, spec.frequency_range_hz)
        band_hz, frequency_hz = band_hz or covered, FREQUENCIES
    else:
        levels = np.asarray(target, float)
    compared, hertz, weight = _compared(levels, frequency_hz, band_hz or AUDIBLE_HZ, weights, nyquist)
    if steps < 1 or starts < 1:
        raise ValueError(f"steps {steps} and starts {starts} must be at least 1")
    inside = hertz[weight > 0]
    bounds = point(np.array(spec.frequency_range_hz) / nyquist, np.array(spec.q_range), np.array(spec.gain_range_db))
    problem = Problem(
        *(jnp.asarray(a, jnp.float32) for a in (hertz / nyquist, weight, inside[[0, -1]] / nyquist, bounds))
    )
    free_level = spec.preamp and spec.topology == "cascade"
    bank = Bank(spec.n_sections, spec.topology, spec.polarity, spec.shelves, free_level)

    leading = compared.shape[:-1]
    compared = compared.reshape(-1, hertz.size)
    first = None if start is None else _starting_points(start, spec, leading)
    key = jax.random.key(seed)
    most = max(1, MEMORY // (starts * 3 * spec.n_sections * hertz.size))
    found = []
    with tqdm(total=len(compared), desc="fitting", unit="curve", disable=not progress) as bar:
        for begin in range(0, len(compared), most):
            part = slice(begin, begin + most)
            count = len(compared[part])
            padding = [(0, min(most, 1 << (count - 1).bit_length()) - count)] + [(0, 0)] * 2  # few shapes to compile
            rows = np.pad(compared[part], padding[:2], mode="edge")
            points = None if first is None else np.pad(first[part], padding, mode="edge")
            x, level, _ = solve(bank, steps, starts, problem, rows, points, key)
            found.append((np.asarray(x)[:count], np.asarray(level)[:count]))
            bar.update(count)
    x, level = (np.concatenate(each) for each in zip(*found, strict=True))
    x = x.reshape(*leading, spec.n_sections, 3)
    if spec.topology == "cascade":
        inner = slice(1, -1) if spec.shelves else slice(None)
        order = np.argsort(x[..., inner, :1], axis=-2)
        x[..., inner, :] = np.take_along_axis(x[..., inner, :], order, axis=-2)
    if spec.shelves:
        x[..., [0, -1], 1] = np.log(biquad.SHELF_Q)
    preamp = jnp.asarray(level.reshape(leading)) if free_level else None
    centre, q, gain_db = parameters(jnp.asarray(x))
    return Recipe(centre * nyquist, q, gain_db, spec.topology, spec.polarity, spec.sample_rate, spec.shelves, preamp)


def residual(recipe: Recipe, target: Measured, spec: Sections = Sections(), steps: int = 100, **options: Any) -> Recipe:
    """The cascade that, in series with recipes `(..., S)`, reaches the targets, level and all.

    In series with what a latent point decodes to, it makes that point the user's own response: exact there, as far as
    so many sections go, and learned everywhere else.

    Args:
        recipe: `(..., S)`.
        target: as in `fit_recipe`.
        options: those of `fit_recipe`.

    Raises:
        ValueError: as `fit_recipe`, or a spec that is no cascade.
    """
    if spec.topology != "cascade":
        raise ValueError("what goes in series with a bank is a cascade, not a parallel bank")
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


def measured_levels(target: Measured, range_hz: tuple[float, float]) -> tuple[np.ndarray, tuple[float, float]]:
    """Levels `(..., 513)` dB of what `as_target` takes or of many spectra, and what they cover of a range.

    Raises:
        ValueError: as `as_target`, or less than an octave is covered.
    """
    if isinstance(target, str | os.PathLike):
        target = as_target(target)  # read once
    levels = as_spectra(target)
    if levels.ndim > 1:
        return levels, (max(range_hz[0], AUDIBLE_HZ[0]), min(range_hz[1], AUDIBLE_HZ[1]))
    known = as_target(target if isinstance(target, Target | ImpulseResponse | Curve) else levels)
    return levels, known.common_band_hz(*range_hz)


def _compared(
    levels_db: ArrayLike,
    frequency_hz: ArrayLike,
    band_hz: tuple[float, float],
    weights: ArrayLike | None,
    nyquist: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets `(..., P)` at `(P,)` Hz between 0 and Nyquist, with weights `(P,)` of sum 1, 0 outside of the band."""
    hertz, target = np.asarray(frequency_hz, float), np.asarray(levels_db, float)
    if hertz.ndim != 1 or hertz.size < 2 or not (np.isfinite(hertz).all() and (np.diff(hertz) > 0).all()):
        raise ValueError("frequency_hz must be (F,) finite Hz, each more than the one before, at least two")
    if target.shape[-1:] != hertz.shape or not np.isfinite(target).all():
        raise ValueError(f"a target is {hertz.size} finite values in dB; got the shape {target.shape}")
    factor = np.ones_like(hertz) if weights is None else np.asarray(weights, float)
    if factor.shape != hertz.shape or not (np.isfinite(factor).all() and (factor >= 0).all()):
        raise ValueError(f"weights must be {hertz.size} finite numbers, none below 0; got the shape {factor.shape}")
    low, high = band_hz
    inside = (hertz > 0) & (hertz < nyquist)
    if np.count_nonzero(inside & (hertz >= low) & (hertz <= high) & (factor > 0)) < 2:
        raise ValueError(
            f"band_hz is {low:g} to {high:g} Hz; of the points given, {hertz[0]:g} to {hertz[-1]:g} Hz, at least two "
            f"must count in it, below {nyquist:g} Hz"
        )
    rows = np.concatenate([target.reshape(-1, hertz.size), factor[None], np.log2(np.maximum(hertz, 1e-9))[None]])[
        :, inside
    ]
    cells = np.flatnonzero(np.diff(np.floor(POINTS_PER_OCTAVE * rows[-1]), prepend=-np.inf))
    if hertz.size > DENSE:
        rows = np.add.reduceat(rows, cells, axis=-1) / np.diff(cells, append=rows.shape[-1])
        cells = np.arange(cells.size)
    steps = POINTS_PER_OCTAVE * np.diff(rows[-1])
    kept = np.unique([*cells, *np.flatnonzero(steps > 1.5), *np.flatnonzero(steps > 1.5) + 1, rows.shape[-1] - 1])
    rows = rows[:, kept]
    known = rows[-1]
    gaps = np.where(np.diff(kept) == 1, np.ceil(POINTS_PER_OCTAVE * np.diff(known) - 0.5), 1).clip(1).astype(int)
    octaves = np.interp(np.arange(1 + gaps.sum()), np.cumsum([0, *gaps]), known)
    lines = np.array([np.interp(octaves, known, each) for each in np.eye(known.size)])
    trusted = (rows[-2] > 0) @ lines > 1 - 1e-9  # a line that ends in a point that does not count does not either
    *rows, factor = rows[:-1] @ lines
    hertz = 2**octaves
    weight = trusted * factor * np.gradient(hertz) / erb(hertz) * ((hertz >= low * 0.9999) & (hertz <= high * 1.0001))
    return np.reshape(rows, (*target.shape[:-1], hertz.size)).astype(np.float32), hertz, weight / weight.sum()


def _starting_points(start: Recipe, spec: Sections, leading: tuple[int, ...]) -> np.ndarray:
    """A recipe as points `(B, S, 3)` to start from."""
    expected = (spec.n_sections, spec.topology, spec.shelves, spec.sample_rate)
    found = (start.n_sections, start.topology, start.shelves, start.sample_rate)
    signs = spec.topology == "parallel" and spec.polarity != start.polarity
    if expected != found or signs:
        raise ValueError(
            f"start is {start.topology} ({start.polarity}) of {start.n_sections} sections, shelves {start.shelves}, at "
            f"{start.sample_rate:g} Hz; asked for is {spec}"
        )
    x = point(*(np.asarray(a, np.float64) for a in (start.normalized_frequency, start.q, start.gain_db)))
    return np.broadcast_to(x, (*leading, *x.shape[-2:])).reshape(-1, *x.shape[-2:])
