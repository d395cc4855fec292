"""Parameters: JSON and CSV hold any bank as it is."""

from __future__ import annotations

import json
import re

import numpy as np

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import NUMBER, ExportContext, comment_lines, parsed_recipe, preamp_db, section_table

# Parameters: JSON and CSV hold any bank as it is.


def write_json(sheet: ExportContext) -> bytes:
    """The sections in the words of Web Audio's `BiquadFilterNode`, one recipe to a file."""
    state = json.loads(sheet.recipe.to_json())
    return json.dumps({"about": sheet.about, **state}, indent=1).encode()


def read_json(content: bytes, _: float) -> Recipe:
    """What `write_json` wrote."""
    state = json.loads(content)
    hertz, q, gain_db = ([each[key] for each in state["sections"]] for key in ("frequency", "Q", "gain"))
    return parsed_recipe(
        hertz,
        q,
        gain_db,
        state["sampleRate"],
        topology=state["topology"],
        polarity=state["polarity"],
        shelves=state["sections"][0]["type"] == "lowshelf",
        preamp_db=np.float64(state.get("preamp", 0.0)),
    )


def write_csv(sheet: ExportContext) -> bytes:
    """One section a line, with its sign."""
    recipe = sheet.recipe
    head = f"# topology {recipe.topology}, preamp {preamp_db(recipe)!r} dB, sample rate {recipe.sample_rate!r} Hz\n"
    lines = [
        f"{kind},{f!r},{q!r},{gain!r},{int(sign):+d}\n"
        for (kind, f, q, gain), sign in zip(section_table(recipe), np.asarray(recipe.signs), strict=True)
    ]
    return (comment_lines(sheet, "#") + head + "type,frequency_hz,q,gain_db,sign\n" + "".join(lines)).encode()


def read_csv(content: bytes, _: float) -> Recipe:
    """What `write_csv` wrote."""
    text = content.decode()
    head = re.search(rf"^# topology (\w+), preamp ({NUMBER}) dB, sample rate ({NUMBER}) Hz$", text, re.M)
    assert head is not None
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith(("#", "type"))]
    kinds, hertz, q, gain_db, signs = zip(*rows, strict=True)
    return parsed_recipe(
        hertz,
        q,
        gain_db,
        float(head[3]),
        topology=head[1],
        polarity="alternating" if "-1" in signs else "positive",
        shelves=kinds[0] == "lowshelf",
        preamp_db=np.float64(head[2]),
    )
