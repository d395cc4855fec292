"""Figures of corpora, trainings and evaluations."""

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
    _FEW_TICKS,
    COLOURS,
    INK,
    _dress,
    _figure,
    _grid,
    _hover,
    _legend,
    _level_range,
    _visible,
)
from aether_lab.signals.spectrum import FREQUENCIES

_UNITS = {"distance": "dB", "kl": "nats", "loss": "dB"}


def corpus(
    spectra_db: ArrayLike, sources: Sequence[str], frequency: ArrayLike = FREQUENCIES, columns: int = 4
) -> UIElement:
    """A corpus at a glance: for each source the median spectrum and the band that holds 80 % of its spectra.

    Args:
        spectra_db: `(N, F)` dB.
        sources: `N` names; panels come in order of first appearance.
        frequency: `(F,)` Hz.
        columns: panels in a row.
    """
    shown, levels = _visible(spectra_db, 2, frequency)
    if len(sources) != len(levels):
        raise ValueError(f"{len(sources)} sources for {len(levels)} spectra")
    names = np.asarray(sources)
    bands = {name: np.percentile(levels[names == name], [10, 50, 90], axis=0) for name in dict.fromkeys(sources)}
    y_range, x_range = _level_range(list(bands.values()), floor=70), Range1d(20, 20_000)
    panels = []
    for k, (name, (low, middle, high)) in enumerate(bands.items()):
        fig = _figure(
            f"{name} ({(names == name).sum()})",
            140,
            95,
            x_range=x_range,
            y_range=y_range,
            x_label=k // columns == (len(bands) - 1) // columns,
            y_label=k % columns == 0,
            ticks=_FEW_TICKS,
        )
        fig.title.text_font_size = "11px"
        fig.varea(shown, low, high, color=COLOURS[0], alpha=0.35)
        _hover(fig, [fig.line(shown, middle, color=COLOURS[0], width=2)])
        panels.append(fig)
    return _grid(panels, min(columns, len(panels)))


def training(history: Sequence[Mapping[str, float]]) -> UIElement:
    """The terms of the loss while a model learns, one panel per term, as `training.train` leaves them in its run.

    Args:
        history: per epoch `{"step": …, term: …}`; `validation` is drawn dashed into the panel of `distance`.
    """
    if not history:
        raise ValueError("history is empty; it must hold one entry per epoch")
    step = [entry["step"] for entry in history]
    panels = []
    for term in history[0]:
        if term in ("step", "validation"):
            continue
        title = f"{term}, {_UNITS[term]}" if term in _UNITS else term
        fig = figure(frame_width=330, frame_height=210, x_axis_label="step", title=title, tools="pan,box_zoom,reset")
        _dress(fig)
        drawn = {"training": fig.line(step, [entry[term] for entry in history], color=COLOURS[0], width=2)}
        if term == "distance" and "validation" in history[0]:
            value = [entry["validation"] for entry in history]
            drawn["validation"] = fig.line(step, value, color=COLOURS[1], dash="dashed", width=2)
            _legend(fig, [(name, [line]) for name, line in drawn.items()], inside=True)
        fig.add_tools(HoverTool(tooltips=[("step", "$x{0}"), (title, "$y{0.000}")]))
        panels.append(fig)
    return _grid(panels, min(2, len(panels)))


def reconstruction(report: Mapping[str, Any], title: str = "") -> figure:
    """What `python -m aether_lab evaluate` found: per source and stage a dot at the mean distance, a line to the p90.

    Args:
        report: `{"overall": {stage: {"mean", "median", "p90"}}, "by_source": {source: {stage: …}}}`, in dB; or several
            of them by name, `{model: report}`, to see their overall figures side by side.
        title: over the figure.
    """
    if "overall" in report:
        groups = {"overall": report["overall"], **report["by_source"]}
    else:
        groups = {name: each["overall"] for name, each in report.items()}
    stages = list(dict.fromkeys(stage for each in groups.values() for stage in each))
    if len(stages) > len(COLOURS):
        raise ValueError(f"the report has {len(stages)} stages; {len(COLOURS)} can be told apart")
    height = 16 * len(stages) * len(groups)
    fig = figure(
        frame_width=520,
        frame_height=max(height, 160),
        y_range=list(reversed(groups)),
        x_axis_label="log-spectral distance, dB (dot: mean, line: to the 90th percentile)",
        title=title,
        tools="pan,box_zoom,reset",
    )
    _dress(fig)
    fig.ygrid.visible = False
    fig.x_range.start = 0
    items = []
    for k, (stage, color) in enumerate(zip(stages, COLOURS, strict=False)):
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
        items.append((stage, [fig.scatter("mean", "group", source=source, size=9, color=color)]))
    for line in range(1, len(groups)):
        fig.add_layout(Span(location=line, dimension="width", line_color=INK, line_alpha=0.35))
    tips = [("", "@source, @stage"), ("mean", "@mean{0.00} dB"), ("median", "@median{0.00}"), ("p90", "@p90{0.00}")]
    fig.add_tools(HoverTool(renderers=[dot for _, dots in items for dot in dots], tooltips=tips))
    _legend(fig, items)
    return fig
