"""The types of a file format: its suffix, representation, writer and reader."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters import biquad
from aether_lab.filters.recipe import Recipe
from aether_lab.signals.curve import Curve

NUMBER = r"[-+]?[\d.]+(?:e[-+]?\d+)?"
LIST_KINDS = {  # names of the section types in lists of equaliser bands
    "equalizerapo": {"peaking": "PK", "lowshelf": "LSC", "highshelf": "HSC"},
    "rew": {"peaking": "PK", "lowshelf": "LS", "highshelf": "HS"},
    "camilladsp": {"peaking": "Peaking", "lowshelf": "Lowshelf", "highshelf": "Highshelf"},
    "pipewire": {"peaking": "bq_peaking", "lowshelf": "bq_lowshelf", "highshelf": "bq_highshelf"},
}
Values = NDArray[np.float64]


class Coefficients(NamedTuple):
    """Biquads as coefficients `(S, 6)` in SciPy's order, in series or in parallel."""

    sos: Values
    parallel: bool

    def in_float32(self) -> Coefficients:
        return Coefficients(self.sos.astype(np.float32).astype(np.float64), self.parallel)


Parsed = Recipe | Coefficients | Curve | NDArray
"""A file that was read: a recipe, coefficients, levels over frequency, or the taps of an FIR filter."""


class ExportContext(NamedTuple):
    """The arguments of a writer."""

    recipe: Recipe
    sample_rate: float  # Hz
    about: list[str]  # comment lines
    whole_hertz: bool = False  # write the frequencies of a list without decimals


@dataclass(frozen=True)
class Format:
    """A file format."""

    suffix: str
    title: str  # for a menu
    representation: str  # "bank" or "cascade" (parameters), "coefficients", "points" (levels) or "samples"
    write: Callable[[ExportContext], bytes]
    read: Callable[[bytes, float], Parsed]
    slope: float = 1.0  # of the shelves in a list, the S of the cookbook
    below_full_scale: bool = False  # whether the level is lowered where samples or a boost would clip


def in_float64(recipe: Recipe) -> Recipe:
    """One recipe `(S,)` in float64 with valid values, clipped as in `biquad`."""
    if np.ndim(recipe.frequency_hz) != 1:
        raise ValueError(f"export needs one recipe of shape (S,), not {np.shape(recipe.frequency_hz)}: index it first")
    columns = recipe.frequency_hz, recipe.shelf_q, recipe.gain_db
    frequency_hz, q, gain_db = (np.asarray(x, np.float64) for x in columns)
    if not all(np.isfinite(x).all() for x in (frequency_hz, q, gain_db)):
        raise ValueError("the recipe contains a NaN or an infinity")
    lowest, highest = (end * recipe.sample_rate / 2 for end in biquad.CENTRE_RANGE)
    return dataclasses.replace(
        recipe,
        frequency_hz=np.clip(frequency_hz, lowest, highest),
        q=np.clip(q, *biquad.Q_RANGE),
        gain_db=gain_db,
        preamp_db=np.asarray(preamp_db(recipe)),
    )


def preamp_db(recipe: Recipe) -> float:
    """The preamp in dB, 0 without one."""
    return 0.0 if recipe.preamp_db is None else float(recipe.preamp_db)


def parsed_recipe(frequency_hz: Any, q: Any, gain_db: Any, sample_rate: float, **fields: Any) -> Recipe:
    """A recipe in float64 from values of a file; `Recipe.of` would round them to float32."""
    frequency_hz, q, gain_db = (np.asarray(x, np.float64) for x in (frequency_hz, q, gain_db))
    return Recipe(frequency_hz, q, gain_db, sample_rate=sample_rate, **fields)  # type: ignore[arg-type]


def comment_lines(context: ExportContext, mark: str) -> str:
    """The comment of a file, each line after `mark`."""
    return "".join(f"{mark} {line}\n" for line in context.about)


def hertz(context: ExportContext, frequency_hz: float, decimals: int = 2) -> str:
    """A frequency of a list: whole where the device accepts no other."""
    return f"{frequency_hz:.{0 if context.whole_hertz else decimals}f}"


def section_table(recipe: Recipe) -> list[tuple[str, float, float, float]]:
    """(kind, frequency in Hz, Q, gain in dB) of each section, as Python floats."""
    columns = (
        np.asarray(recipe.frequency_hz).tolist(),
        np.asarray(recipe.q).tolist(),
        np.asarray(recipe.gain_db).tolist(),
    )
    return list(zip(recipe.kinds, *columns, strict=True))
