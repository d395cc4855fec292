"""Whether colours can be told apart, by CAM02-UCS: two colours side by side differ visibly from about 1 on.

Deficiencies are simulated at full severity as in Machado, Oliveira and Fernandes, "A Physiologically-based Model for
Simulation of Color Vision Deficiency", IEEE Trans. Visualization and Computer Graphics 15 (2009).
"""

import itertools

import numpy as np
import pytest
from colorspacious import cspace_convert, deltaE

from aether_lab import plots
from aether_lab.plots import palette
from aether_lab.plots.styles import STYLES

WHITE, BLACK = "#ffffff", "#111111"  # BLACK: JupyterLab's dark page

SETS = {"light": palette.LIGHT, "dark": palette.DARK, "either": palette.COLOURS}


def srgb(colours):
    return np.array([[int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)] for colour in colours])


def luminance(colours):
    drawn = srgb(colours)
    return np.where(drawn <= 0.04045, drawn / 12.92, ((drawn + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(colours, page):
    high, low = np.maximum(luminance(colours), luminance([page])), np.minimum(luminance(colours), luminance([page]))
    return (high + 0.05) / (low + 0.05)  # WCAG 2.2


def seen(colours, vision):
    if vision == "grey":
        return np.repeat(cspace_convert(srgb(colours), "sRGB1", "CIELab")[:, :1], 3, axis=1) * [1, 0, 0]
    if vision == "full":
        return srgb(colours)
    space = {"name": "sRGB1+CVD", "cvd_type": vision, "severity": 100}
    return np.clip(cspace_convert(srgb(colours), space, "sRGB1"), 0, 1)


def least_difference(colours, vision):
    space = "CIELab" if vision == "grey" else "sRGB1"
    uniform = "CIELab" if vision == "grey" else "CAM02-UCS"
    pairs = itertools.combinations(seen(colours, vision), 2)
    return min(float(deltaE(a, b, input_space=space, uniform_space=uniform)) for a, b in pairs)


@pytest.mark.parametrize("vision", ["full", "protanomaly", "deuteranomaly", "tritanomaly"])
@pytest.mark.parametrize("page", SETS)
def test_colours_differ_with_any_colour_vision(page, vision):
    assert least_difference(SETS[page][:5], vision) >= 11
    assert least_difference(SETS[page], vision) >= 7


@pytest.mark.parametrize(("page", "few", "all_nine"), [("light", 7, 3.5), ("dark", 7, 3.5), ("either", 3.5, 2)])
def test_colours_differ_in_grey(page, few, all_nine):
    assert least_difference(SETS[page][:5], "grey") >= few  # of 100: CIE lightness
    assert least_difference(SETS[page], "grey") >= all_nine


def test_the_simulation_tells_what_two_colours_have_lost():
    pink, grey = "#c2639b", "#8a8a8a"
    assert least_difference([pink, grey], "deuteranomaly") < 10 < 20 < least_difference([pink, grey], "full")


@pytest.mark.parametrize(("page", "backgrounds"), [("light", [WHITE]), ("dark", [BLACK]), ("either", [WHITE, BLACK])])
def test_colours_have_contrast_with_their_page(page, backgrounds):
    for background in backgrounds:
        assert contrast(SETS[page], background).min() >= 3  # WCAG 2.2, 1.4.11


def test_text_has_contrast_with_the_page():
    assert min(contrast([plots.INK], page)[0] for page in (WHITE, BLACK)) >= 4.2
    for name in ("paper", "slides"):
        assert contrast([STYLES[name].ink], STYLES[name].page) == 21


@pytest.mark.parametrize("name", ["paper", "slides"])
def test_curves_on_paper_differ_without_any_colour(name):
    with plots.style(name):
        fig = plots.curves({f"{k}": [k, k] for k in range(9)}, [100, 1000])
    looks = set()
    for item in fig.legend[0].items:
        line, *marked = [renderer.glyph for renderer in item.renderers]
        looks.add((tuple(line.line_dash), *(each.marker for each in marked)))
    assert len(looks) == 9
