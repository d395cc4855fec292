"""Find by ear on the exported page, by keyboard alone: hear, answer, undo, take, and go on after a reload."""

import numpy as np
import pytest
from pages import page_without_errors

from aether_lab.model.by_ear import ByEar
from aether_lab.model.space import FilterSpace
from aether_lab.panels.page import write_page

SPACE = FilterSpace.load("2d")
WATCH = """document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("#aether-lab").addEventListener("aether-drawn", ({ detail: { z } }) => (window.z = z));
});"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_page(SPACE, tmp_path_factory.mktemp("ear") / "page.html")


@pytest.fixture
def page(browser, path):
    with page_without_errors(browser, WATCH, viewport={"width": 900, "height": 900}) as page:
        page.goto(path.as_uri())
        page.wait_for_function("() => window.z")
        yield page


def wait_for_z(page, z):
    page.wait_for_function(
        "(z) => window.z.every((value, i) => Math.abs(value - z[i]) < 1e-6)", arg=list(map(float, z))
    )


def test_a_filter_is_found_by_keyboard_and_a_reload_keeps_the_answers(page):
    search = ByEar(SPACE)
    page.get_by_role("button", name="Find by ear").press("Enter")
    status = page.locator(".aether-ear-status")
    assert "No answer yet" in status.text_content()
    assert page.get_by_role("button", name="Undo answer").is_disabled()
    page.keyboard.press("b")
    wait_for_z(page, search.question.b)
    assert page.get_by_role("button", name="Hear B").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Stop", exact=True).wait_for()  # it plays
    for key, answer in (("1", "a"), ("4", "clearly b"), ("0", "same")):
        page.keyboard.press(key)
        search.answer(answer)
        wait_for_z(page, search.question.a)  # heard at once
    page.keyboard.press("Backspace")
    search.undo()
    page.wait_for_function("() => document.querySelector('.aether-ear-status').textContent.startsWith('2 answers')")
    assert status.text_content() == search.progress
    page.get_by_role("button", name="Take the best").press("Enter")
    wait_for_z(page, search.z)
    assert page.locator(".aether-take-menu").is_visible()
    page.wait_for_timeout(1500)  # until the tab has stored what a reload keeps
    page.reload()
    page.wait_for_function("() => document.querySelector('.aether-ear-status')?.textContent.startsWith('2 answers')")
    page.keyboard.press("a")
    wait_for_z(page, search.question.a)


def test_the_belief_that_is_drawn_shrinks(page):
    page.get_by_role("button", name="Find by ear").click()

    def width():
        dots = page.eval_on_selector_all(
            ".aether-ear-dots circle:not(.aether-ear-best)", "all => all.map(e => +e.getAttribute('cx'))"
        )
        return np.std(dots)

    before = width()
    search = ByEar(SPACE)
    for _ in range(8):
        a, b = search.question.a, search.question.b
        answer = "a" if np.linalg.norm(a - 0.7) < np.linalg.norm(b - 0.7) else "b"
        page.get_by_role("button", name=f"{answer.upper()} is closer").click()
        search.answer(answer)
    assert width() < 0.6 * before
    page.get_by_role("button", name="Start again").click()
    page.wait_for_function("() => document.querySelector('.aether-ear-status').textContent.startsWith('No answer')")
    assert width() > 0.8 * before
