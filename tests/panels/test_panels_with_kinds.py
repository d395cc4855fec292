"""The panels of a space with kinds and details: sliders move the knobs, and z carries all of its numbers."""

import json

import numpy as np
import pytest
from kinds_space import SMALL, SPACE, space_with_kinds
from matching import THREE, curve

from aether_lab.analysis.plane import Plane
from aether_lab.audio.motion import Motion
from aether_lab.model.space import FilterSpace
from aether_lab.panels.details import detail_share, full_details
from aether_lab.panels.latent_panel import LatentPanel
from aether_lab.panels.live_panel import LivePanel
from aether_lab.panels.map_panel import MapPanel
from aether_lab.panels.match_panel import MatchPanel
from aether_lab.panels.morph_panel import MorphPanel
from aether_lab.panels.page import page_text
from aether_lab.panels.state import model_state
from aether_lab.signals.kinds import KINDS

pytestmark = pytest.mark.usefixtures("outside_a_loop")
ROOM, EAR = np.eye(9)[[0, 4]].tolist()


@pytest.fixture
def panel():
    panel = LatentPanel(SPACE)
    yield panel
    panel.close()


def test_there_is_a_slider_for_each_knob_and_z_is_whole(panel):
    assert [knob.description for knob in panel.knobs] == ["z0", "z1", "z2", "z3"]
    assert panel.z.tolist() == [0] * 8 + ROOM
    assert [getattr(panel.view, f"z{i}") for i in range(17)] == panel.z.tolist()
    assert not hasattr(panel.view, "knob4")
    assert repr(panel).endswith("0.00], kind=room)")
    assert (panel.kind, panel.detail) == ("room", 0)


def test_the_state_says_how_z_is_divided():
    state = json.loads(json.dumps(model_state(SPACE)))
    assert (state["latent_dim"], state["knobs"], state["details"], state["kinds"]) == (17, 4, 4, list(KINDS))
    assert (state["layers"][0]["shape"], state["linear"]["shape"]) == ([9, 8, 64], [9, 8, 24])
    plain = model_state(FilterSpace.untrained(latent_dim=3, num_filters=4))
    assert (plain["knobs"], plain["details"], plain["kinds"], plain["linear"]) == (3, 0, [], None)


def test_a_shorter_z_has_no_details_and_keeps_the_kind(panel):
    panel.kind = "ear"
    panel.z = [1, 0, -1, 0.5]
    assert panel.z.tolist() == [1, 0, -1, 0.5, 0, 0, 0, 0, *EAR]
    with pytest.raises(ValueError, match="17 dimensions"):
        panel.z = [0, 0, 0]


def test_the_kind_is_a_name_or_a_mixture(panel):
    np.testing.assert_allclose(panel.recipe.gain_db, SPACE.decode(np.zeros(4), "room").gain_db, atol=1e-5)
    panel.kind = [3, 0, 0, 0, 1, 0, 0, 0, 0]
    assert (panel.kind, panel.z[8:].tolist()) == ("mixture, 75 % room", [0.75, 0, 0, 0, 0.25, 0, 0, 0, 0])
    with pytest.raises(ValueError, match="kind is 'church'; allowed are room"):
        panel.kind = "church"


def test_the_detail_slider_scales_what_was_last_set(panel):
    panel.z = [0, 0, 0, 0, 1, -2, 0.5, 0, *ROOM]
    assert (panel.detail, panel.view.full_details) == (1, [1, -2, 0.5, 0])
    panel.detail = 0.5
    assert panel.z[4:8].tolist() == [0.5, -1, 0.25, 0]
    panel.knobs[0].value = 1.5
    panel.detail = 0
    assert panel.z[:8].tolist() == [1.5, 0, 0, 0, 0, 0, 0, 0]
    panel.detail = 1
    assert panel.z[4:8].tolist() == [1, -2, 0.5, 0]
    panel.z = [*panel.z[:4], 3, 0, 0, 0, *EAR]
    assert (panel.detail, panel.view.full_details) == (1, [3, 0, 0, 0])
    with pytest.raises(ValueError, match="detail is 2; allowed is 0"):
        panel.detail = 2


@pytest.mark.parametrize(
    ("full", "details", "share"),
    [([], [0, 0], 0), ([], [0, 1], None), ([2, 0], [2, 0], 1), ([2, 0], [-1, 0], None), ([2, 0], [3, 0], None)],
)
def test_details_are_a_share_of_others_or_replace_them(full, details, share):
    assert detail_share(full, details) == share
    assert full_details(full, details) == (details if share is None else full)


@pytest.mark.slow
def test_show_finds_knobs_details_and_kind():
    panel = LatentPanel(SMALL)
    panel.show(curve())
    np.testing.assert_allclose(panel.z, SMALL.locate(curve()), atol=1e-5)
    assert (panel.detail, panel.kind) in [(1, "room"), (1, "ear")]
    panel.close()


def test_only_knobs_are_locked(panel):
    panel.locked = [3]
    with pytest.raises(ValueError, match=r"locked is \[4\]; this space has knobs 0 to 3"):
        panel.locked = [4]


def test_a_motion_of_the_live_panel_has_a_whole_centre():
    live = LivePanel(SPACE)
    live.kind = "ear"
    live.motion = Motion("path", centre=(0, 1, 0, 0), points=((0, 0, 0, 0), (1, 1, 1, 1)))
    assert live.z.tolist() == [0, 1, 0, 0, 0, 0, 0, 0, *EAR]
    assert live.motion.points[1] == (1, 1, 1, 1, 0, 0, 0, 0, *EAR)
    assert "knobs" not in live.view.motion
    live.close()


def test_the_map_is_a_plane_of_the_knobs():
    plane = Plane.of(SPACE)
    assert (plane.centre.shape, plane.axes.shape) == ((4,), (2, 4))
    a_map = MapPanel(SPACE)
    assert len(a_map.view.space["plane"]["centre"]) == 4
    np.testing.assert_allclose(plane.project(a_map.z), plane.project(np.zeros(4)))
    a_map.close()


def test_panels_of_other_kinds_are_not_linked(panel):
    other = LatentPanel(space_with_kinds(kinds=(*KINDS[:-1], "valve")))
    with pytest.raises(ValueError, match="cannot link panels of spaces with different kinds"):
        panel.link(other)
    other.close()


@pytest.mark.slow
def test_a_morph_goes_from_one_kind_through_their_mixture_to_the_other():
    morph = MorphPanel(SMALL)
    a, b = np.array([1, -1, 0.5, 1, 0]), np.array([0, 1, -0.5, 0, 1])
    for slot, z in (("a", a), ("b", b)):
        morph.show(slot, np.asarray(SMALL.response_db(z), np.float64))
        assert morph.view.ends[slot].z.shape == (5,)
    morph.t = 0.25
    ends = morph.view.ends
    np.testing.assert_allclose(morph.z, 0.75 * ends["a"].z + 0.25 * ends["b"].z)
    morph.close()


@pytest.mark.slow
def test_a_match_hands_over_its_whole_point_and_shows_its_kind():
    panel, match = LatentPanel(SMALL), MatchPanel(SMALL, curve(), THREE)
    match.link(panel)
    np.testing.assert_array_equal(panel.z, match.z)
    assert (len(match.shown["z"]), match.shown["kind"]) == (3, panel.kind)
    panel.close(), match.close()


def test_a_page_begins_at_the_first_kind():
    text = page_text(SPACE)
    state = json.loads(text.split('id="aether-state">')[1].split("</script>")[0])
    assert [state[f"z{i}"] for i in range(17)] == [0] * 8 + ROOM
    assert state["full_details"] == []
