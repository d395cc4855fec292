"""The Faust program, compiled by Debian's Faust and g++, beside `render`."""

from dataclasses import replace

import numpy as np
import pytest
from instruments import faust_host, ladspa_plugin, play_faust, play_ladspa, z_of
from listening import FASTEST, RATE, above_8_khz_db, blocks, error_db, noise, sine

from aether_lab.audio.motion import Motion
from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.audio.render import render
from aether_lab.model.points import whole_point
from aether_lab.model.space import FilterSpace

LIMIT_DB = -100


def around_a_cabinet(space, details):
    centre = whole_point(space, [0.0] * space.knobs + details, "cabinet")
    return Motion("spiral", centre=tuple(centre), rate=0.5, radius=2.0)


@pytest.mark.slow(seconds=25)
def test_a_spiral_and_jumps_of_knobs_and_kinds_are_those_of_render(tmp_path):
    space = FilterSpace.load("nested")
    host = faust_host(tmp_path, space)
    spiral = around_a_cabinet(space, [0.5, -0.5, 0.3, 0.1])
    x = noise(blocks(10.0))
    found = play_faust(host, space, x, RATE, z_of(spiral, len(x), RATE))
    assert error_db(found, render(x, space, spiral, RATE)) < LIMIT_DB
    ends = [
        whole_point(space, [2.0, -2, 2, -2], "ear"),
        whole_point(space, [-2.0, 2, -2, 2], "room"),
        np.zeros(space.latent_dim),
    ]
    z = np.repeat(ends, 100, axis=0)
    x = noise(128 * len(z))
    found = play_faust(host, space, x, RATE, z)
    assert error_db(found, render(x, space, RecordedMotion(z), RATE)) < LIMIT_DB
    y = play_faust(host, space, sine(blocks(2.0)), RATE, np.repeat(ends[:2], 375, axis=0))
    assert above_8_khz_db(y, 0.98, 1.06) < -80  # -60 is the limit


@pytest.mark.slow(seconds=10)
def test_a_cascade_at_another_rate_and_mix_is_that_of_render(tmp_path):
    space = FilterSpace.untrained(num_filters=5, topology="cascade", frequency_map="linear")
    space = replace(space, card={**space.card, "name": '"\\', "names": ["a", "*/", "Mix", "a"]})
    x = 4 * noise(blocks(1.0, 32_000))
    found = play_faust(faust_host(tmp_path, space), space, x, 32_000, z_of(FASTEST, len(x), 32_000), 0.4)
    assert error_db(found, render(x, space, FASTEST, 32_000, 0.4)) < LIMIT_DB


@pytest.mark.slow(seconds=15)
def test_a_ladspa_plug_in_has_the_controls_and_plays_as_render(tmp_path):
    space = FilterSpace.load("nested")
    plugin = ladspa_plugin(tmp_path, space)
    spiral = around_a_cabinet(space, [0.5, -0.5, 0.25, 0.125])
    x = noise(blocks(4.0)).astype(np.float32).astype(np.float64)
    z = z_of(spiral, len(x), RATE).astype(np.float32).astype(np.float64)  # as its ports take them
    about, found = play_ladspa(plugin, space, x, RATE, z)
    assert about == ["aether nested", "aether_lab", "CC BY 4.0", str(4 + space.latent_dim + 1)]
    assert error_db(found, render(x, space, RecordedMotion(z), RATE)) < LIMIT_DB
