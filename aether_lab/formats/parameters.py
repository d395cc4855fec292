"""Parameters: JSON and CSV hold any bank as it is."""

from __future__ import annotations

import json
import re

import numpy as np

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import _NUMBER, _comment, _made, _preamp, _sections, _Sheet

# Parameters: JSON and CSV hold any bank as it is.


def _write_json(sheet: _Sheet) -> bytes:
    state = json.loads(sheet.recipe.to_json())
    return json.dumps({"about": sheet.about, **state}, indent=1).encode()


def _read_json(content: bytes, _: float) -> Recipe:
    state = json.loads(content)
    hertz, q, gain_db = ([each[key] for each in state["sections"]] for key in ("frequency", "Q", "gain"))
    return _made(
        hertz,
        q,
        gain_db,
        state["sampleRate"],
        topology=state["topology"],
        polarity=state["polarity"],
        shelves=state["sections"][0]["type"] == "lowshelf",
        preamp_db=np.float64(state.get("preamp", 0.0)),
    )


def _write_csv(sheet: _Sheet) -> bytes:
    recipe = sheet.recipe
    head = f"# topology {recipe.topology}, preamp {_preamp(recipe)!r} dB, sample rate {recipe.sample_rate!r} Hz\n"
    lines = [
        f"{kind},{f!r},{q!r},{gain!r},{int(sign):+d}\n"
        for (kind, f, q, gain), sign in zip(_sections(recipe), np.asarray(recipe.signs), strict=True)
    ]
    return (_comment(sheet, "#") + head + "type,frequency_hz,q,gain_db,sign\n" + "".join(lines)).encode()


def _read_csv(content: bytes, _: float) -> Recipe:
    text = content.decode()
    head = re.search(rf"^# topology (\w+), preamp ({_NUMBER}) dB, sample rate ({_NUMBER}) Hz$", text, re.M)
    assert head is not None
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith(("#", "type"))]
    kinds, hertz, q, gain_db, signs = zip(*rows, strict=True)
    return _made(
        hertz,
        q,
        gain_db,
        float(head[3]),
        topology=head[1],
        polarity="alternating" if "-1" in signs else "positive",
        shelves=kinds[0] == "lowshelf",
        preamp_db=np.float64(head[2]),
    )
