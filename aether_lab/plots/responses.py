"""Bokeh figures from arrays; showing them in a notebook and saving them.

Levels are in dB over frequency in Hz on a log axis from 20 Hz to 20 kHz. Where a function takes spectra, `F` is the 513
bins from 0 to 24 kHz unless `frequency` says otherwise. Backgrounds are transparent and every colour is of middle
lightness, so that one figure reads on a light and on a dark page; the colours stay apart for colour-blind eyes.
"""

import base64
import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.embed import file_html
from bokeh.models import (
    BasicTicker,
    ColorBar,
    ColumnDataSource,
    FixedTicker,
    GridBox,
    HoverTool,
    Legend,
    LegendItem,
    LinearColorMapper,
    PrintfTickFormatter,
    Range1d,
    Span,
    UIElement,
)
from bokeh.plotting import figure
from bokeh.resources import INLINE, Resources
from numpy.typing import ArrayLike, NDArray

from aether_lab.signals.files import write_bytes
from aether_lab.signals.spectrum import FREQUENCIES, tilt

if TYPE_CHECKING:
    from aether_lab.filters.recipe import Recipe

INK = "#7b7b7b"
"""Text and axes: 4.2 to 1 or more against white and against JupyterLab's dark page."""
COLOURS = ("#1a80c4", "#de7a00", "#0f9d75", "#c2639b", "#8a8a8a", "#d1503f", "#4aa8dd", "#a18a1c")
"""Blue, orange, green, pink, grey, red, sky and olive: Okabe and Ito's, brought to middle lightness."""

_SHAPES = ("circle", "square", "triangle", "diamond", "inverted_triangle", "plus", "star", "hex")
_TICKS = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
_FEW_TICKS = (100, 1000, 10_000)
_APART = 1.008  # ratio of neighbouring bins: a pixel of the widest frame; drawing more of them only makes files larger
_DIVERGING = ("#0b57c9", "#4aa5e6", "#8f8f8f", "#eda02f", "#cc4a06")  # from low over neutral to high
_UNITS = {"distance": "dB", "kl": "nats", "loss": "dB"}
_FONT = "Helvetica, Arial, sans-serif"


def response(recipe: "Recipe", target_db: ArrayLike | None = None, title: str = "") -> figure:
    """The bank of one recipe: its sum, each section faintly under it, and a dot at each section's centre and gain.

    Args:
        recipe: of shape `(S,)`.
        target_db: `(513,)` dB, the curve it was meant to be, drawn behind.
        title: over the figure.
    """
    if recipe.frequency.ndim != 1:
        raise ValueError(f"one recipe of shape (S,) is drawn, not {recipe.frequency.shape}: index it first")
    frequency = np.geomspace(20, 20_000, 800)  # finer than the 513 bins below 2 kHz, where sections are narrow
    bank = np.asarray(recipe.response_db(frequency), np.float32)
    sections = np.asarray(recipe.section_response_db(frequency), np.float32)
    known = [bank, np.asarray(recipe.gain_db)]
    fig = _figure(title, 640, 300)
    items = []
    if target_db is not None:
        shown, curve = _visible(target_db, 1)
        known.append(curve)
        items.append(("target", [fig.line(shown, curve, color=COLOURS[1], width=5, alpha=0.6)]))
    faint = fig.multi_line([frequency] * len(sections), list(sections), color=COLOURS[4], width=1, alpha=0.55)
    sources = {
        "hertz": np.asarray(recipe.hertz),
        "gain": np.asarray(recipe.gain_db),
        "q": np.asarray(recipe.q),
        "index": np.arange(1, len(sections) + 1),
    }
    dots = fig.scatter("hertz", "gain", source=ColumnDataSource(sources), size=5, color=COLOURS[4], alpha=0.9)
    total = fig.line(frequency, bank, color=COLOURS[0], width=2.5)
    fig.y_range = _level_range(known, floor=60)
    _hover(fig, [total])
    tips = [("section", "@index"), ("frequency", "@hertz{0,0.0} Hz"), ("Q", "@q{0.00}"), ("gain", "@gain{+0.0} dB")]
    fig.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    _legend(fig, [("bank", [total]), (f"its {len(sections)} sections", [faint, dots]), *items])
    return fig


def curves(responses_db: Mapping[str, ArrayLike], frequency: ArrayLike = FREQUENCIES, title: str = "") -> figure:
    """Named curves over each other, up to eight of them.

    Args:
        responses_db: name to `(F,)` dB.
        frequency: `(F,)` Hz.
        title: over the figure.
    """
    if not 1 <= len(responses_db) <= len(COLOURS):
        raise ValueError(f"responses_db has {len(responses_db)} curves; 1 to {len(COLOURS)} can be told apart")
    fig = _figure(title, 640, 300)
    items, known = [], []
    for (name, curve_db), color in zip(responses_db.items(), COLOURS, strict=False):
        shown, curve = _visible(curve_db, 1, frequency)
        known.append(curve)
        items.append((name, [fig.line(shown, curve, color=color, width=2.5, name=name)]))
    fig.y_range = _level_range(known)
    _hover(fig, [line for _, lines in items for line in lines], [("curve", "$name")])
    _legend(fig, items)
    return fig


def sweep(
    z: ArrayLike, responses_db: ArrayLike, captions: Sequence[str] | None = None, frequency: ArrayLike = FREQUENCIES
) -> UIElement:
    """What each latent dimension does: one panel per dimension, its curves coloured by that coordinate.

    Args:
        z: `(steps,)`, the values each dimension takes while the others are 0.
        responses_db: `(Z, steps, F)` dB.
        captions: `Z` words for what the dimensions do, shown in the panel titles.
        frequency: `(F,)` Hz.
    """
    values = np.asarray(z, float)
    shown, levels = _visible(responses_db, 3, frequency)
    dimensions, steps = levels.shape[:2]
    if values.shape != (steps,):
        raise ValueError(f"z has shape {values.shape} and responses_db {levels.shape[:2]} + (F,): z must be ({steps},)")
    if captions is not None and len(captions) != dimensions:
        raise ValueError(f"{len(captions)} captions for {dimensions} dimensions")
    mapper = _diverging(values)
    columns = min(dimensions, 2)
    y_range, x_range = _level_range([levels]), Range1d(20, 20_000)
    panels = []
    for k in range(dimensions):
        title = f"z{k}" + (f": {captions[k]}" if captions else "")
        last_row, last_column = k >= dimensions - columns, (k + 1) % columns == 0 or k == dimensions - 1
        fig = _figure(title, 300, 190, x_range=x_range, y_range=y_range, x_label=last_row, y_label=k % columns == 0)
        data = ColumnDataSource({"x": [shown] * steps, "y": list(levels[k]), "z": values})
        drawn = fig.multi_line("x", "y", source=data, color={"field": "z", "transform": mapper}, width=1.4, alpha=0.9)
        _hover(fig, [drawn], [(f"z{k}", "@z{+0.00}")])
        if last_column:
            fig.add_layout(_colour_bar(mapper, "", "z = %+g"), "right")
        panels.append(fig)
    return _grid(panels, columns)


def map_2d(
    z: ArrayLike,
    responses_db: ArrayLike,
    places: ArrayLike | None = None,
    frequency: ArrayLike = FREQUENCIES,
    tiles: int = 7,
) -> figure:
    """A two-dimensional space at a glance: colour is the tilt of the filter, small curves are its response there.

    The tilt is the slope of the straight line through the level over log frequency, 100 Hz to 10 kHz, by least
    squares: blue filters are dark, orange ones are bright.

    Args:
        z: `(R, C, 2)`, a grid as `motion.grid` makes it.
        responses_db: `(R, C, F)` dB.
        places: `(N, 2)`, for instance where a corpus lies; drawn as dots.
        frequency: `(F,)` Hz.
        tiles: how many small curves along each side.
    """
    plane = np.asarray(z, float)
    shown, levels = _visible(responses_db, 3, frequency)
    if plane.shape != (*levels.shape[:2], 2) or min(plane.shape[:2]) < 2:
        raise ValueError(f"z has shape {plane.shape} and responses_db {levels.shape[:2]} + (F,): z must be (R, C, 2)")
    left, right, bottom, top = plane[0, 0, 0], plane[0, -1, 0], plane[0, 0, 1], plane[-1, 0, 1]
    slopes = tilt(levels, shown)
    step_x, step_y = (right - left) / (plane.shape[1] - 1), (top - bottom) / (plane.shape[0] - 1)
    fig = figure(
        frame_width=520,
        frame_height=520,
        x_range=Range1d(left - step_x / 2, right + step_x / 2),
        y_range=Range1d(bottom - step_y / 2, top + step_y / 2),
        x_axis_label="z0",
        y_axis_label="z1",
        tools="pan,box_zoom,reset,save",
    )
    _dress(fig)
    fig.grid.visible = False
    mapper = _diverging(slopes)
    centres = {"x": plane[..., 0].ravel(), "y": plane[..., 1].ravel(), "tilt": slopes.ravel()}
    colour = {"field": "tilt", "transform": mapper}
    tile = fig.rect("x", "y", step_x, step_y, source=ColumnDataSource(centres), fill_color=colour, line_color=colour)
    tile.nonselection_glyph = None
    rows, columns = (_middles(count, tiles) for count in plane.shape[:2])
    high = levels.max()
    low = max(levels.min(), high - 50)
    wide, tall = 0.8 * (right - left) / len(columns), 0.7 * (top - bottom) / len(rows)
    across = np.geomspace(shown[0], shown[-1], 80)
    xs, ys = [], []
    for row in rows:
        for column in columns:
            up = (np.interp(across, shown, levels[row, column]).clip(low, high) - low) / max(high - low, 1e-6)
            xs.append(plane[row, column, 0] + wide * np.linspace(-0.5, 0.5, len(across)))
            ys.append(plane[row, column, 1] + tall * (up - 0.5))
    fig.multi_line(xs, ys, color="#0c0c0c", width=1.5)
    if places is not None:
        dots = np.asarray(places, float)
        fig.scatter(dots[:, 0], dots[:, 1], size=5, color="#ffffff", line_color="#0c0c0c", line_width=0.8)
    tips = [("z", "(@x{+0.00}, @y{+0.00})"), ("tilt", "@tilt{+0.0} dB per octave")]
    fig.add_tools(HoverTool(renderers=[tile], tooltips=tips))
    fig.add_layout(_colour_bar(mapper, "tilt, dB per octave", "%+g"), "right")
    return fig


def places(
    points: Mapping[str, Mapping[str, ArrayLike]],
    here: ArrayLike | None = None,
    labels: tuple[str, str] = ("", ""),
    title: str = "",
) -> figure:
    """Named points of a plane, each family in a colour and a shape of its own, and a ring where one is.

    Args:
        points: family -> name -> `(x, y)`; up to eight families.
        here: `(x, y)` of the ring.
        labels: what x and y are.
        title: over the figure.
    """
    if len(points) > len(COLOURS):
        raise ValueError(f"points are of {len(points)} families; {len(COLOURS)} can be told apart")
    fig = figure(
        frame_width=460,
        frame_height=380,
        match_aspect=True,
        x_axis_label=labels[0],
        y_axis_label=labels[1],
        title=title,
        tools="pan,box_zoom,reset,save",
    )
    _dress(fig)
    items, dots = [], []
    for (family, named), color, shape in zip(points.items(), COLOURS, _SHAPES, strict=False):
        x, y = np.reshape([np.asarray(place, float) for place in named.values()], (-1, 2)).T
        source = ColumnDataSource({"x": x, "y": y, "name": list(named)})
        dots.append(fig.scatter("x", "y", source=source, marker=shape, size=10, color=color, alpha=0.9))
        items.append((f"{family} ({len(named)})", dots[-1:]))
    fig.add_tools(HoverTool(renderers=dots, tooltips=[("", "@name")]))
    if here is not None:
        x, y = np.asarray(here, float)
        items.append(("here", [fig.scatter([x], [y], size=20, fill_color=None, line_color=INK, line_width=3)]))
    _legend(fig, items)
    return fig


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


def ladder(report: Mapping[str, Any], title: str = "") -> figure:
    """What `python -m aether_lab evaluate` found: per source and rung a dot at the mean distance, a line to the p90.

    Args:
        report: `{"overall": {rung: {"mean", "median", "p90"}}, "by_source": {source: {rung: …}}}`, in dB; or several
            of them by name, `{model: report}`, to see their overall figures side by side.
        title: over the figure.
    """
    if "overall" in report:
        groups = {"overall": report["overall"], **report["by_source"]}
    else:
        groups = {name: each["overall"] for name, each in report.items()}
    rungs = list(dict.fromkeys(rung for each in groups.values() for rung in each))
    if len(rungs) > len(COLOURS):
        raise ValueError(f"the ladder has {len(rungs)} rungs; {len(COLOURS)} can be told apart")
    height = 16 * len(rungs) * len(groups)
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
    for k, (rung, color) in enumerate(zip(rungs, COLOURS, strict=False)):
        offset = 0.36 - 0.72 * k / max(len(rungs) - 1, 1)
        named = [name for name in groups if rung in groups[name]]
        data = {
            "group": [(name, offset) for name in named],
            "source": named,
            "rung": [rung] * len(named),
            **{key: [groups[name][rung][key] for name in named] for key in ("mean", "median", "p90")},
        }
        source = ColumnDataSource(data)
        fig.segment("mean", "group", "p90", "group", source=source, color=color, width=2, alpha=0.6)
        items.append((rung, [fig.scatter("mean", "group", source=source, size=9, color=color)]))
    for line in range(1, len(groups)):
        fig.add_layout(Span(location=line, dimension="width", line_color=INK, line_alpha=0.35))
    tips = [("", "@source, @rung"), ("mean", "@mean{0.00} dB"), ("median", "@median{0.00}"), ("p90", "@p90{0.00}")]
    fig.add_tools(HoverTool(renderers=[dot for _, dots in items for dot in dots], tooltips=tips))
    _legend(fig, items)
    return fig


# Showing and saving


def show(fig: UIElement) -> None:
    """Displays a figure in a notebook: live, or as a PNG where `AETHER_LAB_PICTURES` is `static`.

    A stored notebook keeps the PNG: a live figure needs its script to run, and a page that only shows notebooks runs
    none.
    """
    from IPython.display import Image, display

    if os.environ.get("AETHER_LAB_PICTURES") == "static":
        data = _rendered(fig, "png")
        display(Image(data=data, width=int.from_bytes(data[16:20], "big") // _SCALE))  # the width in the PNG's header
        return
    from bokeh.io import show as show_live

    _load_bokeh()
    show_live(fig)


def save(fig: UIElement, path: str | os.PathLike[str]) -> Path:
    """Writes a figure as `.html` (one file, works offline), `.png` (two pixels to a point) or `.svg`.

    Pictures are drawn by the Chrome, Chromium or Edge of this machine, see `browser`.

    Raises:
        ValueError: for another suffix.
        FileNotFoundError: if the folder does not exist, or a picture is asked for and there is no browser.
        RuntimeError: if the browser draws nothing.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("html", "png", "svg"):
        raise ValueError(
            f"{path.name}: a figure is saved as .html, .png or .svg, not {path.suffix or 'without suffix'}"
        )
    if kind == "html":
        return write_bytes(path, file_html(fig, INLINE, title=path.stem).encode())
    return write_bytes(path, _rendered(fig, kind))


_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


def browser() -> str:
    """Path of the Chrome, Chromium or Edge that draws pictures: `AETHER_LAB_BROWSER`, else the first one found.

    Raises:
        FileNotFoundError: none is installed where one is looked for.
    """
    named = os.environ.get("AETHER_LAB_BROWSER")
    if named:
        if found := shutil.which(named):
            return found
        raise FileNotFoundError(f"AETHER_LAB_BROWSER names {named!r}, which is not a program on this machine")
    for program in map(shutil.which, _BROWSERS):
        if program:
            return program
    for place in _PLACES:
        if Path(place).is_file():
            return place
    raise FileNotFoundError(
        "pictures are drawn by a browser, and no Chrome, Chromium or Edge was found. Install one, or set "
        "AETHER_LAB_BROWSER to the path of its program; .html needs none"
    )


@functools.cache
def _load_bokeh() -> None:
    """Puts BokehJS into the page, once per kernel and from this machine: no CDN, and only the part figures need."""
    from bokeh.io import output_notebook

    output_notebook(resources=Resources(mode="inline", components=["bokeh"]), hide_banner=True)


_SCALE = 2
_DRAW = """
<script>
(function draw() {
  const doc = window.Bokeh?.documents[0];
  if (!doc?.is_idle) return setTimeout(draw, 20);
  const view = [...Bokeh.index][0];
  const text = KIND === "svg"
    ? btoa(unescape(encodeURIComponent(view.export("svg").ctx.get_serialized_svg(true))))
    : view.export("png").canvas.toDataURL("image/png").split(",")[1];
  document.documentElement.innerHTML = "<body><pre>" + text + "</pre></body>";
})();
</script>
</body>"""


def _rendered(fig: UIElement, kind: str) -> bytes:
    program = browser()
    page = file_html(fig, INLINE, title="figure")
    head, _, tail = page.rpartition("</body>")
    with tempfile.TemporaryDirectory(prefix="aether_lab_", ignore_cleanup_errors=True) as scratch:
        source = Path(scratch, "figure.html")
        source.write_text(head + _DRAW.replace("KIND", f'"{kind}"') + tail, encoding="utf-8")
        command = [
            program,
            "--headless",
            "--dump-dom",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            f"--user-data-dir={scratch}/profile",  # so that a browser already open is left alone
            f"--force-device-scale-factor={_SCALE}",
            "--window-size=1600,2400",
            "--virtual-time-budget=20000",  # ms of the page's own clock; drawing ends long before
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # its sandbox refuses root, who is the user in most containers
        try:
            done = subprocess.run([*command, source.as_uri()], capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"{program} did not draw the figure within {error.timeout:.0f} s") from error
    found = re.search(r"<pre>([A-Za-z0-9+/=]+)</pre>", done.stdout)
    if not found:
        said = done.stderr.strip().splitlines()[-1:] or ["nothing on its error output"]
        raise RuntimeError(f"{program} drew no picture (exit status {done.returncode}; it said: {said[0]})")
    return base64.b64decode(found[1])


# Parts of figures


def _figure(
    title: str,
    width: int,
    height: int,
    *,
    x_range: Range1d | None = None,
    y_range: Range1d | None = None,
    x_label: bool = True,
    y_label: bool = True,
    ticks: Sequence[int] = _TICKS,
) -> figure:
    """A frame of `width` by `height` points with level over frequency."""
    fig = figure(
        frame_width=width,
        frame_height=height,
        title=title,
        x_axis_type="log",
        x_range=x_range or Range1d(20, 20_000),
        tools="pan,box_zoom,reset,save",
        **({"y_range": y_range} if y_range else {}),
    )
    _dress(fig)
    fig.xaxis.ticker = FixedTicker(ticks=list(ticks))
    fig.xgrid.ticker = FixedTicker(ticks=list(ticks))
    fig.xaxis.major_label_overrides = {tick: f"{tick}" if tick < 1000 else f"{tick // 1000}k" for tick in ticks}
    fig.xaxis.axis_label = "frequency, Hz" if x_label else None
    fig.yaxis.axis_label = "level, dB" if y_label else None
    fig.min_border_right = 24  # room for the half of "20k" that stands outside the frame
    return fig


def _dress(fig: figure) -> None:
    fig.background_fill_color = fig.border_fill_color = fig.outline_line_color = None
    fig.toolbar.autohide = True
    fig.toolbar.logo = None
    fig.title.text_color = INK
    fig.title.text_font = _FONT
    fig.title.text_font_size = "13px"
    for axis in fig.axis:
        axis.axis_label_text_color = axis.major_label_text_color = INK
        axis.axis_label_text_font = axis.major_label_text_font = _FONT
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = "12px"
        axis.major_label_text_font_size = "11px"
        axis.axis_line_color = axis.major_tick_line_color = INK
        axis.minor_tick_line_color = None
    fig.grid.grid_line_color = INK
    fig.grid.grid_line_alpha = 0.3


def _legend(fig: figure, items: Sequence[tuple[str, list[Any]]], inside: bool = False) -> None:
    legend = Legend(
        items=[LegendItem(label=name, renderers=renderers) for name, renderers in items],
        background_fill_color=None,
        border_line_color=None,
        label_text_color=INK,
        label_text_font=_FONT,
        label_text_font_size="12px",
        click_policy="hide",
        **({"location": "top_right"} if inside else {}),
    )
    fig.add_layout(legend, "center" if inside else "right")


def _hover(fig: figure, renderers: Sequence[Any], first: Sequence[tuple[str, str]] = ()) -> None:
    tips = [*first, ("frequency", "$x{0,0} Hz"), ("level", "$y{+0.0} dB")]
    fig.add_tools(HoverTool(renderers=list(renderers), tooltips=tips))


def _grid(panels: list[figure], columns: int) -> UIElement:
    return GridBox(children=[(panel, *divmod(k, columns)) for k, panel in enumerate(panels)])


def _colour_bar(mapper: LinearColorMapper, label: str, ticks: str) -> ColorBar:
    return ColorBar(
        color_mapper=mapper,
        width=10,
        title=label or None,
        formatter=PrintfTickFormatter(format=ticks),
        title_text_color=INK,
        title_text_font=_FONT,
        title_text_font_style="normal",
        major_label_text_color=INK,
        major_label_text_font=_FONT,
        major_label_text_font_size="11px",
        background_fill_color=None,
        bar_line_color=None,
        major_tick_line_color=None,
        ticker=BasicTicker(desired_num_ticks=5),
    )


def _diverging(values: NDArray[np.float64]) -> LinearColorMapper:
    """Blue below 0, grey at 0, orange above."""
    reach = float(np.abs(values).max()) or 1.0
    stops = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in _DIVERGING], float)
    at = np.linspace(0, len(stops) - 1, 128)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), stops[:, k]) for k in range(3)], 1).round().astype(int)
    return LinearColorMapper(palette=["#{:02x}{:02x}{:02x}".format(*c) for c in mixed], low=-reach, high=reach)


def _visible(
    levels_db: ArrayLike, ndim: int, frequency: ArrayLike = FREQUENCIES
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The bins that a log axis from 20 Hz can show apart, checked: `(F',)` Hz and `(..., F')` dB."""
    hertz, levels = np.asarray(frequency, np.float32), np.asarray(levels_db, np.float32)
    if levels.ndim != ndim or hertz.shape != levels.shape[-1:]:
        raise ValueError(
            f"levels have shape {levels.shape} and frequency {hertz.shape}; "
            f"{ndim} axes are needed, the last of them with one level for each frequency"
        )
    if not np.isfinite(levels).all():
        raise ValueError(
            f"{(~np.isfinite(levels)).sum()} of {levels.size} levels are not finite; each must be a dB value"
        )
    inside = np.flatnonzero((hertz >= 20) & (hertz <= 20_000))
    kept = inside[:1].tolist()
    for k in inside[1:]:
        if hertz[k] >= hertz[kept[-1]] * _APART or k == inside[-1]:
            kept.append(k)
    return hertz[kept], levels[..., kept]


def _middles(count: int, parts: int) -> NDArray[np.int64]:
    """Indices of the middles of `parts` equal parts of `range(count)`."""
    parts = min(parts, count)
    return np.floor((np.arange(parts) + 0.5) * count / parts).astype(int)


def _level_range(known: Sequence[NDArray[Any]], floor: float = 90) -> Range1d:
    """A range that holds all of `known`, but for what lies more than `floor` dB under the highest."""
    low, high = min(float(np.min(levels)) for levels in known), max(float(np.max(levels)) for levels in known)
    low = max(low, high - floor)
    margin = max(0.06 * (high - low), 2.0)
    return Range1d(low - margin, high + margin)
