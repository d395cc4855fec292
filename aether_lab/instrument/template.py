"""Templates of programs: text files beside this one with names between @ signs.

What `filled` makes of one has marks in place of the weights. `with_weights` puts them in; so does
`static/dsp/instrument.js` in the browser, to the byte.
"""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aether_lab.model.space import FilterSpace

FOLDER = Path(__file__).parent / "templates"


def filled(name: str, values: Mapping[str, str], texts: Mapping[str, str] | None = None) -> str:
    """The template with a text for each of its names.

    Args:
        values: parts of the program, which may have names in turn.
        texts: what came from outside, and is put in as it is.

    Raises:
        KeyError: a name without a value.
    """

    def fill(text: str) -> str:
        return re.sub(r"@([A-Z_]+)@", lambda found: literal.get(found[1]) or fill(values[found[1]]), text)

    literal = texts or {}
    return fill((FOLDER / name).read_text(encoding="utf-8"))


def mark(part: str, layer: int | str, suffix: str = "") -> str:
    """What stands for the weights of a layer: no text of a card holds such a character.

    Args:
        part: "kernel" or "bias", in their order; or "rows", of each unit its weights and its bias.
        layer: its number, or "linear".
        suffix: of each number.
    """
    return f"\0{part} {layer} {suffix}\0"


def with_weights(program: str, space: FilterSpace) -> str:
    """A program with the weights of a space in place of its marks."""
    layers = {str(k): layer for k, layer in enumerate(space.decoder_layers)}
    if linear := space.decoder_linear:
        layers["linear"] = linear

    def weights(found: re.Match[str]) -> str:
        kernel, bias = layers[found[2]]
        return numbers({"kernel": kernel, "bias": bias, "rows": _rows(kernel, bias)}[found[1]], found[3])

    return re.sub("\0(kernel|bias|rows) (linear|[0-9]) (f?)\0", weights, program)


def _rows(kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(out, in + 1)`: of each unit its weights and its bias, one kind after the other."""
    whole = np.concatenate([kernel, bias[..., None, :]], axis=-2)
    return whole.reshape(-1, whole.shape[-1]).T


def numbers(values: ArrayLike, suffix: str = "", width: int = 118) -> str:
    """Float32 numbers with commas between, the fewest digits that give back the same bits, in lines.

    >>> numbers([0.1, -2, 1e-9], "f")
    '0.1f, -2.0f, 1e-09f'
    """
    words = (repr(float(str(value))) + suffix for value in np.asarray(values, np.float32).ravel())
    return textwrap.fill(", ".join(words), width, break_long_words=False, break_on_hyphens=False)
