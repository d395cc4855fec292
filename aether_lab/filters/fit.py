"""Fitting without training: a bank to a curve, or a cascade to what is left of it.

The first is the floor that no network over the same bank can pass. What a perfect encoder would find in a learned
space is `FilterSpace.refine`.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from tqdm.auto import tqdm

from aether_lab.filters import biquad
from aether_lab.filters.least_squares import Bank, Problem, parameters, point, solve
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import WHOLE, Sections
from aether_lab.model.objective import descend
from aether_lab.model.settings import ModelSettings
from aether_lab.model.vae import LOWEST_LOG_CENTRE, bank_parameters, log_spaced_bias
from aether_lab.signals.spectrum import FREQUENCIES, erb

PER_OCTAVE = 24
"""Points at which a curve is compared. A narrow section hides between points farther apart: fitted at the 513 bins
alone, 10 sections leave peaks of up to 16 dB between the bins under 1 kHz."""


BETWEEN = np.geomspace(FREQUENCIES[1], WHOLE[1], 1 + round(PER_OCTAVE * np.log2(WHOLE[1] / FREQUENCIES[1])))
"""Hz, where the narrow sections of a bank are seen; between two bins, at 47 Hz an octave apart, they may hide."""


EASY = ("parallel", "alternating")  # the bank of a model that needs no help, see `_rolled`


MANY = 1000  # points: a curve of more is taken for the lines of an FFT, of which the mean counts


MEMORY = 1 << 25  # floats of Jacobian at a time, 128 MB


def fit_recipe(
    target_db: ArrayLike,
    settings: ModelSettings | Sections = ModelSettings(),
    steps: int = 100,
    *,
    starts: int | None = None,
    frequency: ArrayLike | None = None,
    band: tuple[float, float] | None = None,
    weights: ArrayLike | None = None,
    start: Recipe | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Recipe:
    """Fits one bank to each target, by Levenberg-Marquardt from several starts (see `least_squares`).

    A cascade of `Sections` is fitted at whatever level serves best; that level is its `preamp_db`, so that its response
    is the target's. A bank of `ModelSettings`, like the decoder of such a model, has no level of its own to choose.

    Args:
        target_db: `(..., F)` dB.
        settings: the bank and its ranges; those of a model's decoder where settings of a model are given, whose latent
            dimension is of no matter.
        steps: of each descent; the first quarter of them is gone from every start, the rest from the better quarter.
        starts: descents to each target, by default 8, and 4 for the large bank of a model; `seed` says which.
        frequency: `(F,)` Hz, rising; by default the 513 bins. A curve is compared at 24 points per octave: where it has
            more, at one of them (of more than 1000 points at their mean); where it has less, on the straight line
            between two, over log frequency.
        band: lowest and highest Hz that count.
        weights: `(F,)`, a factor on what each point counts; a hertz counts 1/ERB, as in `spectrum.lsd`.
        start: a recipe, such as a decoder's own answer, with which the first descent begins: the fit is never worse.
        progress: shows a bar.

    Returns:
        Recipes `(..., S)` in float32; those of a cascade in order of frequency, shelves at both ends.

    Raises:
        ValueError: a target or an option that cannot be fitted, with what is allowed.
    """
    sections = _sections(settings) if isinstance(settings, ModelSettings) else settings
    free_level = sections.topology == "cascade" and not isinstance(settings, ModelSettings)
    nyquist = sections.sample_rate / 2
    target, hertz, weight = _compared(target_db, frequency, band, weights, nyquist)
    starts = (4 if isinstance(settings, ModelSettings) else 8) if starts is None else starts
    if steps < 1 or starts < 1:
        raise ValueError(f"steps {steps} and starts {starts} must be at least 1")
    inside = hertz[weight > 0]
    bounds = point(np.array(sections.hertz) / nyquist, np.array(sections.q), np.array(sections.gain_db))
    problem = Problem(
        *(jnp.asarray(a, jnp.float32) for a in (hertz / nyquist, weight, inside[[0, -1]] / nyquist, bounds))
    )
    bank = Bank(sections.count, sections.topology, sections.polarity, sections.shelves, free_level)

    leading = target.shape[:-1]
    target = target.reshape(-1, hertz.size)
    if start is None and isinstance(settings, ModelSettings) and (settings.topology, settings.polarity) != EASY:
        bins = np.array([np.interp(FREQUENCIES, hertz, row) for row in target], np.float32)
        start = jax.tree.map(lambda each: each.reshape(*leading, -1), _rolled(settings, jnp.asarray(bins)))
    given = None if start is None else _given(start, sections, leading)
    key = jax.random.key(seed)
    most = max(1, MEMORY // (starts * 3 * sections.count * hertz.size))
    found = []
    with tqdm(total=len(target), desc="fitting", unit="curve", disable=not progress) as bar:
        for begin in range(0, len(target), most):
            part = slice(begin, begin + most)
            count = len(target[part])
            padding = [(0, min(most, 1 << (count - 1).bit_length()) - count)] + [(0, 0)] * 2  # few shapes to compile
            rows = np.pad(target[part], padding[:2], mode="edge")
            first = None if given is None else np.pad(given[part], padding, mode="edge")
            x, level, _ = solve(bank, steps, starts, problem, rows, first, key)
            found.append((np.asarray(x)[:count], np.asarray(level)[:count]))
            bar.update(count)
    x, level = (np.concatenate(each) for each in zip(*found, strict=True))
    x = x.reshape(*leading, sections.count, 3)
    if sections.topology == "cascade":
        inner = slice(1, -1) if sections.shelves else slice(None)
        order = np.argsort(x[..., inner, :1], axis=-2)
        x[..., inner, :] = np.take_along_axis(x[..., inner, :], order, axis=-2)
    if sections.shelves:
        x[..., [0, -1], 1] = np.log(biquad.SHELF_Q)
    preamp = jnp.asarray(level.reshape(leading)) if free_level else None
    recipe = parameters(jnp.asarray(x))
    return Recipe(*recipe, sections.topology, sections.polarity, sections.sample_rate, sections.shelves, preamp)


def residual(
    recipe: Recipe, target_db: ArrayLike, sections: Sections = Sections(), steps: int = 100, **options: Any
) -> Recipe:
    """The cascade that, in series with recipes `(..., S)`, reaches the targets `(..., F)` dB, level and all.

    In series with what a place in a learned space decodes to, it makes that place the user's own response: exact at
    home, as far as so many sections go, and learned everywhere else. `options` are those of `fit_recipe`.

    Raises:
        ValueError: as `fit_recipe`, or sections that are no cascade.
    """
    if sections.topology != "cascade":
        raise ValueError("what goes in series with a bank is a cascade, not a parallel bank")
    target = np.asarray(target_db, np.float64)
    if options.get("frequency") is None:
        bins = np.log(FREQUENCIES[1:])
        target = np.apply_along_axis(lambda row: np.interp(np.log(BETWEEN), bins, row[1:]), -1, target)
        options["frequency"] = BETWEEN
    decoded = recipe.response_db(options["frequency"])
    return fit_recipe(target - np.asarray(decoded), sections, steps, **options)


def _sections(settings: ModelSettings) -> Sections:
    """The bank of a model, in the ranges of its decoder; Q, which has no upper end there, up to 100."""
    lowest = 0.01 if settings.frequency_map == "linear" else LOWEST_LOG_CENTRE
    hertz = (lowest * settings.sample_rate / 2, biquad.CENTRE_RANGE[1] * settings.sample_rate / 2)
    bank = (settings.num_filters, settings.topology, settings.polarity, False)
    return Sections(*bank, hertz, (0.1, 100.0), (-20.0, 20.0), settings.sample_rate)


def _compared(
    target_db: ArrayLike,
    frequency: ArrayLike | None,
    band: tuple[float, float] | None,
    weights: ArrayLike | None,
    nyquist: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets `(..., P)` at `(P,)` Hz between 0 and Nyquist, with weights `(P,)` of sum 1, 0 outside of the band."""
    hertz, target = FREQUENCIES if frequency is None else np.asarray(frequency, float), np.asarray(target_db, float)
    if hertz.ndim != 1 or hertz.size < 2 or not (np.isfinite(hertz).all() and (np.diff(hertz) > 0).all()):
        raise ValueError("frequency must be (F,) finite Hz, each more than the one before, at least two")
    if target.shape[-1:] != hertz.shape or not np.isfinite(target).all():
        raise ValueError(f"a target is {hertz.size} finite values in dB; got the shape {target.shape}")
    factor = np.ones_like(hertz) if weights is None else np.asarray(weights, float)
    if factor.shape != hertz.shape or not (np.isfinite(factor).all() and (factor >= 0).all()):
        raise ValueError(f"weights must be {hertz.size} finite numbers, none below 0; got the shape {factor.shape}")
    low, high = WHOLE if band is None else band
    legal = (hertz > 0) & (hertz < nyquist)
    if np.count_nonzero(legal & (hertz >= low) & (hertz <= high) & (factor > 0)) < 2:
        raise ValueError(
            f"band is {low:g} to {high:g} Hz; of the points given, {hertz[0]:g} to {hertz[-1]:g} Hz, two at least must "
            f"count in it, below {nyquist:g} Hz"
        )
    rows = np.concatenate([target.reshape(-1, hertz.size), factor[None], np.log2(np.maximum(hertz, 1e-9))[None]])[
        :, legal
    ]
    cells = np.flatnonzero(np.diff(np.floor(PER_OCTAVE * rows[-1]), prepend=-np.inf))
    if hertz.size > MANY:
        rows = np.add.reduceat(rows, cells, axis=-1) / np.diff(cells, append=rows.shape[-1])
        cells = np.arange(cells.size)
    steps = PER_OCTAVE * np.diff(rows[-1])
    kept = np.unique([*cells, *np.flatnonzero(steps > 1.5), *np.flatnonzero(steps > 1.5) + 1, rows.shape[-1] - 1])
    rows = rows[:, kept]
    known = rows[-1]
    gaps = np.where(np.diff(kept) == 1, np.ceil(PER_OCTAVE * np.diff(known) - 0.5), 1).clip(1).astype(int)
    octaves = np.interp(np.arange(1 + gaps.sum()), np.cumsum([0, *gaps]), known)
    lines = np.array([np.interp(octaves, known, each) for each in np.eye(known.size)])
    trusted = (rows[-2] > 0) @ lines > 1 - 1e-9  # a line that ends in a point that does not count does not either
    *rows, factor = rows[:-1] @ lines
    hertz = 2**octaves
    weight = trusted * factor * np.gradient(hertz) / erb(hertz) * ((hertz >= low * 0.9999) & (hertz <= high * 1.0001))
    return np.reshape(rows, (*target.shape[:-1], hertz.size)).astype(np.float32), hertz, weight / weight.sum()


@partial(jax.jit, static_argnums=0)
def _rolled(settings: ModelSettings, target: Array) -> Recipe:
    """Where Adam comes in 1500 steps to targets `(..., 513)` from log-spaced centres.

    Neighbours of one sign cancel between their centres, and a cascade without a level of its own must make it of wide
    sections: in both least squares stop on ledges that Adam rolls over.
    """
    bias = log_spaced_bias(settings.num_filters, settings.frequency_map)
    start = bias(jax.random.key(0), (settings.num_filters, 3), target.dtype)
    start = jnp.broadcast_to(start, (*target.shape[:-1], *start.shape))

    def recipe(raw: Array) -> Recipe:
        return settings.recipe(*bank_parameters(raw, settings.frequency_map))

    return recipe(descend(recipe, start, target, 1500, jnp.asarray(0.05, target.dtype)))


def _given(start: Recipe, sections: Sections, leading: tuple[int, ...]) -> np.ndarray:
    """A recipe as points `(B, S, 3)` to start from."""
    expected = (sections.count, sections.topology, sections.shelves, sections.sample_rate)
    found = (start.n_sections, start.topology, start.shelves, start.sample_rate)
    signs = sections.topology == "parallel" and sections.polarity != start.polarity
    if expected != found or signs:
        raise ValueError(
            f"start is {start.topology} ({start.polarity}) of {start.n_sections} sections, shelves {start.shelves}, at "
            f"{start.sample_rate:g} Hz; asked for is {sections}"
        )
    x = point(*(np.asarray(a, np.float64) for a in (start.frequency, start.q, start.gain_db)))
    return np.broadcast_to(x, (*leading, *x.shape[-2:])).reshape(-1, *x.shape[-2:])
