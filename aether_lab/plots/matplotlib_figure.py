"""Figures as Matplotlib draws them: for files without a browser, and to go on working with.

Only what `plots` and the notebooks draw is known here (`matplotlib_glyphs.DRAWN`), not all of Bokeh.
Lengths in Bokeh are CSS pixels, 96 to the inch; in Matplotlib points, 72 to the inch.
"""

from typing import TYPE_CHECKING, Any

from bokeh.models import ColorBar, FactorRange, FixedTicker, GridBox, GridPlot, Legend, LogScale, Plot, Span, UIElement

from aether_lab.plots import styles
from aether_lab.plots.frame import KEY, columns_that_fit
from aether_lab.plots.matplotlib_glyphs import POINT, colour_map, dashed, draw, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FONTS = ("Helvetica", "Arial", "Liberation Sans", "DejaVu Sans")  # the last comes with Matplotlib


def rc_params() -> dict[str, Any]:
    """The style in force as Matplotlib's settings, for plots of your own.

    >>> import matplotlib
    >>> from aether_lab import plots
    >>> with plots.style("paper"), matplotlib.rc_context(plots.rc_params()):
    ...     matplotlib.rcParams["font.size"], matplotlib.rcParams["text.color"]
    (8.0, '#000000')
    """
    from matplotlib.font_manager import fontManager
    from matplotlib.rcsetup import cycler

    style = styles.current()
    known = set(fontManager.get_font_names())
    text, line, page = POINT * style.text, POINT * style.line, style.page or "none"
    dashes = [dashed(style.dash(k)) for k in range(len(style.colours))]
    return {
        "figure.figsize": (style.width / 96, style.aspect * style.width / 96),
        "figure.facecolor": page,
        "axes.facecolor": page,
        "font.family": [name for name in _FONTS if name in known],
        "font.size": text,
        "axes.titlesize": text + POINT,
        "axes.labelsize": text,
        "xtick.labelsize": text - POINT,
        "ytick.labelsize": text - POINT,
        "legend.fontsize": text,
        "legend.frameon": False,
        "legend.handlelength": KEY,
        "legend.handletextpad": 0.6,
        "legend.columnspacing": 1.0,
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), style.ink),
        "axes.titlelocation": "left",
        "axes.linewidth": POINT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": style.ink,
        "grid.alpha": 0.3,
        "grid.linewidth": POINT,
        "axes.axisbelow": True,
        "lines.linewidth": line,
        "lines.scale_dashes": False,
        "axes.prop_cycle": cycler(color=style.colours, linestyle=dashes),
        "svg.fonttype": "none",  # text as text
        "svg.hashsalt": "aether_lab",  # the same file each time
        "pdf.fonttype": 42,  # TrueType, as journals ask
    }


def to_matplotlib(fig: UIElement) -> "Figure":
    """A figure of `plots` as a Matplotlib figure of the same size, to annotate, combine or save in another format.

    Raises:
        ValueError: it contains something that `plots` does not draw.

    >>> from aether_lab import plots
    >>> figure = plots.to_matplotlib(plots.curves({"flat": [0, 0]}, [100, 10_000]))
    >>> figure.axes[0].get_xlabel()
    'frequency, Hz'
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    placed = _placed(fig)
    heights, widths = (_sizes(placed, axis) for axis in (0, 1))
    with rc_context(rc_params()):
        drawn = Figure(figsize=((fig.width or sum(widths)) / 96, sum(heights) / 96), layout="constrained")
        drawn.set_facecolor(shown(next(iter(placed.values())).border_fill_color))
        grid = drawn.add_gridspec(len(heights), len(widths), height_ratios=heights, width_ratios=widths)
        for (row, column), panel in placed.items():
            _draw_panel(drawn, drawn.add_subplot(grid[row, column]), panel)
        if bars := [bar for panel in placed.values() for bar in panel.select(ColorBar)]:
            _draw_bar(drawn, bars[0])  # one for all panels: those of a grid have one scale
    return drawn


def _placed(fig: UIElement) -> dict[tuple[int, int], Plot]:
    """The panels by row and column."""
    if isinstance(fig, Plot):
        return {(0, 0): fig}
    if isinstance(fig, (GridBox, GridPlot)) and all(isinstance(child, Plot) for child, *_ in fig.children):
        return {(row, column): child for child, row, column in fig.children}
    raise ValueError(f"{type(fig).__name__} is not a figure or a grid of figures")


def _sizes(placed: dict[tuple[int, int], Plot], axis: int) -> list[float]:
    """Heights of the rows (`axis` 0) or widths of the columns (1), with titles, labels and legends."""
    sizes: dict[int, float] = {}
    for at, panel in sorted(placed.items(), key=lambda item: item[0][axis]):
        size = (panel.height, panel.width)[axis]
        if panel.frame_width is not None and panel.frame_height is not None:
            size = (panel.frame_height + (90 if panel.title.text else 70), panel.frame_width + 80)[axis]
        sizes[at[axis]] = max(size, sizes.get(at[axis], 0))
    return list(sizes.values())


def _draw_panel(drawn: "Figure", axes: "Axes", panel: Plot) -> None:
    axes.set_facecolor(shown(panel.background_fill_color))
    if text := panel.title.text:
        axes.set_title(text, color=shown(panel.title.text_color), fontsize=_points(panel.title.text_font_size))
    _draw_axis(axes.xaxis, panel.xaxis[0], panel.xgrid[0], panel.x_scale, panel.x_range)
    _draw_axis(axes.yaxis, panel.yaxis[0], panel.ygrid[0], panel.y_scale, panel.y_range)
    handles = {renderer.id: draw(axes, renderer, panel.y_range) for renderer in panel.renderers}
    for span in panel.select(Span):
        line = axes.axhline if span.dimension == "width" else axes.axvline
        line(span.location, color=span.line_color, alpha=span.line_alpha, linewidth=POINT * span.line_width)
    if panel.match_aspect:
        axes.set_aspect("equal", adjustable="datalim")
    else:
        axes.set_xlim(*_limits(panel.x_range))
        axes.set_ylim(*_limits(panel.y_range))
    axes.spines["bottom"].set_color(shown(panel.xaxis[0].axis_line_color))
    axes.spines["left"].set_color(shown(panel.yaxis[0].axis_line_color))
    for legend in panel.legend:
        items = [(item.label.value, tuple(handles[each.id] for each in item.renderers)) for item in legend.items]
        _draw_legend(drawn, axes, panel, legend, items)


def _draw_axis(axis: Any, model: Any, grid: Any, scale: Any, limits: Any) -> None:
    from matplotlib.ticker import NullFormatter, NullLocator

    if isinstance(scale, LogScale):
        axis._set_axes_scale("log")
    ticks = None
    if isinstance(limits, FactorRange):
        ticks, names = [k + 0.5 for k in range(len(limits.factors))], limits.factors
    elif isinstance(model.ticker, FixedTicker):
        ticks = model.ticker.ticks
        names = [model.major_label_overrides.get(tick, f"{tick:g}") for tick in ticks]
    if ticks is not None:
        axis.set_ticks(ticks, names)
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
    axis.set_label_text(model.axis_label or "")
    axis.label.set(color=shown(model.axis_label_text_color), fontsize=_points(model.axis_label_text_font_size))
    axis.set_tick_params(
        color=shown(model.major_tick_line_color),
        labelcolor=shown(model.major_label_text_color),
        labelsize=_points(model.major_label_text_font_size),
    )
    if grid.visible:
        axis.grid(True, color=shown(grid.grid_line_color), alpha=grid.grid_line_alpha)
    else:
        axis.grid(False)


def _draw_bar(drawn: "Figure", bar: ColorBar) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.ticker import FormatStrFormatter

    colours, norm = colour_map(bar.color_mapper)
    drawn_bar = drawn.colorbar(ScalarMappable(norm, colours), ax=drawn.axes, aspect=30, pad=0.02)
    for solid in drawn_bar.ax.collections:
        solid.set(rasterized=False, edgecolor="face")  # no bitmap, no seams
    drawn_bar.outline.set_visible(False)
    drawn_bar.ax.yaxis.set_major_formatter(FormatStrFormatter(bar.formatter.format))
    colour, size = shown(bar.major_label_text_color), _points(bar.major_label_text_font_size)
    drawn_bar.ax.tick_params(length=0, labelcolor=colour, labelsize=size)
    drawn_bar.ax.grid(False)
    drawn_bar.set_label(bar.title or "", color=colour, fontsize=_points(bar.title_text_font_size))


def _draw_legend(drawn: "Figure", axes: "Axes", panel: Plot, legend: Legend, items: list[tuple[str, Any]]) -> None:
    names, handles = zip(*items, strict=True)
    look = {"labelcolor": shown(legend.label_text_color), "fontsize": _points(legend.label_text_font_size)}
    if legend in panel.center:
        axes.legend(handles, names, loc="upper right", **look)
    elif legend in panel.right:
        drawn.legend(handles, names, loc="outside right upper", **look)
    else:
        width, text = 96 * drawn.get_figwidth(), _points(legend.label_text_font_size) / POINT
        columns = columns_that_fit(names, width, text)  # in all of the width: a picture does not shrink
        drawn.legend(handles, names, loc="outside lower center", ncols=columns, **look)


def _limits(limits: Any) -> tuple[float | None, float | None]:
    """Both ends, None where the data decide."""
    if isinstance(limits, FactorRange):
        return 0, len(limits.factors)
    low, high = (None if end is None or end != end else end for end in (limits.start, limits.end))
    return low, high


def _points(size: str) -> float:
    """A font size of Bokeh, "12px" or "9pt", in points."""
    return float(size[:-2]) * (POINT if size.endswith("px") else 1)
