"""Figures of sounds and filters that change: spectrograms, and the centre frequencies of sections along a path."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, LinearColorMapper, Range1d, UIElement
from bokeh.palettes import Viridis256
from bokeh.plotting import figure
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from aether_lab.filters.recipe import Recipe

from aether_lab.plots import styles
from aether_lab.plots.frame import FEW_TICKS, colour_bar, columns_of, grid_of, new_figure
from aether_lab.plots.log_axis import HIGH, LOW, TICKS
from aether_lab.plots.palette import diverging
from aether_lab.signals.spectrum import FREQUENCIES, smooth

_LOWEST = 60.0  # Hz, of a spectrogram

_ROWS = 160  # of a spectrogram, over log frequency


def spectrograms(
    sounds: Mapping[str, ArrayLike], sample_rate: float, range_db: float = 60.0, columns: int = 1
) -> UIElement:
    """Power per third of an octave over time and log frequency, one panel per sound, all with one colour scale.

    Args:
        sounds: title -> samples `(T,)`, at least 1024 of them.
        sample_rate: Hz.
        range_db: from the lowest to the highest colour; 0 dB is the highest level of all panels.
        columns: panels side by side.

    >>> import numpy as np
    >>> from aether_lab import plots
    >>> noise = np.random.default_rng(0).normal(size=4096)
    >>> [panel.title.text for panel, *_ in plots.spectrograms({"noise": noise}, 24_000).children]
    ['noise']
    """
    levels = {title: _levels(np.asarray(samples, float), sample_rate, title) for title, samples in sounds.items()}
    top = max(level.max() for _, level in levels.values())
    mapper = LinearColorMapper(palette=Viridis256, low=-range_db, high=0)
    columns, panels = columns_of(len(levels), columns), []
    for k, (title, (time, level)) in enumerate(levels.items()):
        fig = new_figure(
            title,
            columns,
            0.55 if columns > 1 else 0.26,
            x_axis_label="time, s",
            y_axis_label="frequency, Hz",
            y_axis_type="log",
            x_range=Range1d(time[0], time[-1]),
            y_range=Range1d(_LOWEST, 0.45 * sample_rate),
        )
        _hertz_axis(fig)
        look = {"dw": np.ptp(time), "dh": 0.45 * sample_rate - _LOWEST, "color_mapper": mapper}
        fig.image(image=[(level - top).clip(-range_db, 0)], x=time[0], y=_LOWEST, **look)
        fig.grid.visible = False
        if (k + 1) % columns == 0 or k == len(levels) - 1:
            fig.add_layout(colour_bar(mapper, "dB", "%g"), "right")
        panels.append(fig)
    return grid_of(panels, columns)


def _levels(samples: NDArray[np.float64], sample_rate: float, title: str) -> tuple[NDArray, NDArray]:
    """Times `(N,)` s and levels `(_ROWS, N)` dB."""
    from scipy.signal import spectrogram

    if samples.ndim != 1 or len(samples) < 1024:
        raise ValueError(f"{title}: samples of shape {samples.shape}; one channel of at least 1024 is drawn")
    hop = max(256, len(samples) // 400)  # a column for about two pixels
    hertz, time, power = spectrogram(samples, sample_rate, nperseg=1024, noverlap=max(0, 1024 - hop))
    rows = np.geomspace(_LOWEST, 0.45 * sample_rate, _ROWS)
    third = np.stack([np.interp(rows, FREQUENCIES, each) for each in smooth(power.T, hertz)], axis=1)
    return time, 10 * np.log10(third * rows[:, None] + 1e-30)


def tracks(z: ArrayLike, recipe: "Recipe", label: str = "z", title: str = "") -> figure:
    """The centre frequency of every section along a path, coloured by its gain.

    Args:
        z: `(N,)`, the position along the path, rising.
        recipe: of shape `(N, S)`, as `FilterSpace.decode` gives it for a path.
        label: of the x axis.
        title: of the figure.

    >>> from aether_lab import FilterSpace, plots
    >>> from aether_lab.audio import motion
    >>> path = motion.sweep(0, 2, steps=5)
    >>> plots.tracks(path[:, 0], FilterSpace.load("2d").decode(path), "z0").xaxis.axis_label
    'z0'
    """
    at = np.asarray(z, float)
    hertz, gain = np.asarray(recipe.frequency_hz), np.asarray(recipe.gain_db)
    if at.ndim != 1 or hertz.shape[:1] != at.shape or hertz.ndim != 2:
        raise ValueError(f"z has shape {at.shape} and the recipe {hertz.shape}; (N,) and (N, S) are needed")
    fig = new_figure(
        title,
        aspect=0.5,
        x_axis_label=label,
        y_axis_label="centre frequency, Hz",
        y_axis_type="log",
        x_range=Range1d(at[0], at[-1]),
        y_range=Range1d(LOW, HIGH),
    )
    _hertz_axis(fig, TICKS)
    mapper = diverging(gain)
    pieces = {
        "x": [list(at[i : i + 2]) for i in range(len(at) - 1) for _ in range(hertz.shape[1])],
        "y": [list(hertz[i : i + 2, s]) for i in range(len(at) - 1) for s in range(hertz.shape[1])],
        "gain": ((gain[1:] + gain[:-1]) / 2).ravel(),
    }
    colour = {"field": "gain", "transform": mapper}
    drawn = fig.multi_line("x", "y", source=ColumnDataSource(pieces), color=colour, width=styles.current().line)
    fig.add_tools(HoverTool(renderers=[drawn], tooltips=[("gain", "@gain{+0.0} dB")]))
    fig.add_layout(colour_bar(mapper, "gain, dB", "%+g"), "right")
    return fig


def _hertz_axis(fig: figure, ticks: tuple[int, ...] = FEW_TICKS) -> None:
    """Labels of a vertical axis of frequency."""
    fig.yaxis.ticker = fig.ygrid.ticker = FixedTicker(ticks=list(ticks))
    fig.yaxis.major_label_overrides = {tick: f"{tick}" if tick < 1000 else f"{tick // 1000}k" for tick in ticks}
