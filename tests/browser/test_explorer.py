"""The explorer on the exported page: its layout, its knobs, drags of the curve, and what is drawn with it."""

import math
from contextlib import contextmanager

import numpy as np
import pytest
from pages import page_without_errors

from aether_lab.model.space import FilterSpace
from aether_lab.panels.page import write_page

WATCH = """document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("#aether-lab").addEventListener("aether-drawn", ({ detail: { z, frequency, level } }) => {
        window.drawn = { z, frequency: [...frequency], level: [...level] };
    });
});"""
PIXELS = "() => document.querySelector('.aether-plot canvas').toDataURL()"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return {name: write_page(FilterSpace.load(name), folder / f"{name}.html").as_uri() for name in ("4d", "nested")}


@contextmanager
def opened(browser, address, width=848, height=700, **settings):
    viewport = {"width": width, "height": height}
    with page_without_errors(browser, WATCH, viewport=viewport, **settings) as page:
        page.goto(address)
        page.wait_for_function("() => window.drawn")
        yield page


def knobs(page):
    return page.locator(".aether-knobs").get_by_role("slider")


def values(page):
    texts = [each.input_value() for each in page.locator(".aether-knob-value").all()]
    return [float(text.replace("\N{MINUS SIGN}", "-")) for text in texts]


def wait_for_z(page, index, value):
    page.wait_for_function("([i, z]) => Math.abs(window.drawn.z[i] - z) < 1e-6", arg=[index, value], timeout=10_000)


def level_at(page, hertz):
    drawn = page.evaluate("() => window.drawn")
    return float(np.interp(math.log(hertz), np.log(drawn["frequency"]), drawn["level"]))


def drag(page, hertz, change):
    """Drags the curve by `change` dB on an axis from -40 to 20 dB; the mouse stays down."""
    box = page.locator(".aether-plot canvas").first.bounding_box()
    across, down = box["width"] - 60, box["height"] - 36
    x = box["x"] + 44 + across * math.log(hertz / 20, 1000)
    y = box["y"] + 12 + down * (20 - level_at(page, hertz)) / 60
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x, y - down * change / 60 * step / 8)


@pytest.mark.parametrize("name", ["4d", "nested"])
def test_sound_curve_and_knobs_fit_into_560_pixels_and_nothing_is_clipped(browser, pages, name):
    with opened(browser, pages[name]) as page:
        for width in (848, 600, 1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            page.wait_for_timeout(150)
            edges = page.evaluate(
                """() => [".aether-sound", ".aether-plot", ".aether-knobs"].map((name) => {
                    const { top, bottom } = document.querySelector(name).getBoundingClientRect();
                    return [top, bottom];
                })"""
            )
            assert width != 848 or edges[2][1] - edges[0][0] < 560
            lines = page.evaluate(
                """() => new Set([...document.querySelectorAll(".aether-tools :is(button, select)")]
                    .map((node) => node.getBoundingClientRect()).filter((box) => box.width)
                    .map(({ top, bottom }) => Math.round((top + bottom) / 20))).size"""
            )
            assert width < 848 or lines == 1
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
            clipped = page.evaluate(
                """() => [...document.querySelectorAll(".aether-explorer *")].filter((node) => node.clientWidth > 0 &&
                    !node.closest(".aether-scroll, svg") && node.scrollWidth > node.clientWidth + 1
                ).map((node) => node.className)"""
            )
            assert clipped == []
        small = page.evaluate(
            """() => [...document.querySelectorAll(".aether-explorer :is(button, select, summary, .aether-slider)")]
                .map((node) => [node.className, node.textContent, node.getBoundingClientRect()])
                .filter(([, , { width, height }]) => width && (width < 43.5 || height < 43.5))
                .map(([name, text, { width, height }]) => `${name} ${text} ${width} ${height}`)"""
        )
        assert small == []


def test_a_knob_moves_by_keys_wheel_double_click_and_typing(browser, pages):
    with opened(browser, pages["4d"]) as page:
        knob, slider = knobs(page).nth(1), page.locator(".aether-knob .aether-slider").nth(1)
        box = slider.bounding_box()
        page.mouse.move(box["x"] + 30, box["y"] + 14)
        page.mouse.wheel(0, -100)
        page.wait_for_timeout(200)
        assert values(page) == [0, 0, 0, 0]  # not focused
        for key, value in (
            ("ArrowRight", 0.05),
            ("Shift+ArrowRight", 0.06),
            ("PageUp", 0.56),
            ("Home", -2),
            ("End", 2),
            ("Delete", 0),
        ):
            knob.press(key)
            wait_for_z(page, 1, value)
        page.mouse.wheel(0, -100)
        wait_for_z(page, 1, 0.05)
        page.mouse.click(box["x"] + box["width"] - 9, box["y"] + 14)
        wait_for_z(page, 1, 2)
        page.mouse.dblclick(box["x"] + box["width"] / 4, box["y"] + 14)
        wait_for_z(page, 1, 0)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 14)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 + (box["width"] - 18) / 4, box["y"] + 200, steps=3)
        page.mouse.up()
        wait_for_z(page, 1, 1)
        name = FilterSpace.load("4d").card["names"][1]
        page.get_by_label(f"Value of {name}").fill("\N{MINUS SIGN}3,25")
        page.keyboard.press("Enter")
        wait_for_z(page, 1, -3.25)
        assert page.locator(".aether-status").inner_text().startswith(f"\N{BLACK UP-POINTING TRIANGLE} {name} outside")
        page.get_by_label(f"Value of {name}").fill("nonsense")
        page.keyboard.press("Tab")
        assert values(page) == [0, -3.25, 0, 0]


def test_a_touch_that_scrolls_moves_no_knob_and_one_to_the_side_does(browser, pages):
    with opened(browser, pages["4d"], 390, 500, has_touch=True, is_mobile=True) as page:
        touch = page.context.new_cdp_session(page)
        slider = page.locator(".aether-knob .aether-slider").nth(0)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        x, y = box["x"] + 60, box["y"] + 20

        def swipe(dx, dy):
            touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
            for step in range(1, 11):
                point = {"x": x + dx * step / 10, "y": y + dy * step / 10}
                touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
            touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        before = page.evaluate("() => scrollY")
        swipe(4, -120)
        page.wait_for_function("(before) => Math.abs(scrollY - before) > 20", arg=before)
        assert values(page) == [0, 0, 0, 0]
        page.evaluate("(before) => scrollTo(0, before)", before)
        swipe(100, 5)
        page.wait_for_function("() => window.drawn.z[0] > 0.3")


def test_a_drag_leaves_the_rest_of_the_curve_near_and_says_by_how_much_it_moved(browser, pages):
    with opened(browser, pages["4d"]) as page:
        before = level_at(page, 2000)
        drag(page, 2000, 16)
        status = page.locator(".aether-drag-status")
        status.filter(has_text="elsewhere: ").wait_for()
        page.mouse.up()
        z = page.evaluate("() => window.drawn.z")
        assert level_at(page, 2000) - before > 10
        assert sum(abs(value) > 1.95 for value in z) == 0  # it once threw z to (-2, -2, 1.34, -2)
        away = float(status.inner_text().split("elsewhere: ")[1].split(" dB")[0])
        assert 1 < away < 13


def test_with_shift_the_curve_moves_only_there_and_the_bell_can_be_taken_away(browser, pages):
    with opened(browser, pages["4d"]) as page:
        before = {hertz: level_at(page, hertz) for hertz in (100, 1000, 8000)}
        remove = page.get_by_role("button", name="Remove bells")
        assert not remove.is_visible()
        page.keyboard.down("Shift")
        drag(page, 1000, 6)
        page.mouse.up()
        page.keyboard.up("Shift")
        remove.wait_for()
        assert values(page) == [0, 0, 0, 0]
        np.testing.assert_allclose(level_at(page, 1000) - before[1000], 6, atol=0.5)
        np.testing.assert_allclose([level_at(page, h) - before[h] for h in (100, 8000)], 0, atol=0.3)
        canvas = page.locator(".aether-plot canvas").first
        canvas.press("Shift+ArrowDown")  # at the frequency of the last drag
        page.wait_for_timeout(500)
        np.testing.assert_allclose(level_at(page, 1000) - before[1000], 5, atol=0.5)
        canvas.press("Escape")
        remove.click()
        page.wait_for_timeout(500)
        np.testing.assert_allclose(level_at(page, 1000), before[1000], atol=1e-6)


def test_the_pointer_reads_the_curve_and_the_axis_is_zoomed(browser, pages):
    with opened(browser, pages["4d"]) as page:
        still = page.evaluate(PIXELS)
        canvas = page.locator(".aether-plot canvas").first
        canvas.hover(position={"x": 300, "y": 60})
        page.wait_for_function(f"(still) => ({PIXELS})() !== still", arg=still)
        page.mouse.move(5, 5)
        page.wait_for_function(f"(still) => ({PIXELS})() === still", arg=still)
        page.get_by_role("button", name="Zoom in").click()
        page.mouse.move(5, 5)
        page.wait_for_function(f"(still) => ({PIXELS})() !== still", arg=still)
        assert page.get_by_role("button", name="Zoom out").is_enabled()
        canvas.press("0")
        page.get_by_role("heading").click()
        page.wait_for_function(f"(still) => ({PIXELS})() === still", arg=still)


def test_phase_group_delay_and_impulse_response_are_tabs_that_follow_z(browser, pages):
    with opened(browser, pages["4d"]) as page:
        page.get_by_role("tab", name="Magnitude").focus()
        other = page.locator(".aether-plot canvas").nth(1)
        seen = set()
        for name in ("Phase", "Group delay", "Impulse"):
            page.keyboard.press("ArrowRight")
            page.get_by_role("img", name=name, exact=True).wait_for()
            seen.add(other.evaluate("(canvas) => canvas.toDataURL()"))
        knobs(page).nth(0).press("End")
        wait_for_z(page, 0, 2)
        seen.add(other.evaluate("(canvas) => canvas.toDataURL()"))
        assert len(seen) == 4
        page.get_by_role("tab", name="Impulse").focus()
        page.keyboard.press("ArrowRight")
        first = FilterSpace.load("4d").card["names"][0]
        page.get_by_role("application", name=f"Magnitude response at {first} 2.00").wait_for()


def test_while_it_plays_the_spectra_are_behind_the_curve_and_the_learned_range_is_that_of_the_moving_z(browser, pages):
    with opened(browser, pages["nested"]) as page:
        heard = page.locator(".aether-key-output")
        assert not heard.is_visible()
        page.get_by_label("Motion", exact=True).select_option("spiral")
        page.get_by_role("button", name="Play", exact=True).click()
        heard.wait_for()
        page.locator(".aether-status", has_text="outside the learned range").wait_for()
        page.locator(".aether-status", has_text="Inside the learned range").wait_for()
        assert values(page) == [0, 0, 0, 0]
        assert page.locator(".aether-slider-mark:visible").count() > 0
        page.get_by_role("button", name="More").click()
        page.get_by_role("button", name="Spectrum").click()
        heard.wait_for(state="hidden")
        page.get_by_role("button", name="Stop", exact=True).click()
        page.wait_for_function("() => !document.querySelector('.aether-slider-mark:not([hidden])')")
