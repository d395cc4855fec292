import numpy as np
import pytest

from aether_lab import plots
from aether_lab.filters.recipe import Recipe
from aether_lab.plots.log_axis import on_log_axis
from aether_lab.signals.spectrum import FREQUENCIES


def test_a_curve_of_the_bins_begins_at_20_hz_and_has_steps_of_equal_ratio():
    hertz, _ = on_log_axis(np.zeros(513), 1)
    np.testing.assert_allclose(hertz[[0, -1]], [20, 20_000], rtol=1e-6)
    ratios = hertz[1:] / hertz[:-1]
    assert ratios.max() < 1.01 and np.ptp(ratios) < 1e-5


def test_a_curve_passes_through_its_bins_and_has_no_peak_of_its_own():
    levels = np.random.default_rng(0).normal(size=513)
    hertz, drawn = on_log_axis(levels, 1)
    for k in range(2, 20):
        between = drawn[(hertz >= FREQUENCIES[k]) & (hertz <= FREQUENCIES[k + 1])]
        low, high = sorted(levels[k : k + 2])
        assert low - 1e-6 <= between.min() and between.max() <= high + 1e-6
        assert min(abs(between[0] - levels[k]), abs(between[0] - levels[k + 1])) < 0.1 * (high - low) + 0.01


@pytest.mark.parametrize("hertz", [150.0, 250.0, 1000.0])
def test_a_filter_sampled_at_the_bins_is_drawn_as_it_is(hertz):
    bank = Recipe(np.array([hertz]), np.array([1.0]), np.array([12.0]))
    shown, drawn = on_log_axis(np.asarray(bank.response_db()), 1)
    np.testing.assert_allclose(drawn, np.asarray(bank.response_db(shown.astype(float))), atol=0.6)


def test_measured_frequencies_are_drawn_as_far_as_they_reach():
    hertz, drawn = on_log_axis([6.0, 0.0, -6.0], 1, [50, 200, 8000])
    np.testing.assert_allclose((hertz[0], hertz[-1], drawn[0], drawn[-1]), (50, 8000, 6, -6), rtol=1e-6)
    assert len(hertz) > 500


def test_a_figure_draws_a_polyline_finer_than_its_pixels():
    fig = plots.curves({"a": np.zeros(513)})
    x = fig.renderers[0].data_source.data["x"]
    assert x[0] == pytest.approx(20) and len(x) >= fig.width
