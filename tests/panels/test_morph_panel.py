"""The morph panel in the kernel."""

import numpy as np
import pytest
from matching import HERTZ, SPACE, THREE, curve, settle, text, upload

from aether_lab.filters.recipe import Recipe
from aether_lab.model.match import match_target
from aether_lab.panels.morph_panel import MorphPanel
from aether_lab.signals.spectrum import lsd
from aether_lab.signals.target import as_target

pytestmark = pytest.mark.usefixtures("outside_a_loop")


@pytest.mark.slow
def test_the_slider_of_a_morph_moves_z_from_a_to_b():
    lean = curve(Recipe.of([100, 8000], [0.5, 0.5], [-12, 10]), "lean.csv")
    morph = MorphPanel(SPACE, curve(), lean)
    ends = [match_target(SPACE, target, THREE).z for target in (curve(), lean)]
    np.testing.assert_allclose(morph.z, ends[0], atol=1e-3)
    morph.t = 0.25
    np.testing.assert_allclose(morph.z, 0.75 * ends[0] + 0.25 * ends[1], atol=1e-3)
    morph.view.set_state({"t": 1.0})
    np.testing.assert_allclose(morph.live.z, ends[1], atol=1e-3)
    with pytest.raises(ValueError, match="t is 2; allowed is 0"):
        morph.t = 2
    with pytest.raises(ValueError, match="slot is 'c'; allowed are 'a' and 'b'"):
        morph.show("c", lean)
    morph.close()


@pytest.mark.slow
def test_an_exact_morph_is_the_response_itself_at_each_end(matched):
    lean = curve(Recipe.of([100, 8000], [0.5, 0.5], [-12, 10]), "lean.csv")
    morph = MorphPanel(SPACE, curve(), lean, exact=True)
    for t, target in ((0, curve()), (1, lean)):
        morph.t = t
        series = morph.live.recipe.response_db() + morph.live.residual.response_db()
        assert lsd(np.asarray(series), target.spectrum_db) < 0.5  # dB; the untrained space alone is 4 off
    assert lsd(np.asarray(matched.refined.response_db()), matched.target.spectrum_db) > 2
    morph.close()


def test_two_files_dropped_at_once_both_arrive_and_an_invalid_one_changes_nothing():
    morph = MorphPanel(SPACE)
    upload(morph.view, "bells.csv", text(), slot="a")
    upload(morph.view, "lean.csv", text(HERTZ / 4000), slot="b")
    settle(morph.view)
    assert [morph.view.a["name"], morph.view.b["name"]] == ["bells.csv", "lean.csv"]
    np.testing.assert_allclose(morph.z, morph.view.a["z"])
    upload(morph.view, "bad.csv", b"", slot="b")
    settle(morph.view)
    assert "empty" in morph.view.error and morph.view.b["name"] == "lean.csv"
    morph.close()


def test_both_ends_are_drawn_behind_the_filter_of_a_morph():
    morph = MorphPanel(SPACE, a=curve())
    (first,) = morph.live.view.references
    assert first["name"].startswith("A: ")
    np.testing.assert_allclose(first["level"], as_target(curve()).spectrum_db[1:], atol=0.01)
    morph.show("b", curve(Recipe.of([100, 8000], [0.5, 0.5], [-12, 10]), "lean.csv"))
    assert [each["name"] for each in morph.live.view.references] == [first["name"], "B: lean.csv"]
    morph.close()
