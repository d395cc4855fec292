"""The instrument in a real JupyterLab: what is heard is what the decoder says, whoever moves it."""

from contextlib import closing

import numpy as np
import pytest
from sampling import sampled
from scipy.signal import welch

from aether_lab.filters.recipe import Recipe
from aether_lab.model.space import FilterSpace

PANEL = """
from aether_lab import LivePanel
panel = LivePanel("4d", source="white")
panel
"""
# Keeps every AudioContext that a page makes where a test can ask it.
CONTEXTS = """
window.contexts = [];
window.AudioContext = class extends AudioContext {
    constructor(...settings) { super(...settings); window.contexts.push(this); }
};
"""
OPEN = "() => window.contexts.filter(({ state }) => state !== 'closed').length"
KNOBS = FilterSpace.load("4d").card["names"]
THIRDS = 1000.0 * 2.0 ** (np.arange(-10, 12) / 3)  # Hz, 100 Hz to 13 kHz


def play(notebook, index=0):
    notebook.page.get_by_role("button", name="Play", exact=True).nth(index).click()
    notebook.page.get_by_role("button", name="Stop", exact=True).first.wait_for()


def record(notebook, seconds):
    """What the kernel has of a recording that was made by hand: `(T, 2)`."""
    had = notebook.run("print(id(panel.recording))")
    notebook.page.get_by_role("button", name="Record", exact=True).click()
    notebook.page.wait_for_timeout(1000 * seconds)
    notebook.page.get_by_role("button", name="Stop recording").click()
    notebook.wait_for(f"print(panel.recording is not None and id(panel.recording) != {had})", "True")
    notebook.run("import numpy, os; numpy.save('recording.npy', panel.recording)")


def band_levels(samples):
    """dB in third octaves, their mean taken away."""
    frequency, density = welch(samples, 48_000, nperseg=8192)
    edges = [(frequency >= centre * 2 ** (-1 / 6)) & (frequency < centre * 2 ** (1 / 6)) for centre in THIRDS]
    return level_of([density[band].mean() for band in edges])


def band_response(z, residual=None):
    inside = (THIRDS[:, None] * 2 ** np.linspace(-1 / 6, 1 / 6, 41)).ravel()
    response = np.asarray(FilterSpace.load("4d").decode(z).response_db(inside))
    if residual:
        response = response + np.asarray(residual.response_db(inside))
    power, inside = (each.reshape(len(THIRDS), -1) for each in (10 ** (response / 10), inside))
    return level_of([np.trapezoid(p, f) / (f[-1] - f[0]) for p, f in zip(power, inside, strict=True)])


def level_of(power):
    level = 10 * np.log10(power)
    return level - level.mean()


@pytest.fixture(scope="module")
def opened(lab):
    lab.write("live.ipynb", PANEL)
    with lab.open("live.ipynb", CONTEXTS) as notebook:
        yield notebook


@pytest.fixture
def notebook(opened):
    """A fresh panel: the same page and kernel, whose start takes longer than most tests, with its cell run again."""
    opened.command("notebook:clear-all-cell-outputs")
    opened.page.wait_for_function(f"() => ({OPEN})() === 0")
    opened.page.evaluate("() => { window.contexts.length = 0; }")
    opened.run_all()
    opened.knob(3).wait_for()
    opened.page.locator(".aether-plot canvas[aria-label]").wait_for()
    yield opened
    assert opened.errors == []


def test_what_is_heard_is_what_the_decoder_says_wherever_a_knob_is_and_with_a_residual(notebook, lab):
    play(notebook)
    residual = Recipe.of([150.0, 900.0, 6_000.0], [1.0, 1.5, 1.0], [-9.0, 12.0, 9.0], shelves=True)
    heard = {}
    for name, z, series in (("before", 0, None), ("after", 2, None), ("with a residual", 2, residual)):
        if name == "after":
            notebook.knob(0).focus()
            notebook.page.keyboard.press("End")
            notebook.wait_for("print(panel.z.tolist())", "[2.0, 0.0, 0.0, 0.0]")
        if series:
            notebook.run(f"from aether_lab import Recipe; panel.residual = Recipe.from_json({series.to_json()!r})")
        notebook.page.wait_for_timeout(300)
        record(notebook, 4)
        samples = np.load(lab.folder / "recording.npy")
        assert samples.shape[0] > 3 * 48_000 and samples.shape[1] == 2 and np.abs(samples).max() <= 1
        heard[name] = band_levels(samples[:, 0])
        deviation = heard[name] - band_response([z, 0, 0, 0], series)
        assert np.sqrt(np.mean(deviation**2)) < 0.5  # dB: 4 s of noise scatter by 0.3 in the lowest bands
    assert np.abs(heard["after"] - heard["before"]).max() > 3
    assert np.abs(heard["with a residual"] - heard["after"]).max() > 3


def test_python_moves_what_the_page_shows_and_the_page_moves_what_python_reads(notebook):
    page = notebook.page
    notebook.run(
        "panel.source = 'saw'; panel.motion = 'orbit'; panel.mix = 0.5; panel.volume_db = -12; panel.bypass = True"
    )
    page.wait_for_function("() => document.querySelector('.aether-live select').value === 'saw'")
    assert page.get_by_label("Motion", exact=True).input_value() == "orbit"
    assert page.get_by_label("Mix", exact=True).get_attribute("aria-valuetext") == "50 %"
    assert page.get_by_label("Volume", exact=True).get_attribute("aria-valuetext") == "\N{MINUS SIGN}12 dB"
    assert page.get_by_role("button", name="Bypass").get_attribute("aria-pressed") == "true"
    page.get_by_label("Source", exact=True).select_option("drums")
    page.get_by_label("Motion", exact=True).select_option("spiral")
    page.get_by_role("button", name="More").press("Enter")
    page.get_by_role("button", name="Swap pairs").press("Enter")
    page.get_by_label("Mix", exact=True).press("Home")
    page.get_by_role("button", name="Bypass").press("Space")
    notebook.wait_for(
        "print(panel.source, panel.motion.kind, panel.motion.swap, panel.mix, panel.bypass)",
        "drums spiral True 0.0 False",
    )


def test_a_pad_is_moved_by_pointer_and_by_keys_and_knobs_and_kernel_follow(notebook):
    notebook.page.get_by_role("button", name="More").click()
    pad = notebook.page.get_by_role("application", name=f"{KNOBS[2]} 0.00, {KNOBS[3]} 0.00", exact=True)
    pad.focus()
    pad = notebook.page.get_by_role("application").nth(2)
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.keyboard.press("Shift+ArrowDown")
    notebook.wait_for("print(panel.z.tolist(), panel.knobs[3].value)", "[0.0, 0.0, 0.05, -0.5] -0.5")
    box = pad.bounding_box()
    notebook.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + box["width"] + 50, box["y"] - 50, steps=4)
    notebook.page.mouse.up()
    notebook.wait_for("print(panel.z.tolist(), panel.knobs[2].value)", "[0.0, 0.0, 2.0, 2.0] 2.0")


def test_python_cannot_begin_a_sound_but_it_can_stop_it_and_then_start_it_again(notebook):
    notebook.run("panel.playing = True")
    status = notebook.page.locator(".aether-sound-status")
    status.filter(has_text="press Play").wait_for()
    notebook.wait_for("print(panel.playing)", "False")
    assert notebook.page.evaluate(OPEN) == 0
    play(notebook)
    notebook.wait_for("print(panel.playing)", "True")
    assert status.inner_text() == ""
    notebook.run("panel.playing = False")
    notebook.page.get_by_role("button", name="Play", exact=True).wait_for()
    notebook.page.wait_for_function("() => window.contexts[0].state === 'suspended'")
    notebook.run("panel.playing = True")
    notebook.page.wait_for_function("() => window.contexts[0].state === 'running'")
    assert notebook.page.evaluate("() => window.contexts.length") == 1


def test_panels_run_again_leave_no_context_open_and_a_restart_leaves_no_sound(lab):
    lab.write("live_two.ipynb", PANEL, PANEL.replace("panel =", "other =").replace("\npanel\n", "\nother\n"))
    with lab.open("live_two.ipynb", CONTEXTS) as notebook:
        for _ in range(10):
            notebook.run_all()
            notebook.knob(7).wait_for()
            notebook.page.get_by_role("button", name="Play", exact=True).nth(1).wait_for()
            play(notebook)
            notebook.page.wait_for_timeout(100)
            assert notebook.page.evaluate(OPEN) == 1
        play(notebook)  # the second panel, beside the first
        assert notebook.page.evaluate(OPEN) == 2
        notebook.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        notebook.page.wait_for_function(f"() => ({OPEN})() === 0", timeout=15_000)


def test_a_closed_output_is_silent(notebook):
    play(notebook)
    notebook.command("notebook:clear-all-cell-outputs")
    notebook.page.wait_for_function(f"() => ({OPEN})() === 0")
    notebook.wait_for("print(panel.playing)", "False")


CONTROL = """async () => {
  window.contexts = [new AudioContext({ sampleRate: 48000, latencyHint: "interactive" })];
  const silence = new GainNode(contexts[0], { gain: 0 });
  const hum = new OscillatorNode(contexts[0]);
  hum.connect(silence).connect(contexts[0].destination);
  hum.start();
  await contexts[0].resume();
}"""
STATS = "() => [contexts[0].playbackStats.underrunDuration, contexts[0].playbackStats.totalDuration]"


def test_a_spiral_has_no_dropout_that_the_machine_does_not_have_as_well(notebook, browser):
    """Twenty seconds of it; a minute where `AETHER_LAB_ALL_CASES` is set.

    Beside a tab that plays one oscillator and nothing else: what that one misses, the machine took from both.

    Allowed is 0.2 % of the time (120 ms of a minute, a dozen of the browser's buffers), for a stall that happens to hit
    one of the two, and on top of it three times what the oscillator missed, since the panel's process has a page to
    draw besides. Measured on two cores with eight processes waiting for them: both missed nothing in two minutes. A
    worklet that is too slow misses time in each of three attempts; a machine that stalls the one tab and not the other
    does not.
    """
    seconds = sampled(60, 20)

    def missed_and_played():
        return np.array([tab.evaluate(STATS) for tab in (notebook.page, control)])

    with closing(browser.new_page()) as control:
        control.goto("about:blank")
        control.evaluate(CONTROL)
        notebook.run("panel.motion = 'spiral'")
        play(notebook)
        notebook.page.wait_for_timeout(1000)  # the start itself is not counted
        for _ in range(3):
            begun = missed_and_played()
            notebook.page.wait_for_timeout(1000 * seconds)
            (missed, played), (missed_by_control, _) = (missed_and_played() - begun).tolist()
            assert played > 0.9 * seconds
            if missed <= 0.002 * played + 3 * missed_by_control:
                return
    pytest.fail(f"{missed} s of {played} s were missed, {missed_by_control} s by the oscillator, and as much before")


def test_without_audio_worklets_the_panel_says_why_and_what_to_do(lab):
    lab.write("insecure.ipynb", PANEL)
    with lab.open("insecure.ipynb", "delete window.AudioWorkletNode;") as notebook:
        notebook.run_all()
        notebook.page.get_by_text("No sound here: browsers allow it only on pages from https://").wait_for()
        assert notebook.page.get_by_role("button", name="Play", exact=True).is_disabled()


def test_a_file_is_chosen_and_played_and_one_that_is_no_sound_is_refused_by_name(notebook, tmp_path):
    from aether_lab.audio import render

    time = np.arange(48_000) / 48_000
    (tmp_path / "tone.wav").write_bytes(render.wav_bytes(0.3 * np.sin(2 * np.pi * 1000 * time), 44_100))
    (tmp_path / "<b>bad<b>.wav").write_bytes(b"no sound")
    page = notebook.page
    page.get_by_label("Source", exact=True).select_option("file")
    page.get_by_label("Sound file", exact=True).set_input_files(tmp_path / "<b>bad<b>.wav")
    page.get_by_text("<b>bad<b>.wav cannot be read as sound").wait_for()
    page.get_by_label("Sound file", exact=True).set_input_files(tmp_path / "tone.wav")
    page.locator(".aether-sound-status", has_text="tone.wav").wait_for()
    play(notebook)
    record(notebook, 1)
    notebook.run(
        "import numpy as np; x = panel.recording[-8192:, 0]; peak = np.abs(np.fft.rfft(x * np.hanning(8192))).argmax()"
    )
    pitch = float(notebook.run("print(peak * 48000 / 8192)"))
    assert abs(pitch - 1000 * 44_100 / 48_000) < 6  # resampled: its second lasts as long as before


def test_a_path_goes_through_the_points_that_were_added(notebook):
    notebook.page.get_by_label("Motion", exact=True).select_option("path")
    notebook.page.get_by_role("button", name="More").click()
    notebook.page.get_by_text("0 of 2 points or more").wait_for()
    add = notebook.page.get_by_role("button", name="Add point")
    add.press("Enter")
    play(notebook)  # a path of one point rests
    notebook.run("panel.z = [1, 0.5, 0, -1]")
    notebook.page.get_by_role("application", name=f"{KNOBS[0]} 1.00, {KNOBS[1]} 0.50", exact=True).wait_for()
    add.press("Enter")
    notebook.wait_for("print(panel.motion.points)", "((0.0, 0.0, 0.0, 0.0), (1.0, 0.5, 0.0, -1.0))")
    notebook.page.get_by_text("2 points", exact=True).wait_for()
    assert notebook.page.locator(".aether-sound-status").inner_text() == ""


def test_linked_panels_move_together_and_a_closed_one_is_silent(lab):
    link = "from aether_lab import LatentPanel\nother = LatentPanel('4d')\npanel.link(other)\nother"
    lab.write("linked.ipynb", PANEL, link)
    with lab.open("linked.ipynb", CONTEXTS) as notebook:
        notebook.run_all()
        notebook.knob(7).wait_for()
        notebook.knob(5).focus()
        notebook.page.keyboard.press("End")
        notebook.wait_for("print(panel.z.tolist(), other.z.tolist())", "[0.0, 2.0, 0.0, 0.0] [0.0, 2.0, 0.0, 0.0]")
        notebook.run("panel.z = [0.1234, 3, 0, 0]")
        notebook.wait_for("print(other.z.tolist())", "[0.1234, 3.0, 0.0, 0.0]")
        assert notebook.run("print(panel.z.tolist())") == "[0.1234, 3.0, 0.0, 0.0]"
        play(notebook)
        notebook.run("panel.close()")
        notebook.page.wait_for_function(f"() => ({OPEN})() === 0")


def test_an_engine_that_fails_says_so_and_leaves_nothing_open(notebook):
    throws = "registerProcessor('aether-lab', class extends AudioWorkletProcessor { process() { throw Error(); } });"
    notebook.run(f"panel.view.processor = {throws!r}")
    notebook.page.get_by_role("button", name="Play", exact=True).click()
    notebook.page.get_by_text("The sound engine has failed").wait_for()
    notebook.run("panel.view.processor = 'no script'")
    notebook.page.get_by_role("button", name="Play", exact=True).click()
    notebook.page.get_by_text("The sound could not be started").wait_for()
    notebook.page.wait_for_function(f"() => ({OPEN})() === 0")
    notebook.wait_for("print(panel.playing)", "False")
