"""Figures of the latent space."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    HoverTool,
    Range1d,
    UIElement,
)
from bokeh.plotting import figure
from numpy.typing import ArrayLike, NDArray

from aether_lab.plots import styles
from aether_lab.plots.frame import (
    add_hover,
    add_legend,
    colour_bar,
    columns_of,
    grid_of,
    new_figure,
    response_figure,
)
from aether_lab.plots.log_axis import DENSE, level_range, on_log_axis
from aether_lab.plots.palette import SHAPES, diverging
from aether_lab.signals.names import printable
from aether_lab.signals.spectrum import tilt


def sweep(
    z: ArrayLike, responses_db: ArrayLike, captions: Sequence[str] | None = None, frequency_hz: ArrayLike | None = None
) -> UIElement:
    """The effect of each latent dimension: one panel per dimension, curves coloured by its value.

    Args:
        z: `(steps,)`, the values of each dimension while the others are 0.
        responses_db: `(Z, steps, F)` dB.
        captions: one caption per dimension, for the panel titles.
        frequency_hz: `(F,)` Hz; default: the 513 bins.

    >>> import numpy as np
    >>> from aether_lab import plots
    >>> len(plots.sweep([-1, 0, 1], np.zeros((2, 3, 513)), ["bass", "treble"]).children)
    2
    """
    values = np.asarray(z, float)
    shown, levels = on_log_axis(responses_db, 3, frequency_hz)
    dimensions, steps = levels.shape[:2]
    if values.shape != (steps,):
        raise ValueError(f"z has shape {values.shape} and responses_db {levels.shape[:2]} + (F,): z must be ({steps},)")
    if captions is not None and len(captions) != dimensions:
        raise ValueError(f"{len(captions)} captions for {dimensions} dimensions")
    mapper = diverging(values)
    columns = columns_of(dimensions, 2)
    y_range, x_range = level_range([levels]), Range1d(20, 20_000)
    panels, width = [], 0.56 * styles.current().line
    for k in range(dimensions):
        title = f"z{k}" + (f": {captions[k]}" if captions else "")
        fig = response_figure(title, columns, aspect=0.55, x_range=x_range, y_range=y_range)
        data = ColumnDataSource({"x": [shown] * steps, "y": list(levels[k]), "z": values})
        drawn = fig.multi_line("x", "y", source=data, color={"field": "z", "transform": mapper}, width=width, alpha=0.9)
        add_hover(fig, [drawn], [(f"z{k}", "@z{+0.00}")])
        if (k + 1) % columns == 0 or k == dimensions - 1:
            fig.add_layout(colour_bar(mapper, "", "z = %+g"), "right")
        panels.append(fig)
    return grid_of(panels, columns)


def map_2d(
    z: ArrayLike,
    responses_db: ArrayLike,
    points: ArrayLike | None = None,
    frequency_hz: ArrayLike | None = None,
    tiles: int = 7,
    title: str = "",
) -> figure:
    """A two-dimensional space: colour shows the spectral tilt, small curves the magnitude response.

    The tilt is the least-squares slope of the level over log frequency, 100 Hz to 10 kHz; blue is dark, orange bright.

    Args:
        z: `(R, C, 2)`, a grid from `motion.grid`.
        responses_db: `(R, C, F)` dB.
        points: `(N, 2)` latent points, for example of a corpus; drawn as dots.
        frequency_hz: `(F,)` Hz; default: the 513 bins.
        tiles: the number of small curves along each side.
        title: of the figure.

    >>> import numpy as np
    >>> from aether_lab import plots
    >>> from aether_lab.audio import motion
    >>> plots.map_2d(motion.grid(3), np.zeros((3, 3, 513))).xaxis.axis_label
    'z0'
    """
    plane = np.asarray(z, float)
    shown, levels = on_log_axis(responses_db, 3, frequency_hz)
    if plane.shape != (*levels.shape[:2], 2) or min(plane.shape[:2]) < 2:
        raise ValueError(f"z has shape {plane.shape} and responses_db {levels.shape[:2]} + (F,): z must be (R, C, 2)")
    left, right, bottom, top = plane[0, 0, 0], plane[0, -1, 0], plane[0, 0, 1], plane[-1, 0, 1]
    slopes = tilt(levels, shown)
    step_x, step_y = (right - left) / (plane.shape[1] - 1), (top - bottom) / (plane.shape[0] - 1)
    fig = new_figure(
        title,
        aspect=0.85,
        is_scaled=True,
        x_range=Range1d(left - step_x / 2, right + step_x / 2),
        y_range=Range1d(bottom - step_y / 2, top + step_y / 2),
        x_axis_label="z0",
        y_axis_label="z1",
    )
    fig.grid.visible = False
    mapper = diverging(slopes)
    centres = {"x": plane[..., 0].ravel(), "y": plane[..., 1].ravel(), "tilt": slopes.ravel()}
    colour = {"field": "tilt", "transform": mapper}
    tile = fig.rect("x", "y", step_x, step_y, source=ColumnDataSource(centres), fill_color=colour, line_color=colour)
    tile.nonselection_glyph = None
    rows, columns = (_middles(count, tiles) for count in plane.shape[:2])
    high = levels.max()
    low = max(levels.min(), high - 50)
    wide, tall = 0.8 * (right - left) / len(columns), 0.7 * (top - bottom) / len(rows)
    across = DENSE[::10]
    xs, ys = [], []
    for row in rows:
        for column in columns:
            up = (np.interp(across, shown, levels[row, column]).clip(low, high) - low) / max(high - low, 1e-6)
            xs.append(plane[row, column, 0] + wide * np.linspace(-0.5, 0.5, len(across)))
            ys.append(plane[row, column, 1] + tall * (up - 0.5))
    fig.multi_line(xs, ys, color="#0c0c0c", width=0.6 * styles.current().line)
    if points is not None:
        dots = np.asarray(points, float)
        fig.scatter(dots[:, 0], dots[:, 1], size=5, color="#ffffff", line_color="#0c0c0c", line_width=0.8)
    tips = [("z", "(@x{+0.00}, @y{+0.00})"), ("tilt", "@tilt{+0.0} dB per octave")]
    fig.add_tools(HoverTool(renderers=[tile], tooltips=tips))
    fig.add_layout(colour_bar(mapper, "tilt, dB per octave", "%+g"), "right")
    return fig


def latent_points(
    points: Mapping[str, Mapping[str, ArrayLike]],
    here: ArrayLike | None = None,
    labels: tuple[str, str] = ("", ""),
    title: str = "",
) -> figure:
    """Named points of a plane, one colour and shape per family, and a ring at the current point.

    Args:
        points: family -> name -> `(x, y)`; at most twelve families.
        here: `(x, y)` of the ring.
        labels: of the x and y axes.
        title: of the figure.

    >>> from aether_lab import plots
    >>> plots.latent_points({"rooms": {"a": (0, 1), "b": (1, 0)}}, here=(0, 0)).legend.items[0].label.value
    'rooms (2)'
    """
    if len(points) > len(SHAPES):
        raise ValueError(f"points have {len(points)} families; at most {len(SHAPES)} can be distinguished")
    style = styles.current()
    fig = new_figure(
        title, aspect=0.7, is_scaled=True, match_aspect=True, x_axis_label=labels[0], y_axis_label=labels[1]
    )
    items, dots = [], []
    for (family, named), color, shape in zip(points.items(), cycle(style.colours), SHAPES, strict=False):
        x, y = np.reshape([np.asarray(point, float) for point in named.values()], (-1, 2)).T
        source = ColumnDataSource({"x": x, "y": y, "name": [printable(name) for name in named]})
        dots.append(fig.scatter("x", "y", source=source, marker=shape, size=0.8 * style.text, color=color, alpha=0.9))
        items.append((f"{family} ({len(named)})", dots[-1:]))
    fig.add_tools(HoverTool(renderers=dots, tooltips=[("", "@name")]))
    if here is not None:
        x, y = np.asarray(here, float)
        ring = fig.scatter([x], [y], size=1.6 * style.text, fill_color=None, line_color=style.ink)
        ring.glyph.line_width = style.line
        items.append(("here", [ring]))
    add_legend(fig, items)
    return fig


def _middles(count: int, parts: int) -> NDArray[np.int64]:
    """Indices of the centres of `parts` equal parts of `range(count)`."""
    parts = min(parts, count)
    return np.floor((np.arange(parts) + 0.5) * count / parts).astype(int)
