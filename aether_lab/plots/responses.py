"""Figures of magnitude responses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    HoverTool,
)
from bokeh.plotting import figure
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from aether_lab.filters.recipe import Recipe

from aether_lab.plots.style import COLOURS, add_hover, add_legend, level_range, response_figure, visible_bins
from aether_lab.signals.names import printable


def response(recipe: "Recipe", target_db: ArrayLike | None = None, title: str = "") -> figure:
    """The magnitude response of a recipe, of each section, and a dot at each centre and gain.

    Args:
        recipe: of shape `(S,)`.
        target_db: `(513,)` dB, drawn behind.
        title: of the figure.

    >>> from aether_lab import FilterSpace, plots
    >>> [item.label.value for item in plots.response(FilterSpace.load("2d").decode([0, 0])).legend.items]
    ['bank', 'its 32 sections']
    """
    if recipe.frequency_hz.ndim != 1:
        raise ValueError(f"recipe has shape {recipe.frequency_hz.shape}; one of shape (S,) is drawn: index it first")
    frequency = np.geomspace(20, 20_000, 800)  # finer than the 513 bins below 2 kHz
    bank = np.asarray(recipe.response_db(frequency), np.float32)
    sections = np.asarray(recipe.section_response_db(frequency), np.float32)
    levels = [bank, np.asarray(recipe.gain_db)]
    fig = response_figure(title, 640, 300)
    items = []
    if target_db is not None:
        shown, curve = visible_bins(target_db, 1)
        levels.append(curve)
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
    fig.y_range = level_range(levels, floor=60)
    add_hover(fig, [total])
    tips = [("section", "@index"), ("frequency", "@hertz{0,0.0} Hz"), ("Q", "@q{0.00}"), ("gain", "@gain{+0.0} dB")]
    fig.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    add_legend(fig, [("bank", [total]), (f"its {len(sections)} sections", [faint, dots]), *items])
    return fig


def curves(responses_db: Mapping[str, ArrayLike], frequency_hz: ArrayLike | None = None, title: str = "") -> figure:
    """Up to eight named curves in one figure.

    Args:
        responses_db: name -> `(F,)` dB.
        frequency_hz: `(F,)` Hz; default: the 513 bins.
        title: of the figure.

    >>> from aether_lab import plots
    >>> figure = plots.curves({"flat": [0, 0], "tilted": [3, -3]}, [100, 10_000])
    >>> [item.label.value for item in figure.legend.items]
    ['flat', 'tilted']
    """
    if not 1 <= len(responses_db) <= len(COLOURS):
        raise ValueError(f"responses_db has {len(responses_db)} curves; 1 to {len(COLOURS)} can be distinguished")
    fig = response_figure(title, 640, 300)
    items, levels = [], []
    for (name, curve_db), color in zip(responses_db.items(), COLOURS, strict=False):
        shown, curve = visible_bins(curve_db, 1, frequency_hz)
        levels.append(curve)
        items.append((name, [fig.line(shown, curve, color=color, width=2.5, name=printable(name))]))
    fig.y_range = level_range(levels)
    add_hover(fig, [line for _, lines in items for line in lines], [("curve", "$name")])
    add_legend(fig, items)
    return fig
