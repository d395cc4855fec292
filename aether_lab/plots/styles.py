"""Styles of figures: for a notebook, a paper or slides.

A style applies to the figures that are made after it is set. Lengths are in CSS pixels: 96 to the inch.
"""

import dataclasses
from types import TracebackType

from aether_lab.plots.palette import COLOURS, DASHES, INK, LIGHT

NARROWEST = 340
"""CSS pixels: down to this width a figure of the notebook shrinks with its cell, and its legend and title fit."""

_MM = 96 / 25.4  # CSS pixels

_WIDTHS_MM = (30.0, 1000.0)


@dataclasses.dataclass(frozen=True)
class Style:
    """How figures are drawn.

    Attributes:
        width: of the whole figure.
        aspect: height of a frame of the whole width, as a share of that width.
        text: size of labels; of titles a little more.
        line: width of a curve.
        ink: colour of text and axes.
        page: colour behind the figure; None: transparent.
        colours: of curves and families.
        dashed: whether curves also differ in dash and marker.
        responsive: whether the figure shrinks with a narrow cell.
    """

    width: int
    aspect: float
    text: float
    line: float
    ink: str
    page: str | None
    colours: tuple[str, ...]
    dashed: bool
    responsive: bool

    @property
    def narrowest(self) -> int:
        """The width that text must fit."""
        return min(NARROWEST, self.width) if self.responsive else self.width

    def dash(self, k: int) -> list[int]:
        """The dash of curve `k`, as Bokeh takes it: lengths on and off, none for a solid line."""
        return [round(self.line * length) for length in DASHES[k % len(DASHES)]] if self.dashed else []

    def is_marked(self, k: int) -> bool:
        """Whether curve `k` has markers: from the one on that repeats a dash."""
        return self.dashed and k >= len(DASHES)


STYLES = {
    "notebook": Style(720, 0.42, 12, 2.5, INK, None, COLOURS, dashed=False, responsive=True),
    "paper": Style(round(85 * _MM), 0.5, 8 / 0.75, 1.2 / 0.75, "#000000", "#ffffff", LIGHT, True, False),
    "slides": Style(round(254 * _MM), 0.42, 18 / 0.75, 4, "#000000", "#ffffff", LIGHT, True, False),
}

_current = STYLES["notebook"]  # not a context variable: a notebook runs each cell in a context of its own


def current() -> Style:
    """The style of the next figure."""
    return _current


class style:
    """Sets the style of the figures that are made from now on, or inside a `with` block.

    "notebook" has a transparent background and grey text, for light and dark pages, and shrinks with a narrow cell.
    "paper" and "slides" have black text on white, and curves that also differ in dash and marker; text has 8 and 18
    points at any width.

    Args:
        name: "notebook", "paper" or "slides".
        width_mm: of the whole figure; default: 190, 85 (one column of most journals) and 254 mm.

    Raises:
        ValueError: another name, or a width outside 30 to 1000 mm.

    >>> from aether_lab import plots
    >>> with plots.style("paper", width_mm=120):
    ...     figure = plots.curves({"flat": [0, 0], "tilted": [3, -3]}, [100, 10_000])
    >>> round(figure.width * 25.4 / 96), figure.title.text_color
    (120, '#000000')
    """

    def __init__(self, name: str, width_mm: float | None = None) -> None:
        if name not in STYLES:
            raise ValueError(f"style is {name!r}; it must be one of {', '.join(STYLES)}")
        chosen = STYLES[name]
        if width_mm is not None:
            if not _WIDTHS_MM[0] <= width_mm <= _WIDTHS_MM[1]:
                raise ValueError(f"width_mm is {width_mm:g}; it must be {_WIDTHS_MM[0]:g} to {_WIDTHS_MM[1]:g}")
            chosen = dataclasses.replace(chosen, width=round(width_mm * _MM))
        global _current
        self._before, _current = _current, chosen

    def __enter__(self) -> "style":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _current
        _current = self._before
