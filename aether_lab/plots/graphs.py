"""Figures of one quantity over another."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from bokeh.models import HoverTool, UIElement
from numpy.typing import ArrayLike

from aether_lab.plots import styles
from aether_lab.plots.frame import add_curve, add_legend, columns_of, grid_of, new_figure


def lines(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    x: ArrayLike,
    label: str,
    log: Collection[str] = (),
    columns: int = 2,
) -> UIElement:
    """Named lines over any quantity, one panel for each quantity drawn; a name has one colour in all panels.

    Where a panel has several lines, the last such panel has a legend.

    Args:
        panels: title of a panel, with the unit -> name of a line -> `(N,)` values.
        x: `(N,)`.
        label: of the x axis.
        log: titles of the panels with a log scale.
        columns: panels side by side.

    >>> from aether_lab import plots
    >>> panels = plots.lines({"square": {"x²": [0, 1, 4]}, "cube": {"x³": [0, 1, 8]}}, [0, 1, 2], "x").children
    >>> [panel.title.text for panel, *_ in panels]
    ['square', 'cube']
    """
    at = np.asarray(x, float)
    names = list(dict.fromkeys(name for named in panels.values() for name in named))
    if len(names) > (most := len(styles.current().colours)):
        raise ValueError(f"there are {len(names)} names of lines; at most {most} can be distinguished")
    columns, drawn = columns_of(len(panels), columns), []
    items: list[tuple[str, list[Any]]] = []
    for title, named in panels.items():
        scale = "log" if title in log else "linear"
        fig = new_figure(title, columns, 0.6 if columns > 1 else None, x_axis_label=label, y_axis_type=scale)
        shown = []
        for name, values in named.items():
            y = np.asarray(values, float)
            if y.shape != at.shape:
                raise ValueError(f"{title}, {name}: values of shape {y.shape} over x of shape {at.shape}")
            shown.append((name, add_curve(fig, names.index(name), at, y)))
        fig.add_tools(HoverTool(tooltips=[(label, "$x{0.00}"), (title, "$y{0.00}")]))
        drawn.append(fig)
        if len(shown) > 1:
            items, last = shown, fig
    if items:
        add_legend(last, items)
    return grid_of(drawn, columns)
