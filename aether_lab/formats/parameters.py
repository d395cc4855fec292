"""Parameters as JSON and CSV, which store any bank exactly."""

from __future__ import annotations

import json
import re

import numpy as np

from aether_lab.filters.recipe import Recipe, kinds_of
from aether_lab.filters.signs import arranged
from aether_lab.formats.format import NUMBER, ExportContext, comment_lines, parsed_recipe, preamp_db, section_table


def write_json(context: ExportContext) -> bytes:
    """The JSON of `Recipe.to_json` with a comment."""
    state = json.loads(context.recipe.to_json())
    return json.dumps({"about": context.about, **state}, indent=1).encode()


def read_json(content: bytes, _: float) -> Recipe:
    """Reads a file of `write_json`, by the signs of the sections if it has them, else by the polarity of the bank."""
    state = json.loads(content)
    frequency_hz, q, gain_db = ([each[key] for each in state["sections"]] for key in ("frequency", "Q", "gain"))
    polarity = state["polarity"]
    if all("sign" in each for each in state["sections"]):
        signs = [each["sign"] for each in state["sections"]]
        polarity, (frequency_hz, q, gain_db) = arranged(signs, frequency_hz, q, gain_db=gain_db)
    return parsed_recipe(
        frequency_hz,
        q,
        gain_db,
        state["sampleRate"],
        topology=state["topology"],
        polarity=polarity,
        **kinds_of([each["type"] for each in state["sections"]], q),
        preamp_db=np.float64(state.get("preamp", 0.0)),
    )


def write_csv(context: ExportContext) -> bytes:
    """One section per line, with its sign."""
    recipe = context.recipe
    head = f"# topology {recipe.topology}, preamp {preamp_db(recipe)!r} dB, sample rate {recipe.sample_rate!r} Hz\n"
    lines = [
        f"{kind},{f!r},{q!r},{gain!r},{int(sign):+d}\n"
        for (kind, f, q, gain), sign in zip(section_table(recipe), np.asarray(recipe.signs), strict=True)
    ]
    return (comment_lines(context, "#") + head + "type,frequency_hz,q,gain_db,sign\n" + "".join(lines)).encode()


def read_csv(content: bytes, _: float) -> Recipe:
    """Reads a file of `write_csv`."""
    text = content.decode()
    head = re.search(rf"^# topology (\w+), preamp ({NUMBER}) dB, sample rate ({NUMBER}) Hz$", text, re.M)
    assert head is not None
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith(("#", "type"))]
    kinds, *columns = zip(*rows, strict=True)
    frequency_hz, q, gain_db, signs = ([float(value) for value in column] for column in columns)
    polarity, (frequency_hz, q, gain_db) = arranged(signs, frequency_hz, q, gain_db=gain_db)
    return parsed_recipe(
        frequency_hz,
        q,
        gain_db,
        float(head[3]),
        topology=head[1],
        polarity=polarity,
        **kinds_of(kinds, q),
        preamp_db=np.float64(head[2]),
    )
