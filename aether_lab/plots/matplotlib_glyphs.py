"""Bokeh's glyphs as Matplotlib draws them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.models import (
    FactorRange,
    GlyphRenderer,
    Image,
    Line,
    LinearColorMapper,
    MultiLine,
    Rect,
    Scatter,
    Segment,
    VArea,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINT = 0.75
"""Points in a CSS pixel."""

_MARKERS = {
    "circle": "o",
    "square": "s",
    "triangle": "^",
    "diamond": "d",
    "inverted_triangle": "v",
    "plus": "P",
    "star": "*",
    "hex": "h",
    "cross": "+",
    "x": "x",
    "asterisk": (6, 2, 0),
    "y": "1",
}


def draw(axes: "Axes", renderer: GlyphRenderer, y_range: Any) -> Any:
    """Draws a renderer; returns what its legend shows.

    Raises:
        ValueError: a glyph that is not in `DRAWN`.
    """
    glyph = getattr(renderer, "glyph", renderer)
    if type(glyph) not in DRAWN:
        known = ", ".join(each.__name__ for each in DRAWN)
        raise ValueError(
            f"the figure contains {type(glyph).__name__}; only {known} are drawn. "
            "Save it as .html, or with bokeh.io.export"
        )
    return DRAWN[type(glyph)](axes, glyph, renderer.data_source.data, y_range)


def shown(colour: Any) -> Any:
    """A colour of Bokeh; None is transparent."""
    return "none" if colour is None else colour


def dashed(pattern: list[int]) -> Any:
    """A dash of Bokeh, lengths on and off; none for a solid line."""
    return (0, [POINT * length for length in pattern] * (1 + len(pattern) % 2)) if pattern else "-"


def colour_map(mapper: LinearColorMapper) -> tuple[Any, Any]:
    """Colour map and normalisation of a mapper."""
    from matplotlib.colors import ListedColormap, Normalize

    return ListedColormap([str(colour)[:7] for colour in mapper.palette]), Normalize(mapper.low, mapper.high)


def _column(glyph: Any, name: str, data: dict[str, Any]) -> Any:
    """The value of a property, or the column that it names."""
    value = getattr(glyph, name)
    value = getattr(value, "field", value)
    return data[value] if isinstance(value, str) else value


def _colours(value: Any, data: dict[str, Any]) -> Any:
    """A colour, or one for each row where a colour mapper decides."""
    mapper = getattr(value, "transform", None)
    if not isinstance(mapper, LinearColorMapper):
        return shown(value)
    colours, norm = colour_map(mapper)
    return colours(norm(np.asarray(data[value.field], float)))


def _stroke(glyph: Any, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "color": _colours(glyph.line_color, data),
        "alpha": glyph.line_alpha,
        "linewidth": POINT * glyph.line_width,
        "linestyle": dashed(glyph.line_dash),
    }


def _line(axes: "Axes", glyph: Line, data: dict[str, Any], y_range: Any) -> Any:
    return axes.plot(_column(glyph, "x", data), _column(glyph, "y", data), **_stroke(glyph, data))[0]


def _lines(axes: "Axes", glyph: MultiLine, data: dict[str, Any], y_range: Any) -> Any:
    from matplotlib.collections import LineCollection

    curves = zip(_column(glyph, "xs", data), _column(glyph, "ys", data), strict=True)
    drawn = LineCollection([np.column_stack(curve) for curve in curves], **_stroke(glyph, data))
    axes.add_collection(drawn)
    return drawn


def _segments(axes: "Axes", glyph: Segment, data: dict[str, Any], y_range: Any) -> Any:
    from matplotlib.collections import LineCollection

    x0, x1 = _column(glyph, "x0", data), _column(glyph, "x1", data)
    y0, y1 = (_numbers(_column(glyph, name, data), y_range) for name in ("y0", "y1"))
    ends = np.stack([np.column_stack([x0, y0]), np.column_stack([x1, y1])], axis=1)
    drawn = LineCollection(list(ends), **_stroke(glyph, data))
    axes.add_collection(drawn)
    return drawn


def _scatter(axes: "Axes", glyph: Scatter, data: dict[str, Any], y_range: Any) -> Any:
    marker = _MARKERS[glyph.marker]
    filled = marker not in ("+", "x", "1", (6, 2, 0))
    return axes.plot(
        _column(glyph, "x", data),
        _numbers(_column(glyph, "y", data), y_range),
        linestyle="none",
        marker=marker,
        markersize=POINT * glyph.size,
        markerfacecolor=shown(glyph.fill_color) if filled else "none",
        markeredgecolor=shown(glyph.line_color),
        markeredgewidth=POINT * (glyph.line_width if filled else max(1.6, glyph.size / 6)),
        alpha=glyph.line_alpha,
    )[0]


def _area(axes: "Axes", glyph: VArea, data: dict[str, Any], y_range: Any) -> Any:
    x, low, high = (_column(glyph, name, data) for name in ("x", "y1", "y2"))
    return axes.fill_between(x, low, high, color=glyph.fill_color, alpha=glyph.fill_alpha, linewidth=0)


def _rectangles(axes: "Axes", glyph: Rect, data: dict[str, Any], y_range: Any) -> Any:
    from matplotlib.collections import PolyCollection

    x, y = (np.asarray(_column(glyph, name, data), float)[:, None] for name in ("x", "y"))
    x, y = x + glyph.width / 2 * np.array([-1, 1, 1, -1]), y + glyph.height / 2 * np.array([-1, -1, 1, 1])
    fill = _colours(glyph.fill_color, data)
    drawn = PolyCollection(list(np.stack([x, y], axis=-1)), facecolor=fill, edgecolor=fill, linewidth=0.3)
    axes.add_collection(drawn)
    return drawn


def _image(axes: "Axes", glyph: Image, data: dict[str, Any], y_range: Any) -> Any:
    (image,) = _column(glyph, "image", data)
    rows, columns = np.shape(image)
    x = glyph.x + glyph.dw * np.linspace(0, 1, columns + 1)
    # Bokeh stretches an image evenly over the screen, also between two frequencies of a log axis.
    along = np.geomspace if axes.get_yscale() == "log" else np.linspace
    colours, norm = colour_map(glyph.color_mapper)
    y = along(glyph.y, glyph.y + glyph.dh, rows + 1)
    if glyph.color_mapper.low is None:
        norm.vmin, norm.vmax = np.min(image), np.max(image)
    return axes.pcolormesh(x, y, image, cmap=colours, norm=norm, rasterized=True)


def _numbers(values: Any, limits: Any) -> Any:
    """Positions on an axis of categories: category k is 1 wide about k + 1/2, where an offset may be added."""
    if not isinstance(limits, FactorRange):
        return values
    return [limits.factors.index(name) + 0.5 + offset for name, offset in values]


DRAWN: dict[type, Callable[["Axes", Any, dict[str, Any], Any], Any]] = {
    Line: _line,
    MultiLine: _lines,
    Segment: _segments,
    Scatter: _scatter,
    VArea: _area,
    Rect: _rectangles,
    Image: _image,
}
"""Glyphs that are drawn, and how."""
