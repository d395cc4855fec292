"""The map in the kernel: traits, errors, links. `tests/browser` tests the view."""

import json

import numpy as np
import pytest
from ipywidgets.embed import dependency_state
from ipywidgets.widgets.widget import _instances

from aether_lab.analysis.plane import Plane
from aether_lab.model.presets import Presets
from aether_lab.model.space import FilterSpace
from aether_lab.panels.latent_panel import LatentPanel
from aether_lab.panels.map_panel import MapPanel, map_state
from aether_lab.signals.spectrum import FREQUENCIES

SPACE = FilterSpace.load("4d")


@pytest.fixture
def panel():
    panel = MapPanel(SPACE)
    yield panel
    panel.close()


def view_values(panel):
    return [getattr(panel.view, f"z{i}") for i in range(4)]


def test_z_is_set_from_either_side(panel):
    panel.z = [0.5, -1, 3.25, 0.1234]
    assert view_values(panel) == [0.5, -1, 3.25, 0.1234]
    panel.view.set_state({"z2": 1.5})
    assert panel.z.tolist() == [0.5, -1, 1.5, 0.1234]
    with pytest.raises(ValueError, match="4 dimensions"):
        panel.z = [0, 0]
    assert repr(panel) == "MapPanel(4d, z=[0.50, -1.00, 1.50, 0.12])"


def test_presets_are_set_from_either_side_and_observed(panel):
    seen = []
    panel.observe(lambda change: seen.append(sorted(change["new"])), names="presets")
    panel.presets |= {"home": [0, 1, 0, 0]}
    assert panel.view.presets == {"home": [0, 1, 0, 0]}
    panel.view.set_state({"presets": {"home": [0, 1, 0, 0], "away": [1, 1, 1, 1]}})
    assert dict(panel.presets) == {"home": (0, 1, 0, 0), "away": (1, 1, 1, 1)}
    panel.view.set_state({"presets": {}})
    assert seen == [["home"], ["away", "home"], []]


def test_presets_of_another_space_raise_and_change_nothing(panel):
    panel.presets = Presets({"home": np.zeros(4)}, SPACE)
    with pytest.raises(ValueError, match="the presets belong to 'baseline-4d'"):
        panel.presets = Presets({"a": np.zeros(4)}, "baseline-4d")
    assert list(panel.presets) == ["home"]
    assert panel.view.presets == {"home": [0, 0, 0, 0]}


def test_a_map_linked_with_a_latent_panel_takes_its_z():
    knobs, a_map = LatentPanel(SPACE, z=[1, 0.5, 0, 0]), MapPanel(SPACE, z=[0, 0, 0, 2])
    a_map.link(knobs)
    assert a_map.z.tolist() == knobs.z.tolist() == [1, 0.5, 0, 0]
    state = dependency_state([a_map, knobs], drop_defaults=False)
    assert [entry["model_name"] for entry in state.values()].count("LinkModel") == 4
    flat = LatentPanel("2d")
    with pytest.raises(ValueError, match="cannot link a 4-dimensional panel to a 2-dimensional one"):
        a_map.link(flat)
    a_map.close(), knobs.close(), flat.close()


def test_the_map_state_is_json():
    state = json.loads(json.dumps(map_state(SPACE)))
    assert state["landmarks"] == SPACE.card["landmarks"]
    assert state["plane"]["labels"] == ["dull ↔ crisp", "bright ↔ dark"]
    assert [term.count("of the variance") for term in state["plane"]["terms"]] == [1, 1]
    axes = np.array(state["plane"]["axes"])
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-5)
    assert (state["plane"]["knobs"], len(state["plane"]["labels"])) == (False, 2)
    assert map_state(FilterSpace.load("2d"))["plane"]["knobs"] is True
    with pytest.raises(ValueError, match="two dimensions or more"):
        MapPanel(FilterSpace.untrained(latent_dim=1, num_filters=4))


@pytest.mark.parametrize("axis", [0, 1])
def test_the_words_of_an_axis_are_what_it_does_to_the_response(axis):
    plane = Plane.of(SPACE)
    levels = np.asarray(SPACE.response_db(plane.centre + np.outer([1, -1], plane.axes[axis])))
    octaves = np.log2(np.maximum(FREQUENCIES, 20) / 1000)
    ranges = (40, 250), (250, 4000), (4000, 16_000)
    bass, mids, treble = (
        np.average(levels[:, inside], axis=1, weights=np.diff(octaves, prepend=-10)[inside])
        for inside in ((low < FREQUENCIES) & (high > FREQUENCIES) for low, high in ranges)
    )
    more = {
        "dark ↔ bright": treble - bass,
        "thin ↔ full": bass - (mids + treble) / 2,
        "scooped ↔ forward": mids - (bass + treble) / 2,
        "dull ↔ crisp": treble - (bass + mids) / 2,
    }
    words = map_state(SPACE)["plane"]["labels"][axis]
    sign = 1 if words in more else -1  # the axis may point to the first of the two words
    up, down = sign * more[words if sign > 0 else " ↔ ".join(reversed(words.split(" ↔ ")))]
    assert up > down + 1  # dB


def test_closing_leaves_no_widget_behind():
    before = set(_instances)
    MapPanel("2d", presets=Presets({"home": [0, 0]}, "2d")).close()
    assert [type(_instances[key]).__name__ for key in set(_instances) - before] == []
