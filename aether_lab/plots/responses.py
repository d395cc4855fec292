"""Bokeh figures from arrays; showing them in a notebook and saving them.

Levels are in dB over frequency in Hz on a log axis from 20 Hz to 20 kHz. Where a function takes spectra, `F` is the 513
bins from 0 to 24 kHz unless `frequency` says otherwise. Backgrounds are transparent and every colour is of middle
lightness, so that one figure reads on a light and on a dark page; the colours stay apart for colour-blind eyes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    HoverTool,
)
from bokeh.plotting import figure
from numpy.typing import ArrayLike

from aether_lab.signals.spectrum import FREQUENCIES

if TYPE_CHECKING:
    from aether_lab.filters.recipe import Recipe

from aether_lab.plots.style import COLOURS, _figure, _hover, _legend, _level_range, _visible


def response(recipe: "Recipe", target_db: ArrayLike | None = None, title: str = "") -> figure:
    """The bank of one recipe: its sum, each section faintly under it, and a dot at each section's centre and gain.

    Args:
        recipe: of shape `(S,)`.
        target_db: `(513,)` dB, the curve it was meant to be, drawn behind.
        title: over the figure.
    """
    if recipe.frequency_hz.ndim != 1:
        raise ValueError(f"one recipe of shape (S,) is drawn, not {recipe.frequency_hz.shape}: index it first")
    frequency = np.geomspace(20, 20_000, 800)  # finer than the 513 bins below 2 kHz, where sections are narrow
    bank = np.asarray(recipe.response_db(frequency), np.float32)
    sections = np.asarray(recipe.section_response_db(frequency), np.float32)
    known = [bank, np.asarray(recipe.gain_db)]
    fig = _figure(title, 640, 300)
    items = []
    if target_db is not None:
        shown, curve = _visible(target_db, 1)
        known.append(curve)
        items.append(("target", [fig.line(shown, curve, color=COLOURS[1], width=5, alpha=0.6)]))
    faint = fig.multi_line([frequency] * len(sections), list(sections), color=COLOURS[4], width=1, alpha=0.55)
    sources = {
        "hertz": np.asarray(recipe.frequency_hz),
        "gain": np.asarray(recipe.gain_db),
        "q": np.asarray(recipe.q),
        "index": np.arange(1, len(sections) + 1),
    }
    dots = fig.scatter("hertz", "gain", source=ColumnDataSource(sources), size=5, color=COLOURS[4], alpha=0.9)
    total = fig.line(frequency, bank, color=COLOURS[0], width=2.5)
    fig.y_range = _level_range(known, floor=60)
    _hover(fig, [total])
    tips = [("section", "@index"), ("frequency", "@hertz{0,0.0} Hz"), ("Q", "@q{0.00}"), ("gain", "@gain{+0.0} dB")]
    fig.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    _legend(fig, [("bank", [total]), (f"its {len(sections)} sections", [faint, dots]), *items])
    return fig


def curves(responses_db: Mapping[str, ArrayLike], frequency: ArrayLike = FREQUENCIES, title: str = "") -> figure:
    """Named curves over each other, up to eight of them.

    Args:
        responses_db: name to `(F,)` dB.
        frequency: `(F,)` Hz.
        title: over the figure.
    """
    if not 1 <= len(responses_db) <= len(COLOURS):
        raise ValueError(f"responses_db has {len(responses_db)} curves; 1 to {len(COLOURS)} can be told apart")
    fig = _figure(title, 640, 300)
    items, known = [], []
    for (name, curve_db), color in zip(responses_db.items(), COLOURS, strict=False):
        shown, curve = _visible(curve_db, 1, frequency)
        known.append(curve)
        items.append((name, [fig.line(shown, curve, color=color, width=2.5, name=name)]))
    fig.y_range = _level_range(known)
    _hover(fig, [line for _, lines in items for line in lines], [("curve", "$name")])
    _legend(fig, items)
    return fig
