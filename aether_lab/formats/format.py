"""What a format is: its suffix, what it holds, its writer and its reader."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters import biquad
from aether_lab.filters.recipe import Recipe

_NUMBER = r"[-+]?[\d.]+(?:e[-+]?\d+)?"


_LIST_KINDS = {  # what the lists call the kinds of sections
    "equalizerapo": {"peaking": "PK", "lowshelf": "LSC", "highshelf": "HSC"},
    "rew": {"peaking": "PK", "lowshelf": "LS Q", "highshelf": "HS Q"},
    "camilladsp": {"peaking": "Peaking", "lowshelf": "Lowshelf", "highshelf": "Highshelf"},
}


Values = NDArray[np.float64]


class Rows(NamedTuple):
    """Biquads by their coefficients, `(S, 6)` in SciPy's order, in series or side by side."""

    sos: Values
    parallel: bool

    def in_float32(self) -> Rows:
        return Rows(self.sos.astype(np.float32).astype(np.float64), self.parallel)


Held = Recipe | Rows | NDArray
"""What is read back from a file: a recipe, coefficients, or the taps of an FIR filter."""


class _Sheet(NamedTuple):
    recipe: Recipe
    sample_rate: float  # Hz, of the file
    about: list[str]  # lines of comment


@dataclass(frozen=True)
class Format:
    """One kind of file."""

    suffix: str
    words: str  # for a menu
    holds: str  # "bank" or "cascade" as parameters, "coefficients" or "samples"
    write: Callable[[_Sheet], bytes]
    read: Callable[[bytes, float], Held]


def _exact(recipe: Recipe) -> Recipe:
    """The recipe in float64, its values within the legal ranges: what every bank makes of them."""
    if np.ndim(recipe.frequency) != 1:
        raise ValueError(f"one recipe of shape (S,) is exported, not {np.shape(recipe.frequency)}: index it first")
    frequency, q, gain_db = (np.asarray(x, np.float64) for x in (recipe.frequency, recipe.q, recipe.gain_db))
    if not all(np.isfinite(x).all() for x in (frequency, q, gain_db)):
        raise ValueError("the recipe holds a NaN or an infinity")
    shelf = np.array(["shelf" in kind for kind in recipe.kinds])
    return _with(
        recipe,
        frequency=np.clip(frequency, *biquad.CENTRE_RANGE),
        q=np.where(shelf, biquad.SHELF_Q, np.clip(q, *biquad.Q_RANGE)),
        gain_db=gain_db,
        preamp_db=np.float64(_preamp(recipe)),
    )


def _with(recipe: Recipe, **fields: Any) -> Recipe:
    return dataclasses.replace(recipe, **fields)


def _preamp(recipe: Recipe) -> float:
    return 0.0 if recipe.preamp_db is None else float(recipe.preamp_db)


def _made(hertz: Any, q: Any, gain_db: Any, sample_rate: float, **fields: Any) -> Recipe:
    """A recipe in float64 of what was read; `Recipe.of` would round it to float32 where jax does."""
    hertz, q, gain_db = (np.asarray(x, np.float64) for x in (hertz, q, gain_db))
    return Recipe(hertz / (sample_rate / 2), q, gain_db, sample_rate=sample_rate, **fields)  # type: ignore[arg-type]


def _comment(sheet: _Sheet, mark: str) -> str:
    return "".join(f"{mark} {line}\n" for line in sheet.about)


def _sections(recipe: Recipe) -> list[tuple[str, float, float, float]]:
    """(kind, Hz, Q, dB) of each section, in Python's floats."""
    hertz = np.asarray(recipe.frequency) * (recipe.sample_rate / 2)
    columns = (hertz.tolist(), np.asarray(recipe.q).tolist(), np.asarray(recipe.gain_db).tolist())
    return list(zip(recipe.kinds, *columns, strict=True))
