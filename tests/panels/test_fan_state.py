"""The fan in the match panel: where it is drawn, at which level, and what it does to a correction."""

import numpy as np
import pytest
from matching import SPACE, curve

from aether_lab.filters.correction import correction
from aether_lab.filters.spec import Sections
from aether_lab.model.posterior import fan
from aether_lab.panels.fan_state import fan_state
from aether_lab.panels.match_panel import MatchPanel
from aether_lab.signals.curve import Curve
from aether_lab.signals.target import as_target

HERTZ = np.geomspace(200, 3000, 60)
PART = Curve(HERTZ, -6 + 8 * np.exp(-2 * np.log2(HERTZ / 700) ** 2), "part.csv")


def test_the_band_of_what_is_hidden_closes_at_the_edges_of_what_was_measured():
    below, above = fan_state(as_target(PART))
    assert (below["frequency"][0], below["frequency"][-1]) == pytest.approx((100, 200))
    assert (above["frequency"][0], above["frequency"][-1]) == pytest.approx((3000, 20_000))
    for piece, edge in ((below, -1), (above, 0)):
        widths = np.subtract(piece["high"], piece["low"])
        assert widths[edge] == 0 and (np.delete(widths, edge) > 0).all()
    low, high = fan(PART).band_db()
    assert above["low"][-1] == pytest.approx(low[426], abs=0.2) and above["high"][-1] == pytest.approx(
        high[426], abs=0.2
    )


def test_with_a_correction_the_band_is_at_the_level_that_is_drawn():
    made = correction(PART, "flat", Sections(5))
    for piece, edge in zip(fan_state(as_target(PART), made), (-1, 0), strict=True):
        drawn = np.interp(piece["frequency"][edge], made.frequency_hz, made.measured_db)
        assert piece["low"][edge] == pytest.approx(drawn, abs=0.3)


def test_nothing_is_drawn_where_all_was_measured_and_one_piece_where_one_side_is_hidden():
    assert fan_state(as_target(curve())) == []
    (above,) = fan_state(as_target(Curve([50, 4000], [0, 3])))
    assert above["frequency"][0] == 4000


@pytest.mark.usefixtures("outside_a_loop")
def test_the_panel_draws_it_in_both_modes_and_does_not_boost_where_it_is_wide():
    panel = MatchPanel(SPACE, PART, Sections(5))
    assert len(panel.shown["fan"]) == 2 and panel.shown["correction"] is None
    panel.correct("flat")
    made = panel.correction
    assert len(panel.shown["fan"]) == 2
    assert (made.gain_db[made.spread_db > 6] <= 0.1).all() and (made.spread_db > 6).any()
    assert panel.shown["correction"]["notes"][0].startswith("Boost is limited below ")
    panel.show(curve())
    assert panel.shown["fan"] == [] and "Boost is limited" not in " ".join(panel.shown["correction"]["notes"])
    panel.close()
