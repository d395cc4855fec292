"""Showing figures in a notebook, and saving them."""

import base64
import functools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from bokeh.embed import file_html
from bokeh.models import (
    UIElement,
)
from bokeh.resources import INLINE, Resources

from aether_lab.signals.files import write_bytes


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
