"""Templates of programs: text files beside this one with names between @ signs."""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

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


def numbers(values: ArrayLike, suffix: str = "", width: int = 118) -> str:
    """Float32 numbers with commas between, the fewest digits that give back the same bits, in lines.

    >>> numbers([0.1, -2, 1e-9], "f")
    '0.1f, -2.0f, 1e-09f'
    """
    words = (repr(float(str(value))) + suffix for value in np.asarray(values, np.float32).ravel())
    return textwrap.fill(", ".join(words), width, break_long_words=False, break_on_hyphens=False)
