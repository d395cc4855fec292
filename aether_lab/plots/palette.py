"""Colours, dashes and markers that stay apart with any colour vision, and the colour scale of signed values.

There are three sets of the same nine hues, in one order. `LIGHT` is for white pages: papers, and the panels on a light
page. `DARK` is for the panels on a dark page, `COLOURS` for figures that do not know their page. The first five of a
set differ most: to most people, with protanopia, deuteranopia and tritanopia, and in grey. A test measures this.

The values are the result of a search that made the smallest of these differences as large as it could while each
colour kept its hue and a contrast of at least 3 to 1 with its page (WCAG 2.2, 1.4.11).
"""

import numpy as np
from bokeh.models import LinearColorMapper
from numpy.typing import NDArray

INK = "#7b7b7b"
"""Text and axes on any page: contrast of at least 4.2 to 1 with white and with JupyterLab's dark page."""

HUES = ("blue", "orange", "green", "purple", "grey", "red", "sky", "olive", "brown")

LIGHT = ("#0456c6", "#d57f1e", "#18935c", "#5f3170", "#6e6e71", "#8f3632", "#0092d7", "#87772d", "#43291f")

DARK = ("#5e90e7", "#fcb64b", "#92e9bb", "#f27fbb", "#7f7c80", "#bd5335", "#61bddd", "#a49f17", "#a97d6a")

COLOURS = ("#0b60bb", "#da7d0c", "#339461", "#9b568d", "#7a797b", "#d14023", "#1092c9", "#999047", "#7f634c")
"""The colours of the notebook's figures, for light and dark pages."""

SHAPES = (
    "circle",
    "square",
    "triangle",
    "diamond",
    "inverted_triangle",
    "plus",
    "star",
    "hex",
    "cross",
    "x",
    "asterisk",
    "y",
)

DASHES = ((), (4, 1.6), (1, 1.4), (6, 1.6, 1, 1.6))
"""Solid, dashed, dotted and dash-dotted: on, off, … in widths of the line."""

_DIVERGING = ("#0b57c9", "#4aa5e6", "#8f8f8f", "#eda02f", "#cc4a06")  # low, neutral, high


def diverging(values: NDArray[np.float64]) -> LinearColorMapper:
    """Blue below 0, grey at 0, orange above."""
    reach = float(np.abs(values).max()) or 1.0
    stops = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in _DIVERGING], float)
    at = np.linspace(0, len(stops) - 1, 128)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), stops[:, k]) for k in range(3)], 1).round().astype(int)
    return LinearColorMapper(palette=["#{:02x}{:02x}{:02x}".format(*c) for c in mixed], low=-reach, high=reach)
