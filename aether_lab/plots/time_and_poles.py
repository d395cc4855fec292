"""Figures of a filter other than its magnitude response: samples over time, and poles in the z-plane."""

from collections.abc import Mapping, Sequence

import numpy as np
from bokeh.models import HoverTool, Range1d, UIElement
from bokeh.plotting import figure
from numpy.typing import ArrayLike

from aether_lab.plots import styles
from aether_lab.plots.frame import add_curve, add_legend, columns_of, grid_of, new_figure
from aether_lab.plots.palette import SHAPES
from aether_lab.signals.names import printable

MOST_POINTS = 4000
"""Of a waveform: of a longer one, the lowest and the highest sample of each of half as many pieces are drawn."""


def waveforms(
    signals: Mapping[str, ArrayLike], sample_rate: float, longest_ms: float | Sequence[float] = 1000, columns: int = 2
) -> UIElement:
    """Samples over time, one panel for each signal.

    Args:
        signals: name -> `(T,)`.
        sample_rate: of all of them, Hz.
        longest_ms: how much of each is drawn, milliseconds; one number, or one for each.
        columns: panels side by side.

    >>> from aether_lab import plots
    >>> len(plots.waveforms({"impulse": [1, 0, 0], "echo": [0, 1, 0]}, 48_000).children)
    2
    """
    columns, panels = columns_of(len(signals), columns), []
    for (name, samples), longest in zip(signals.items(), np.broadcast_to(longest_ms, len(signals)), strict=True):
        y = np.asarray(samples, float)
        if y.ndim != 1 or not len(y):
            raise ValueError(f"{name} has shape {y.shape}; expected (T,) with at least one sample")
        y = y[: max(2, round(longest * sample_rate / 1000))]
        time, y = _outline(1000 * np.arange(len(y)) / sample_rate, y)
        fig = new_figure(printable(name), columns, 0.35, x_axis_label="time, ms")
        add_curve(fig, 0, time, y, width=0.6 * styles.current().line)
        fig.add_tools(HoverTool(tooltips=[("time", "$x{0.00} ms"), ("sample", "$y{0.000}")]))
        panels.append(fig)
    return grid_of(panels, columns)


def poles(sections: Mapping[str, ArrayLike], title: str = "") -> figure:
    """The poles of filters in the z-plane, with the unit circle.

    Args:
        sections: name -> the denominator `[1, a1, a2]` of a section.
        title: of the figure.

    >>> from aether_lab import plots
    >>> [item.label.value for item in plots.poles({"Q = 1": [1, -1.8, 0.9]}).legend.items]
    ['Q = 1', 'unit circle']
    """
    style = styles.current()
    fig = new_figure(title, 2, 0.88, x_axis_label="real part", x_range=Range1d(-1.1, 1.1), y_range=Range1d(-1.1, 1.1))
    fig.yaxis.axis_label = "imaginary part"
    angle = np.linspace(0, 2 * np.pi, 181)
    circle = fig.line(np.cos(angle), np.sin(angle), color=style.ink, width=0.5 * style.line)
    items = []
    for k, (name, denominator) in enumerate(sections.items()):
        at = np.roots(np.asarray(denominator, float))
        dots = fig.scatter(at.real, at.imag, marker=SHAPES[k], size=3.5 * style.line, color=style.colours[k])
        items.append((name, [dots]))
    fig.add_tools(HoverTool(tooltips=[("real", "$x{0.000}"), ("imaginary", "$y{0.000}")]))
    add_legend(fig, [*items, ("unit circle", [circle])])
    return fig


def _outline(time: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fewer points that look the same: the extremes of each piece."""
    if len(y) <= MOST_POINTS:
        return time, y
    pieces = np.array_split(np.arange(len(y)), MOST_POINTS // 2)
    kept = np.unique([at[pick(y[at])] for at in pieces for pick in (np.argmin, np.argmax)])
    return time[kept], y[kept]
