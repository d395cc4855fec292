"""The panel in the kernel: traits, errors, stored state. `tests/browser` tests the view."""

import dataclasses
import json
import re

import ipywidgets
import numpy as np
import pytest
import soundfile
import traitlets
from ipywidgets.embed import dependency_state
from ipywidgets.widgets.widget import _instances

from aether_lab.audio.motion import Motion
from aether_lab.filters.recipe import Recipe
from aether_lab.model.space import FilterSpace
from aether_lab.panels.latent_panel import LatentPanel
from aether_lab.panels.live_panel import LivePanel
from aether_lab.panels.state import SOUND_RATE
from aether_lab.signals import spectrum
from aether_lab.signals.impulse_response import ImpulseResponse

SPACE = FilterSpace.untrained(latent_dim=3, num_filters=6)


@pytest.fixture
def panel():
    panel = LatentPanel(SPACE)
    yield panel
    panel.close()


@pytest.fixture
def live():
    live = LivePanel(SPACE, source="drums", motion="spiral")
    yield live
    live.close()


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


def test_a_named_knob_has_its_name_alone():
    card = {**SPACE.card, "captions": ["+6.1 dB per unit", "b", "c"], "names": ["Bass", "Tilt", "Air<b>"]}
    panel = LatentPanel(FilterSpace(SPACE.settings, SPACE.variables, card))
    assert [knob.description for knob in panel.knobs] == ["Bass", "Tilt", "Air<b>"]
    assert (panel.view.space["names"], panel.view.space["captions"]) == (card["names"], card["captions"])
    panel.close()


def test_a_panel_is_one_anywidget_and_its_sliders_are_made_when_they_are_asked_for(panel):
    assert panel.children == (panel.view,)
    assert panel._display_() is panel.view  # in marimo
    panel.z = [0.5, 3, 0]
    before = set(_instances)
    knobs = panel.knobs
    assert [knob.value for knob in knobs] == [0.5, 2, 0]
    made = [type(_instances[key]).__name__ for key in set(_instances) - before]
    assert made.count("Knob") == made.count("DirectionalLink") + made.count("Link") == 3
    assert panel.knobs is knobs
    follower = ipywidgets.FloatText()
    link = traitlets.link((knobs[2], "value"), (follower, "value"))
    follower.value = 1.25
    assert panel.z.tolist() == [0.5, 3, 1.25]
    link.unlink(), follower.close(), follower.layout.close(), follower.style.close()


def test_setting_z_moves_knobs_and_view(panel):
    panel.z = [0.5, -1, 2]
    assert knob_values(panel) == view_values(panel) == [0.5, -1, 2]


def test_a_knob_moved_in_the_kernel_moves_z_and_the_view(panel):
    panel.knobs[1].value = 0.25
    assert panel.z.tolist() == view_values(panel) == [0, 0.25, 0]


def test_the_view_moved_in_the_browser_moves_z_but_sends_no_knob_back(panel):
    assert knob_values(panel) == [0, 0, 0]
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


def test_a_z_beyond_the_sliders_or_between_their_steps_is_stored_exactly(panel):
    panel.z = [3.25, 0.1234, -1e6]
    assert panel.z.tolist() == view_values(panel) == [3.25, 0.1234, -1e6]
    assert knob_values(panel) == [2, 0.12, -2]
    assert np.isfinite(np.asarray(panel.recipe.response_db())).all()
    panel.knobs[2].value = 1  # the others keep z, not their slider values
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
def test_an_invalid_z_raises_and_changes_nothing(panel, z, words):
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
    level = spectrum.spectrum_db(click.samples[0], 48_000.0)
    np.testing.assert_allclose(panel.z, SPACE.encode(level)[0], rtol=1e-6)
    np.testing.assert_array_equal(panel.target, level)
    assert panel.view.target["name"] == "a <b>small</b> room"  # text, and put on the page as text
    assert sum(panel.view.target["weights"]) == pytest.approx(1, abs=1e-5)
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


@pytest.mark.parametrize("target", [np.zeros(100), np.full(513, np.nan), "a word.wav", [[1, 2], [3, 4]]])
def test_an_invalid_target_raises(panel, target):
    with pytest.raises(
        ValueError, match=r"an ImpulseResponse, a Curve and a spectrum of 513 finite dB values|no such file"
    ):
        panel.show(target)
    assert panel.target is None


def test_locked_dimensions_are_set_from_either_side(panel):
    panel.locked = (2, 0, 2)
    assert panel.locked == (0, 2)
    assert panel.view.locked == [0, 2]
    from_browser(panel.view, locked=[1])
    assert panel.locked == (1,)
    with pytest.raises(ValueError, match=r"locked is \[3\]; this space has dimensions 0 to 2"):
        panel.locked = [3]
    assert panel.locked == (1,)


def test_a_residual_cascade_is_sent_to_the_browser_as_recipe_json(panel, live):
    cascade = Recipe.of([100.0, 1000.0], [0.7, 2.0], [3.0, -6.0], shelves=True)
    for each in (panel, live):
        each.residual = cascade
        assert each.residual is cascade
        assert each.view.residual == json.loads(cascade.to_json())
        assert each.recipe.n_sections == 6  # the decoder's own
        each.residual = None
        assert (each.residual, each.view.residual) == (None, {})


def test_a_residual_changed_in_the_browser_is_read(panel):
    cascade = Recipe.of([100.0, 1000.0], [0.7, 2.0], [3.0, -6.0], shelves=True)
    state = json.loads(cascade.to_json())
    from_browser(panel.view, residual=state)
    np.testing.assert_allclose(panel.residual.gain_db, [3, -6])
    panel.residual = cascade
    from_browser(panel.view, residual={})
    assert panel.residual is None


@pytest.mark.parametrize(
    ("residual", "words"),
    [
        (SPACE.decode([0, 0, 0]), "residual is a parallel bank"),
        ({"sections": []}, "it must be a Recipe of topology cascade"),
        (Recipe.of([[100.0], [200.0]], 1.0, 0.0), "index it first"),
        (Recipe.of(np.full(65, 100.0), 1.0, 0.0), "has 65 sections at 48000 Hz; allowed are at most 64"),
        (Recipe.of([100.0], 1.0, 0.0, sample_rate=96e3), "at 96000 Hz; .* the 48000 Hz of this space"),
        (dataclasses.replace(Recipe.of([100.0], 1.0, 0.0), gain_db=np.array([np.nan])), "NaN is not a number of JSON"),
    ],
)
def test_a_residual_that_is_not_a_cascade_raises_and_changes_nothing(panel, residual, words):
    with pytest.raises(ValueError, match=words):
        panel.residual = residual
    assert (panel.residual, panel.view.residual) == (None, {})


def test_two_panels_do_not_share_z(panel):
    other = LatentPanel(SPACE)
    panel.z = [1, 1, 1]
    assert other.z.tolist() == view_values(other) == [0, 0, 0]
    other.close()


def test_it_prints_without_an_address(panel):
    panel.z = [0.5, 0, -1]
    assert repr(panel) == "LatentPanel(untrained, z=[0.50, 0.00, -1.00])"
    assert not re.search("0x", panel._repr_mimebundle_()["text/plain"])


@pytest.mark.parametrize("asked", [False, True])
def test_closing_leaves_no_widget_behind(asked):
    before = set(_instances)
    panel = LatentPanel(SPACE)
    assert not asked or len(panel.knobs) == 3
    panel.close()
    assert [type(_instances[key]).__name__ for key in set(_instances) - before] == []


def test_the_stored_state_holds_the_decoder_so_that_it_lives_without_a_kernel(panel):
    state = dependency_state([panel], drop_defaults=False)
    models = sorted(entry["model_name"] for entry in state.values())
    assert models == ["AnyModel", "LayoutModel", "LayoutModel", "VBoxModel"]
    view = next(entry["state"] for entry in state.values() if entry["model_name"] == "AnyModel")
    assert "function mount(" in view["_esm"]
    assert len(view["space"]["layers"]) == 3
    assert len(json.dumps(state)) < 400_000


def test_panels_linked_in_the_browser_start_at_one_z(panel, live):
    panel.z = [1, 0.5, 0]
    panel.link(live)
    assert live.z.tolist() == [1, 0.5, 0]
    with pytest.raises(ValueError, match="cannot link a 2-dimensional panel to a 3-dimensional one"):
        panel.link(LatentPanel(FilterSpace.untrained(latent_dim=2)))


def test_a_live_panel_is_a_latent_panel(live):
    live.z = [0.5, 0, -1]
    assert knob_values(live) == view_values(live) == [0.5, 0, -1]
    assert repr(live) == "LivePanel(untrained, z=[0.50, 0.00, -1.00])"


def test_audio_settings_are_set_from_either_side(live):
    assert (live.source, live.view.source, live.motion.kind, live.playing) == ("drums", "drums", "spiral", False)
    live.source, live.mix, live.bypass, live.volume_db = "saw", 0.25, True, -6
    assert (live.view.source, live.view.mix, live.view.bypass, live.view.volume_db) == ("saw", 0.25, True, -6)
    from_browser(live.view, source="white", mix=1.0, playing=True, motion={**live.view.motion, "kind": "walk"})
    assert (live.source, live.mix, live.playing, live.motion.kind) == ("white", 1, True, "walk")


def test_the_motion_is_centred_at_z_and_setting_its_centre_sets_z(live):
    live.z = [1, 0, 0]
    assert live.motion == Motion("spiral", centre=(1, 0, 0))
    live.motion = Motion("orbit", centre=(0, 0.5, 0), rate=0.25, ratio=(1, 2), phase=0.3)
    assert live.z.tolist() == [0, 0.5, 0]
    assert live.motion == Motion("orbit", centre=(0, 0.5, 0), rate=0.25, ratio=(1, 2))
    live.motion = "walk"
    assert live.motion == Motion("walk", centre=(0, 0.5, 0), rate=0.25, ratio=(1, 2))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("motion", "zigzag", "allowed are manual, spiral"),
        ("motion", 3, "3; it must be a Motion or the name"),
        ("motion", Motion(), "centre has 4 dimensions; this space has 3"),
        ("source", "kazoo", "kazoo"),
        ("mix", 1.5, "1.5"),
        ("volume_db", 60, "60"),
    ],
)
def test_invalid_audio_settings_raise_and_change_nothing(live, name, value, words):
    before = (live.motion, live.source, live.mix, live.volume_db)
    with pytest.raises((ValueError, traitlets.TraitError), match=words):
        setattr(live, name, value)
    assert (live.motion, live.source, live.mix, live.volume_db) == before


def test_a_recording_arrives_in_chunks_and_is_complete(live, tmp_path):
    with pytest.raises(ValueError, match="nothing has been recorded: press Play"):
        live.save_recording(tmp_path / "none.wav")
    sound = np.random.default_rng(0).uniform(-1, 1, (1000, 2)).astype("<f4")
    for content, part in [
        ({"type": "begin"}, None),
        ({"type": "chunk"}, sound[:700]),
        ({"type": "chunk"}, sound[700:]),
    ]:
        buffers = [] if part is None else [memoryview(channel.tobytes()) for channel in part.T]
        live.view._handle_custom_msg(content, buffers)
        assert live.recording is None
    live.view._handle_custom_msg({"type": "recorded"}, [])
    np.testing.assert_array_equal(live.recording, sound)
    samples, rate = soundfile.read(live.save_recording(tmp_path / "heard.wav"))
    assert rate == SOUND_RATE
    np.testing.assert_allclose(samples, sound, atol=2**-23)


def test_a_recording_leaves_out_malformed_chunks_and_ends_where_the_longest_one_does(live, monkeypatch):
    def receive(content, *buffers):
        live.view._receive(live.view, content, [memoryview(each) for each in buffers])

    receive({"type": "begin"})
    for content in (None, [], {}, {"type": ["chunk"]}):
        receive(content)
    for buffers in ((), (bytes(8),), (bytes(8), bytes(4)), (bytes(7), bytes(7)), (bytes(8),) * 3, (b"", b"")):
        receive({"type": "chunk"}, *buffers)
    receive({"type": "recorded"})
    assert live.recording is None
    monkeypatch.setattr("aether_lab.panels.live_panel.LONGEST_RECORDING", 1.0)
    for _ in range(100):
        receive({"type": "chunk"}, bytes(4 * 16_384), bytes(4 * 16_384))
    receive({"type": "recorded"})
    assert live.recording.shape == (3 * 16_384, 2)
