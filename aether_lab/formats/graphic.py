"""`GraphicEQ:` lines, as EqualizerAPO, Wavelet and EasyEffects read them: levels at given frequencies."""

from __future__ import annotations

import numpy as np

from aether_lab.formats.format import ExportContext, Values, comment_lines
from aether_lab.formats.response import level_db
from aether_lab.signals.curve import Curve
from aether_lab.signals.text import split_lines
from aether_lab.signals.text_filters import read_filters

STEP = 1.0563
"""Ratio of neighbouring frequencies in the 127 of AutoEq, which Wavelet expects (`DEFAULT_GRAPHIC_EQ_STEP` of AutoEq's
constants.py)."""


def graphic_hz() -> Values:
    """The 127 whole frequencies in Hz, 20 to 19871."""
    count = int(np.ceil(np.log(20_000 / 20) / np.log(STEP)))
    return np.unique(np.floor(20 * STEP ** np.arange(count)))


def write_graphic(context: ExportContext) -> bytes:
    """One `GraphicEQ:` line; levels are rounded down to a hundredth, so that none is above full scale."""
    frequency_hz = graphic_hz()
    level = np.floor(100 * level_db(context.recipe, frequency_hz) + 1e-6) / 100
    points = "; ".join(f"{hz:.0f} {db:.2f}" for hz, db in zip(frequency_hz.tolist(), level.tolist(), strict=True))
    return (comment_lines(context, "#") + f"GraphicEQ: {points}\n").encode()


def read_graphic(content: bytes, _: float) -> Curve:
    """Reads a file of `write_graphic`: between its points, the level is linear over log frequency."""
    text = content.decode()
    curve = read_filters(split_lines(text, "file"), text, "file")
    assert curve is not None
    return curve
