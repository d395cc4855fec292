"""Figures of corpora, training runs and evaluations."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    HoverTool,
    Range1d,
    Span,
    UIElement,
)
from bokeh.plotting import figure
from numpy.typing import ArrayLike

from aether_lab.plots import styles
from aether_lab.plots.frame import add_curve, add_hover, add_legend, columns_of, grid_of, new_figure, response_figure
from aether_lab.plots.log_axis import level_range, on_log_axis
from aether_lab.plots.palette import SHAPES

_UNITS = {"distance": "dB", "kl": "nats", "loss": "dB", "ripple": "dB²"}


def corpus(
    spectra_db: ArrayLike, sources: Sequence[str], frequency_hz: ArrayLike | None = None, columns: int = 4
) -> UIElement:
    """The median spectrum and the central 80 % of the spectra of each source, one panel per source.

    Args:
        spectra_db: `(N, F)` dB.
        sources: `N` names; panels in order of first appearance.
        frequency_hz: `(F,)` Hz; default: the 513 bins.
        columns: panels per row.

    >>> import numpy as np
    >>> from aether_lab import plots
    >>> len(plots.corpus(np.zeros((3, 513)), ["room", "plate", "room"]).children)
    2
    """
    shown, levels = on_log_axis(spectra_db, 2, frequency_hz)
    if len(sources) != len(levels):
        raise ValueError(f"{len(sources)} sources for {len(levels)} spectra")
    names = np.asarray(sources)
    bands = {name: np.percentile(levels[names == name], [10, 50, 90], axis=0) for name in dict.fromkeys(sources)}
    y_range, x_range = level_range(list(bands.values()), floor=70), Range1d(20, 20_000)
    columns, style = columns_of(len(bands), columns), styles.current()
    panels = []
    for name, (low, middle, high) in bands.items():
        title = f"{name} ({(names == name).sum()})"
        fig = response_figure(title, columns, aspect=0.5, x_range=x_range, y_range=y_range)
        fig.varea(shown, low, high, color=style.colours[0], alpha=0.35)
        add_hover(fig, add_curve(fig, 0, shown, middle, width=0.8 * style.line))
        panels.append(fig)
    return grid_of(panels, columns)


def training(history: Sequence[Mapping[str, float]]) -> UIElement:
    """The loss terms of a training run, one panel per term.

    Args:
        history: `Run.history`, per epoch `{"step": …, term: …}`; `validation` is dashed in the panel of `distance`.

    >>> from aether_lab import plots
    >>> len(plots.training([{"step": 1, "distance": 6.0, "kl": 3.0}, {"step": 2, "distance": 5.0, "kl": 2.0}]).children)
    2
    """
    if not history:
        raise ValueError("history is empty; it must have one entry per epoch")
    step = [entry["step"] for entry in history]
    terms = [term for term in history[0] if term not in ("step", "validation")]
    columns, panels = columns_of(len(terms), 2), []
    for term in terms:
        title = f"{term}, {_UNITS[term]}" if term in _UNITS else term
        fig = new_figure(title, columns, 0.6, x_axis_label="step", tools="pan,box_zoom,reset")
        drawn = {"training": add_curve(fig, 0, step, [entry[term] for entry in history])}
        if term == "distance" and "validation" in history[0]:
            value = [entry["validation"] for entry in history]
            drawn["validation"] = add_curve(fig, 1, step, value, line_dash="dashed")
            add_legend(fig, list(drawn.items()), inside=True)
        fig.add_tools(HoverTool(tooltips=[("step", "$x{0}"), (title, "$y{0.000}")]))
        panels.append(fig)
    return grid_of(panels, columns)


def reconstruction(report: Mapping[str, Any], title: str = "") -> figure:
    """The report of `evaluate`: per source and stage a dot at the mean distance and a line to the 90th percentile.

    Args:
        report: `{"overall": {stage: {"mean", "median", "p90"}}, "by_source": {source: {stage: …}}}`, dB; or several by
            name, `{model: report}`, whose overall errors are compared.
        title: of the figure.

    >>> from aether_lab import plots
    >>> stages = {"mu": {"mean": 2.0, "median": 1.8, "p90": 4.0}}
    >>> plots.reconstruction({"overall": stages, "by_source": {"rooms": stages}}).y_range.factors
    ['rooms', 'overall']
    """
    if "overall" in report:
        groups = {"overall": report["overall"], **report["by_source"]}
    else:
        groups = {name: each["overall"] for name, each in report.items()}
    stages = list(dict.fromkeys(stage for each in groups.values() for stage in each))
    style = styles.current()
    height = 1.35 * style.text * (1 + max(len(stages) * len(groups), 10))
    fig = new_figure(
        title,
        aspect=height / style.width,
        y_range=list(reversed(groups)),
        x_axis_label="log-spectral distance, dB\n(dot: mean, line: to the 90th percentile)",
        tools="pan,box_zoom,reset",
    )
    fig.ygrid.visible = False
    fig.x_range.start = 0
    items = []
    for k, stage in enumerate(stages):
        color, marker = style.colours[k % len(style.colours)], SHAPES[k % len(SHAPES)]
        offset = 0.36 - 0.72 * k / max(len(stages) - 1, 1)
        named = [name for name in groups if stage in groups[name]]
        data = {
            "group": [(name, offset) for name in named],
            "source": named,
            "stage": [stage] * len(named),
            **{key: [groups[name][stage][key] for name in named] for key in ("mean", "median", "p90")},
        }
        source = ColumnDataSource(data)
        fig.segment("mean", "group", "p90", "group", source=source, color=color, width=0.8 * style.line, alpha=0.6)
        dots = fig.scatter("mean", "group", source=source, size=0.75 * style.text, color=color, marker=marker)
        items.append((stage, [dots]))
    for line in range(1, len(groups)):
        fig.add_layout(Span(location=line, dimension="width", line_color=style.ink, line_alpha=0.35))
    tips = [("", "@source, @stage"), ("mean", "@mean{0.00} dB"), ("median", "@median{0.00}"), ("p90", "@p90{0.00}")]
    fig.add_tools(HoverTool(renderers=[dot for _, dots in items for dot in dots], tooltips=tips))
    add_legend(fig, items)
    return fig
