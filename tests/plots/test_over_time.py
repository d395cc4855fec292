import numpy as np
import pytest
from bokeh.models import ColorBar, Image, MultiLine

from aether_lab import plots
from aether_lab.filters.recipe import Recipe

RATE = 24_000


def drawn(fig, glyph):
    return next(renderer for renderer in fig.renderers if isinstance(renderer.glyph, glyph))


def test_a_spectrogram_is_brightest_where_a_tone_is_and_both_panels_have_one_scale():
    time = np.arange(RATE) / RATE
    sounds = {"low": np.sin(2 * np.pi * 300 * time), "high": 0.1 * np.sin(2 * np.pi * 3000 * time)}
    grid = plots.spectrograms(sounds, RATE, range_db=40)
    levels = [drawn(panel, Image).data_source.data["image"][0] for panel, *_ in grid.children]
    rows = np.geomspace(60, 0.45 * RATE, len(levels[0]))
    for level, hertz in zip(levels, (300, 3000), strict=True):
        assert abs(np.log2(rows[level.mean(axis=1).argmax()] / hertz)) < 1 / 6
    assert levels[0].max() == 0 and levels[0].min() >= -40
    assert -22 < levels[1].max() < -8  # ten times smaller in a band ten times wider
    assert len(list(grid.select({"type": ColorBar}))) == 2  # one for each row
    assert plots.to_matplotlib(grid).axes


def test_tracks_are_at_the_centres_and_coloured_by_the_mean_gain_of_each_step():
    recipe = Recipe(np.array([[100.0, 1000], [200, 1000], [400, 1000]]), np.ones((3, 2)), np.array([[0.0, 6]] * 3))
    data = drawn(plots.tracks([-1, 0, 1], recipe), MultiLine).data_source.data
    assert data["y"] == [[100, 200], [1000, 1000], [200, 400], [1000, 1000]]
    np.testing.assert_allclose(data["gain"], [0, 6, 0, 6])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: plots.spectrograms({"short": np.zeros(9)}, RATE), r"short: samples of shape \(9,\)"),
        (lambda: plots.spectrograms({"two": np.zeros((2000, 2))}, RATE), "one channel"),
        (lambda: plots.tracks([0, 1], Recipe.of([100], [1], [0])), r"\(N, S\) are needed"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
