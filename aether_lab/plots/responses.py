"""Figures of magnitude responses."""

import math
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

from aether_lab.plots import styles
from aether_lab.plots.frame import add_curve, add_hover, add_legend, response_figure
from aether_lab.plots.log_axis import DENSE, level_range, on_log_axis
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
    style = styles.current()
    bank = np.asarray(recipe.response_db(DENSE), np.float32)
    sections = np.asarray(recipe.section_response_db(DENSE), np.float32)
    levels = [bank, np.asarray(recipe.gain_db)]
    fig = response_figure(title)
    items = []
    if target_db is not None:
        shown, curve = on_log_axis(target_db, 1)
        levels.append(curve)
        target = fig.line(shown, curve, color=style.colours[1], width=2 * style.line, alpha=0.6)
        items.append(("target", [target]))
    grey = style.colours[4]
    faint = fig.multi_line([DENSE] * len(sections), list(sections), color=grey, width=0.4 * style.line, alpha=0.55)
    sources = {
        "hertz": np.asarray(recipe.frequency_hz),
        "gain": np.asarray(recipe.gain_db),
        "q": np.asarray(recipe.q),
        "index": np.arange(1, len(sections) + 1),
    }
    dots = fig.scatter("hertz", "gain", source=ColumnDataSource(sources), size=2 * style.line, color=grey, alpha=0.9)
    (total,) = add_curve(fig, 0, DENSE, bank)
    fig.y_range = level_range(levels, floor=60)
    add_hover(fig, [total])
    tips = [("section", "@index"), ("frequency", "@hertz{0,0.0} Hz"), ("Q", "@q{0.00}"), ("gain", "@gain{+0.0} dB")]
    fig.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    add_legend(fig, [("bank", [total]), (f"its {len(sections)} sections", [faint, dots]), *items])
    return fig


def curves(
    responses_db: Mapping[str, ArrayLike],
    frequency_hz: ArrayLike | None = None,
    title: str = "",
    label: str = "level, dB",
) -> figure:
    """Up to nine named curves in one figure.

    Args:
        responses_db: name -> `(F,)` dB.
        frequency_hz: `(F,)` Hz, rising; default: the 513 bins.
        title: of the figure.
        label: what is drawn over frequency where it is no level, such as "phase, degrees".

    >>> from aether_lab import plots
    >>> figure = plots.curves({"flat": [0, 0], "tilted": [3, -3]}, [100, 10_000])
    >>> [item.label.value for item in figure.legend.items]
    ['flat', 'tilted']
    """
    most = len(styles.current().colours)
    if not 1 <= len(responses_db) <= most:
        raise ValueError(f"responses_db has {len(responses_db)} curves; 1 to {most} can be distinguished")
    fig = response_figure(title)
    fig.yaxis.axis_label = label
    items, levels = [], []
    for k, (name, curve_db) in enumerate(responses_db.items()):
        shown, curve = on_log_axis(curve_db, 1, frequency_hz)
        levels.append(curve)
        items.append((name, add_curve(fig, k, shown, curve, name=printable(name))))
    fig.y_range = level_range(levels, 90 if label == "level, dB" else math.inf)
    add_hover(fig, [drawn[0] for _, drawn in items], [("curve", "$name")])
    add_legend(fig, items)
    return fig
