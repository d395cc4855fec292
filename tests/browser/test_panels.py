"""The latent panel in a real JupyterLab: knob, curve and kernel move together, and without a kernel too."""

import json

import numpy as np
import pytest
from playwright.sync_api import TimeoutError

from aether_lab.model.space import FilterSpace
from aether_lab.panels.colours import colours as panel_colours

SETTINGS = {"latent_dim": 3, "num_filters": 8, "seed": 5}
PANEL = f"""
from aether_lab import FilterSpace, LatentPanel
space = FilterSpace.untrained(**{SETTINGS})
panel = LatentPanel(space)
panel
"""
PRINT_Z = "print(panel.z.round(9).tolist())"
WATCH = """(i) => {
    const explorer = document.querySelectorAll(".aether-explorer")[i];
    explorer.parentElement.addEventListener("aether-drawn", ({ detail: { z, frequency, level } }) => {
        window.drawn = { z, frequency: [...frequency], level: [...level] };
    });
}"""


def pixels(notebook):
    return notebook.page.evaluate("() => document.querySelector('.aether-plot canvas').toDataURL()")


def drawn(notebook):
    return notebook.page.evaluate("() => window.drawn")


def readouts(notebook):
    texts = [each.input_value() for each in notebook.page.locator(".jp-OutputArea .aether-knob-value").all()]
    return [float(text.replace("\N{MINUS SIGN}", "-")) for text in texts]


def wait_until_drawn(notebook, z):
    near = "(z) => window.drawn?.z.every((value, i) => Math.abs(value - z[i]) < 1e-9)"
    try:
        notebook.page.wait_for_function(near, arg=z, timeout=10_000)
    except TimeoutError as error:
        raise AssertionError(f"drawn is {(drawn(notebook) or {}).get('z')}, not {z}") from error


@pytest.fixture(scope="module")
def opened(lab):
    lab.write("panel.ipynb", PANEL)
    with lab.open("panel.ipynb") as notebook:
        yield notebook


@pytest.fixture
def notebook(opened):
    """A fresh panel: the same page and kernel, whose start takes longer than most tests, with its cell run again."""
    opened.command("notebook:clear-all-cell-outputs")
    opened.run_all()
    opened.knob(2).wait_for()
    opened.page.locator(".aether-plot canvas[aria-label]").wait_for()
    opened.page.evaluate("() => { delete window.drawn; delete window.bad; }")
    opened.page.evaluate(WATCH, 0)
    yield opened
    assert opened.errors == []


def test_a_knob_moved_by_keyboard_moves_the_curve_and_the_kernel_follows(notebook):
    before = pixels(notebook)
    notebook.knob(1).focus()
    for key in ["ArrowRight"] * 5 + ["Shift+ArrowRight"] * 5:
        notebook.page.keyboard.press(key)
    wait_until_drawn(notebook, [0, 0.3, 0])
    assert pixels(notebook) != before
    notebook.wait_for(PRINT_Z, "[0.0, 0.3, 0.0]")
    curve = drawn(notebook)
    recipe = FilterSpace.untrained(**SETTINGS).decode([0, 0.3, 0])
    expected = recipe.response_db(np.array(curve["frequency"]))
    np.testing.assert_allclose(curve["level"], expected, atol=1e-3)  # dB: the kernel's float32


def test_z_set_in_the_kernel_moves_knob_and_curve_and_stands_when_all_is_quiet(notebook):
    notebook.run("for k in range(40): panel.z = [k / 40, -k / 40, 0]\npanel.z = [1, -1.25, 0.123]")
    wait_until_drawn(notebook, [1, -1.25, 0.123])
    notebook.page.wait_for_timeout(500)
    assert drawn(notebook)["z"] == [1, -1.25, 0.123]
    assert readouts(notebook) == [1, -1.25, 0.12]
    assert notebook.run("print(panel.z.tolist())") == "[1.0, -1.25, 0.123]"
    assert notebook.run("print([round(knob.value, 9) for knob in panel.knobs])") == "[1.0, -1.25, 0.12]"


def test_z_beyond_the_knobs_is_kept_and_marked_and_reset_brings_all_back(notebook):
    status = notebook.page.locator(".aether-status")
    assert "Inside the learned range" in status.inner_text()
    notebook.run("panel.z = [0, 3.5, 0]")
    wait_until_drawn(notebook, [0, 3.5, 0])
    assert "z1 outside the learned range" in status.inner_text()
    notebook.page.wait_for_timeout(300)
    assert notebook.run(PRINT_Z) == "[0.0, 3.5, 0.0]"
    assert readouts(notebook) == [0, 3.5, 0]
    assert notebook.knob(1).input_value() == "2"
    notebook.page.get_by_role("button", name="Reset", exact=True).press("Enter")
    wait_until_drawn(notebook, [0, 0, 0])
    notebook.wait_for(PRINT_Z, "[0.0, 0.0, 0.0]")
    assert readouts(notebook) == drawn(notebook)["z"] == [0, 0, 0]


def test_random_sets_one_z_for_knobs_curve_and_kernel(notebook):
    notebook.page.get_by_role("button", name="Random").click()
    notebook.page.wait_for_function("() => window.drawn")
    z = drawn(notebook)["z"]
    assert any(z)
    notebook.wait_for("import json; print(json.dumps(panel.z.tolist()))", json.dumps([float(value) for value in z]))
    assert readouts(notebook) == z


def test_the_recipe_on_the_page_is_the_recipe_in_the_kernel(notebook):
    notebook.run("panel.z = [1, 0.5, -1]")
    notebook.page.locator(".aether-recipe summary").press("Enter")
    wait_until_drawn(notebook, [1, 0.5, -1])
    row = notebook.page.locator(".aether-recipe tbody tr").nth(3).locator("td")
    recipe = FilterSpace.untrained(**SETTINGS).decode([1, 0.5, -1])
    shown = [text.replace("\N{MINUS SIGN}", "-") for text in row.all_inner_texts()]
    assert shown[:2] == ["4", "-"]
    expected = [recipe.frequency_hz[3], recipe.q[3], recipe.gain_db[3]]
    np.testing.assert_allclose([float(text) for text in shown[2:]], expected, atol=0.06)


def test_text_of_a_card_and_of_a_file_stays_text(notebook):
    assert not notebook.page.locator(".aether-key-target").is_visible()  # nothing to explain yet
    notebook.run(
        """
from aether_lab import ImpulseResponse
import numpy as np
panel.show(ImpulseResponse(np.exp(-np.arange(999) / 9), 48e3, "<img src=x onerror=window.bad=1>"))
"""
    )
    key = notebook.page.locator(".aether-key-target")
    key.wait_for()
    assert key.inner_text().startswith("<img src=x onerror=window.bad=1>: ")
    assert notebook.page.evaluate("() => window.bad") is None


def test_panels_run_again_leave_nothing_and_two_of_them_do_not_interfere(lab):
    lab.write("two.ipynb", PANEL, "other = LatentPanel(space)\nother")
    with lab.open("two.ipynb") as notebook:
        for _ in range(3):
            notebook.run_all()
            notebook.knob(5).wait_for()
        notebook.page.wait_for_timeout(300)
        assert notebook.page.locator(".aether-explorer").count() == 2
        notebook.knob(3).focus()
        notebook.page.keyboard.press("End")
        notebook.wait_for("print(other.z.tolist(), panel.z.tolist())", "[2.0, 0.0, 0.0] [0.0, 0.0, 0.0]")


@pytest.mark.long
def test_a_notebook_reopened_without_a_kernel_is_alive(lab):
    """In a second tab, since `Lab.open` ends the kernel, which holds the panel, with the first."""
    lab.write("saved.ipynb", PANEL)
    with lab.open("saved.ipynb") as first:
        first.run_all()
        first.knob(2).wait_for()
        first.command("docmanager:save")
        with lab.open("saved.ipynb") as notebook:
            notebook.page.locator(".aether-plot canvas[aria-label]").wait_for()
            notebook.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
            notebook.page.evaluate(WATCH, 0)
            notebook.knob(0).focus()
            notebook.page.keyboard.press("Home")
            wait_until_drawn(notebook, [-2, 0, 0])
            notebook.page.get_by_role("button", name="Reset", exact=True).press("Enter")
            wait_until_drawn(notebook, [0, 0, 0])
            assert readouts(notebook) == [0, 0, 0]
            assert notebook.page.evaluate("() => !jupyterapp.shell.currentWidget.sessionContext.session?.kernel")


@pytest.mark.parametrize("width", [1200, 600])
def test_nothing_is_clipped(notebook, width):
    notebook.page.set_viewport_size({"width": width, "height": 900})
    notebook.command("application:toggle-left-area") if width == 600 else None
    notebook.page.wait_for_timeout(400)
    clipped = notebook.page.evaluate(
        """() => [...document.querySelectorAll(".aether-explorer, .aether-explorer *")]
            .filter((node) => !node.closest(".aether-scroll") && node.scrollWidth > node.clientWidth + 1
                && node.clientWidth > 0)
            .map((node) => node.className)"""
    )
    assert clipped == []
    notebook.command("application:toggle-left-area") if width == 600 else None
    notebook.page.set_viewport_size({"width": 1200, "height": 900})


def test_a_new_theme_redraws_the_curve_in_its_colours(notebook):
    colours = """() => {
        const canvas = document.querySelector(".aether-plot canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const found = new Set();
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] === 255) found.add([data[i], data[i + 1], data[i + 2]].join());
        return [...found];
    }"""
    light, dark = (",".join(str(part) for part in bytes.fromhex(colour[1:])) for colour in panel_colours()["sum"])
    found = notebook.page.evaluate(colours)
    assert light in found and dark not in found
    notebook.command("apputils:change-theme", theme="JupyterLab Dark")
    notebook.page.wait_for_function(f"() => ({colours})().includes('{dark}')", timeout=10_000)
    assert light not in notebook.page.evaluate(colours)
    notebook.command("apputils:change-theme", theme="JupyterLab Light")
