"""A band of curves: what a measurement allows where it says little."""

import numpy as np
from bokeh.plotting import figure
from numpy.typing import ArrayLike

from aether_lab.plots import styles
from aether_lab.plots.frame import add_curve, add_legend, response_figure
from aether_lab.plots.log_axis import level_range, on_log_axis


def band(
    low_db: ArrayLike,
    high_db: ArrayLike,
    median_db: ArrayLike,
    measured_db: ArrayLike | None = None,
    measured_hz: tuple[float, float] | None = None,
    title: str = "",
    share: float = 0.9,
) -> figure:
    """A band over frequency, its median, and what was measured, each `(513,)` dB.

    Args:
        low_db, high_db: the ends of the band.
        measured_db: drawn from the first to the last of `measured_hz`.
        share: of the curves that the band holds, for the legend.

    >>> from aether_lab import Curve, fan, plots
    >>> found = fan(Curve([100, 1000, 2000], [0, 3, 0]))
    >>> figure = plots.band(*found.band_db(), found.median_db, title="Known up to 2 kHz")
    >>> [item.label.value for item in figure.legend.items]
    ['90 % of curves', 'median']
    """
    style = styles.current()
    fig = response_figure(title)
    (shown, low), (_, high), (_, median) = (on_log_axis(each, 1) for each in (low_db, high_db, median_db))
    area = fig.varea(shown, low, high, color=style.colours[0], alpha=0.25)
    items = [(f"{share:.0%} of curves".replace("%", " %"), [area]), ("median", add_curve(fig, 0, shown, median))]
    levels = [low, high]
    if measured_db is not None:
        at, level = on_log_axis(measured_db, 1)
        lowest, highest = measured_hz or (at[0], at[-1])
        inside = (at >= lowest) & (at <= highest)
        items.append(("measured", add_curve(fig, 1, at[inside], level[inside])))
        levels.append(level[inside])
    fig.y_range = level_range([np.asarray(each) for each in levels], floor=60)
    add_legend(fig, items)
    return fig
