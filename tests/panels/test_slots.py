"""Versions of z side by side, and z as a permalink."""

import numpy as np
import pytest

from aether_lab.model.space import FilterSpace
from aether_lab.panels.latent_panel import LatentPanel

SPACE = FilterSpace.untrained(latent_dim=3, details=1, kinds=("room", "ear"), num_filters=3)


@pytest.fixture
def panel():
    panel = LatentPanel(SPACE, z=[0.5, -1])
    yield panel
    panel.close()


def points(panel):
    return {name: z.tolist() for name, z in panel.slots.items()}


def test_the_chosen_slot_keeps_what_is_changed_and_another_brings_back_its_own(panel):
    assert (panel.slot, points(panel)) == ("A", {"A": [0.5, -1, 0, 1, 0]})
    panel.slot = "C"  # empty: a copy
    panel.z = [2, 2, 0.1, 0, 1]
    panel.slot = "A"
    assert panel.z.tolist() == [0.5, -1, 0, 1, 0]
    panel.slot = "C"
    assert panel.z.tolist() == [2, 2, 0.1, 0, 1]
    assert points(panel) == {"A": [0.5, -1, 0, 1, 0], "C": [2, 2, 0.1, 0, 1]}


def test_slots_are_set_at_once_and_z_stays_then_belongs_to_none_of_them(panel):
    panel.slots = {"B": [1, 1], "D": [0, 0, 0.3, 0, 1]}
    assert panel.z.tolist() == [0.5, -1, 0, 1, 0] and panel.slot == ""
    assert points(panel) == {"B": [1, 1, 0, 1, 0], "D": [0, 0, 0.3, 0, 1]}
    panel.slot = "D"
    assert panel.z.tolist() == [0, 0, 0.3, 0, 1]


def test_what_the_browser_stores_is_read(panel):
    panel.view.set_state({"slots": {"A": [1, 2, 0, 1, 0], "B": [0, 0, 0, 0, 1]}, "slot": "B", "z1": 0.25})
    assert points(panel) == {"A": [1, 2, 0, 1, 0], "B": [0.5, 0.25, 0, 1, 0]}


def test_another_name_or_another_point_is_refused_and_changes_nothing(panel):
    for name in ("E", "", "AB"):
        with pytest.raises(ValueError, match="allowed are A, B, C, D"):
            panel.slot = name
        with pytest.raises(ValueError, match="allowed are A, B, C, D"):
            panel.slots = {name: [0, 0]}
    with pytest.raises(ValueError, match="5 dimensions"):
        panel.slots = {"A": [0] * 7}
    assert (panel.slot, points(panel)) == ("A", {"A": [0.5, -1, 0, 1, 0]})


def test_a_permalink_of_a_panel_sets_another_one_to_the_same_bits(panel):
    panel.z = [0.1, -3.3e-9, 1 / 3, 0.2, 0.8]
    other = LatentPanel(SPACE)
    other.permalink = f"explorer.html{panel.permalink}"
    np.testing.assert_array_equal(other.z, panel.z)
    with pytest.raises(ValueError, match="is no permalink"):
        other.permalink = "explorer.html"
    np.testing.assert_array_equal(other.z, panel.z)
    other.close()
