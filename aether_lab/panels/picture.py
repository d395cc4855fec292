"""A panel as a picture: what a reader sees of it where no program runs, as an SVG that says in words what it shows.

A picture is blocks below one another, `WIDTH` wide, in the colours, ranges and names of the view in the browser.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aether_lab.model.knobs import KNOB
from aether_lab.panels.bundle import STATIC
from aether_lab.panels.colours import colours
from aether_lab.plots.log_axis import TICKS
from aether_lab.signals.names import printable

WIDTH = 848

FREQUENCIES = np.geomspace(20, 20_000, 241)
"""Hz, `(241,)`: where curves are drawn."""

SMALLEST_RANGE, RANGE_LIMITS = (-40, 20), (-80, 60)
"""dB: the axis of levels at least and at most, as in `static/ui/axes.js`."""

_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 52, 16, 12, 28, 320  # of a plot, its numbers included
_STEPS = (1, 2, 3, 6, 10, 20, 40)  # dB
_STYLES = {  # of a curve; widths and dashes differ as well as colours
    "sum": 'class="aether-line-sum" stroke-width="2.5"',
    "target": 'class="aether-line-target" stroke-width="6" opacity=".9"',
    "other": 'class="aether-line-minus" stroke-width="2" stroke-dasharray="6 4"',
}


class Curve(NamedTuple):
    """A magnitude response."""

    name: str
    level_db: ArrayLike  # (F,)
    style: str  # of `_STYLES`
    frequency_hz: ArrayLike = FREQUENCIES  # (F,)


class Slider(NamedTuple):
    """A slider from `ends[0]` to `ends[1]`, marked at `value`."""

    name: str
    effect: str
    value: float
    text: str
    ends: tuple[float, float] = (-KNOB, KNOB)
    learned: tuple[float, float] | None = None


class Block(NamedTuple):
    """A part of a picture: its height, and its elements with the origin at its upper left."""

    height: float
    svg: str


def picture(words: str, *blocks: Block) -> str:
    """An SVG of blocks. `words` are read to those who cannot see it."""
    parts, height = [], 8.0
    for block in blocks:
        parts.append(f'<g transform="translate(0 {height:g})">{block.svg}</g>')
        height += block.height
    said = _text(words)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{said}" viewBox="0 0 {WIDTH} {height + 8:g}" '
        f'width="{WIDTH}" style="max-width:100%;height:auto"><title>{said}</title>'
        f"<style>{_rules(dark=False)}@media(prefers-color-scheme:dark){{{_rules(dark=True)}}}</style>"
        f'<rect width="{WIDTH}" height="{height + 8:g}" class="aether-fill-paper"/>'
        f'<g font-family="system-ui,sans-serif" font-size="13" class="aether-fill-ink">{"".join(parts)}</g></svg>'
    )


def heading(text: str) -> Block:
    """A line of text."""
    return Block(26, f'<text x="{_LEFT}" y="18" font-weight="600">{_text(text)}</text>')


def levels(curves: Sequence[Curve]) -> Block:
    """Curves over log frequency, with their names."""
    low, high = level_range([curve.level_db for curve in curves])
    box = (_LEFT, _TOP, WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM)

    def x(hertz: ArrayLike) -> NDArray[np.float64]:
        return box[0] + box[2] * np.log(np.asarray(hertz, np.float64) / 20) / np.log(1000)

    def y(level: ArrayLike) -> NDArray[np.float64]:
        bounded = np.clip(np.asarray(level, np.float64), 2 * low - high, 2 * high - low)  # keeps slopes at the edges
        return box[1] + box[3] * (high - bounded) / (high - low)

    step = next(step for step in _STEPS if (high - low) / step < 12)
    ticks = range(-(-low // step) * step, high + 1, step)
    grid = [f'<path d="M{x(hertz):.1f} {box[1]}v{box[3]}"/>' for hertz in TICKS]
    grid += [f'<path d="M{box[0]} {y(level):.1f}h{box[2]}"/>' for level in ticks]
    numbers = [
        f'<text x="{x(hertz):.1f}" y="{_HEIGHT - 10}" text-anchor="middle">{_hertz(hertz)}</text>' for hertz in TICKS
    ]
    numbers += [
        f'<text x="{_LEFT - 8}" y="{y(level) + 4:.1f}" '
        f'text-anchor="end">{signed(level, 0)}{" dB" if level == ticks[-1] else ""}</text>'
        for level in ticks
    ]
    drawn = [
        f'<path d="{_path(x(curve.frequency_hz), y(curve.level_db))}" {_STYLES[curve.style]}/>'
        for curve in sorted(curves, key=lambda curve: curve.style != "target")
    ]
    frame = f'<svg x="{box[0]}" y="{box[1]}" width="{box[2]}" height="{box[3]}" viewBox="{" ".join(map(str, box))}">'
    keys, across = [], float(_LEFT)
    for curve in curves:
        name = printable(curve.name)
        keys.append(
            f'<path d="M{across:g} 14h24" {_STYLES[curve.style]}/><text x="{across + 30:g}" y="18">{_text(name)}</text>'
        )
        across += 54 + 7.5 * len(name)
    return Block(
        _HEIGHT + 28,
        f'<g class="aether-line-grid">{"".join(grid)}</g>{"".join(numbers)}'
        f'{frame}{"".join(drawn)}</svg><g transform="translate(0 {_HEIGHT})">{"".join(keys)}</g>',
    )


def sliders(each: Sequence[Slider]) -> Block:
    """Sliders in two columns, with name, value, what they do, and the learned range on the track."""
    columns = min(len(each), 2)
    width = (WIDTH - _LEFT - _RIGHT - 24 * (columns - 1)) / columns
    parts = []
    for i, slider in enumerate(each):
        left, top = _LEFT + (i % columns) * (width + 24), 56 * (i // columns)
        low, high = slider.ends
        inside = [min(max(end, low), high) for end in (slider.value, *(slider.learned or slider.ends))]
        at, *band = [left + width * (value - low) / (high - low) for value in inside]
        parts.append(
            f'<text x="{left:g}" y="{top + 16}" font-weight="600">{_text(slider.name)}</text>'
            f'<text x="{left + width:g}" y="{top + 16}" text-anchor="end">{_text(slider.text)}</text>'
            f'<path d="M{left:g} {top + 28}h{width:g}" class="aether-line-grid" stroke-width="4"/>'
            f'<path d="M{band[0]:.1f} {top + 28}H{band[1]:.1f}" class="aether-line-plus" stroke-width="4"/>'
            f'<circle cx="{at:.1f}" cy="{top + 28}" r="8" class="aether-fill-sum"/>'
            f'<text x="{left:g}" y="{top + 49}" font-size="11" class="aether-fill-faint">{_text(slider.effect)}</text>'
        )
    return Block(56 * -(-len(each) // max(columns, 1)) + 4, "".join(parts))


def map_plane(points: Mapping[str, ArrayLike], here: ArrayLike, labels: Sequence[str]) -> Block:
    """Named points `(2,)` of a map, and a ring at `here`."""
    side = 420
    places = np.array([*map(np.asarray, points.values()), here], np.float64)
    reach = 1.1 * max(float(np.abs(places).max()), 1.0)
    across, down = WIDTH / 2 + places[:, 0] * side / 2 / reach * 1.6, side / 2 * (1 - places[:, 1] / reach)
    parts, taken = [], [(across[-1] - 10, across[-1] + 10, down[-1])]
    for name, x, y in zip(points, across, down, strict=False):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="aether-fill-plus"/>')
        text, side_of = printable(name), -1 if x > 0.6 * WIDTH else 1
        start, end = sorted((x + 7 * side_of, x + (7 + 6.2 * len(text)) * side_of))
        if all(abs(y - row) > 12 or end < left or start > right for left, right, row in taken):  # not over another
            taken.append((start, end, y))
            anchor = "start" if side_of > 0 else "end"
            parts.append(
                f'<text x="{x + 7 * side_of:.1f}" y="{y + 4:.1f}" font-size="11" text-anchor="{anchor}">'
                f"{_text(name)}</text>"
            )
    ring = f'<circle cx="{across[-1]:.1f}" cy="{down[-1]:.1f}" r="9" class="aether-line-sum" stroke-width="3"/>'
    axes = (
        f'<text x="{WIDTH / 2}" y="{side + 18}" text-anchor="middle">{_text(labels[0])}</text>'
        f'<text transform="translate(14 {side / 2}) rotate(-90)" text-anchor="middle">{_text(labels[1])}</text>'
    )
    return Block(side + 28, "".join(parts) + ring + axes)


def level_range(levels_db: Iterable[ArrayLike]) -> tuple[int, int]:
    """The dB that the axis shows of these curves, whole tens.

    >>> level_range([[-3, 4]]), level_range([[-52, 24]]), level_range([[-200, 99]])
    ((-40, 20), (-60, 30), (-80, 60))
    """
    values = np.concatenate([np.ravel(each) for each in (*levels_db, SMALLEST_RANGE)]).astype(np.float64)
    low, high = 10 * np.floor(values.min() / 10), 10 * np.ceil(values.max() / 10)
    return int(max(low, RANGE_LIMITS[0])), int(min(high, RANGE_LIMITS[1]))


def extremes(level_db: ArrayLike) -> str:
    """A curve at `FREQUENCIES` in words: "highest 3.0 dB at 120 Hz, lowest −20.1 dB at 18000 Hz"."""
    level = np.asarray(level_db)

    def at(k: np.intp) -> str:
        return f"{signed(level[k], 1)} dB at {float(f'{FREQUENCIES[k]:.3g}'):g} Hz"

    return f"highest {at(level.argmax())}, lowest {at(level.argmin())}"


def _rules(dark: bool) -> str:
    """Classes for the colours that the views have on a light or a dark page."""
    sheet = (STATIC / "ui" / "elements.css").read_text(encoding="utf-8")
    start = sheet.index("prefers-color-scheme: dark") if dark else 0
    found = dict(re.findall(r"--aether-(\w+): (?:var\([^,]+, )?(#\w+)", sheet[start : sheet.index("}", start)]))
    found |= {name: pair[dark] for name, pair in colours().items()}
    return "".join(
        f".aether-line-{name}{{stroke:{colour};fill:none}}.aether-fill-{name}{{fill:{colour}}}"
        for name, colour in found.items()
    )


def _path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    return "M" + " ".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def _hertz(hertz: float) -> str:
    return f"{hertz:g}{' Hz' if hertz == TICKS[0] else ''}" if hertz < 1000 else f"{hertz / 1000:g}k"


def signed(value: float, digits: int) -> str:
    """A number with a true minus, and no minus before a zero, as in `static/text.js`."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _text(text: str) -> str:
    return html.escape(printable(text))
