"""Latent points as a short text: the fragment of an address, `#z=0.5,-1&kind=room&model=nested`.

`z` holds the knobs, `details` the details where one is not 0, `kind` a name or a mixture `room:3,ear:1`, and `model`
the name of the space. Numbers are the shortest that read back to the same bits, in the notation of JavaScript, so that
`static/dsp/permalink.js` writes the same text.
"""

from decimal import Decimal
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.model.points import whole_point
from aether_lab.model.presets import model_name
from aether_lab.model.space import FilterSpace
from aether_lab.signals.names import printable

LONGEST = 10_000
"""Characters of a permalink that is read."""

_PARTS = ("z", "details", "kind", "model")


def permalink(space: FilterSpace, z: ArrayLike) -> str:
    """The text of a latent point, `"#z=…"`; `read_permalink` gives back the same bits.

    Args:
        z: a point as `FilterSpace.decode` takes it, `(latent_dim,)`, or without details or kind.

    Raises:
        ValueError: another shape, or not finite.

    >>> from aether_lab import FilterSpace, permalink
    >>> permalink(FilterSpace.load("2d"), [0.5, -1e-7])
    '#z=0.5,-1e-7&model=2d'
    """
    point = whole_point(space, z)
    if point.ndim != 1 or not np.isfinite(point).all():
        raise ValueError(f"z is {point.tolist()}; a permalink holds one point of finite numbers")
    knobs, details, weights = np.split(point, [space.knobs, space.knobs + space.details])
    parts = {"z": _joined(knobs)}
    if details.any():
        parts["details"] = _joined(details)
    if space.kinds:
        parts["kind"] = ",".join(
            _quoted(printable(kind)) + ("" if weight == 1 else f":{number_text(weight)}")
            for kind, weight in zip(space.kinds, weights, strict=True)
            if weight
        )
    parts["model"] = _quoted(model_name(space))
    return "#" + "&".join(f"{name}={value}" for name, value in parts.items())


def read_permalink(space: FilterSpace, text: str) -> np.ndarray:
    """The latent point `(latent_dim,)` of a permalink, or of an address that ends in one.

    Raises:
        ValueError: no permalink, or one of another space.

    >>> from aether_lab import FilterSpace, read_permalink
    >>> read_permalink(FilterSpace.load("2d"), "explorer.html#z=0.5,-1").tolist()
    [0.5, -1.0]
    """
    if len(text) > LONGEST:
        raise ValueError(f"the permalink has {len(text)} characters; allowed are {LONGEST}")
    pairs = [part.partition("=")[::2] for part in text.strip().rpartition("#")[2].split("&")]
    parts = {name: value for name, value in pairs if name in _PARTS}
    if "z" not in parts:
        raise ValueError(f"{text!r:.100} is no permalink; expected #z=0.5,-1,… with one number for each knob")
    model = unquote(parts.get("model", "")) or model_name(space)
    if model != model_name(space):
        raise ValueError(f"the permalink is of the model {model!r:.100}; this space is {model_name(space)!r}")
    knobs = _numbers("z", parts["z"], space.knobs)
    details = _numbers("details", parts["details"], space.details) if parts.get("details") else [0.0] * space.details
    point = whole_point(space, [*knobs, *details])
    if "kind" in parts:
        point[space.knobs + space.details :] = _weights(space, parts["kind"])
    return point


def number_text(value: float) -> str:
    """The shortest text that reads back to the same number, as JavaScript writes it.

    >>> [number_text(value) for value in (0.5, 2.0, -0.0, 1e-7, 1.5e-5, 1e16, 1.25e22)]
    ['0.5', '2', '0', '1e-7', '0.000015', '10000000000000000', '1.25e+22']
    """
    value = float(value)
    if not value:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    point = len(digits) + int(exponent)  # the decimal point stands after so many digits
    figures = "".join(map(str, digits))
    minus = "-" if sign else ""
    if not -6 < point <= 21:
        fraction = f".{figures[1:]}" if len(figures) > 1 else ""
        return f"{minus}{figures[0]}{fraction}e{point - 1:+d}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{figures}"
    whole, fraction = figures[:point].ljust(point, "0"), figures[point:]
    return f"{minus}{whole}{f'.{fraction}' if fraction else ''}"


def _joined(values: np.ndarray) -> str:
    return ",".join(map(number_text, values))


def _quoted(name: str) -> str:
    """As `encodeURIComponent` of JavaScript, and brackets and quotes too, which end a link in text."""
    return quote(name, safe="-_.~*")


def _numbers(name: str, text: str, count: int) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")] if text else []
    except ValueError as error:
        raise ValueError(f"{name}={text:.100}: expected numbers with commas between") from error
    if len(values) != count or not np.isfinite(values).all():
        raise ValueError(f"{name}={text:.100}: this space needs {count} finite numbers")
    return values


def _weights(space: FilterSpace, text: str) -> np.ndarray:
    weights, kinds = np.zeros(len(space.kinds)), [printable(kind) for kind in space.kinds]
    for part in filter(None, text.split(",")):
        name, _, weight = part.partition(":")
        if (kind := unquote(name)) not in kinds:
            allowed = ", ".join(kinds) or "none, because this space has no kinds"
            raise ValueError(f"kind is {kind!r:.100}; allowed are {allowed}")
        weights[kinds.index(kind)] = _numbers("kind", weight, 1)[0] if weight else 1.0
    return weights
