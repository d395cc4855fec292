"""The browser: how soon a knob is seen and heard, and how fast the worklet is beside native BiquadFilterNodes."""

import dataclasses
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from browsers import find_browser
from playwright.sync_api import Page, sync_playwright

from aether_lab.audio.motion import Motion
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text
from aether_lab.panels.page import write_page
from aether_lab.panels.state import model_state

SECONDS = 10
KNOBS = 200
MOVES = 300  # of the pointer on a knob
PIXELS_LIMIT, LOAD_LIMIT = 11.0, 3.0  # ms from the input to the paint, and % of a quantum

_NODE = """
  const url = (text) => "data:text/javascript;base64," + btoa(unescape(encodeURIComponent(text)));
  const { readModel } = await import(url(job.decoder));
  const load = async (context, options) => {
    await context.audioWorklet.addModule(url(job.processor));
    const node = new AudioWorkletNode(context, "aether-lab", {
      outputChannelCount: [2], processorOptions: { model: readModel(job.space), ...options } });
    node.onprocessorerror = () => { throw new Error("the processor threw"); };
    node.connect(context.destination);
    return node;
  };
"""

_KNOB_TO_SAMPLE = (
    "async (job) => {"
    + _NODE
    + """
  const context = new AudioContext({ sampleRate: 48000 });
  const node = await load(context, { playing: true });
  await context.resume();
  await new Promise((done) => setTimeout(done, 500));
  const late = [];
  for (let id = 0; id < job.knobs; id++) {
    const applied = new Promise((done) => {
      node.port.onmessage = ({ data }) => { if (data.type === "applied" && data.id === id) done(data.frame); };
    });
    // currentTime is the start of the next quantum to be rendered: what is sent now can be heard from there at best.
    const sent = Math.round(context.currentTime * context.sampleRate);
    node.port.postMessage({ type: "z", z: [2 * Math.sin(id), 0, 0, 0], id });
    late.push((await applied) + 128 - sent); // to the end of the first quantum that has changed
    await new Promise((done) => setTimeout(done, 5 + 10 * Math.random()));
  }
  await context.close();
  return late.map((frames) => (1000 * frames) / 48000).sort((a, b) => a - b);
}"""
)

# Both as functions of an AudioContext, offline or live.
_ENGINES = """
  const worklet = (context) => load(context, {
    motion: job.motion, source: { kind: "white", seed: 0 }, playing: true, faded: false });
  const native = (context) => {
    const buffer = new AudioBuffer({ length: 48000, numberOfChannels: 2, sampleRate: 48000 });
    for (const c of [0, 1]) buffer.getChannelData(c).forEach((_, i, x) => (x[i] = 2 * Math.random() - 1));
    const source = new AudioBufferSourceNode(context, { buffer, loop: true });
    for (let k = 0; k < 32; k++) {
      const hertz = 60 * 300 ** (k / 31);
      const filter = new BiquadFilterNode(context, { type: "bandpass", Q: 3, frequency: hertz });
      filter.frequency.automationRate = filter.Q.automationRate = "k-rate";
      const curve = Float32Array.from({ length: 100 * job.seconds }, (_, i) => hertz * 1.5 ** Math.sin(i / 8));
      filter.frequency.setValueCurveAtTime(curve, context.currentTime, job.seconds);
      source.connect(filter).connect(new GainNode(context, { gain: 0.01 })).connect(context.destination);
    }
    source.start();
  };
"""

_OFFLINE = (
    "async (job) => {"
    + _NODE
    + _ENGINES
    + """
  const timed = async (build) => {
    const context = new OfflineAudioContext(2, job.seconds * 48000, 48000);
    await build(context);
    const begin = performance.now();
    await context.startRendering();
    return (performance.now() - begin) / 1000;
  };
  // The best of some, turn by turn: what else the machine does can only make them longer.
  const best = [Infinity, Infinity];
  for (let i = 0; i < 6; i++) {
    for (const [k, build] of [worklet, native].entries()) best[k] = Math.min(best[k], await timed(build));
  }
  return best;
}"""
)

_LIVE = (
    "async (job) => {"
    + _NODE
    + _ENGINES
    + """
  const context = new AudioContext({ sampleRate: 48000 });
  await context.resume();
  await { worklet, native }[job.engine](context);
}"""
)


# The message of a channel that is posted in a frame comes after its paint.
_WATCH_PAINTS = """() => {
  window.late = [];
  window.paints = [];
  let moved = 0;
  addEventListener("pointermove", ({ timeStamp }) => { moved ||= timeStamp; }, true);
  document.querySelector("#aether-lab").addEventListener("aether-drawn", () => {
    const begin = moved;
    moved = 0;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const now = performance.now();
      window.paints.push(now);
      if (begin) window.late.push(now - begin);
    };
    port2.postMessage(null);
  });
}"""


def _job() -> dict[str, Any]:
    return {
        "processor": module_text("worklet/processor.js"),
        "decoder": module_text("dsp/decoder.js"),
        "space": model_state(FilterSpace.load("4d")),
        "motion": dataclasses.asdict(Motion("spiral", rate=5.0, radius=2.0)),
        "seconds": SECONDS,
        "knobs": KNOBS,
    }


@contextmanager
def _empty_tab() -> Iterator[Page]:
    """A page from disk, in a browser of its own."""
    flags = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        empty = Path(folder, "empty.html")
        empty.write_text("<!doctype html>")
        with closing(playwright.chromium.launch(executable_path=find_browser(), args=flags)) as browser:
            tab = browser.new_page()
            tab.goto(empty.as_uri())
            yield tab


def _in_chromium(script: str) -> Any:
    with _empty_tab() as tab:
        return tab.evaluate(script, _job())


@contextmanager
def _page() -> Iterator[Page]:
    """The exported page."""
    with _empty_tab() as tab, tempfile.TemporaryDirectory() as folder:
        tab.goto(write_page(FilterSpace.load("4d"), Path(folder, "explorer.html")).as_uri())
        tab.locator(".aether-plot canvas[aria-label]").wait_for()
        yield tab


def _load(tab: Page, start: Callable[[], object]) -> float:
    """Median share of its time that the audio thread was busy, as Chromium's developer tools report it.

    `AudioContext.renderCapacity`, which would tell a page, is gone from the standard and from Chromium.
    """
    tools = tab.context.new_cdp_session(tab)
    contexts: list[str] = []
    tools.on("WebAudio.contextCreated", lambda event: contexts.append(event["context"]["contextId"]))
    tools.send("WebAudio.enable")
    start()
    tab.wait_for_timeout(2000)
    loads = []
    for _ in range(4 * SECONDS):
        tab.wait_for_timeout(250)
        reply = tools.send("WebAudio.getRealtimeData", {"contextId": contexts[0]})
        loads.append(reply["realtimeData"]["renderCapacity"])
    return statistics.median(loads)


def _live_load(engine: str) -> float:
    with _empty_tab() as tab:
        return _load(tab, lambda: tab.evaluate(_LIVE, {**_job(), "engine": engine, "seconds": 2 * SECONDS}))


def knob_to_pixels() -> tuple[float, float, str, str]:
    with _page() as tab:
        tab.evaluate(_WATCH_PAINTS)
        box = tab.locator(".aether-knob .aether-slider-track").first.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        tab.mouse.move(box["x"] + box["width"] / 2, middle)
        tab.mouse.down()
        chance = random.Random(0)
        for k in range(MOVES):
            time.sleep(chance.uniform(0, 2 / 60))  # a hand does not wait for the last paint, as Playwright does
            tab.mouse.move(box["x"] + box["width"] * (0.5 + 0.4 * (-1) ** k * k / MOVES), middle)
        tab.mouse.up()
        late, paints = tab.evaluate("() => [window.late, window.paints]")
    rate = 1000 * (len(paints) - 1) / (paints[-1] - paints[0])
    note = f"from a pointer's move on a knob to the paint with its curve, median of {len(late)}; {rate:.0f} paints/s"
    return statistics.median(late), PIXELS_LIMIT, "ms", f"{note}; peer: the limit"


def live_with_analyser() -> tuple[float, float, str, str]:
    with _page() as tab:
        tab.get_by_label("Motion", exact=True).select_option("spiral")
        ours = 100 * _load(tab, lambda: tab.get_by_role("button", name="Play", exact=True).click())
        shown = tab.get_by_text("heard", exact=True).is_visible()  # in the legend of the curve
    assert shown, "the spectra are not drawn"
    note = (
        f"the page plays a spiral and draws both spectra; {ours / 100 * 2667:.0f} us of each quantum; peer: the limit"
    )
    return ours, LOAD_LIMIT, "% of the time", note


def knob_to_sample() -> tuple[float, float, str, str]:
    late = _in_chromium(_KNOB_TO_SAMPLE)
    p95 = late[int(0.95 * len(late))]
    note = (
        f"until the first quantum that has changed is rendered, median of {len(late)}; p95 {p95:.1f}; peer: one quantum"
    )
    return late[len(late) // 2], 1000 * 128 / 48_000, "ms", note


def worklet_against_native() -> tuple[float, float, str, str]:
    ours, peer = _in_chromium(_OFFLINE)
    share = 100 * ours / SECONDS
    note = f"32 sections, stereo, decoded each quantum: {share:.1f} % of the time; peer: BiquadFilterNodes, k-rate"
    return SECONDS / ours, SECONDS / peer, "x real time", note


def live_against_native() -> tuple[float, float, str, str]:
    ours, peer = (100 * _live_load(engine) for engine in ("worklet", "native"))
    note = f"of each quantum of 2.67 ms while it plays, as Chromium's tools tell; {ours / 100 * 2667:.0f} us"
    return ours, peer, "% of the time", f"{note}; peer: 32 BiquadFilterNodes, k-rate"
