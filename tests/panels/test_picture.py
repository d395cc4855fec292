import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from aether_lab import LatentPanel, MapPanel, Sections, residual
from aether_lab.panels import picture
from aether_lab.panels.bundle import STATIC
from aether_lab.panels.colours import colours
from aether_lab.signals.spectrum import FREQUENCIES

SVG = "{http://www.w3.org/2000/svg}"
BENT = 6 * np.cos(np.log(np.maximum(FREQUENCIES, 20) / 1000))


def svg_of(panel):
    bundle = panel._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.model_id
    return ElementTree.fromstring(data["image/svg+xml"]) if "image/svg+xml" in data else None


def texts(svg):
    return [element.text for element in svg.iter(f"{SVG}text")]


@pytest.fixture
def panel():
    panel = LatentPanel("4d", z=[1, -0.5, 0, 2.4])
    yield panel
    panel.close()


def test_a_picture_names_each_knob_with_its_value_and_says_in_words_what_the_curve_does(panel):
    svg = svg_of(panel)
    shown = texts(svg)
    state = panel.view.space
    for name, caption, value in zip(state["names"], state["captions"], ("1.00", "−0.50", "0.00", "2.40"), strict=True):
        assert shown[shown.index(name) + 1] == value
        assert any(text and text.endswith(caption) for text in shown)
    words = svg.get("aria-label")
    assert words.startswith("Filter of 4d at ") and f"{state['names'][3]} 2.40" in words
    level = np.asarray(panel.recipe.response_db(picture.FREQUENCIES))
    assert f"highest {level.max():.1f} dB at" in words
    assert svg.find(f"{SVG}title").text == words


def test_the_curve_lies_where_the_filter_is(panel):
    frame = next(svg for svg in svg_of(panel).iter(f"{SVG}svg") if svg.get("x"))
    left, top, width, height = map(float, frame.get("viewBox").split())
    path = frame.findall(f"{SVG}path")[-1]
    assert path.get("class") == "aether-line-sum"
    x, y = np.array([float(number) for number in re.findall(r"[-\d.]+", path.get("d"))]).reshape(-1, 2).T
    level = np.asarray(panel.recipe.response_db(picture.FREQUENCIES))
    low, high = picture.level_range([level])
    np.testing.assert_allclose(20 * 1000 ** ((x - left) / width), picture.FREQUENCIES, rtol=1e-3)
    np.testing.assert_allclose(high - (y - top) / height * (high - low), level, atol=0.02)


def test_the_response_without_jax_is_that_of_the_recipe(panel):
    panel.residual = residual(panel.recipe, BENT, Sections(n_sections=3))
    for recipe in (panel.recipe, panel.residual):
        level = recipe.level_db(picture.FREQUENCIES)
        np.testing.assert_allclose(level, np.asarray(recipe.response_db(picture.FREQUENCIES)), atol=1e-3)
    assert "filter with its residual cascade" in texts(svg_of(panel))


def test_colours_and_range_are_those_of_the_view(panel):
    drawn = ElementTree.tostring(svg_of(panel), encoding="unicode")
    for name, pair in colours().items():
        for colour in pair:
            assert f"aether-line-{name}{{stroke:{colour};" in drawn
    for used in set(re.findall(r'class="([^"]+)"', drawn)):
        assert drawn.count(f".{used}{{") == 2  # on light and on dark
    sheet = (STATIC / "ui" / "elements.css").read_text()
    for name in ("target", "ink", "paper", "grid", "faint"):
        for colour in re.findall(rf"--aether-{name}: (?:var\(.*, )?(#\w+)", sheet):
            assert f"aether-line-{name}{{stroke:{colour};" in drawn
    axes = (STATIC / "ui" / "axes.js").read_text()
    assert f"LEVEL_RANGE = {list(picture.SMALLEST_RANGE)};" in axes
    assert f"LEVEL_LIMITS = {list(picture.RANGE_LIMITS)};" in axes


def test_a_space_with_kinds_shows_kind_and_detail():
    panel = LatentPanel("nested")
    panel.kind = "cabinet"
    assert "kind: cabinet" in texts(svg_of(panel)) and "Detail" in texts(svg_of(panel))
    panel.close()


def test_the_name_of_a_target_cannot_break_the_picture(panel):
    panel.target = BENT
    panel.view.target = {**panel.view.target, "name": "</svg><script>\u202e"}
    svg = svg_of(panel)
    assert "</svg><script>\\u202e" in texts(svg) and not list(svg.iter(f"{SVG}script"))


def test_the_map_shows_every_landmark_and_writes_no_name_over_another():
    panel = MapPanel("4d")
    svg = svg_of(panel)
    assert len(list(svg.iter(f"{SVG}circle"))) == len(panel.view.space["landmarks"]) + 1  # and the ring
    assert "Map of 4d" in svg.get("aria-label")
    rows = sorted((float(text.get("y")), text.text) for text in svg.iter(f"{SVG}text") if text.get("font-size") == "11")
    assert len(rows) > 10
    panel.close()
