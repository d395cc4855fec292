import re

import pytest

from aether_lab.panels.bundle import style_text
from aether_lab.panels.colours import colours
from aether_lab.plots import palette


def luminance(colour):
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("host", ["explorer", "live", "map", "match", "morph"])
def test_every_variable_that_a_panel_uses_is_declared_in_its_style_sheet(host):
    sheet = style_text(f"hosts/{host}_widget.js")
    declared = set(re.findall(r"(--aether-[\w-]+):", sheet))
    used = set(re.findall(r"var\((--aether-[\w-]+)\)", sheet))
    assert used - declared <= {"--aether-family"}  # set on each landmark


@pytest.mark.parametrize("host", ["explorer", "map", "match"])
def test_the_colours_of_panels_are_those_of_the_figures(host):
    named = r"--aether-(?!target|paper|ink|faint|grid)[\w-]+: (#\w{6})"
    hues = set(re.findall(named, style_text(f"hosts/{host}_widget.js")))
    assert hues <= {*palette.LIGHT, *palette.DARK}


def test_text_in_a_colour_has_the_contrast_of_text():
    for name in ("sum", "warn"):
        on_light, on_dark = colours()[name]
        assert 1.05 / (luminance(on_light) + 0.05) >= 4.5
        assert (luminance(on_dark) + 0.05) / (luminance("#111111") + 0.05) >= 4.5


def test_families_of_the_map_have_a_colour_of_their_own():
    families = ("room", "plate", "cabinet", "microphone", "ear", "headphone", "loudspeaker", "gear", "object")
    for page in (0, 1):
        assert len({colours()[family][page] for family in families}) == len(families)
