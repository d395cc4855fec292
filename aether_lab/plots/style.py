"""The style of all figures: colours, axes, legends."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import (
    BasicTicker,
    ColorBar,
    FixedTicker,
    GridBox,
    HoverTool,
    Legend,
    LegendItem,
    LinearColorMapper,
    PrintfTickFormatter,
    Range1d,
    UIElement,
)
from bokeh.plotting import figure
from numpy.typing import ArrayLike, NDArray

from aether_lab.signals.names import printable
from aether_lab.signals.spectrum import FREQUENCIES

INK = "#7b7b7b"
"""Text and axes: contrast of at least 4.2 to 1 with white and with JupyterLab's dark page."""

COLOURS = ("#1a80c4", "#de7a00", "#0f9d75", "#c2639b", "#8a8a8a", "#d1503f", "#4aa8dd", "#a18a1c")
"""Blue, orange, green, pink, grey, red, sky and olive: the Okabe-Ito palette at medium lightness."""

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

_TICKS = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)

FEW_TICKS = (100, 1000, 10_000)

_MIN_RATIO = 1.008  # of neighbouring bins: one pixel of the widest frame

_DIVERGING = ("#0b57c9", "#4aa5e6", "#8f8f8f", "#eda02f", "#cc4a06")  # low, neutral, high

_FONT = "Helvetica, Arial, sans-serif"


def response_figure(
    title: str,
    width: int,
    height: int,
    *,
    x_range: Range1d | None = None,
    y_range: Range1d | None = None,
    x_label: bool = True,
    y_label: bool = True,
    ticks: Sequence[int] = _TICKS,
) -> figure:
    """A frame of `width` by `height` points, level over frequency."""
    fig = figure(
        frame_width=width,
        frame_height=height,
        title=printable(title),
        x_axis_type="log",
        x_range=x_range or Range1d(20, 20_000),
        tools="pan,box_zoom,reset,save",
        **({"y_range": y_range} if y_range else {}),
    )
    apply_style(fig)
    fig.xaxis.ticker = FixedTicker(ticks=list(ticks))
    fig.xgrid.ticker = FixedTicker(ticks=list(ticks))
    fig.xaxis.major_label_overrides = {tick: f"{tick}" if tick < 1000 else f"{tick // 1000}k" for tick in ticks}
    fig.xaxis.axis_label = "frequency, Hz" if x_label else None
    fig.yaxis.axis_label = "level, dB" if y_label else None
    fig.min_border_right = 24  # space for half of the label "20k"
    return fig


def apply_style(fig: figure) -> None:
    """Applies the colours, fonts and grid of all figures."""
    fig.background_fill_color = fig.border_fill_color = fig.outline_line_color = None
    fig.toolbar.autohide = True
    fig.toolbar.logo = None
    fig.title.text_color = INK
    fig.title.text_font = _FONT
    fig.title.text_font_size = "13px"
    for axis in fig.axis:
        axis.axis_label_text_color = axis.major_label_text_color = INK
        axis.axis_label_text_font = axis.major_label_text_font = _FONT
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = "12px"
        axis.major_label_text_font_size = "11px"
        axis.axis_line_color = axis.major_tick_line_color = INK
        axis.minor_tick_line_color = None
    fig.grid.grid_line_color = INK
    fig.grid.grid_line_alpha = 0.3


def add_legend(fig: figure, items: Sequence[tuple[str, list[Any]]], inside: bool = False) -> None:
    """Adds a legend of (label, renderers), right of the frame or inside it; a click hides an entry."""
    legend = Legend(
        items=[LegendItem(label=printable(name), renderers=renderers) for name, renderers in items],
        background_fill_color=None,
        border_line_color=None,
        label_text_color=INK,
        label_text_font=_FONT,
        label_text_font_size="12px",
        click_policy="hide",
        **({"location": "top_right"} if inside else {}),
    )
    fig.add_layout(legend, "center" if inside else "right")


def add_hover(fig: figure, renderers: Sequence[Any], first: Sequence[tuple[str, str]] = ()) -> None:
    """Adds tooltips of frequency and level, after the (label, field) pairs `first`."""
    tips = [*first, ("frequency", "$x{0,0} Hz"), ("level", "$y{+0.0} dB")]
    fig.add_tools(HoverTool(renderers=list(renderers), tooltips=tips))


def grid_of(panels: list[figure], columns: int) -> UIElement:
    """Panels in rows of `columns`."""
    return GridBox(children=[(panel, *divmod(k, columns)) for k, panel in enumerate(panels)])


def colour_bar(mapper: LinearColorMapper, label: str, ticks: str) -> ColorBar:
    """A colour bar; `ticks` is a printf format."""
    return ColorBar(
        color_mapper=mapper,
        width=10,
        title=label or None,
        formatter=PrintfTickFormatter(format=ticks),
        title_text_color=INK,
        title_text_font=_FONT,
        title_text_font_style="normal",
        major_label_text_color=INK,
        major_label_text_font=_FONT,
        major_label_text_font_size="11px",
        background_fill_color=None,
        bar_line_color=None,
        major_tick_line_color=None,
        ticker=BasicTicker(desired_num_ticks=5),
    )


def diverging(values: NDArray[np.float64]) -> LinearColorMapper:
    """Blue below 0, grey at 0, orange above."""
    reach = float(np.abs(values).max()) or 1.0
    stops = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in _DIVERGING], float)
    at = np.linspace(0, len(stops) - 1, 128)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), stops[:, k]) for k in range(3)], 1).round().astype(int)
    return LinearColorMapper(palette=["#{:02x}{:02x}{:02x}".format(*c) for c in mixed], low=-reach, high=reach)


def visible_bins(
    levels_db: ArrayLike, ndim: int, frequency_hz: ArrayLike | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The bins that a log axis from 20 Hz can resolve, `(F',)` Hz and `(..., F')` dB.

    Raises:
        ValueError: another number of axes or bins, or levels that are not finite.
    """
    hertz = np.asarray(FREQUENCIES if frequency_hz is None else frequency_hz, np.float32)
    levels = np.asarray(levels_db, np.float32)
    if levels.ndim != ndim or hertz.shape != levels.shape[-1:]:
        raise ValueError(
            f"levels have shape {levels.shape} and frequency_hz {hertz.shape}; "
            f"expected {ndim} axes, the last with one level per frequency"
        )
    if not np.isfinite(levels).all():
        raise ValueError(f"{(~np.isfinite(levels)).sum()} of {levels.size} levels are not finite")
    inside = np.flatnonzero((hertz >= 20) & (hertz <= 20_000))
    chosen = inside[:1].tolist()
    for k in inside[1:]:
        if hertz[k] >= hertz[chosen[-1]] * _MIN_RATIO or k == inside[-1]:
            chosen.append(k)
    return hertz[chosen], levels[..., chosen]


def middles(count: int, parts: int) -> NDArray[np.int64]:
    """Indices of the centres of `parts` equal parts of `range(count)`."""
    parts = min(parts, count)
    return np.floor((np.arange(parts) + 0.5) * count / parts).astype(int)


def level_range(curves_db: Sequence[NDArray[Any]], floor: float = 90) -> Range1d:
    """A range that includes all levels down to `floor` dB below the highest."""
    low, high = min(float(np.min(levels)) for levels in curves_db), max(float(np.max(levels)) for levels in curves_db)
    low = max(low, high - floor)
    margin = max(0.06 * (high - low), 2.0)
    return Range1d(low - margin, high + margin)
