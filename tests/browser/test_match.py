"""The match panel in a real JupyterLab: a file dropped on it becomes the filter that is downloaded from it."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from scipy.signal import freqz_sos, sosfilt

from aether_lab.filters.recipe import Recipe

CELL = """
from aether_lab import FilterSpace, MatchPanel, MorphPanel, Sections
space = FilterSpace.untrained(latent_dim=3, num_filters=8, seed=5)
panel = MatchPanel(space, sections=Sections(n_sections=4))
panel
"""
MORPH = "morph = MorphPanel(space)\nmorph"
CURVE = np.geomspace(20, 20_000, 300)  # Hz
BELLS = Recipe.of([150, 900, 5000], [1.0, 2.0, 0.8], [9, -6, 7])


def wav(recipe=BELLS):
    """A click through a filter, and the room's noise 80 dB under it."""
    click = np.zeros(9600)
    click[500] = 1.0
    noise = 1e-4 * np.random.default_rng(0).normal(size=9600)
    file = io.BytesIO()
    soundfile.write(file, sosfilt(recipe.sos(), click) / 4 + noise, 48_000, format="WAV", subtype="PCM_24")
    return file.getvalue()


def drop(page, zone, name, content):
    transfer = page.evaluate_handle(
        """([name, data]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
            return transfer;
        }""",
        [name, base64.b64encode(content).decode()],
    )
    for event in ("dragenter", "dragover", "drop"):
        zone.dispatch_event(event, {"dataTransfer": transfer})


def drawn(page, words):
    """What the figure shows once its key for the filter reads `words`."""
    page.locator(".aether-key-fitted", has_text=words).wait_for(timeout=120_000)  # a new count is compiled first
    page.wait_for_function("() => document.querySelector('.aether-match').ariaBusy === 'false'")
    return page.evaluate("() => window.drawn")


def equalizer_apo(text):
    """`(K, 6)` sections at 48 kHz and the preamp in dB of a parametric list: a parser of its own, peaks only.

    Robert Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients", peakingEQ.
    """
    rows = []
    for on, hertz, gain, q in re.findall(r"^Filter *\d*: (ON|OFF) PK Fc (\S+) Hz Gain (\S+) dB Q (\S+)$", text, re.M):
        assert on == "ON"
        w, a = 2 * np.pi * float(hertz) / 48_000, 10 ** (float(gain) / 40)
        alpha, cos = np.sin(w) / (2 * float(q)), np.cos(w)
        row = np.array([1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a])
        rows.append(row / row[3])
    preamp = sum(float(level) for level in re.findall(r"^Preamp: (\S+) dB$", text, re.M))
    return np.array(rows), preamp


@pytest.fixture(scope="module")
def matched(lab):
    """The panel with a file matched."""
    lab.write("match.ipynb", CELL)
    with lab.open("match.ipynb") as notebook:
        notebook.run_all()
        zone = notebook.page.locator(".aether-drop").first
        zone.wait_for()
        notebook.page.evaluate(
            """() => document.querySelector(".aether-match").parentElement.addEventListener(
                "aether-drawn", ({ detail }) => { window.drawn = detail; })"""
        )
        drop(notebook.page, zone, "bells.wav", wav())
        drawn(notebook.page, "4 sections in series")
        yield notebook


def test_a_wav_that_is_dropped_comes_back_as_the_filter_that_the_figure_shows(matched):
    picture = drawn(matched.page, "4 sections in series")
    assert picture["name"] == "bells.wav"
    assert picture["distance"]["fitted"] < 1  # dB: four sections for three
    with matched.page.expect_download() as download:
        matched.page.locator("[data-format=equalizerapo]").click()
    assert download.value.suggested_filename == "bells-equalizerapo.txt"
    rows, preamp = equalizer_apo(download.value.path().read_text())
    assert len(rows) == 4
    hertz = np.array(picture["frequency"])
    level = 20 * np.log10(np.abs(freqz_sos(rows, hertz, fs=48_000)[1])) + preamp
    difference = level - np.array(picture["curves"]["fitted"])
    assert np.ptp(difference) < 0.02  # dB: the list has a few decimals, the picture three
    assert np.all(difference < 0.01)  # a list may lie lower, so that no boost clips, never higher
    matched.page.locator(".aether-export-status", has_text="worst deviation").wait_for()


def test_the_panel_in_the_kernel_has_what_is_on_the_page(matched):
    picture = drawn(matched.page, "in series")
    expected = matched.run("print(panel.match.distance['fitted'], panel.recipe.n_sections, len(panel.z))").split()
    assert float(expected[0]) == pytest.approx(picture["distance"]["fitted"])
    assert expected[1:] == ["4", "3"]


def test_a_slider_moved_by_keyboard_fits_anew_and_the_picture_follows(matched):
    before = drawn(matched.page, "4 sections in series")
    matched.page.get_by_role("slider", name="Sections").press("ArrowLeft")
    after = drawn(matched.page, "3 sections in series")
    assert after["curves"]["fitted"] != before["curves"]["fitted"]
    matched.wait_for("print(panel.recipe.n_sections)", "3")
    matched.page.get_by_role("slider", name="Sections").press("ArrowRight")
    drawn(matched.page, "4 sections in series")
    matched.page.get_by_role("slider", name="From").press("End")
    assert matched.page.get_by_role("slider", name="To").get_attribute("aria-valuetext") == "20 kHz"
    alert = matched.page.get_by_role("alert")
    alert.filter(has_text="less than an octave of the band 16000 to 20000 Hz: widen the band").wait_for()
    matched.page.get_by_role("slider", name="From").press("Home")
    matched.page.wait_for_function("() => document.querySelector('.aether-alert').hidden")


def test_the_curve_follows_the_slider_of_sections_while_it_is_dragged(matched):
    page = matched.page
    drawn(page, "4 sections in series")
    slider = page.get_by_role("slider", name="Sections")
    track = page.locator(".aether-slider", has=slider)
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    at = lambda count: box["x"] + 9 + (box["width"] - 18) * (count - 1) / 31  # noqa: E731
    middle = box["y"] + box["height"] / 2
    page.mouse.move(at(4), middle)
    page.mouse.down()
    for count in range(5, 13):
        page.mouse.move(at(count), middle)
    few = drawn(page, "12 sections in series")  # the button is still down
    for count in range(13, 25):
        page.mouse.move(at(count), middle)
    many = drawn(page, "24 sections in series")
    page.mouse.up()
    assert many["distance"]["fitted"] < few["distance"]["fitted"] < 0.2
    said = f"24 \N{MIDDLE DOT} {many['distance']['fitted']:.2f} dB"
    assert slider.get_attribute("aria-valuetext") == said
    matched.wait_for("print(panel.recipe.n_sections, panel.busy == '')", "24 True")
    slider.press("Home")
    drawn(page, "1 section in series")
    for _ in range(3):
        slider.press("ArrowRight")
    drawn(page, "4 sections in series")


def test_bad_files_are_refused_in_words_and_the_panel_goes_on(matched, tmp_path):
    page, zone = matched.page, matched.page.locator(".aether-drop").first
    alert = page.get_by_role("alert")
    with (long := tmp_path / "long.wav").open("wb") as file:
        file.truncate(2 * 10**9)  # takes no room on disk
    zone.locator("input").set_input_files(str(long))
    alert.filter(has_text="long.wav: 2.0 GB; a panel takes files of at most 50.0 MB").wait_for()
    assert matched.run("print(panel._uploads)") == "{}"  # nothing of it was sent
    for name, content, words in (
        ("cut.wav", wav()[:-400], "truncated"),
        ("empty.csv", b"", "the file is empty"),
        ("unordered.csv", b"1000,1\n2000,2\n500,2\n", "500 Hz after 2000 Hz"),
        ("<b>bold.txt", b"no curve", "no numbers in it"),
    ):
        drop(page, zone, name, content)
        alert.filter(has_text=words).wait_for()
        assert alert.inner_text().startswith(name)
        assert zone.locator(".aether-drop-name").inner_text() == "bells.wav"
    rows = "\n".join(f"{hertz:.1f}\t{level:.2f}" for hertz, level in zip(CURVE, BELLS.response_db(CURVE), strict=True))
    drop(page, zone, "measured.txt", f"Freq(Hz)\tSPL(dB)\n{rows}".encode())
    zone.locator(".aether-drop-name", has_text="measured.txt").wait_for(timeout=120_000)
    assert not alert.is_visible()
    assert drawn(page, "in series")["distance"]["fitted"] < 1


@pytest.mark.parametrize("width", [1200, 600])
def test_nothing_is_clipped(matched, width):
    matched.page.set_viewport_size({"width": width, "height": 900})
    matched.command("application:toggle-left-area") if width == 600 else None
    matched.page.wait_for_timeout(400)
    clipped = matched.page.evaluate(
        """() => [...document.querySelectorAll(".aether-match, .aether-match *")]
            .filter((node) => !(node instanceof SVGElement) && node.clientWidth > 0
                && node.scrollWidth > node.clientWidth + 1)
            .map((node) => node.className)"""
    )
    assert clipped == []
    outside = matched.page.evaluate(
        """() => [...document.querySelectorAll(".aether-chart")].flatMap((chart) => {
            const { left, right, top, bottom } = chart.getBoundingClientRect();
            return [...chart.querySelectorAll("text")].filter((text) => {
                const box = text.getBoundingClientRect();
                return box.left < left - 1 || box.right > right + 1 || box.top < top - 1 || box.bottom > bottom + 1;
            }).map((text) => text.textContent);
        })"""
    )
    assert outside == []


def test_what_a_part_of_the_band_leaves_open_is_drawn_in_both_modes(matched):
    page, zone = matched.page, matched.page.locator(".aether-drop").first
    areas, key = page.locator(".aether-chart").first.locator(".aether-area"), page.locator(".aether-key-fan")
    assert areas.count() == 0 and key.count() == 0
    rows = "".join(
        f"{hertz:.1f},{-6 + 8 * np.exp(-2 * np.log2(hertz / 700) ** 2):.2f}\n" for hertz in np.geomspace(200, 3000, 60)
    )
    drop(page, zone, "part.csv", rows.encode())
    zone.locator(".aether-drop-name", has_text="part.csv").wait_for(timeout=120_000)
    assert areas.count() == 2 and "90 % of the curves" in key.inner_text()
    page.get_by_label("The filter is to").select_option("correct")
    page.locator(".aether-corrected", has_text="Boost is limited below").wait_for(timeout=120_000)
    assert areas.count() == 2 and key.count() == 1
    page.get_by_label("The filter is to").select_option("copy")
    page.locator(".aether-corrected").wait_for(state="hidden")


def test_the_slider_of_a_morph_moves_the_live_panel_between_two_files(lab):
    lab.write("morph.ipynb", CELL.replace("panel = MatchPanel(space, sections=Sections(n_sections=4))\npanel", MORPH))
    with lab.open("morph.ipynb") as notebook:
        notebook.run_all()
        zones = notebook.page.locator(".aether-drop")
        zones.nth(1).wait_for()
        slider = notebook.page.get_by_role("slider", name="A to B")
        assert slider.is_disabled()
        drop(notebook.page, zones.nth(0), "a.wav", wav())
        drop(notebook.page, zones.nth(1), "b.wav", wav(Recipe.of([200, 4000], [0.5, 0.7], [-10, 12])))
        notebook.page.wait_for_function(
            "() => !document.querySelector('[aria-label=\"A to B\"]').disabled", timeout=120_000
        )
        notebook.wait_for("print(morph.z.tolist() == morph.view.ends['a'].z.tolist())", "True")
        slider.press("End")
        notebook.wait_for("print(abs(morph.live.z - morph.view.ends['b'].z).max() < 1e-6)", "True")
        shown = notebook.page.evaluate("() => document.querySelector('.aether-fader output').textContent")
        assert shown == "100 % B"
