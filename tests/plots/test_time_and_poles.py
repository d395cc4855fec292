"""Waveforms and poles: what is drawn is what was given, in Bokeh and in a file."""

import numpy as np
import pytest
from bokeh.models import Line, Scatter

from aether_lab import plots
from aether_lab.plots.notebook import description


def drawn(panel, kind):
    (renderer,) = [each for each in panel.renderers if isinstance(each.glyph, kind)]
    data = renderer.data_source.data
    return np.asarray(data[renderer.glyph.x]), np.asarray(data[renderer.glyph.y])


def test_a_long_waveform_keeps_its_extremes_and_its_end():
    samples = np.random.default_rng(0).normal(size=48_000)
    samples[30_000] = 9.0
    (panel, *_) = plots.waveforms({"noise": samples}, 48_000, 800).children[0]
    time, y = drawn(panel, Line)
    assert len(y) <= 4000 and y.max() == 9 and time[y.argmax()] == 625
    assert 799 < time[-1] < 800


def test_each_waveform_has_its_own_length(tmp_path):
    panels = plots.waveforms({"a": np.arange(99), "b": np.arange(99)}, 1000, (10, 20))
    assert [len(drawn(panel, Line)[0]) for panel, *_ in panels.children] == [10, 20]
    assert plots.save(panels, tmp_path / "w.png").stat().st_size > 1000


def test_a_waveform_of_two_axes_is_refused():
    with pytest.raises(ValueError, match=r"stereo has shape \(2, 9\)"):
        plots.waveforms({"stereo": np.zeros((2, 9))}, 48_000)


def test_poles_are_the_roots_of_the_denominator(tmp_path):
    fig = plots.poles({"section": [1, -2 * 0.9 * np.cos(0.5), 0.81]}, "Poles")
    real, imaginary = drawn(fig, Scatter)
    np.testing.assert_allclose(np.abs(real + 1j * imaginary), 0.9)
    assert plots.save(fig, tmp_path / "p.svg").stat().st_size > 1000


def test_curves_of_something_else_than_a_level_say_so_and_are_drawn_whole():
    fig = plots.curves({"phase": [-180, 180]}, [100, 1000], label="phase, degrees")
    assert fig.yaxis.axis_label == "phase, degrees" and fig.y_range.start < -180


def test_panels_are_described_in_the_order_of_their_places():
    panels = plots.waveforms({name: [0, 1] for name in "dacb"}, 48_000)
    assert description(panels) == "d: time, ms. a: time, ms. c: time, ms. b: time, ms"
