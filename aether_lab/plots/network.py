"""A figure of the layers of a network."""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from bokeh.models import FixedTicker
from bokeh.plotting import figure

from aether_lab.plots import styles
from aether_lab.plots.frame import add_legend, new_figure

Layer = tuple[str, tuple[int, ...]]


def architecture(parts: Mapping[str, Sequence[Layer]], title: str = "") -> figure:
    """The layers of a network from top to bottom: a bar for each, its width the number of values on a log scale.

    Args:
        parts: name of a part of the network, such as "encoder" -> the name and the shape of the output of each layer,
            without the batch.
        title: of the figure.

    >>> from aether_lab import plots
    >>> fig = plots.architecture({"encoder": [("spectrum", (513,)), ("convolution", (257, 16))], "z": [("z", (4,))]})
    >>> fig.y_range.factors[::-1]
    ['spectrum: 513', 'convolution: 257 × 16', 'z: 4']
    """
    style = styles.current()
    layers = [
        (part, f"{name}: {' × '.join(map(str, shape))}", prod(shape)) for part in parts for name, shape in parts[part]
    ]
    names = [name for _, name, _ in layers]
    if len(set(names)) < len(names) or not names:
        raise ValueError(f"the layers are {names}; there must be at least one, each with a name of its own")
    bar = 1.9 * style.text
    fig = new_figure(
        title,
        aspect=bar * len(names) / style.width,
        y_range=names[::-1],
        x_axis_label="width of a bar: number of values, log scale",
        tools="pan,reset",
    )
    fig.grid.visible = False
    fig.xaxis.ticker = FixedTicker(ticks=[])
    fig.xaxis.axis_line_color = fig.yaxis.axis_line_color = fig.yaxis.major_tick_line_color = None
    items = []
    for k, part in enumerate(parts):
        own = [(name, np.log2(1 + count) / 2) for each, name, count in layers if each == part]
        at, half = [(name, 0) for name, _ in own], np.array([half for _, half in own])
        bars = fig.segment(-half, at, half, at, color=style.colours[k % len(style.colours)], width=0.7 * bar)
        items.append((part, [bars]))
    add_legend(fig, items)
    return fig
