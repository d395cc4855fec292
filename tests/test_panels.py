"""The panel as the kernel sees it: traits, refusals, what is stored. The browser's half is in `tests/browser`."""

import base64
import io
import json
import re

import numpy as np
import pytest
from ipywidgets.embed import embed_data
from ipywidgets.widgets.widget import _instances
from PIL import Image

from aether_lab import spectra
from aether_lab.impulse import ImpulseResponse
from aether_lab.panels import LatentPanel
from aether_lab.space import FilterSpace

SPACE = FilterSpace.untrained(latent_dim=3, num_filters=6)


@pytest.fixture
def panel():
    panel = LatentPanel(SPACE)
    yield panel
    panel.close()


def knob_values(panel):
    return [knob.value for knob in panel.knobs]


def view_values(panel):
    return [getattr(panel.view, f"z{i}") for i in range(3)]


def from_browser(widget, **state):
    """What a message of the front end does."""
    widget.set_state(state)


def test_there_is_a_labelled_knob_from_minus_2_to_2_for_each_dimension(panel):
    assert [knob.description for knob in panel.knobs] == ["z0", "z1", "z2"]
    assert {(knob.min, knob.max, knob.step) for knob in panel.knobs} == {(-2.0, 2.0, 0.01)}


def test_captions_of_the_card_name_the_knobs():
    captioned = FilterSpace(SPACE.settings, SPACE.variables, {**SPACE.card, "captions": ["tilt", "size", "air"]})
    panel = LatentPanel(captioned)
    assert [knob.description for knob in panel.knobs] == ["z0 tilt", "z1 size", "z2 air"]
    panel.close()


def test_setting_z_moves_knobs_and_view(panel):
    panel.z = [0.5, -1, 2]
    assert knob_values(panel) == view_values(panel) == [0.5, -1, 2]


def test_a_knob_moved_in_the_kernel_moves_z_and_the_view(panel):
    panel.knobs[1].value = 0.25
    assert panel.z.tolist() == view_values(panel) == [0, 0.25, 0]


def test_the_view_moved_in_the_browser_moves_z_but_sends_no_knob_back(panel):
    from_browser(panel.view, z2=1.5)
    assert panel.z.tolist() == [0, 0, 1.5]
    assert knob_values(panel) == [0, 0, 0]  # the browser has moved it already; a late echo would drag it back
    from_browser(panel.knobs[2], value=1.4)  # an older report that comes late
    assert panel.z.tolist() == [0, 0, 1.5]


def test_z_is_observed_once_per_change(panel):
    seen = []
    panel.observe(lambda change: seen.append(change["new"].tolist()), names="z")
    panel.z = (1, 0, 0)
    panel.z = np.array([1.0, 0.0, 0.0])
    from_browser(panel.view, z0=0.5)
    assert seen == [[1, 0, 0], [0.5, 0, 0]]


def test_z_cannot_be_changed_behind_the_panels_back(panel):
    with pytest.raises(ValueError, match="read-only"):
        panel.z[0] = 1


def test_a_z_beyond_the_knobs_or_between_their_steps_is_kept_exactly(panel):
    panel.z = [3.25, 0.1234, -1e6]
    assert panel.z.tolist() == view_values(panel) == [3.25, 0.1234, -1e6]
    assert knob_values(panel) == [2, 0.12, -2]
    assert np.isfinite(np.asarray(panel.recipe.response_db())).all()
    panel.knobs[2].value = 1  # the others stay where they are, not where their knobs can show them
    assert panel.z.tolist() == [3.25, 0.1234, 1]


@pytest.mark.parametrize(
    ("z", "words"),
    [
        ([0, 0], "3 dimensions"),
        (0.5, "3 dimensions"),
        ([0, 0, float("nan")], "finite"),
        ([0, 0, float("inf")], "finite"),
        (["a", "b", "c"], "must be 3 numbers"),
        (None, "3 dimensions|3 numbers"),
    ],
)
def test_an_impossible_z_is_refused_and_harms_nothing(panel, z, words):
    panel.z = [1, 1, 1]
    with pytest.raises(ValueError, match=words):
        panel.z = z
    assert panel.z.tolist() == knob_values(panel) == [1, 1, 1]


def test_the_recipe_is_what_the_space_decodes_at_z(panel):
    panel.z = [1, -1, 0.5]
    np.testing.assert_array_equal(panel.recipe.gain_db, SPACE.decode([1, -1, 0.5]).gain_db)


def test_show_encodes_a_response_moves_z_to_its_mean_and_draws_it_behind(panel):
    click = ImpulseResponse(np.exp(-np.arange(4800) / 50.0), 48_000.0, name="a <b>small</b> room")
    panel.show(click)
    level = spectra.spectrum_db(click.samples[0], 48_000.0)
    np.testing.assert_allclose(panel.z, SPACE.encode(level)[0], rtol=1e-6)
    np.testing.assert_array_equal(panel.target, level)
    assert panel.view.target["name"] == "a <b>small</b> room"  # text, and put on the page as text
    np.testing.assert_allclose(panel.view.target["level"], level[1:], atol=0.006)
    panel.target = None
    assert panel.target is None
    assert panel.view.target == {}


def test_a_target_given_at_the_start_is_shown_and_an_explicit_z_wins():
    level = np.linspace(10, -20, 513)
    at_mean, at_z = LatentPanel(SPACE, target=level), LatentPanel(SPACE, target=level, z=[0.1, 0.2, 0.3])
    np.testing.assert_allclose(at_mean.z, SPACE.encode(level)[0], rtol=1e-6)
    assert at_z.z.tolist() == [0.1, 0.2, 0.3]
    at_mean.close(), at_z.close()


@pytest.mark.parametrize("target", [np.zeros(100), np.full(513, np.nan), "a word", [[1, 2], [3, 4]]])
def test_a_target_that_is_no_spectrum_is_refused(panel, target):
    with pytest.raises(ValueError, match="ImpulseResponse or a spectrum of 513"):
        panel.show(target)
    assert panel.target is None


def test_two_panels_do_not_share_a_place(panel):
    other = LatentPanel(SPACE)
    panel.z = [1, 1, 1]
    assert other.z.tolist() == view_values(other) == [0, 0, 0]
    other.close()


def test_it_prints_without_an_address(panel):
    panel.z = [0.5, 0, -1]
    assert repr(panel) == "LatentPanel(untrained, z=[0.50, 0.00, -1.00])"
    assert not re.search("0x", panel._repr_mimebundle_()["text/plain"])


def test_closing_leaves_no_widget_behind():
    before = set(_instances)
    LatentPanel(SPACE).close()
    assert [type(_instances[key]).__name__ for key in set(_instances) - before] == []


def test_the_stored_state_holds_the_decoder_and_the_links_so_that_it_lives_without_a_kernel(panel):
    state = embed_data([panel], drop_defaults=False)["manager_state"]["state"]
    models = [entry["model_name"] for entry in state.values()]
    assert models.count("LinkModel") == models.count("FloatSliderModel") == 3
    view = next(entry["state"] for entry in state.values() if entry["model_name"] == "AnyModel")
    assert "function mount(" in view["_esm"]
    assert len(view["space"]["layers"]) == 3
    assert len(json.dumps(state)) < 400_000


def test_the_panel_carries_a_picture_only_when_asked(panel, chromium, monkeypatch):
    assert "image/png" not in panel._repr_mimebundle_()
    monkeypatch.setenv("AETHER_LAB_PICTURES", "static")
    picture = Image.open(io.BytesIO(base64.b64decode(panel._repr_mimebundle_()["image/png"])))
    assert picture.width > 400
