"""The exported page in Chromium, opened from disk with the network cut off."""

import dataclasses
import re
from contextlib import contextmanager

import numpy as np
import pytest
import scipy.signal
import soundfile

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.export import read_back
from aether_lab.instrument.write import write_instrument
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
    assert {url for url in requests if not url.startswith("blob:")} == {path.as_uri()}
    context.close()


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    return write_page(FilterSpace.load("4d"), tmp_path_factory.mktemp("page") / "explorer.html")


@pytest.fixture(scope="module")
def nested(tmp_path_factory):
    return write_page(FilterSpace.load("nested"), tmp_path_factory.mktemp("page") / "nested.html")


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
        curve = page.locator(".aether-plot canvas").first
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
        page.get_by_role("button", name="Reset", exact=True).press("Enter")
        page.wait_for_function(f"() => document.querySelector('.aether-plot canvas').ariaLabel.includes('{name} 0.00')")
        assert [knob.input_value() for knob in knobs.all()] == ["0"] * 4


def test_a_recording_can_be_downloaded(browser, explorer, tmp_path):
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
        assert page.get_by_role("heading").inner_text() == f"Filter explorer: {words}"
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


DROP = """([text, name]) => { const data = new DataTransfer(); data.items.add(new File([text], name)); return data; }"""
DRAWN = """() => document.getElementById("aether-lab").addEventListener("aether-drawn", ({ detail }) => {
    window.drawn = { frequency: [...detail.frequency], level: [...detail.level] };
});"""
READERS = {"JSON": "json", "CSV": "csv", "EqualizerAPO": "equalizerapo", "SOS": "npy", "FIR": "fir"}


@pytest.fixture
def plate(tmp_path):
    """A decaying noise after a delay, as WAV."""
    random = np.random.default_rng(0)
    tail = np.convolve(random.normal(size=48_000) * np.exp(-np.arange(48_000) / 4000), np.hanning(12), "same")
    soundfile.write(tmp_path / "plate.wav", np.r_[np.zeros(480), 0.5 * tail / np.abs(tail).max()], 48_000, "PCM_24")
    return tmp_path / "plate.wav"


def level_of_file(path, reader, frequency_hz):
    """dB; of an FIR filter at these very frequencies, where `read_back` takes the nearest line of an FFT."""
    if reader != "fir":
        return read_back(path.read_bytes(), reader, frequency_hz)
    taps, rate = soundfile.read(path)
    return 20 * np.log10(np.abs(scipy.signal.freqz(taps, worN=frequency_hz, fs=rate)[1]))


def drawn_level(page):
    return tuple(np.array(page.evaluate(f"() => window.drawn.{name}")) for name in ("frequency", "level"))


def test_a_measurement_is_located_as_in_python_and_taken_in_every_format(browser, nested, plate):
    space, exact = FilterSpace.load("nested"), 1e-3
    with opened(browser, nested) as page:
        page.evaluate(DRAWN)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Open a measurement").click()
        chooser.value.set_files(plate)
        page.get_by_text(re.compile(r"plate.wav \(48000 Hz\): nearest kind .*: the filter|dB away")).first.wait_for()
        page.wait_for_function("() => window.drawn")
        page.wait_for_timeout(100)
        frequency_hz, level_db = drawn_level(page)
        expected = np.asarray(space.decode(space.locate(plate)).response_db(frequency_hz))
        assert np.sqrt(((level_db - expected) ** 2).mean()) < exact

        page.get_by_role("button", name="Take this filter").click()
        taken = page.locator(".aether-take-status")
        for title, reader in READERS.items():
            with page.expect_download() as download:
                page.get_by_role("button", name=f"Download {title}").click()
            page.get_by_text(re.compile(f"{title} downloaded: worst ")).wait_for()
            words = taken.inner_text()
            stated = 1e-6 if "less than" in words else float(re.search(r"worst ([\d.e-]+) dB", words)[1])
            lowered = float((re.search(r"level is ([\d.]+) dB lower", words) or ["", "0"])[1])
            held = level_of_file(download.value.path(), reader, frequency_hz[frequency_hz < 20_000])
            worst = np.abs(held + lowered - level_db[frequency_hz < 20_000]).max()
            assert worst < 1.5 * stated + 2 * exact, (title, worst, words)
        page.get_by_role("button", name="Copy CSV").click()
        page.get_by_text("CSV copied: worst less than").wait_for()

        page.get_by_label("Take", exact=True).select_option("target")
        slider = page.get_by_role("slider", name="Sections of a fit")
        slider.press("End")  # a fit that the next ones overtake
        for _ in range(28):
            slider.press("ArrowLeft")
        words = re.compile(r"^4 peaking sections in series, fitted to plate.wav: [\d.]+ dB away\.$")
        page.get_by_text(words).wait_for()
        assert slider.get_attribute("aria-valuetext") == "4"
        with page.expect_download() as download:
            page.get_by_role("button", name="Download JSON").click()
        page.get_by_text("4 peaking sections in series, fitted to plate.wav").wait_for()
        assert Recipe.load(download.value.path()).n_sections == 4
        page.keyboard.press("Escape")
        assert page.locator(".aether-take-menu").is_hidden()


def test_the_whole_space_is_taken_from_the_page_as_the_command_writes_it(browser, nested, tmp_path):
    with opened(browser, nested) as page:
        page.get_by_role("button", name="Take this filter").click()
        page.get_by_text("The whole space, with its 4 knobs").wait_for()
        for title, name in (("C99 header", "aether.h"), ("Faust", "aether.dsp")):
            with page.expect_download() as download:
                page.get_by_role("button", name=f"Download {title}").click()
            written = write_instrument("nested", tmp_path / name)
            assert download.value.suggested_filename == name
            assert download.value.path().read_bytes() == written.read_bytes()
            page.get_by_text(f"{title} downloaded: {written.stat().st_size // 1000} kB, the space nested").wait_for()
        page.get_by_role("button", name="Copy Faust").click()
        page.get_by_text("Faust copied: ").wait_for()


def test_a_curve_is_drawn_a_bad_file_is_refused_and_a_reload_keeps_the_state(browser, nested):
    with opened(browser, nested) as page:
        curve = "".join(f"{f:.1f},{3 * np.sin(np.log(f)):.2f}\n" for f in np.geomspace(50, 16_000, 40))
        zone = page.get_by_role("group", name="Your own measurement")
        for text, name, words in (
            ("100;0,5\n1000;3,5\n", "comma.csv", "comma.csv: line 1: .* is not a frequency and a level"),
            ("OggS", "a.ogg", "a.ogg: this page reads WAV files"),
            (curve, "sine.csv", "sine.csv .40 points.: nearest kind"),
        ):
            page.dispatch_event(".aether-listen", "drop", {"dataTransfer": page.evaluate_handle(DROP, [text, name])})
            zone.get_by_text(re.compile(words)).wait_for()
        page.get_by_label("Kind", exact=True).select_option("ear")
        page.get_by_label("Source", exact=True).select_option("drums")
        knob = page.locator(".aether-knobs").get_by_role("slider").first
        knob.press("End")
        page.wait_for_timeout(1500)  # until the tab has stored it
        page.reload()
        page.get_by_text(re.compile("sine.csv: .* dB away")).wait_for()
        assert page.get_by_label("Kind", exact=True).locator("option:checked").inner_text() == "ear"
        assert page.get_by_label("Source", exact=True).input_value() == "drums"
        assert knob.input_value() == "2"
        page.get_by_role("button", name="Remove").click()
        page.get_by_text(re.compile("sine.csv: .* dB away")).wait_for(state="hidden")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_everything_fits_can_be_touched_and_is_explained(browser, nested, scheme):
    with opened(browser, nested, color_scheme=scheme) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        page.locator("summary[aria-label=Help]").click()
        for word in ("z and the knobs", "Sections", "Lock", "Your own measurement"):
            assert page.locator("dt", has_text=re.compile(f"^{word}$")).is_visible()
        page.get_by_role("button", name="Take this filter").click()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        for control in page.locator(".aether-take-menu button, .aether-listen button, summary[aria-label=Help]").all():
            if control.is_visible():
                box = control.bounding_box()
                assert box["width"] >= 44 and box["height"] >= 44, control.inner_text()
