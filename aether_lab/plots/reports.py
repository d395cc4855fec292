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

from aether_lab.plots.style import (
    COLOURS,
    FEW_TICKS,
    INK,
    SHAPES,
    add_hover,
    add_legend,
    apply_style,
    grid_of,
    level_range,
    response_figure,
    visible_bins,
)

_UNITS = {"distance": "dB", "kl": "nats", "loss": "dB"}


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
    shown, levels = visible_bins(spectra_db, 2, frequency_hz)
    if len(sources) != len(levels):
        raise ValueError(f"{len(sources)} sources for {len(levels)} spectra")
    names = np.asarray(sources)
    bands = {name: np.percentile(levels[names == name], [10, 50, 90], axis=0) for name in dict.fromkeys(sources)}
    y_range, x_range = level_range(list(bands.values()), floor=70), Range1d(20, 20_000)
    panels = []
    for k, (name, (low, middle, high)) in enumerate(bands.items()):
        fig = response_figure(
            f"{name} ({(names == name).sum()})",
            140,
            95,
            x_range=x_range,
            y_range=y_range,
            x_label=k // columns == (len(bands) - 1) // columns,
            y_label=k % columns == 0,
            ticks=FEW_TICKS,
        )
        fig.title.text_font_size = "11px"
        fig.varea(shown, low, high, color=COLOURS[0], alpha=0.35)
        add_hover(fig, [fig.line(shown, middle, color=COLOURS[0], width=2)])
        panels.append(fig)
    return grid_of(panels, min(columns, len(panels)))


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
    panels = []
    for term in history[0]:
        if term in ("step", "validation"):
            continue
        title = f"{term}, {_UNITS[term]}" if term in _UNITS else term
        fig = figure(frame_width=330, frame_height=210, x_axis_label="step", title=title, tools="pan,box_zoom,reset")
        apply_style(fig)
        drawn = {"training": fig.line(step, [entry[term] for entry in history], color=COLOURS[0], width=2)}
        if term == "distance" and "validation" in history[0]:
            value = [entry["validation"] for entry in history]
            drawn["validation"] = fig.line(step, value, color=COLOURS[1], dash="dashed", width=2)
            add_legend(fig, [(name, [line]) for name, line in drawn.items()], inside=True)
        fig.add_tools(HoverTool(tooltips=[("step", "$x{0}"), (title, "$y{0.000}")]))
        panels.append(fig)
    return grid_of(panels, min(2, len(panels)))


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
    height = 16 * len(stages) * len(groups)
    fig = figure(
        frame_width=520,
        frame_height=max(height, 160),
        y_range=list(reversed(groups)),
        x_axis_label="log-spectral distance, dB (dot: mean, line: to the 90th percentile)",
        title=title,
        tools="pan,box_zoom,reset",
    )
    apply_style(fig)
    fig.ygrid.visible = False
    fig.x_range.start = 0
    items = []
    for k, stage in enumerate(stages):
        color, marker = COLOURS[k % len(COLOURS)], SHAPES[k // len(COLOURS) % len(SHAPES)]
        offset = 0.36 - 0.72 * k / max(len(stages) - 1, 1)
        named = [name for name in groups if stage in groups[name]]
        data = {
            "group": [(name, offset) for name in named],
            "source": named,
            "stage": [stage] * len(named),
            **{key: [groups[name][stage][key] for name in named] for key in ("mean", "median", "p90")},
        }
        source = ColumnDataSource(data)
        fig.segment("mean", "group", "p90", "group", source=source, color=color, width=2, alpha=0.6)
        items.append((stage, [fig.scatter("mean", "group", source=source, size=9, color=color, marker=marker)]))
    for line in range(1, len(groups)):
        fig.add_layout(Span(location=line, dimension="width", line_color=INK, line_alpha=0.35))
    tips = [("", "@source, @stage"), ("mean", "@mean{0.00} dB"), ("median", "@median{0.00}"), ("p90", "@p90{0.00}")]
    fig.add_tools(HoverTool(renderers=[dot for _, dots in items for dot in dots], tooltips=tips))
    add_legend(fig, items)
    return fig
