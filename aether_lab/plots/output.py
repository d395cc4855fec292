"""Showing figures in a notebook and saving them."""

import io
import os
from pathlib import Path

from bokeh.embed import file_html
from bokeh.models import (
    UIElement,
)
from bokeh.resources import INLINE

from aether_lab.plots.matplotlib_figure import rc_params, to_matplotlib
from aether_lab.signals.files import is_replaceable, write_bytes
from aether_lab.signals.names import printable

_SCALE = 2  # pixels of a picture to a CSS pixel

_MOST_DPI = 2400


def show(fig: UIElement) -> None:
    """Displays a figure in a notebook: interactive, or as a PNG if `AETHER_LAB_PICTURES` is `static`.

    Stored notebooks contain the PNG, because viewers without JavaScript cannot draw an interactive figure. Either is
    described in words for those who cannot see it.

    >>> from aether_lab import plots
    >>> plots.show(plots.curves({"flat": [0, 0]}, [100, 10_000], title="Flat"))
    Flat: level, dB over frequency, Hz; flat
    """
    from IPython.display import display

    from aether_lab.plots.notebook import LiveFigure, picture

    static = os.environ.get("AETHER_LAB_PICTURES") == "static"
    display(picture(fig, _rendered(fig, "png"), _SCALE) if static else LiveFigure(fig))


def save(fig: UIElement, path: str | os.PathLike[str], dpi: float = 96 * _SCALE) -> Path:
    """Writes a figure as `.html` (one file, works offline), `.png`, `.svg` or `.pdf`.

    `.png`, `.svg` and `.pdf` are as wide as the style that the figure was made in says, and need no browser.

    Args:
        fig: of `plots`, or your own of the same glyphs.
        path: its suffix says the format.
        dpi: pixels per inch of a `.png`; journals ask for 300 to 1200. The default is two pixels to a CSS pixel.

    Raises:
        ValueError: another suffix, `dpi` not positive, or a figure that cannot be drawn: see `to_matplotlib`.
        FileNotFoundError: the folder does not exist.

    >>> import tempfile
    >>> from aether_lab import plots
    >>> with plots.style("paper", width_mm=85):
    ...     figure = plots.curves({"flat": [0, 0]}, [100, 10_000])
    >>> plots.save(figure, f"{tempfile.mkdtemp()}/flat.pdf").name
    'flat.pdf'
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".") or ("" if is_replaceable(path) else "html")  # such as /dev/stdout
    if kind not in ("html", "png", "svg", "pdf"):
        raise ValueError(
            f"{path.name}: a figure is saved as .html, .png, .svg or .pdf, not {path.suffix or 'without suffix'}"
        )
    if not 1 <= dpi <= _MOST_DPI:
        raise ValueError(f"dpi is {dpi:g}; it must be 1 to {_MOST_DPI}")
    if kind == "html":
        return write_bytes(path, file_html(fig, INLINE, title=printable(path.stem)).encode())
    return write_bytes(path, _rendered(fig, kind, dpi))


def _rendered(fig: UIElement, kind: str, dpi: float = 96 * _SCALE) -> bytes:
    """The figure as PNG, SVG or PDF; SVG and PDF have no bitmaps and their text is text."""
    from matplotlib import rc_context

    file = io.BytesIO()
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}  # the same file each time
    with rc_context(rc_params()):
        to_matplotlib(fig).savefig(file, format=kind, dpi=dpi, metadata=undated[kind])
    return file.getvalue()
