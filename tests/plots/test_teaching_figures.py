"""The figures of the notebooks on the VAE and on training."""

import numpy as np
import pytest
from bokeh.models import MultiLine, Segment

from aether_lab import plots
from aether_lab.plots.notebook import description
from aether_lab.signals.spectrum import FREQUENCIES

MEAN, DEVIATION = np.array([[0.5, -1.0], [2.0, 0.0]]), np.array([[0.1, 0.2], [1.0, 1.0]])


def panels(fig):
    return [panel for panel, *_ in fig.children]


def test_each_posterior_is_an_ellipse_of_one_standard_deviation_around_its_mean():
    (panel,) = panels(plots.posteriors({"two": (MEAN, DEVIATION)}))
    drawn = next(each for each in panel.renderers if isinstance(each.glyph, MultiLine)).data_source.data
    for k in range(2):
        x, y = np.array(drawn["xs"][k]) - MEAN[k, 0], np.array(drawn["ys"][k]) - MEAN[k, 1]
        np.testing.assert_allclose((x / DEVIATION[k, 0]) ** 2 + (y / DEVIATION[k, 1]) ** 2, 1, atol=1e-12)


def test_posteriors_of_several_spaces_have_the_same_axes_and_a_description_in_reading_order():
    fig = plots.posteriors({f"β = {beta}": (MEAN, DEVIATION) for beta in (0, 1, 2, 3, 4)}, reach=2.5)
    assert {(each.x_range.start, each.y_range.end) for each in panels(fig)} == {(-2.5, 2.5)}
    words = description(fig)
    assert sorted(range(5), key=lambda beta: words.index(f"β = {beta}")) == [0, 1, 2, 3, 4]


def test_means_and_deviations_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"two: means of shape \(2, 2\) and deviations \(2,\); both must be \(N, 2\)"):
        plots.posteriors({"two": (MEAN, DEVIATION[0])})


def test_the_layers_of_a_network_are_bars_as_wide_as_the_logarithm_of_their_size():
    fig = plots.architecture({"encoder": [("spectrum", (513,)), ("convolution", (257, 16))], "z": [("z", (3,))]})
    bars = [each for each in fig.renderers if isinstance(each.glyph, Segment)]
    width = np.concatenate([2 * np.array(each.data_source.data["x1"]) for each in bars])
    np.testing.assert_allclose(width, np.log2([514, 4113, 4]))
    assert fig.y_range.factors == ["z: 3", "convolution: 257 × 16", "spectrum: 513"]
    assert [item.label.value for item in fig.legend[0].items] == ["encoder", "z"]


def test_two_layers_of_one_name_and_shape_are_refused():
    with pytest.raises(ValueError, match="each with a name of its own"):
        plots.architecture({"decoder": [("dense", (64,)), ("dense", (64,))]})


@pytest.mark.parametrize("style", ["notebook", "paper"])
def test_nothing_is_cut_off_at_the_edge_of_a_picture(style, tmp_path):
    from PIL import Image

    with plots.style(style):
        figures = {
            "posteriors": plots.posteriors({"a": (MEAN, DEVIATION), "b": (MEAN, DEVIATION)}),
            "network": plots.architecture(
                {"encoder": [("a layer with a long name", (513, 2))], "z": [("z", (4,))]}, "A"
            ),
        }
    for name, fig in figures.items():
        pixels = np.asarray(Image.open(plots.save(fig, tmp_path / f"{name}.png")))
        edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert (edges == edges[0]).all() and (pixels != edges[0]).any(), name


def test_a_band_shows_what_was_measured_only_where_it_was():
    level = np.linspace(-3, 3, FREQUENCIES.size)
    fig = plots.band(level - 2, level + 2, level, level, measured_hz=(100, 1500))
    drawn = fig.legend.items[2].renderers[0].data_source.data["x"]
    assert min(drawn) >= 100 and max(drawn) <= 1500
    assert [item.label.value for item in fig.legend.items] == ["90 % of curves", "median", "measured"]
