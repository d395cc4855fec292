"""Figures of a latent space."""

from collections.abc import Mapping, Sequence

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    HoverTool,
    Range1d,
    UIElement,
)
from bokeh.plotting import figure
from numpy.typing import ArrayLike

from aether_lab.plots.style import (
    _SHAPES,
    COLOURS,
    INK,
    _colour_bar,
    _diverging,
    _dress,
    _figure,
    _grid,
    _hover,
    _legend,
    _level_range,
    _middles,
    _visible,
)
from aether_lab.signals.spectrum import FREQUENCIES, tilt


def sweep(
    z: ArrayLike, responses_db: ArrayLike, captions: Sequence[str] | None = None, frequency: ArrayLike = FREQUENCIES
) -> UIElement:
    """What each latent dimension does: one panel per dimension, its curves coloured by that coordinate.

    Args:
        z: `(steps,)`, the values each dimension takes while the others are 0.
        responses_db: `(Z, steps, F)` dB.
        captions: `Z` words for what the dimensions do, shown in the panel titles.
        frequency: `(F,)` Hz.
    """
    values = np.asarray(z, float)
    shown, levels = _visible(responses_db, 3, frequency)
    dimensions, steps = levels.shape[:2]
    if values.shape != (steps,):
        raise ValueError(f"z has shape {values.shape} and responses_db {levels.shape[:2]} + (F,): z must be ({steps},)")
    if captions is not None and len(captions) != dimensions:
        raise ValueError(f"{len(captions)} captions for {dimensions} dimensions")
    mapper = _diverging(values)
    columns = min(dimensions, 2)
    y_range, x_range = _level_range([levels]), Range1d(20, 20_000)
    panels = []
    for k in range(dimensions):
        title = f"z{k}" + (f": {captions[k]}" if captions else "")
        last_row, last_column = k >= dimensions - columns, (k + 1) % columns == 0 or k == dimensions - 1
        fig = _figure(title, 300, 190, x_range=x_range, y_range=y_range, x_label=last_row, y_label=k % columns == 0)
        data = ColumnDataSource({"x": [shown] * steps, "y": list(levels[k]), "z": values})
        drawn = fig.multi_line("x", "y", source=data, color={"field": "z", "transform": mapper}, width=1.4, alpha=0.9)
        _hover(fig, [drawn], [(f"z{k}", "@z{+0.00}")])
        if last_column:
            fig.add_layout(_colour_bar(mapper, "", "z = %+g"), "right")
        panels.append(fig)
    return _grid(panels, columns)


def map_2d(
    z: ArrayLike,
    responses_db: ArrayLike,
    points: ArrayLike | None = None,
    frequency: ArrayLike = FREQUENCIES,
    tiles: int = 7,
) -> figure:
    """A two-dimensional space at a glance: colour is the tilt of the filter, small curves are its response there.

    The tilt is the slope of the straight line through the level over log frequency, 100 Hz to 10 kHz, by least
    squares: blue filters are dark, orange ones are bright.

    Args:
        z: `(R, C, 2)`, a grid as `motion.grid` makes it.
        responses_db: `(R, C, F)` dB.
        points: `(N, 2)`, for instance where a corpus lies; drawn as dots.
        frequency: `(F,)` Hz.
        tiles: how many small curves along each side.
    """
    plane = np.asarray(z, float)
    shown, levels = _visible(responses_db, 3, frequency)
    if plane.shape != (*levels.shape[:2], 2) or min(plane.shape[:2]) < 2:
        raise ValueError(f"z has shape {plane.shape} and responses_db {levels.shape[:2]} + (F,): z must be (R, C, 2)")
    left, right, bottom, top = plane[0, 0, 0], plane[0, -1, 0], plane[0, 0, 1], plane[-1, 0, 1]
    slopes = tilt(levels, shown)
    step_x, step_y = (right - left) / (plane.shape[1] - 1), (top - bottom) / (plane.shape[0] - 1)
    fig = figure(
        frame_width=520,
        frame_height=520,
        x_range=Range1d(left - step_x / 2, right + step_x / 2),
        y_range=Range1d(bottom - step_y / 2, top + step_y / 2),
        x_axis_label="z0",
        y_axis_label="z1",
        tools="pan,box_zoom,reset,save",
    )
    _dress(fig)
    fig.grid.visible = False
    mapper = _diverging(slopes)
    centres = {"x": plane[..., 0].ravel(), "y": plane[..., 1].ravel(), "tilt": slopes.ravel()}
    colour = {"field": "tilt", "transform": mapper}
    tile = fig.rect("x", "y", step_x, step_y, source=ColumnDataSource(centres), fill_color=colour, line_color=colour)
    tile.nonselection_glyph = None
    rows, columns = (_middles(count, tiles) for count in plane.shape[:2])
    high = levels.max()
    low = max(levels.min(), high - 50)
    wide, tall = 0.8 * (right - left) / len(columns), 0.7 * (top - bottom) / len(rows)
    across = np.geomspace(shown[0], shown[-1], 80)
    xs, ys = [], []
    for row in rows:
        for column in columns:
            up = (np.interp(across, shown, levels[row, column]).clip(low, high) - low) / max(high - low, 1e-6)
            xs.append(plane[row, column, 0] + wide * np.linspace(-0.5, 0.5, len(across)))
            ys.append(plane[row, column, 1] + tall * (up - 0.5))
    fig.multi_line(xs, ys, color="#0c0c0c", width=1.5)
    if points is not None:
        dots = np.asarray(points, float)
        fig.scatter(dots[:, 0], dots[:, 1], size=5, color="#ffffff", line_color="#0c0c0c", line_width=0.8)
    tips = [("z", "(@x{+0.00}, @y{+0.00})"), ("tilt", "@tilt{+0.0} dB per octave")]
    fig.add_tools(HoverTool(renderers=[tile], tooltips=tips))
    fig.add_layout(_colour_bar(mapper, "tilt, dB per octave", "%+g"), "right")
    return fig


def latent_points(
    points: Mapping[str, Mapping[str, ArrayLike]],
    here: ArrayLike | None = None,
    labels: tuple[str, str] = ("", ""),
    title: str = "",
) -> figure:
    """Named points of a plane, each family in a colour and a shape of its own, and a ring where one is.

    Args:
        points: family -> name -> `(x, y)`; up to eight families.
        here: `(x, y)` of the ring.
        labels: what x and y are.
        title: over the figure.
    """
    if len(points) > len(COLOURS):
        raise ValueError(f"points are of {len(points)} families; {len(COLOURS)} can be told apart")
    fig = figure(
        frame_width=460,
        frame_height=380,
        match_aspect=True,
        x_axis_label=labels[0],
        y_axis_label=labels[1],
        title=title,
        tools="pan,box_zoom,reset,save",
    )
    _dress(fig)
    items, dots = [], []
    for (family, named), color, shape in zip(points.items(), COLOURS, _SHAPES, strict=False):
        x, y = np.reshape([np.asarray(point, float) for point in named.values()], (-1, 2)).T
        source = ColumnDataSource({"x": x, "y": y, "name": list(named)})
        dots.append(fig.scatter("x", "y", source=source, marker=shape, size=10, color=color, alpha=0.9))
        items.append((f"{family} ({len(named)})", dots[-1:]))
    fig.add_tools(HoverTool(renderers=dots, tooltips=[("", "@name")]))
    if here is not None:
        x, y = np.asarray(here, float)
        items.append(("here", [fig.scatter([x], [y], size=20, fill_color=None, line_color=INK, line_width=3)]))
    _legend(fig, items)
    return fig
