import jax.numpy as jnp
import numpy as np
import pytest
from bokeh.models import MultiLine, Scatter
from PIL import Image

from aether_lab import plots
from aether_lab.audio import motion
from aether_lab.filters.recipe import Recipe
from aether_lab.signals.spectrum import FREQUENCIES, tilt

OCTAVES = np.log2(np.maximum(FREQUENCIES, 20) / 1000)


def tilted(z):
    """`(..., 513)` dB: as many dB per octave as `z[..., 0]` says."""
    return np.asarray(z)[..., :1] * OCTAVES


@pytest.fixture
def recipe():
    return Recipe(24_000 * jnp.array([0.01, 0.1, 0.5]), jnp.array([1.0, 4.0, 0.7]), jnp.array([3.0, -6.0, 9.0]))


@pytest.fixture
def a_sweep():
    z = motion.sweep(0, 2, steps=5)
    return plots.sweep(z[:, 0], np.stack([tilted(z), -tilted(z)]), captions=["up", "down"])


def panels(fig):
    return [panel for panel, _row, _column in fig.children]


def test_tilt_is_the_slope_in_decibels_per_octave_whatever_the_level():
    np.testing.assert_allclose(tilt(7 - 3.5 * OCTAVES[1:], FREQUENCIES[1:]), -3.5, rtol=1e-12)


def test_tilt_ignores_a_bump_that_is_even_about_the_middle_of_its_range():
    hertz = np.geomspace(100, 10_000, 601)
    assert abs(tilt(np.cos(np.log(hertz / 1000)), hertz)) < 1e-12


def test_a_response_shows_each_section_at_its_frequency_and_gain(recipe):
    fig = plots.response(recipe, target_db=np.zeros(513))
    dots = next(r.data_source.data for r in fig.renderers if "hertz" in r.data_source.data)
    np.testing.assert_allclose(dots["hertz"], [240, 2400, 12_000])
    np.testing.assert_allclose(dots["gain"], [3, -6, 9])
    assert [item.label.value for item in fig.legend[0].items] == ["bank", "its 3 sections", "target"]


def test_a_response_leaves_room_for_all_of_the_bank_and_the_target(recipe):
    fig = plots.response(recipe, target_db=np.full(513, 21.0))
    assert fig.y_range.start < float(recipe.response_db(np.geomspace(20, 20_000, 99)).min())
    assert fig.y_range.end > 21


def test_a_sweep_has_a_panel_per_dimension_and_a_curve_per_value(a_sweep):
    assert [fig.title.text for fig in panels(a_sweep)] == ["z0: up", "z1: down"]
    for sign, fig in zip((1, -1), panels(a_sweep), strict=True):
        (drawn,) = (r for r in fig.renderers if isinstance(r.glyph, MultiLine))
        z, curves = drawn.data_source.data["z"], drawn.data_source.data["y"]
        np.testing.assert_allclose(z, [-2, -1, 0, 1, 2])
        rises = [np.sign(curve[-1] - curve[0]) for curve in curves]
        np.testing.assert_array_equal(rises, sign * np.sign(z))


def test_the_colours_of_a_sweep_are_neutral_at_zero_and_apart_at_the_ends(a_sweep):
    mapper = panels(a_sweep)[0].renderers[0].glyph.line_color.transform
    low, middle, high = (np.array(Image.new("RGB", (1, 1), mapper.palette[k]))[0, 0].astype(int) for k in (0, 63, -1))
    assert mapper.low == -mapper.high == -2
    assert np.ptp(middle) < 10  # grey
    assert low[2] - low[0] > 100 and high[0] - high[2] > 100  # blue; orange


def test_a_map_colours_each_latent_point_by_the_tilt_of_its_filter():
    z = motion.grid(steps=5)
    fig = plots.map_2d(z, tilted(z), points=np.zeros((3, 2)))
    tiles = fig.renderers[0].data_source.data
    np.testing.assert_allclose(tiles["tilt"], tiles["x"], atol=5e-4)  # between the bins
    assert len(fig.renderers[1].data_source.data["xs"]) == 25


def test_points_of_a_plane_are_drawn_by_family_with_a_ring_at_the_current_point():
    fig = plots.latent_points(
        {"rooms": {"a": (0, 1), "b": (2, 3)}, "plates": {"c": (4, 5)}}, here=(1, 1), labels=("z0", "z1")
    )
    assert [item.label.value for item in fig.legend[0].items] == ["rooms (2)", "plates (1)", "here"]
    rooms, plates, ring = fig.renderers
    assert (list(rooms.data_source.data["y"]), rooms.data_source.data["name"]) == ([1, 3], ["a", "b"])
    assert rooms.glyph.marker != plates.glyph.marker and ring.glyph.fill_color is None
    assert plots.latent_points({"rooms": {}}).renderers[0].data_source.data["name"] == []


def test_a_corpus_has_a_panel_per_source_with_the_median_inside_its_band():
    levels = np.arange(6.0)[:, None] + np.zeros(513)
    fig = plots.corpus(levels, ["b", "a", "a", "a", "a", "a"])
    assert [panel.title.text for panel in panels(fig)] == ["b (1)", "a (5)"]
    band, median = (r.data_source.data for r in panels(fig)[1].renderers)
    np.testing.assert_allclose((band["y1"][0], median["y"][0], band["y2"][0]), (1.4, 3.0, 4.6), rtol=1e-6)


def test_training_draws_validation_into_the_panel_of_the_distance():
    fig = plots.training([{"step": 100 * k, "distance": 5 - k, "kl": k, "validation": 6 - k} for k in (1, 2, 3)])
    assert [(p.title.text, len(p.renderers)) for p in panels(fig)] == [("distance, dB", 2), ("kl, nats", 1)]


def test_a_reconstruction_figure_has_a_row_per_source_with_the_overall_error_on_top():
    stages = {"mu": {"mean": 2.0, "median": 1.8, "p90": 4.0}, "direct": {"mean": 0.3, "median": 0.2, "p90": 0.6}}
    fig = plots.reconstruction({"overall": stages, "by_source": {"rooms/a": stages, "rooms/b": {"mu": stages["mu"]}}})
    assert fig.y_range.factors == ["rooms/b", "rooms/a", "overall"]
    assert [item.label.value for item in fig.legend[0].items] == ["mu", "direct"]
    assert fig.renderers[-1].data_source.data["source"] == ["overall", "rooms/a"]


def test_stages_beyond_the_colours_have_another_marker():
    stages = {f"stage{k}": {"mean": 2.0, "median": 1.8, "p90": 4.0} for k in range(10)}
    fig = plots.reconstruction({"overall": stages, "by_source": {}})
    looks = {(r.glyph.marker, r.glyph.fill_color) for r in fig.renderers if isinstance(r.glyph, Scatter)}
    assert len(looks) == 10


def test_reports_of_several_models_are_compared():
    stages = {"mu": {"mean": 2.0, "median": 1.8, "p90": 4.0}}
    fig = plots.reconstruction({"4d": {"overall": stages, "by_source": {}}, "2d": {"overall": stages, "by_source": {}}})
    assert fig.y_range.factors == ["2d", "4d"]
    assert fig.renderers[-1].data_source.data["source"] == ["4d", "2d"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plots.curves({}), "0 curves; 1 to 9"),
        (lambda: plots.latent_points({key: {} for key in "abcdefghijklm"}), "13 families; at most 12"),
        (lambda: plots.curves({"a": np.zeros(512)}), r"levels have shape \(512,\) and frequency_hz \(513,\)"),
        (lambda: plots.curves({"a": np.full(513, np.nan)}), "513 of 513 levels are not finite"),
        (lambda: plots.curves({"a": [0, 0]}, [200, 100]), r"must rise and have a part in 20 to 20000 Hz"),
        (lambda: plots.sweep(np.zeros(3), np.zeros((2, 4, 513))), r"z must be \(4,\)"),
        (lambda: plots.sweep(np.zeros(4), np.zeros((2, 4, 513)), captions=["a"]), "1 captions for 2 dimensions"),
        (lambda: plots.map_2d(np.zeros((3, 3)), np.zeros((3, 3, 513))), r"z must be \(R, C, 2\)"),
        (lambda: plots.corpus(np.zeros((3, 513)), ["a"]), "1 sources for 3 spectra"),
        (lambda: plots.training([]), "history is empty"),
        (lambda: plots.response(Recipe(*[jnp.ones((2, 3))] * 3)), r"shape \(2, 3\); .* index it first"),
    ],
)
def test_invalid_arrays_raise(call, words):
    with pytest.raises(ValueError, match=words):
        call()
