"""Drags of the curve and the map, in a real JupyterLab; and the curve on the exported page."""

import json
import math
import time

import numpy as np
import pytest

from aether_lab.analysis.plane import Plane
from aether_lab.filters.recipe import Recipe
from aether_lab.model.presets import Presets
from aether_lab.model.space import FilterSpace
from aether_lab.panels.page import write_page

CELL = """
from aether_lab import LivePanel, MapPanel
panel, places = LivePanel("4d"), MapPanel("4d")
places.link(panel)
display(panel, places)
"""
WATCH = """() => document.querySelector(".aether-plot").closest(".aether-explorer").parentElement
    .addEventListener("aether-drawn", ({ detail: { z, frequency, level } }) => {
        window.drawn = { z, frequency: [...frequency], level: [...level] };
    })"""


@pytest.fixture(scope="module")
def space():
    return FilterSpace.load("4d")


def point(canvas, hertz, level):
    """Where a level of the axis from -40 to 20 dB is on the page."""
    box = canvas.bounding_box()
    across, down = box["width"] - 60, box["height"] - 36
    return box["x"] + 44 + across * math.log(hertz / 20, 1000), box["y"] + 12 + down * (20 - level) / 60


def level_at(space, z, hertz):
    return float(space.decode(z).response_db(np.array([hertz]))[0])


def drag_curve(page, canvas, hertz, level, change):
    x, y = point(canvas, hertz, level)
    page.mouse.move(x, y)
    page.mouse.down()
    end = point(canvas, hertz, level + change)[1]
    for step in range(1, 9):
        page.mouse.move(x, y + (end - y) * step / 8)


@pytest.fixture(scope="module")
def notebook(lab):
    lab.write("hand.ipynb", CELL)
    with lab.open("hand.ipynb") as notebook:
        notebook.run_all()
        notebook.page.locator(".aether-map-point").first.wait_for()
        notebook.page.locator(".aether-plot canvas[aria-label]").wait_for()
        notebook.page.evaluate(WATCH)
        yield notebook


@pytest.fixture(autouse=True)
def at_the_origin(request):
    if "notebook" in request.fixturenames:
        notebook = request.getfixturevalue("notebook")
        notebook.run("panel.z = [1, 1, 1, 1]\npanel.z, panel.locked = [0, 0, 0, 0], []")
        notebook.page.wait_for_function("() => window.drawn?.z.every((value) => value === 0)")


def settled(notebook):
    """z, when all have it: a front end holds its messages back while the kernel is busy."""
    end = time.monotonic() + 10
    while True:
        drawn = notebook.page.evaluate("() => window.drawn.z")
        kernel = json.loads(notebook.run("import json; print(json.dumps([panel.z.tolist(), places.z.tolist()]))"))
        if kernel == [drawn, drawn]:
            return drawn
        assert time.monotonic() < end, f"drawn at {drawn}, in the kernel {kernel}"


def test_a_dragged_curve_moves_knobs_kernel_and_map_and_a_locked_knob_stays(notebook, space):
    page = notebook.page
    lock = int(np.argmin([abs(level_at(space, z, 500) - level_at(space, -z, 500)) for z in np.eye(4)]))
    page.get_by_role("button", name=f"Lock {space.card['names'][lock]}").press("Enter")
    notebook.wait_for("print(panel.locked)", f"({lock},)")
    canvas = page.locator(".aether-plot canvas")
    canvas.scroll_into_view_if_needed()
    before = level_at(space, [0, 0, 0, 0], 500)
    drag_curve(page, canvas, 500, before, 5)
    page.mouse.up()
    page.get_by_text("500 Hz:").wait_for()
    z = settled(notebook)
    assert z[lock] == 0
    np.testing.assert_allclose(level_at(space, z, 500), before + 5, atol=0.5)  # dB: half a pixel is 0.1
    shown = [
        float(knob.input_value().replace("\N{MINUS SIGN}", "-")) for knob in page.locator(".aether-knob-value").all()
    ]
    np.testing.assert_allclose(shown, z, atol=0.0051)


def test_the_curve_is_dragged_by_keys_and_what_is_missing_is_reported(notebook, space):
    page = notebook.page
    canvas = page.locator(".aether-plot canvas")
    canvas.focus()
    for key in ["Shift+ArrowLeft"] * 10 + ["Shift+ArrowRight"] * 5 + ["ArrowDown"] * 3:  # to 20 Hz, and up five octaves
        page.keyboard.press(key)
    page.get_by_text("640 Hz:").wait_for()
    z = settled(notebook)
    np.testing.assert_allclose(level_at(space, z, 640), level_at(space, [0, 0, 0, 0], 640) - 3, atol=0.3)
    for _ in range(6):
        page.keyboard.press("PageDown")
    page.get_by_text("above the drag target: the rest of the curve holds it").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Drag the curve: z follows").wait_for()
    assert page.evaluate("() => document.activeElement.tagName") == "CANVAS"  # Escape has not left the cell as well


def test_a_landmark_that_is_clicked_is_where_the_panel_goes_and_the_plane_keeps_the_rest(notebook, space):
    page = notebook.page
    name, z = next(iter(Presets.landmarks(space).items()))
    page.get_by_role("button", name=f"{name}, ").focus()
    page.keyboard.press("Enter")
    notebook.page.wait_for_function("(z) => window.drawn.z[3] === z", arg=z[3])
    assert settled(notebook) == list(z)
    assert page.get_by_label("Go to", exact=True).input_value() == name
    page.locator(".aether-map-ring").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("(z) => window.drawn.z[1] !== z", arg=z[1])
    moved = np.subtract(settled(notebook), z)
    first = Plane.of(space).axes[0]
    assert 0.1 < moved @ first <= 0.51  # on to the next of the map's hundredths
    np.testing.assert_allclose(moved, (moved @ first) * first, atol=0.006)


def thumbnail_is(page, visibility):
    """Waits for it: a frame may come late."""
    page.wait_for_function(
        "(wanted) => document.querySelector('.aether-map-thumb').getAttribute('visibility') === wanted", arg=visibility
    )


def test_while_one_listens_z_follows_the_pointer_over_the_map_and_goes_back(notebook, space):
    page = notebook.page
    landmarks = Presets.landmarks(space)
    one, other = (page.locator(f'.aether-map-point[aria-label^="{name}, "]') for name in list(landmarks)[:2])
    page.locator(".aether-map-chart").scroll_into_view_if_needed()
    thumbnail_is(page, "hidden")
    one.hover(force=True)
    thumbnail_is(page, "visible")
    line = page.locator(".aether-map-thumb-there").get_attribute("d")
    page.get_by_role("button", name="Listen as I point").click()
    thumbnail_is(page, "hidden")
    assert settled(notebook) == [0, 0, 0, 0]
    for point in (one, other):
        point.focus()
    z = list(landmarks.values())[1]
    page.wait_for_function("(z) => window.drawn.z[3] === z", arg=z[3])
    assert settled(notebook) == list(z)  # in the kernel and the linked panel, which sounds
    assert page.locator(".aether-map-thumb-there").get_attribute("d") != line
    page.get_by_role("button", name="Listen as I point").focus()
    page.wait_for_function("() => window.drawn.z.every((value) => value === 0)")
    assert settled(notebook) == [0, 0, 0, 0]  # else the kernel's word of it could come after the pointer's
    field = page.locator(".aether-map-field")
    middle = field.bounding_box()["height"] / 2
    for x in (10, 11) * 10:  # JupyterLab may still scroll, and then the pointer is elsewhere
        field.hover(position={"x": x, "y": middle}, force=True)
        page.wait_for_timeout(200)
        if any(page.evaluate("() => window.drawn.z")):
            break
    settled(notebook)
    field.click(position={"x": 10, "y": middle}, force=True)
    clicked = settled(notebook)
    plane = Plane.of(space)
    assert plane.project(clicked)[0] < plane.project(list(landmarks.values()))[:, 0].min()  # at the left
    field.hover(position={"x": 70, "y": middle}, force=True)
    page.wait_for_function("(z) => window.drawn.z.some((value, i) => value !== z[i])", arg=clicked)
    settled(notebook)
    page.mouse.move(5, 5)
    page.wait_for_function("(z) => window.drawn.z.every((value, i) => value === z[i])", arg=clicked)
    assert settled(notebook) == clicked
    page.get_by_role("button", name="Listen as I point").click()


def test_the_filter_of_the_map_is_taken_as_from_other_panels(notebook, space):
    page, z = notebook.page, next(iter(Presets.landmarks(space).values()))
    notebook.run(f"panel.z = {list(z)}")
    page.wait_for_function("(z) => window.drawn.z[3] === z", arg=z[3])
    panel = page.locator(".aether-map")
    panel.get_by_role("button", name="Take this filter").click()
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download JSON").click()
    taken = Recipe.load(download.value.path())
    hertz = np.geomspace(30, 18_000, 60)
    np.testing.assert_allclose(taken.level_db(hertz), space.decode(z).response_db(hertz), atol=0.01)
    page.keyboard.press("Escape")


def test_a_preset_saved_in_the_browser_is_read_in_python_and_downloaded(notebook, tmp_path):
    page = notebook.page
    notebook.run("panel.z = [0.5, -1, 0.25, 2]")
    page.locator(".aether-map").get_by_label("Name of the preset").fill("home & <b>garden</b>")
    page.get_by_role("button", name="Save this preset").click()
    expected = {"home & <b>garden</b>": [0.5, -1, 0.25, 2]}
    notebook.wait_for(
        "import json; print(json.dumps({k: list(v) for k, v in places.presets.items()}))",
        json.dumps({k: [float(x) for x in v] for k, v in expected.items()}),
    )
    with page.expect_download() as download:
        page.get_by_role("link", name="Download presets").click()
    download.value.save_as(tmp_path / "mine.json")
    assert {k: list(v) for k, v in Presets.load(tmp_path / "mine.json").items()} == expected
    page.get_by_role("button", name="Forget home").click()
    notebook.wait_for("print(len(places.presets))", "0")


def test_a_residual_is_drawn_with_the_filter(notebook, space):
    notebook.run(
        "from aether_lab import Recipe\npanel.residual = Recipe.of([100.0, 3000.0], 1.0, [6.0, -9.0], shelves=True)"
    )
    notebook.page.get_by_text("filter with its residual cascade").wait_for()
    drawn = notebook.page.evaluate("() => window.drawn")
    hertz = np.array(drawn["frequency"])
    residual = json.loads(notebook.run(f"print(panel.residual.response_db({hertz[::50].tolist()}).tolist())"))
    alone = np.asarray(space.decode(drawn["z"]).response_db(hertz[::50]))
    np.testing.assert_allclose(np.array(drawn["level"])[::50], alone + residual, atol=1e-3)
    notebook.run("panel.residual = None")


def test_on_the_exported_page_the_curve_follows_too_and_landmarks_are_there(browser, space, tmp_path):
    file = write_page(space, tmp_path / "explorer.html")
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.goto(file.as_uri())
    canvas = page.locator(".aether-plot canvas[aria-label]")
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    drag_curve(page, canvas, 200, level_at(space, [0, 0, 0, 0], 200), -4)
    page.mouse.up()
    page.get_by_text("200 Hz:").wait_for()
    knobs = page.locator(".aether-knobs").get_by_role("slider")
    assert any(float(knob.input_value()) for knob in knobs.all())
    name, z = list(Presets.landmarks(space).items())[5]
    page.get_by_label("Go to", exact=True).select_option(name)
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    shown = [float(knob.input_value()) for knob in knobs.all()]
    np.testing.assert_allclose(shown, np.clip(z, -2, 2), atol=0.006)
    context.close()
