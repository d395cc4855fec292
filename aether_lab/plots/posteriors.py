"""Figures of distributions in a two-dimensional latent space."""

from collections.abc import Mapping

import numpy as np
from bokeh.models import Range1d, UIElement
from numpy.typing import ArrayLike

from aether_lab.plots import styles
from aether_lab.plots.frame import add_legend, columns_of, grid_of, new_figure

_TURN = np.linspace(0, 2 * np.pi, 49)


def posteriors(spaces: Mapping[str, tuple[ArrayLike, ArrayLike]], reach: float = 3.0, columns: int = 2) -> UIElement:
    """Approximate posteriors q(z|x) as ellipses of one standard deviation; dashed: the prior N(0, I), one and two.

    Args:
        spaces: title of a panel -> means and standard deviations, `(N, 2)` each.
        reach: each axis is drawn from `-reach` to `reach`.
        columns: panels side by side.

    >>> from aether_lab import plots
    >>> len(plots.posteriors({"two posteriors": ([[0, 0], [1, -1]], [[0.5, 0.2], [0.1, 0.1]])}).children)
    1
    """
    style = styles.current()
    columns, panels = columns_of(len(spaces), columns), []
    for title, (means, deviations) in spaces.items():
        mean, deviation = np.asarray(means, float), np.asarray(deviations, float)
        if mean.ndim != 2 or mean.shape[1] != 2 or mean.shape != deviation.shape:
            raise ValueError(
                f"{title}: means of shape {mean.shape} and deviations {deviation.shape}; both must be (N, 2)"
            )
        fig = new_figure(
            title,
            columns,
            0.87 if columns > 1 else 0.93,
            is_scaled=True,
            x_axis_label="z0",
            y_axis_label="z1",
            x_range=Range1d(-reach, reach),
            y_range=Range1d(-reach, reach),
        )
        across, up = (
            list(mean[:, k, None] + deviation[:, k, None] * turn(_TURN)) for k, turn in enumerate((np.cos, np.sin))
        )
        ellipses = fig.multi_line(across, up, color=style.colours[0], width=0.5 * style.line, alpha=0.6)
        fig.scatter(*mean.T, size=1.2 * style.line, color=style.colours[0], alpha=0.6)
        look = {"color": style.colours[1], "width": style.line, "line_dash": "dashed"}
        prior = [fig.line(k * np.cos(_TURN), k * np.sin(_TURN), **look) for k in (1, 2)]
        panels.append(fig)
    add_legend(panels[-1], [("q(z|x)", [ellipses]), ("prior, 1 and 2 standard deviations", prior)])
    return grid_of(panels, columns)
