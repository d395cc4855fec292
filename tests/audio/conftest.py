"""The shipped space, a residual cascade, and the audio engine of the browser in Node."""

import numpy as np
import pytest
from listening import RATE
from programs import play

from aether_lab.filters.recipe import Recipe
from aether_lab.model.space import FilterSpace
from aether_lab.panels.state import model_state


@pytest.fixture(scope="module")
def space():
    return FilterSpace.load("4d")


@pytest.fixture
def in_node(node, tmp_path):
    """The output of `worklet/engine.js` for `(T, 2)` samples, T a multiple of 128; a list for a list of `options`."""

    def play_in_node(x, space, rate=RATE, **job):
        np.ascontiguousarray(x.T, "<f8").tofile(tmp_path / "in.f64")
        job |= {"space": model_state(space), "sampleRate": rate}
        job |= {"input": str(tmp_path / "in.f64"), "output": str(tmp_path / "out.f64")}
        play(node, "play_engine.js", job)
        takes = list(np.fromfile(tmp_path / "out.f64", "<f8").reshape(-1, 2, len(x)).swapaxes(1, 2))
        return takes if isinstance(job.get("options"), list) else takes[0]

    return play_in_node


@pytest.fixture
def residual():
    """A typical residual: shelves, peaks and notches, also near both ends of the band."""
    hertz, q = [80.0, 30.0, 410.0, 2_300.0, 17_500.0, 9_000.0], [1.0, 2.0, 8.0, 0.4, 3.0, 1.0]
    return Recipe.of(hertz, q, [9.0, -7.0, 12.0, -5.0, 6.0, -8.0], shelves=True, preamp_db=-3.0)
