"""The exported page in Chromium, opened from disk with the network cut off."""

import dataclasses
import re
from contextlib import contextmanager

import pytest

from aether_lab.model.space import FilterSpace
from aether_lab.panels.page import page_text, write_page


@contextmanager
def opened(browser, path, script="", **settings):
    """The page; at the end no error, no word on the console and no request but for the file itself."""
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900}, **settings)
    context.add_init_script(script)
    page = context.new_page()
    words, requests = [], []
    page.on("console", lambda message: words.append(message.text))
    page.on("pageerror", lambda error: words.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.get_by_role("button", name="Play", exact=True).wait_for()
    yield page
    assert words == []
    assert requests == [path.as_uri()]
    context.close()


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    return write_page(FilterSpace.load("4d"), tmp_path_factory.mktemp("page") / "explorer.html")


def level(page):
    return float(page.get_by_role("meter").get_attribute("aria-valuenow"))


def test_it_plays_and_falls_silent_again(browser, explorer):
    with opened(browser, explorer) as page:
        page.get_by_role("button", name="Play", exact=True).click()
        page.get_by_role("button", name="Stop", exact=True).wait_for()
        page.wait_for_function("() => Number(document.querySelector('[role=meter]').ariaValueNow) > -30")
        assert level(page) < -10  # a source at -20 dBFS through a filter that is matched to it
        page.get_by_role("button", name="Stop", exact=True).press("Enter")
        page.wait_for_function("() => Number(document.querySelector('[role=meter]').ariaValueNow) === -60")


def test_every_knob_moves_the_curve_by_keyboard_and_reset_brings_all_back(browser, explorer):
    with opened(browser, explorer) as page:
        curve = page.locator(".aether-plot canvas")
        knobs = page.locator(".aether-knobs").get_by_role("slider")
        for k, name in enumerate(FilterSpace.load("4d").card["names"]):
            knob = knobs.nth(k)
            assert page.get_by_role("slider", name=name, exact=True).count() == 1
            assert (knob.get_attribute("min"), knob.get_attribute("max")) == ("-2", "2")
            before = curve.get_attribute("aria-label")
            knob.press("End")
            page.wait_for_function(
                f"() => document.querySelector('.aether-plot canvas').ariaLabel.includes('{name} 2.00')"
            )
            assert curve.get_attribute("aria-label") != before
        page.get_by_role("button", name="Reset").press("Enter")
        page.wait_for_function("() => document.querySelector('.aether-plot canvas').ariaLabel.includes('Tilt 0.00')")
        assert [knob.input_value() for knob in knobs.all()] == ["0"] * 4


def test_a_recording_can_be_downloaded(browser, explorer, tmp_path):
    import soundfile

    with opened(browser, explorer) as page:
        page.get_by_role("button", name="Play", exact=True).click()
        page.get_by_role("button", name="Record", exact=True).click()
        page.wait_for_timeout(1000)
        page.get_by_role("button", name="Stop recording").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the recording").click()
        download.value.save_as(tmp_path / "heard.wav")
    samples, rate = soundfile.read(tmp_path / "heard.wav")
    assert rate == 48_000 and samples.shape[1] == 2 and len(samples) > 20_000
    assert 0.02 < samples.std() < 0.3


def test_the_microphone_is_heard_and_let_go(browser, explorer):
    with opened(browser, explorer) as page:
        page.get_by_label("Source", exact=True).select_option("microphone")
        page.get_by_role("button", name="Play", exact=True).click()
        page.get_by_text("Microphone on: wear headphones").wait_for()
        page.wait_for_function("() => Number(document.querySelector('[role=meter]').ariaValueNow) > -40")
        page.get_by_label("Source", exact=True).select_option("pink")
        page.get_by_text("Microphone on").wait_for(state="detached")
        page.wait_for_function("() => Number(document.querySelector('[role=meter]').ariaValueNow) > -30")


CONTEXTS = """
window.contexts = [];
window.AudioContext = class extends AudioContext {
    constructor(...settings) { super(...settings); window.contexts.push(this); }
};
"""


@pytest.mark.parametrize("end", ["close", "suspend"])
def test_a_context_that_another_script_ends_is_a_sentence_and_play_starts_again(browser, explorer, end):
    with opened(browser, explorer, CONTEXTS) as page:
        for _ in range(2):
            page.get_by_role("button", name="Play", exact=True).click()
            page.get_by_role("button", name="Stop", exact=True).wait_for()
            page.evaluate(f"() => window.contexts.at(-1).{end}()")
            page.get_by_text(re.compile("The browser has (ended|interrupted) the sound: press Play")).wait_for()
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_function("() => Number(document.querySelector('[role=meter]').ariaValueNow) > -30")


NO_DEVICES = "Object.defineProperty(Navigator.prototype, 'mediaDevices', { value: undefined });"
REFUSED = """navigator.mediaDevices.getUserMedia = () =>
    Promise.reject(new DOMException('Permission denied by a long story', 'NotAllowedError'));"""


@pytest.mark.parametrize(("script", "words"), [(NO_DEVICES, "This page may use no microphone"), (REFUSED, "refused")])
def test_a_microphone_that_is_missing_or_refused_is_a_sentence_and_the_rest_plays(browser, explorer, script, words):
    with opened(browser, explorer, script) as page:
        page.get_by_label("Source", exact=True).select_option("microphone")
        page.get_by_role("button", name="Play", exact=True).click()
        page.locator(".aether-sound-status", has_text=words).wait_for()
        page.get_by_label("Source", exact=True).select_option("pink")
        page.wait_for_function("() => Number(document.querySelector('[role=meter]').ariaValueNow) > -30")


@pytest.mark.parametrize(("allowed", "plays"), [("blob:", True), ("", False)])
def test_a_policy_that_forbids_data_leaves_blob_and_one_that_forbids_both_a_sentence(browser, allowed, plays):
    text = page_text(FilterSpace.untrained())
    policy = re.search(r"script-src 'sha256-[^']*' data:", text)[0]
    text = text.replace(policy, policy.replace("data:", allowed))
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("http://localhost/", lambda route: route.fulfill(content_type="text/html", body=text))
    page.goto("http://localhost/")
    page.get_by_role("button", name="Play", exact=True).click()
    if plays:
        page.wait_for_function("() => Number(document.querySelector('[role=meter]').ariaValueNow) > -30")
    else:
        page.get_by_text("Content-Security-Policy").wait_for()
        words = page.locator(".aether-sound-status").inner_text()
        assert "base64" not in words and len(words) < 350
        assert page.get_by_role("button", name="Play", exact=True).is_enabled()
    assert errors == []
    context.close()


def test_what_is_dropped_is_read_and_no_sound_is_refused_by_name(browser, explorer):
    with opened(browser, explorer) as page:
        files = page.evaluate_handle(
            """() => { const data = new DataTransfer(); data.items.add(new File(["no"], "n.wav")); return data; }"""
        )
        page.dispatch_event(".aether-live", "drop", {"dataTransfer": files})
        page.get_by_text("n.wav cannot be read as sound").wait_for()
        files.evaluate("(data) => { data.items.add(new File(['no'], 'm.wav')); }")
        page.dispatch_event(".aether-live", "drop", {"dataTransfer": files})
        page.get_by_text("2 files; this zone takes one at a time").wait_for()


def test_a_card_that_does_its_worst_stays_text(browser, tmp_path):
    space = FilterSpace.untrained(latent_dim=2)
    words = "</script><img src=x onerror=window.bad=1>"
    hostile = dataclasses.replace(space, card={**space.card, "name": words, "captions": [words, words]})
    with opened(browser, write_page(hostile, tmp_path / "hostile.html")) as page:
        assert page.get_by_role("heading").inner_text() == words
        assert page.locator("img").count() == 0
        assert page.evaluate("() => window.bad") is None


@pytest.mark.parametrize("width", [1200, 600, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_reaches_beyond_the_edge(browser, explorer, width, scheme):
    with opened(browser, explorer, color_scheme=scheme) as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.get_by_label("Motion", exact=True).select_option("spiral")
        page.wait_for_timeout(200)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(17, 17, 17)"
        assert dark == (scheme == "dark")
