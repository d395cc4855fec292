"""Templates of programs: text files beside this one with names between @ signs."""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

FOLDER = Path(__file__).parent / "templates"


def filled(name: str, values: Mapping[str, str]) -> str:
    """The template with a text for each of its names; a value may have names in turn.

    Raises:
        KeyError: a name without a value.
    """
    text = (FOLDER / name).read_text(encoding="utf-8")
    while found := re.findall(r"@([A-Z_]+)@", text):
        for key in set(found):
            text = text.replace(f"@{key}@", values[key])
    return text


def numbers(values: ArrayLike, suffix: str = "", width: int = 118) -> str:
    """Float32 numbers with commas between, the fewest digits that give back the same bits, in lines.

    >>> numbers([0.1, -2, 1e-9], "f")
    '0.1f, -2.0f, 1e-09f'
    """
    words = (repr(float(str(value))) + suffix for value in np.asarray(values, np.float32).ravel())
    return textwrap.fill(", ".join(words), width, break_long_words=False, break_on_hyphens=False)
