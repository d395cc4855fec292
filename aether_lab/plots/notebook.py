"""Figures in a notebook: drawn live, drawn again after a reload or when the notebook is opened, described in words.

An output holds a figure as JSON and a short script. BokehJS itself is the state of one widget for each kernel, which a
front end restores with the notebook: no output depends on the output of another cell.
"""

import functools
import gzip
import html
import os
import sys
import uuid
from pathlib import Path
from typing import Any

import bokeh
from bokeh.embed import json_item
from bokeh.models import Legend, Plot, UIElement
from bokeh.resources import Resources
from IPython.display import Image

from aether_lab.signals.json_files import script_json
from aether_lab.signals.names import printable

_HOSTS = Path(__file__).parents[1] / "static" / "hosts"


class LiveFigure:
    """A figure that can be zoomed and inspected, for `IPython.display`."""

    def __init__(self, fig: UIElement) -> None:
        self.fig, self.description = fig, description(fig)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/html": _html(self.fig, self.description), "text/plain": self.description}

    def __repr__(self) -> str:
        return self.description


def picture(fig: UIElement, png: bytes, scale: int) -> Image:
    """A PNG of a figure, of `scale` pixels for each point, for `IPython.display`."""
    width = int.from_bytes(png[16:20], "big") // scale  # the width in the PNG's header
    return Image(png, width=width, alt=description(fig))  # type: ignore[no-untyped-call]


def description(fig: UIElement) -> str:
    """A figure in words: title, axes and legend of each of its plots.

    >>> from aether_lab import plots
    >>> description(plots.curves({"flat": [0, 0], "other": [1, 2]}, [100, 10_000], title="Two curves"))
    'Two curves: level, dB over frequency, Hz; flat, other'
    """
    return ". ".join(filter(None, map(_of_plot, _plots_in(fig)))) or "Figure"


def _plots_in(fig: UIElement) -> list[Plot]:
    """Its plots, those of a grid in reading order: a selection has none."""
    children = getattr(fig, "children", None)
    if children is None:
        return [fig] if isinstance(fig, Plot) else list(fig.select({"type": Plot}))
    return [plot for child in children for plot in _plots_in(child[0] if isinstance(child, tuple) else child)]


def _of_plot(plot: Plot) -> str:
    across, up = (getattr(axes[0], "axis_label", None) if axes else None for axes in (plot.xaxis, plot.yaxis))
    axes = " over ".join(str(label) for label in (up, across) if label)
    legends = [str(item.label.value) for legend in plot.select({"type": Legend}) for item in legend.items if item.label]
    title = plot.title.text if plot.title else ""
    words = ": ".join(filter(None, (title, "; ".join(filter(None, (axes, ", ".join(legends)))))))
    return printable(" ".join(words.split()))  # titles and labels are wrapped


@functools.cache
def _library_class() -> Any:
    """BokehJS for `static/hosts/bokeh_widget.js`; it has no view. The libraries of widgets load when one is shown."""
    import anywidget
    import traitlets

    class Library(anywidget.AnyWidget):
        _esm = (_HOSTS / "bokeh_widget.js").read_text(encoding="utf-8")
        version = traitlets.Unicode(bokeh.__version__).tag(sync=True)
        gzip = traitlets.Bytes().tag(sync=True)

    return Library


_library: Any = None


def _ensure_library() -> str:
    """The id of the model that holds BokehJS in this kernel: the same in each, so that a notebook stores it once."""
    global _library
    if _library is None or _library.comm is None:  # `Widget.close_all` closes it
        packed = gzip.compress(_bokeh_js().encode(), mtime=0)
        _library = _library_class()(gzip=packed, model_id=f"bokeh-{bokeh.__version__}")
    return _library.model_id


def _bokeh_js() -> str:
    return "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)


def _html(fig: UIElement, words: str) -> str:
    name = f"figure-{uuid.uuid4().hex}"
    # Where each output is a page of its own, or widgets are only made when one is displayed, BokehJS comes along.
    alone = "google.colab" in sys.modules or "VSCODE_PID" in os.environ
    library = "" if alone else _ensure_library()
    call = ", ".join(map(script_json, (json_item(fig), name, bokeh.__version__, library)))
    script = (_HOSTS / "figure.js").read_text(encoding="utf-8")
    return (
        f'<div id="{name}" role="figure" aria-label="{html.escape(words)}">{html.escape(words)}</div>\n'
        + (f"<script>{_bokeh_js()}</script>\n" if alone else "")
        + f'<script type="module">\n{script}drawFigure({call});\n</script>'
    )
