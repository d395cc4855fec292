"""The audio worklet in Chromium against Python."""

import base64
import re
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from listening import FASTEST, RATE, blocks, error_db, fields, noise, words

from aether_lab.audio import render
from aether_lab.panels.bundle import module_text
from aether_lab.panels.state import model_state

PLAY_IN_CHROMIUM = """async ({ processor, decoder, space, motion, residual, samples, rate }) => {
  const url = (text) => "data:text/javascript;base64," + btoa(unescape(encodeURIComponent(text)));
  const { readModel, float32From } = await import(url(decoder));
  const channels = samples.map(float32From);
  const context = new OfflineAudioContext(2, channels[0].length, rate);
  await context.audioWorklet.addModule(url(processor));
  const source = { kind: "buffer", channels, gain: 1 };
  const processorOptions = { model: readModel(space), motion, residual, source, playing: true, faded: false };
  const node = new AudioWorkletNode(context, "aether-lab", { outputChannelCount: [2], processorOptions });
  let failed = false;
  node.onprocessorerror = () => (failed = true);
  node.connect(context.destination);
  const played = await context.startRendering();
  if (failed) throw new Error("the processor threw");
  return [0, 1].map((channel) => {
    const bytes = new Uint8Array(played.getChannelData(channel).buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  });
}"""


@pytest.fixture
def tab(browser, tmp_path):
    """An empty page from disk, where a blob: worklet would be refused."""
    (tmp_path / "empty.html").write_text("<!doctype html>")
    with closing(browser.new_page()) as tab:
        tab.goto((tmp_path / "empty.html").as_uri())
        yield tab


@pytest.mark.parametrize(("seconds", "followed"), [(10.0, False), (2.0, True)], ids=["alone", "with a residual"])
def test_the_worklet_in_chromium_plays_a_spiral_as_python_does(tab, space, residual, seconds, followed):
    automation = replace(FASTEST, stereo_offset=0.5)
    residual = residual if followed else None
    x = noise(blocks(seconds)).astype("<f4").astype(float)
    x[:300] = x[-300:] = 0  # where a looped buffer is faded
    job = {"processor": module_text("worklet/processor.js"), "decoder": module_text("dsp/decoder.js")}
    job |= {
        "rate": RATE,
        "space": model_state(space),
        "motion": fields(automation),
        "residual": residual and words(residual),
    }
    job |= {"samples": [base64.b64encode(channel.astype("<f4").tobytes()).decode() for channel in x.T]}
    channels = tab.evaluate(PLAY_IN_CHROMIUM, job)
    played = np.stack([np.frombuffer(base64.b64decode(channel), "<f4") for channel in channels], axis=1)
    ours = render.render(x, space, automation, RATE, residual=residual)
    assert error_db(played.astype(float), ours) < -100  # -60 is the limit


NATIVE_RESPONSE = """({ sections, hertz }) => {
  const context = new OfflineAudioContext(1, 1, 48000);
  return sections.map(({ type, frequency, Q, gain }) => {
    const filter = new BiquadFilterNode(context, { type, frequency, Q, gain });
    const magnitude = new Float32Array(hertz.length);
    filter.getFrequencyResponse(Float32Array.from(hertz), magnitude, new Float32Array(hertz.length));
    return Array.from(magnitude);
  });
}"""


def test_biquad_filter_nodes_of_a_residual_have_the_recipes_response(tab, residual):
    hertz = np.geomspace(20, 20_000, 200)
    found = tab.evaluate(NATIVE_RESPONSE, {"sections": words(residual)["sections"], "hertz": hertz.tolist()})
    np.testing.assert_allclose(20 * np.log10(found), residual.section_response_db(hertz), atol=1e-3)


def test_the_worklet_is_one_text_without_imports():
    text = module_text("worklet/processor.js")
    assert not re.search("^import ", text, re.MULTILINE)
    assert text.count("registerProcessor(") == 1
