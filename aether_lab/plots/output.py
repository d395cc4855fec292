"""Showing figures in a notebook and saving them."""

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

from aether_lab.signals.files import is_replaceable, write_bytes
from aether_lab.signals.names import printable


def show(fig: UIElement) -> None:
    """Displays a figure in a notebook: interactive, or as a PNG if `AETHER_LAB_PICTURES` is `static`.

    Stored notebooks contain the PNG, because viewers without JavaScript cannot draw an interactive figure.

    >>> from aether_lab import plots
    >>> plots.show(plots.curves({"flat": [0, 0]}, [100, 10_000]))
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
    """Writes a figure as `.html` (one file, works offline), `.png` (two pixels per point) or `.svg`.

    Chrome, Chromium or Edge draws `.png` and `.svg`, see `browser`.

    Raises:
        ValueError: another suffix.
        FileNotFoundError: the folder does not exist, or `.png` or `.svg` without a browser.
        RuntimeError: the browser draws nothing.

    >>> import tempfile
    >>> from aether_lab import plots
    >>> figure = plots.curves({"flat": [0, 0]}, [100, 10_000])
    >>> plots.save(figure, f"{tempfile.mkdtemp()}/flat.html").name
    'flat.html'
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".") or ("" if is_replaceable(path) else "html")  # such as /dev/stdout
    if kind not in ("html", "png", "svg"):
        raise ValueError(
            f"{path.name}: a figure is saved as .html, .png or .svg, not {path.suffix or 'without suffix'}"
        )
    if kind == "html":
        return write_bytes(path, file_html(fig, INLINE, title=printable(path.stem)).encode())
    return write_bytes(path, _rendered(fig, kind))


_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")

_PROGRAM_FILES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


def browser() -> str:
    """Path of the browser that draws pictures: `AETHER_LAB_BROWSER`, else the first Chrome, Chromium or Edge found.

    Raises:
        FileNotFoundError: none is found.
    """
    named = os.environ.get("AETHER_LAB_BROWSER")
    if named:
        if found := shutil.which(named):
            return found
        raise FileNotFoundError(f"AETHER_LAB_BROWSER is {named!r}, which is not a program on this machine")
    for program in map(shutil.which, _BROWSERS):
        if program:
            return program
    for path in _PROGRAM_FILES:
        if Path(path).is_file():
            return path
    raise FileNotFoundError(
        ".png and .svg need a browser, and no Chrome, Chromium or Edge was found. Install one, or set "
        "AETHER_LAB_BROWSER to the path of its program; .html needs none"
    )


@functools.cache
def _load_bokeh() -> None:
    """Loads BokehJS into the page once per kernel, from this machine instead of a CDN."""
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
            f"--user-data-dir={scratch}/profile",  # separate from a running browser
            f"--force-device-scale-factor={_SCALE}",
            "--window-size=1600,2400",
            "--virtual-time-budget=20000",  # ms of the page's clock
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # the sandbox refuses root, the usual user in containers
        try:
            done = subprocess.run([*command, source.as_uri()], capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"{program} did not draw the figure within {error.timeout:.0f} s") from error
    encoded = re.search(r"<pre>([A-Za-z0-9+/=]+)</pre>", done.stdout)
    if not encoded:
        message = done.stderr.strip().splitlines()[-1:] or ["no error output"]
        raise RuntimeError(f"{program} drew no picture (exit status {done.returncode}: {message[0]})")
    return base64.b64decode(encoded[1])
