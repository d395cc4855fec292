"""Frames of figures in the style in force: axes, text, legends, grids of panels."""

from collections.abc import Sequence
from math import ceil
from textwrap import fill
from typing import Any

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

from aether_lab.plots import styles
from aether_lab.plots.log_axis import HIGH, LOW, TICKS
from aether_lab.plots.palette import SHAPES
from aether_lab.signals.names import printable

FEW_TICKS = (100, 1000, 10_000)

_FONT = "Helvetica, Arial, sans-serif"

_LEAST_PANEL = 260  # CSS pixels: narrower panels of a grid of two columns move below each other

_CHARACTER = 0.53  # mean width of a character, in heights of the text

_LINE = 1.45  # height of a line of text, in heights of the text

KEY = 2  # width of a legend's sample of a curve, in heights of the text


def new_figure(
    title: str = "", share: int = 1, aspect: float | None = None, is_scaled: bool = False, **properties: Any
) -> figure:
    """A styled figure.

    Args:
        title: on top, on as many lines as it takes.
        share: how many such figures stand side by side.
        aspect: height of its frame as a share of its width; default: that of the style.
        is_scaled: whether its height shrinks with its width, where a cell is narrow.
        properties: of Bokeh's figure.
    """
    style = styles.current()
    width = style.width // share
    fig = figure(
        width=width,
        title=_wrapped(title, min(width, style.narrowest) - 5 * style.text, style.text),
        tools=properties.pop("tools", "pan,box_zoom,reset,save"),
        toolbar_location="above",
        **properties,
    )
    lines = (fig.title.text.count("\n") + 1 if title else 0) + 3.2  # and the ticks and the label below the frame
    fig.height = round((aspect or style.aspect) * width + _LINE * style.text * lines)
    if style.responsive:
        fig.sizing_mode, fig.max_width = "scale_width" if is_scaled else "stretch_width", width
        if is_scaled:
            fig.aspect_ratio = width / fig.height
    apply_style(fig)
    return fig


def response_figure(
    title: str,
    share: int = 1,
    *,
    aspect: float | None = None,
    x_range: Range1d | None = None,
    y_range: Range1d | None = None,
) -> figure:
    """A frame of level over frequency; see `new_figure`."""
    fig = new_figure(
        title,
        share,
        aspect,
        x_axis_type="log",
        x_range=x_range or Range1d(LOW, HIGH),
        **({"y_range": y_range} if y_range else {}),
    )
    ticks = TICKS if share == 1 else FEW_TICKS
    fig.xaxis.ticker = FixedTicker(ticks=list(ticks))
    fig.xgrid.ticker = FixedTicker(ticks=list(ticks))
    fig.xaxis.major_label_overrides = {tick: f"{tick}" if tick < 1000 else f"{tick // 1000}k" for tick in ticks}
    fig.xaxis.axis_label = "frequency, Hz"
    fig.yaxis.axis_label = "level, dB"
    fig.min_border_right = round(styles.current().text)  # space for half of the label "20k"
    return fig


def apply_style(fig: figure) -> None:
    """Applies the colours, fonts and grid of the style in force."""
    style = styles.current()
    fig.background_fill_color = fig.border_fill_color = style.page
    fig.outline_line_color = None
    fig.toolbar.autohide = True
    fig.toolbar.logo = None
    fig.title.text_color = style.ink
    fig.title.text_font = _FONT
    fig.title.text_font_style = "normal"
    fig.title.text_font_size = f"{style.text + 1:g}px"
    for axis in fig.axis:
        axis.axis_label_text_color = axis.major_label_text_color = style.ink
        axis.axis_label_text_font = axis.major_label_text_font = _FONT
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = f"{style.text:g}px"
        axis.major_label_text_font_size = f"{style.text - 1:g}px"
        axis.axis_line_color = axis.major_tick_line_color = style.ink
        axis.minor_tick_line_color = None
    fig.grid.grid_line_color = style.ink
    fig.grid.grid_line_alpha = 0.3


def add_curve(fig: figure, k: int, x: Any, y: Any, **properties: Any) -> list[Any]:
    """Draws curve `k` in its colour and dash, and its markers where the style has any; returns the renderers."""
    style = styles.current()
    look = {"color": style.colours[k], "line_dash": style.dash(k), "width": style.line, **properties}
    drawn = [fig.line(x, y, **look)]
    if style.is_marked(k):
        marked = slice((1 + k) * len(x) // 50, None, max(len(x) // 10, 1))  # other points than the other curves
        drawn.append(fig.scatter(x[marked], y[marked], marker=SHAPES[k], size=4 * style.line, color=style.colours[k]))
    return drawn


def add_legend(fig: figure, items: Sequence[tuple[str, list[Any]]], inside: bool = False) -> None:
    """Adds a legend of (label, renderers), below the frame or inside it; a click hides an entry."""
    style = styles.current()
    names = [printable(name, int(style.narrowest / style.text / _CHARACTER) - 12) for name, _ in items]
    columns = columns_that_fit(names, style.narrowest, style.text)
    legend = Legend(
        items=[LegendItem(label=name, renderers=drawn) for name, (_, drawn) in zip(names, items, strict=True)],
        background_fill_color=None,
        border_line_color=None,
        label_text_color=style.ink,
        label_text_font=_FONT,
        label_text_font_size=f"{style.text:g}px",
        glyph_width=round(KEY * style.text),
        label_height=round(style.text),
        glyph_height=round(style.text),
        spacing=round(style.text / 2),
        padding=round(style.text / 3),
        margin=0,
        click_policy="hide",
        **({"location": "top_right"} if inside else {"location": "center", "ncols": columns}),
    )
    fig.add_layout(legend, "center" if inside else "below")
    if not inside:
        fig.height += round((ceil(len(items) / columns) + 0.4) * 1.5 * style.text)
        if fig.sizing_mode == "scale_width":
            fig.aspect_ratio = fig.width / fig.height


def columns_that_fit(names: Sequence[str], width: float, text: float) -> int:
    """The most columns of a legend, filled row by row or column by column, that fit a figure of this width."""
    widest = max(_CHARACTER * len(name) + KEY + 1.8 for name in names) * text
    most = max(1, min(len(names), int((width - 2 * text) / widest)))
    return ceil(len(names) / ceil(len(names) / most))  # as full as can be


def add_hover(fig: figure, renderers: Sequence[Any], first: Sequence[tuple[str, str]] = ()) -> None:
    """Adds tooltips of frequency and level, after the (label, field) pairs `first`."""
    tips = [*first, ("frequency", "$x{0,0} Hz"), ("level", "$y{+0.0} dB")]
    fig.add_tools(HoverTool(renderers=list(renderers), tooltips=tips))


def columns_of(count: int, wanted: int) -> int:
    """How many of `count` panels stand side by side: `wanted`, or fewer where they would be too narrow to read."""
    style = styles.current()
    return max(1, min(count, wanted, int(style.width / (13 * style.text))))


def grid_of(panels: list[figure], columns: int) -> UIElement:
    """Panels in rows of `columns`, or of fewer in a narrow cell."""
    grid = GridBox(children=[(panel, *divmod(k, columns)) for k, panel in enumerate(panels)])
    style = styles.current()
    grid.width = style.width
    if style.responsive:
        grid.sizing_mode, grid.max_width = "stretch_width", style.width
        least = min(_LEAST_PANEL, style.width // columns)
        each = f"max({99.9 / columns:.1f}%, min({least}px, 100%))"
        grid.styles = {"grid-template-columns": f"repeat(auto-fill, minmax({each}, 1fr))"}
        for panel in panels:
            panel.styles = {"grid-area": "auto"}  # the next free place instead of a row and a column
    return grid


def colour_bar(mapper: LinearColorMapper, label: str, ticks: str) -> ColorBar:
    """A colour bar; `ticks` is a printf format."""
    style = styles.current()
    return ColorBar(
        color_mapper=mapper,
        width=10,
        title=label or None,
        formatter=PrintfTickFormatter(format=ticks),
        title_text_color=style.ink,
        title_text_font=_FONT,
        title_text_font_size=f"{style.text:g}px",
        title_text_font_style="normal",
        major_label_text_color=style.ink,
        major_label_text_font=_FONT,
        major_label_text_font_size=f"{style.text - 1:g}px",
        background_fill_color=None,
        bar_line_color=None,
        major_tick_line_color=None,
        ticker=BasicTicker(desired_num_ticks=5),
    )


def _wrapped(text: str, width: float, size: float) -> str:
    return fill(printable(text), max(int(width / (_CHARACTER * size)), 12))
