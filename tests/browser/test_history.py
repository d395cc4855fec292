"""Undo, slots, permalinks, presets, keys, MIDI and recorded motions, on the page and in a real JupyterLab."""

from contextlib import contextmanager

import numpy as np
import pytest

from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.model.permalink import permalink, read_permalink
from aether_lab.model.space import FilterSpace
from aether_lab.panels.page import write_page

# No hardware here: a port that says what a device would.
MIDI_PORT = """
window.port = Object.assign(new EventTarget(), { name: "Faders", state: "connected" });
navigator.requestMIDIAccess = async () =>
    Object.assign(new EventTarget(), { inputs: new Map([["1", window.port]]) });
window.midi = (...data) =>
    window.port.dispatchEvent(Object.assign(new Event("midimessage"), { data: Uint8Array.from(data) }));
"""
KNOBS = tuple(FilterSpace.load("4d").card["names"])


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    return write_page(FilterSpace.load("4d"), tmp_path_factory.mktemp("page") / "explorer.html")


@contextmanager
def opened(browser, path, **settings):
    """The page, offline; at the end no error and no word on the console."""
    context = browser.new_context(offline=True, viewport={"width": 848, "height": 900}, **settings)
    context.add_init_script(MIDI_PORT)
    page = context.new_page()
    words = []
    page.on("console", lambda message: words.append(message.text))
    page.on("pageerror", lambda error: words.append(str(error)))
    page.goto(path.as_uri())
    page.get_by_role("button", name="Play", exact=True).wait_for()
    yield page
    assert words == []
    context.close()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def knob(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def shows(page, *values):
    """Waits until the knobs show `values`."""
    texts = [f"{value:.2f}".replace("-", "\N{MINUS SIGN}") for value in values]
    for name, text in zip(KNOBS, texts, strict=False):
        page.wait_for_function(
            "([name, text]) => document.querySelector(`input[type=range][aria-label='${name}']`)"
            "?.getAttribute('aria-valuetext') === text",
            arg=[name, text],
        )


def test_what_was_done_is_undone_and_done_again_by_keys_wherever_the_focus_is(browser, explorer):
    with opened(browser, explorer) as page:
        assert page.get_by_role("button", name="Undo").is_disabled()
        knob(page, KNOBS[0]).press("End")
        page.wait_for_timeout(700)  # longer than the pause that begins a step
        knob(page, KNOBS[1]).press("Home")
        shows(page, 2, -2)
        page.keyboard.press("Control+z")  # in a slider
        shows(page, 2, 0)
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Control+z")  # nowhere
        shows(page, 0, 0)
        assert page.get_by_role("button", name="Undo").is_disabled()
        page.keyboard.press("Control+Shift+Z")
        page.keyboard.press("Control+y")
        shows(page, 2, -2)
        press(page, "Undo")
        shows(page, 2, 0)
        slider = knob(page, KNOBS[0]).bounding_box()
        page.mouse.move(slider["x"] + slider["width"] / 2, slider["y"] + slider["height"] / 2)
        page.mouse.down()
        for step in range(5):  # one gesture, though it rests
            page.mouse.move(slider["x"] + slider["width"] / 2 - 20 * step, slider["y"] + 5)
            page.wait_for_timeout(200)
        page.mouse.up()
        page.keyboard.press("Control+z")
        shows(page, 2, 0)


def test_space_plays_and_stops_but_not_where_it_presses_a_button(browser, explorer):
    with opened(browser, explorer) as page:
        page.keyboard.press("Space")
        page.get_by_role("button", name="Stop", exact=True).wait_for()
        knob(page, KNOBS[1]).focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Play", exact=True).wait_for()
        page.get_by_role("button", name="Version C, empty").press("Space")
        page.get_by_role("button", name="Version C", exact=True).wait_for()
        assert page.get_by_role("button", name="Play", exact=True).is_visible()


def test_versions_keep_what_is_changed_in_them_and_the_morph_goes_through_all(browser, explorer):
    with opened(browser, explorer) as page:
        knob(page, KNOBS[0]).press("End")
        press(page, "Version B, empty")
        knob(page, KNOBS[0]).press("Home")
        press(page, "Version D, empty")
        knob(page, KNOBS[1]).press("End")
        for name, values in (("A", (2, 0)), ("B", (-2, 0)), ("D", (-2, 2)), ("A", (2, 0))):
            press(page, f"Version {name}")
            shows(page, *values)
            assert page.locator(".aether-slot[aria-pressed=true]").inner_text() == name
        morph = page.get_by_role("slider", name="Morph")
        morph.fill("0.75")  # half way from B to D
        shows(page, -2, 1)
        assert morph.get_attribute("aria-valuetext") == "50 % from B to D"
        assert page.locator(".aether-slot[aria-pressed=true]").count() == 0
        press(page, "Version B")
        shows(page, -2, 0)
        page.get_by_role("button", name="Version D").press("Delete")
        page.get_by_role("button", name="Version D, empty").wait_for()
        page.keyboard.press("Control+z")  # back into the morph
        shows(page, -2, 1)
        press(page, "Clear")
        assert page.get_by_role("button", name="Version B, empty").is_visible() and not morph.is_visible()


def test_the_address_follows_z_to_the_bit_and_another_address_is_followed(browser, explorer):
    space = FilterSpace.load("4d")
    z = [0.1, -1 / 3, 1e-7, 2.5]
    with opened(browser, explorer) as page:
        page.evaluate("(hash) => { location.hash = hash; }", permalink(space, z))
        shows(page, *z)
        page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
        press(page, "Further tools")
        press(page, "Copy link")
        page.get_by_text("copied", exact=True).wait_for()
        copied = page.evaluate("window.copied")
        assert copied == explorer.as_uri() + permalink(space, z)
        assert read_permalink(space, copied).tolist() == z
        page.reload()
        shows(page, *z)
        knob(page, KNOBS[0]).press("End")
        page.wait_for_function("() => location.hash.startsWith('#z=2,')")
        page.evaluate("location.hash = '#z=1,2'")
        page.get_by_text("z=1,2: this space needs 4 finite numbers").wait_for()
        shows(page, 2)


def test_presets_are_kept_over_a_reload_until_they_are_forgotten(browser, explorer):
    with opened(browser, explorer) as page:
        knob(page, KNOBS[0]).press("End")
        press(page, "Further tools")
        press(page, "Save preset")
        page.get_by_label("Name of the preset").fill("bright")
        page.keyboard.press("Enter")
        saved = page.get_by_label("Saved presets")
        assert saved.input_value() == "bright"
        press(page, "Reset")
        shows(page, 0)
        page.evaluate("() => history.replaceState(null, '', location.pathname)")
        page.reload()
        press(page, "Further tools")
        saved.select_option("bright")
        shows(page, 2)
        press(page, "Forget")
        saved.wait_for(state="hidden")
        page.reload()
        press(page, "Further tools")
        page.get_by_role("button", name="Save preset").wait_for()
        assert not saved.is_visible()


def test_a_knob_learns_a_controller_of_7_or_14_bits_and_knows_it_after_a_reload(browser, explorer):
    with opened(browser, explorer) as page:
        press(page, "Further tools")
        press(page, "MIDI")
        page.get_by_text("Listening to Faders.").wait_for()
        press(page, f"Learn {KNOBS[1]}")
        page.evaluate("midi(0xb0, 21, 127)")
        page.get_by_text("controller 21, channel 1").wait_for()
        shows(page, 0, 2)
        press(page, f"Learn {KNOBS[3]}")
        page.evaluate("midi(0xb1, 16, 64); midi(0xb1, 48, 127);")
        page.get_by_text("controller 16, channel 2").wait_for()
        page.wait_for_timeout(1500)  # until the tab has stored it
        z = read_permalink(FilterSpace.load("4d"), page.url)
        assert z.tolist() == [0, 2, 0, (64 * 128 + 127) / 16383 * 4 - 2]
        page.reload()
        press(page, "Further tools")
        press(page, "MIDI")
        page.get_by_text("Listening to Faders.").wait_for()
        page.evaluate("midi(0xb0, 21, 0)")
        shows(page, 0, -2)
        press(page, f"Forget the controller of {KNOBS[1]}")
        page.evaluate("midi(0xb0, 21, 127)")
        shows(page, 0, -2)


def downloaded(page, name, path):
    with page.expect_download() as download:
        press(page, name)
    download.value.save_as(path)
    return path


def test_a_motion_is_recorded_replayed_to_the_bit_and_exported(browser, explorer, tmp_path):
    with opened(browser, explorer) as page:
        press(page, "Further tools")
        press(page, "Record motion")  # begins the sound as well
        page.get_by_role("button", name="Stop", exact=True).wait_for()
        knob(page, KNOBS[0]).press("End")
        page.wait_for_timeout(200)
        knob(page, KNOBS[1]).press("Home")
        page.wait_for_timeout(1000)  # some fifty time constants of the glide, on a machine that stalls as well
        press(page, "Stop motion")
        first = RecordedMotion.load(downloaded(page, "Motion CSV", tmp_path / "first.csv"))
        assert np.allclose(first.z[-1], [2, -2, 0, 0], atol=1e-6) and len(first.z) > 100
        assert downloaded(page, "Motion MIDI", tmp_path / "first.mid").read_bytes() == first.to_midi()
        press(page, "Stop")
        press(page, "Reset")
        press(page, "Record motion")  # of the replay
        press(page, "Replay")
        page.get_by_role("button", name="Stop replay").wait_for()
        page.get_by_role("button", name="Replay", exact=True).wait_for()  # at its end
        page.wait_for_timeout(1000)  # back to the knobs
        press(page, "Stop motion")
        page.get_by_role("button", name="Record motion").wait_for()
        second = RecordedMotion.load(downloaded(page, "Motion CSV", tmp_path / "second.csv"))
    starts = range(len(second.z) - len(first.z) + 1)
    assert any(np.array_equal(second.z[at : at + len(first.z)], first.z) for at in starts)
    assert np.allclose(second.z[-1], 0, atol=1e-6)  # then z is that of the knobs


def test_in_a_notebook_python_sees_it_all_a_run_cell_keeps_presets_and_one_panel_sounds(lab):
    lab.write(
        "history.ipynb",
        "from aether_lab import LivePanel, MapPanel\npanel = LivePanel('4d')\npanel",
        "other = LivePanel('4d', z=[1, 0, 0, 0])\nother",
    )
    with lab.open("history.ipynb", MIDI_PORT) as notebook:
        notebook.run_all()
        page = notebook.page
        panel, other = (page.locator(".aether-explorer").nth(i) for i in range(2))
        other.get_by_role("button", name="Play", exact=True).wait_for()
        panel.get_by_role("slider", name=KNOBS[0], exact=True).press("End")
        notebook.wait_for("print(panel.z.tolist())", "[2.0, 0.0, 0.0, 0.0]")
        panel.get_by_role("button", name="Version B, empty").click()
        panel.get_by_role("slider", name=KNOBS[1], exact=True).press("End")
        notebook.wait_for(
            "print({name: z.tolist() for name, z in panel.slots.items()}, panel.slot)",
            "{'A': [2.0, 0.0, 0.0, 0.0], 'B': [2.0, 2.0, 0.0, 0.0]} B",
        )
        page.keyboard.press("Control+z")  # by the panel, not by the notebook
        notebook.wait_for("print(panel.z.tolist(), panel.slot)", "[2.0, 0.0, 0.0, 0.0] B")
        notebook.run("panel.slot = 'C'; panel.z = [0, 0, 0, 1]; panel.slot = 'A'; other.permalink = panel.permalink")
        panel.get_by_role("button", name="Version C", exact=True).wait_for()
        notebook.wait_for("print(other.z.tolist())", "[2.0, 0.0, 0.0, 0.0]")
        panel.get_by_role("button", name="Further tools").click()
        panel.get_by_role("button", name="Record motion").click()
        notebook.wait_for("print(panel.playing, panel.record_motion)", "True True")
        notebook.run("panel.z = [0, 1, 0, 0]")
        page.wait_for_timeout(1500)
        notebook.run("panel.record_motion = False")
        notebook.wait_for("print(panel.recorded_motion.z[-1].round(6).tolist())", "[0.0, 1.0, 0.0, 0.0]")
        notebook.run("motion = panel.recorded_motion; other.recorded_motion = motion")
        other.get_by_role("button", name="Further tools").click()
        other.get_by_role("button", name="Replay", exact=True).click()
        notebook.wait_for("print(panel.playing, other.playing, other.replay)", "False True True")
        notebook.run("other.record_motion = True")
        notebook.wait_for("print(other.replay)", "False")
        notebook.run("other.record_motion = False")
        notebook.wait_for(
            "z = other.recorded_motion.z; tail = motion.z[-150:]\n"
            "print(any((z[i : i + 150] == tail).all() for i in range(len(z) - 149)))",
            "True",
        )
        panel.get_by_role("button", name="Save preset").click()
        panel.get_by_label("Name of the preset").fill("mine")
        page.keyboard.press("Enter")
        notebook.wait_for("print(dict(panel.presets))", "{'mine': (0.0, 1.0, 0.0, 0.0)}")
        notebook.run_all()
        notebook.wait_for(
            "print(dict(panel.presets), panel.z.tolist())", "{'mine': (0.0, 1.0, 0.0, 0.0)} [0.0, 0.0, 0.0, 0.0]"
        )
        panel.get_by_role("button", name="Further tools").click()
        panel.get_by_label("Saved presets").select_option("mine")
        notebook.wait_for("print(panel.z.tolist())", "[0.0, 1.0, 0.0, 0.0]")
