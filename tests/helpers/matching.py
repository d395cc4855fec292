"""A small space, a curve of three bells, and what a browser sends when a file is dropped."""

import io
import time

import numpy as np
import soundfile

from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.model.space import FilterSpace
from aether_lab.signals.curve import Curve

SPACE = FilterSpace.untrained(latent_dim=3, num_filters=6)


THREE = Sections(n_sections=3)


BELLS = Recipe.of([150, 900, 5000], [1.0, 2.0, 0.8], [9, -6, 7])


HERTZ = np.geomspace(20, 20_000, 200)


def curve(recipe=BELLS, name="bells.csv"):
    return Curve(HERTZ, np.asarray(recipe.response_db(HERTZ)), name)


def text(levels=None, hertz=HERTZ):
    levels = np.asarray(BELLS.response_db(HERTZ)) if levels is None else levels
    return "".join(f"{f:.3f},{level:.4f}\n" for f, level in zip(hertz, levels, strict=True)).encode()


def wav():
    click = np.zeros(4800)
    click[0] = 0.5
    file = io.BytesIO()
    soundfile.write(file, np.asarray(BELLS.filter(click)), 48_000, format="WAV", subtype="FLOAT")
    return file.getvalue()


def upload(panel, name, content, slot="target", size=None, piece=1000):
    """Sends the messages of a dropped file."""
    panel._handle_custom_msg({"type": "file", "slot": slot, "name": name, "size": size or len(content)}, [])
    for at in range(0, len(content), piece):
        panel._handle_custom_msg({"type": "piece", "slot": slot}, [memoryview(content[at : at + piece])])
    panel._handle_custom_msg({"type": "end", "slot": slot}, [])


def settle(panel, seconds=60):
    end = time.monotonic() + seconds
    while panel.busy:
        assert time.monotonic() < end, f"still {panel.busy!r}"
        time.sleep(0.01)
