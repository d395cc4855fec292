"""The kind and the details of a space in the browser: a list and a slider, by keyboard, on the exported page."""

import re
from pathlib import Path

import numpy as np
import pytest
from kinds_space import SPACE
from pages import page_without_errors

from aether_lab.panels.page import page_text, write_page

READ = "() => window.drawn"
WATCH = """document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("#aether-lab").addEventListener("aether-drawn", ({ detail: { z, frequency, level } }) => {
        window.drawn = { z, frequency: [...frequency], level: [...level] };
    });
});"""


@pytest.fixture
def page(browser, tmp_path):
    with page_without_errors(browser, WATCH, viewport={"width": 1200, "height": 900}) as page:
        page.goto(write_page(SPACE, tmp_path / "kinds.html").as_uri())
        page.wait_for_function(READ)
        yield page


def wait_for_z(page, z):
    near = "(z) => window.drawn.z.every((value, i) => Math.abs(value - z[i]) < 1e-6)"
    page.wait_for_function(near, arg=[float(value) for value in z], timeout=10_000)


def test_kind_and_detail_are_chosen_by_keyboard_and_heard_as_python_decodes_them(page):
    kind, detail = page.get_by_label("Kind"), page.get_by_label("Detail")
    rooms = np.eye(9)
    wait_for_z(page, [0] * 8 + rooms[0].tolist())
    assert kind.input_value() == "kind0" and detail.is_disabled()
    kind.focus()
    page.keyboard.press("ArrowDown")
    wait_for_z(page, [0] * 8 + rooms[1].tolist())
    landmark = np.array(SPACE.card["landmarks"]["place/2"])
    page.get_by_label("Go to").select_option("place/2")
    wait_for_z(page, landmark)
    assert kind.input_value() == "kind8" and detail.input_value() == "1" and detail.is_enabled()
    detail.press("Home")
    wait_for_z(page, [*landmark[:4], 0, 0, 0, 0, *landmark[8:]])
    for _ in range(25):
        detail.press("ArrowRight")
    wait_for_z(page, [*landmark[:4], *(0.25 * landmark[4:8]), *landmark[8:]])
    assert detail.get_attribute("aria-valuetext") == "25 %"
    drawn = page.evaluate(READ)
    expected = SPACE.decode(drawn["z"]).response_db(np.array(drawn["frequency"]))
    np.testing.assert_allclose(drawn["level"], expected, atol=1e-2)  # dB: the kernel's float32
    curve = page.locator(".aether-plot canvas")
    curve.press("ArrowUp")
    away = "(z) => window.drawn.z.some((value, i) => Math.abs(value - z[i]) > 1e-3)"
    page.wait_for_function(away, arg=drawn["z"], timeout=10_000)
    np.testing.assert_allclose(page.evaluate(READ)["z"][4:], [*(0.25 * landmark[4:8]), *landmark[8:]], atol=1e-9)
    curve.press("Escape")
    page.get_by_role("button", name="Random").click()
    page.get_by_role("button", name="Reset", exact=True).click()
    wait_for_z(page, [0] * 8 + landmark[8:].tolist())
    detail.press("End")
    wait_for_z(page, [0] * 4 + landmark[4:].tolist())


def test_a_mixture_is_named_by_its_largest_share(browser, tmp_path):
    text = re.sub(r'"z8":1.0(.*?)"z9":0.0', r'"z8":0.6\1"z9":0.4', page_text(SPACE))
    (tmp_path / "mixture.html").write_text(text, encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "mixture.html").as_uri())
    shown = page.get_by_label("Kind").locator("option:checked")
    shown.wait_for(state="attached")
    page.wait_for_function("() => document.querySelector('.aether-kind select').value === 'mixture'")
    assert shown.inner_text() == "mixture, 60 % room"
    context.close()


PANEL = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1] / "helpers")!r})
from kinds_space import SPACE
from aether_lab import LatentPanel
panel = LatentPanel(SPACE)
panel
"""


def test_the_kernel_and_the_list_and_slider_of_a_notebook_follow_each_other(lab):
    lab.write("nested.ipynb", PANEL)
    with lab.open("nested.ipynb") as notebook:
        notebook.run_all()
        notebook.knob(3).wait_for()
        kind, detail = (notebook.page.get_by_label(name, exact=True) for name in ("Kind", "Detail"))
        notebook.run("panel.z = [0, 0, 0, 0, 1, -2, 0.5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]")
        notebook.page.wait_for_function("() => document.querySelector('.aether-kind select').value === 'kind4'")
        assert detail.input_value() == "1"
        detail.press("Home")
        notebook.wait_for("print(panel.detail, panel.z[4:8].tolist())", "0.0 [0.0, 0.0, 0.0, 0.0]")
        detail.press("End")
        notebook.wait_for("print(panel.detail, panel.z[4:8].tolist())", "1.0 [1.0, -2.0, 0.5, 0.0]")
        kind.select_option("kind8")
        notebook.wait_for("print(panel.kind)", "object")
        notebook.run("panel.detail = 0.25")
        notebook.page.wait_for_function("() => document.querySelector('.aether-detail input').value === '0.25'")
