import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { createSound } from "../../aether_lab/static/audio/sound.js";
import { LIVE_DEFAULTS, MOTION_DEFAULTS } from "../../aether_lab/static/constants.js";
import { createModel } from "../../aether_lab/static/hosts/model.js";

const { model: space } = JSON.parse(
  readFileSync(new URL("../reference/decoder_cases.json", import.meta.url)),
);
const { centre: _, phase: __, slow_phase: ___, ...motion } = MOTION_DEFAULTS;
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/**
 * A sound whose browser is a stand-in: what its worklet receives, and `answer` for what a worklet posts.
 * @param browser `addModule` and `resume` in place of those of a context that works
 */
function start(traits = {}, browser = {}) {
  const received = [];
  const sent = [];
  const nodes = [];
  const contexts = [];
  globalThis.AudioContext = class {
    constructor() {
      contexts.push(this);
      this.state = "suspended";
      this.audioWorklet = { addModule: browser.addModule ?? (async () => {}) };
    }
    async resume() {
      await browser.resume?.();
      this.become("running");
    }
    async suspend() {
      this.become("suspended");
    }
    async close() {
      this.become("closed");
    }
    become(state) {
      if (this.state === "closed") throw new DOMException("it is closed", "InvalidStateError");
      this.state = state;
      this.onstatechange?.();
    }
    createMediaStreamSource() {
      if (browser.rate) throw new DOMException("other rate", "NotSupportedError");
      return { connect() {}, disconnect() {} };
    }
  };
  globalThis.AudioWorkletNode = class {
    constructor(_, __, options) {
      this.options = options.processorOptions;
      this.port = { postMessage: (message) => received.push(message), onmessage: null };
      nodes.push(this);
    }
    connect() {}
    disconnect() {}
  };
  const latents = { z0: 0.5, z1: 0, z2: 0, z3: 0 };
  const live = { playing: true, processor: "", motion, residual: {}, ...LIVE_DEFAULTS, ...traits };
  const model = Object.assign(createModel({ space, ...latents, ...live }), {
    send: browser.send ?? ((content, _, buffers = []) => sent.push([content.type, buffers.length])),
  });
  const sound = createSound(model);
  return { model, sound, received, sent, nodes, contexts, answer: (data) => nodes.at(-1).port.onmessage({ data }) };
}

const types = (received) => received.map(({ type }) => type);

test("play starts the worklet with the traits of the model, and stop and play are messages", async () => {
  const { model, sound, nodes, received, answer } = start({ mix: 0.5, volume_db: -6, bypass: true });
  assert.equal(model.get("playing"), false); // a stored state does not play
  await sound.play();
  assert.equal(model.get("playing"), true);
  const { mix, volumeDb, source, motion: played } = nodes[0].options;
  assert.deepEqual([mix, volumeDb, source.kind, played.centre[0]], [0.5, -6, "pink", 0.5]);
  assert.deepEqual(types(received), ["bypass", "residual"]);
  sound.stop();
  answer({ type: "stopped" });
  assert.equal(sound.state, null);
  await sound.play();
  assert.deepEqual([types(received).slice(2), nodes.length], [["stop", "play"], 1]);
  sound.dispose();
});

test("changes of traits become messages, those of z one together, until the sound is disposed of", async () => {
  const { model, sound, received } = start();
  await sound.play();
  received.length = 0;
  model.set("z0", 1);
  model.set("z1", -1);
  model.set("mix", 0.25);
  model.set("source", "saw");
  await settle();
  assert.deepEqual(types(received).sort(), ["mix", "source", "z"]);
  assert.deepEqual(received.find(({ type }) => type === "z").z, [1, -1, 0, 0]);
  sound.dispose();
  received.length = 0;
  model.set("mix", 1);
  assert.deepEqual(received, []);
});

test("Python cannot start the sound before a click, nor record what does not play", async () => {
  const { model, sound } = start();
  model.set("playing", true);
  await settle();
  assert.equal(model.get("playing"), false);
  assert.match(sound.message, /press Play/);
  model.set("record", true);
  await settle();
  assert.equal(model.get("record"), false);
  assert.match(sound.message, /Nothing is playing that could be recorded/);
});

test("a recording is sent chunk by chunk and kept, and ends with the sound", async () => {
  const { model, sound, sent, answer } = start();
  await sound.play();
  model.set("record", true);
  answer({ type: "chunk", channels: [new Float32Array(480), new Float32Array(480)] });
  answer({ type: "recorded", frames: 480 });
  assert.deepEqual(sent, [["begin", 0], ["chunk", 2], ["recorded", 0]]); // prettier-ignore
  assert.equal(sound.recording.seconds, 0.01);
  assert.equal(model.get("record"), false);
  model.set("record", true);
  sound.close();
  assert.deepEqual(sent.slice(3), [["begin", 0], ["recorded", 0]]); // prettier-ignore
  assert.equal(sound.recording.seconds, 0.01); // one without samples replaces nothing
});

test("a worklet that throws ends the sound with a message, and Play starts another", async () => {
  const { model, sound, nodes } = start();
  await sound.play();
  nodes[0].onprocessorerror();
  assert.match(sound.message, /engine has failed/);
  assert.equal(model.get("playing"), false);
  await sound.play();
  assert.deepEqual([nodes.length, model.get("playing")], [2, true]);
  sound.dispose();
});

for (const [state, text] of [["closed", /has ended the sound: press Play/], ["interrupted", /has interrupted the sound: press Play/]]) {
  test(`a context that is ${state} from outside ends the sound with a sentence, and Play starts another`, async () => {
    const { model, sound, contexts } = start();
    await sound.play();
    contexts[0].become(state);
    assert.match(sound.message, text);
    assert.equal(model.get("playing"), false);
    await sound.play();
    assert.deepEqual([contexts.length, model.get("playing"), sound.message], [2, true, ""]);
    sound.stop(); // no interruption
    assert.equal(sound.message, "");
    sound.dispose();
    await settle(); // for rejections that nothing handles
  });
}

test("a context closed while it rests is replaced, and one that never opens is given up with a sentence", async (t) => {
  const { model, sound, contexts, answer } = start();
  await sound.play();
  sound.stop();
  answer({ type: "stopped" });
  assert.deepEqual([contexts[0].state, sound.message], ["suspended", ""]);
  contexts[0].state = "closed"; // its event is still to come
  await sound.play();
  assert.deepEqual([contexts.length, model.get("playing")], [2, true]);
  sound.dispose();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const stuck = start({}, { resume: () => new Promise(() => {}) });
  const played = stuck.sound.play();
  t.mock.timers.tick(5000);
  await played;
  assert.equal(stuck.sound.message, "The sound could not be started: the browser opens no sound output. Press Play to try again.");
  assert.equal(stuck.sound.active, false);
});

test("a start that is overtaken by the end of its context says nothing and leaves the next one alone", async () => {
  let finish;
  const slow = () => new Promise((resolve) => (finish = resolve));
  const { model, sound, contexts, nodes } = start({}, { addModule: slow });
  const first = sound.play();
  await settle();
  const finishFirst = finish;
  contexts[0].become("closed");
  const second = sound.play();
  await settle();
  finishFirst();
  await first;
  assert.deepEqual([nodes.length, sound.active], [0, true]);
  finish();
  await second;
  assert.deepEqual([nodes.length, model.get("playing")], [1, true]);
  sound.dispose();
});

test("a page whose policy forbids data: loads the worklet from blob:, and one that forbids both shows a sentence", async () => {
  const tried = [];
  const refusing = (allowed) => async (url) => {
    tried.push(url.slice(0, 5));
    if (!url.startsWith(allowed)) throw new DOMException(`Unable to load ${url}`, "AbortError");
  };
  const blob = start({}, { addModule: refusing("blob:") });
  await blob.sound.play();
  assert.deepEqual([tried.splice(0), blob.model.get("playing")], [["data:", "blob:"], true]);
  const none = start({ processor: "x".repeat(999) }, { addModule: refusing("https:") });
  await none.sound.play();
  assert.deepEqual([tried, none.model.get("playing")], [["data:", "blob:"], false]);
  assert.match(none.sound.message, /^The sound could not be started: this page does not load .*Content-Security-Policy/);
  assert.doesNotMatch(none.sound.message, /base64|eHh4/);
  blob.sound.dispose();
});

test("a page without a microphone, a refusal and one that is unplugged are one sentence each, and the sound goes on", async () => {
  const use = (mediaDevices) => Object.defineProperty(globalThis, "navigator", { value: { mediaDevices }, configurable: true });
  const refuse = (name) => use({ getUserMedia: () => Promise.reject(new DOMException("no", name)) });
  const browser = {};
  const { model, sound } = start({}, browser);
  const choose = async () => {
    model.set("source", "pink");
    model.set("source", "microphone");
    await settle();
    return sound.message;
  };
  use(undefined);
  model.set("source", "microphone");
  await sound.play();
  assert.match(sound.message, /^This page may use no microphone: /);
  assert.equal(model.get("playing"), true);
  refuse("NotAllowedError");
  assert.match(await choose(), /^The microphone was refused: /);
  refuse("NotFoundError");
  assert.match(await choose(), /^There is no microphone: /);
  refuse("TypeError");
  assert.equal(await choose(), "There is no microphone: no");
  const track = { stop: () => (track.stopped = true) };
  use({ getUserMedia: async () => ({ getTracks: () => [track] }) });
  browser.rate = 44100;
  assert.match(await choose(), /^This browser takes no microphone of another rate: .* 48000 Hz/);
  assert.ok(track.stopped); // its light goes off
  browser.rate = 0;
  assert.match(await choose(), /^Microphone on/);
  track.onended();
  assert.match(sound.message, /^The microphone is gone: /);
  assert.equal(model.get("playing"), true);
  sound.dispose();
});

test("a recording that does not fit into memory is a sentence, and the sound goes on", async (t) => {
  const { model, sound, answer } = start();
  await sound.play();
  model.set("record", true);
  answer({ type: "chunk", channels: [new Float32Array(480), new Float32Array(480)] });
  t.mock.method(globalThis.URL, "createObjectURL", () => {
    throw new RangeError("out of memory");
  });
  answer({ type: "recorded", frames: 480 });
  assert.equal(sound.message, "This browser cannot keep the recording: out of memory");
  assert.deepEqual([model.get("record"), model.get("playing"), sound.recording], [false, true, null]);
  sound.dispose();
});

test("the sound ends and keeps its recording when the kernel can no longer be reached", async () => {
  const send = () => {
    throw new Error("Cannot send");
  };
  const { model, sound, answer } = start({}, { send });
  await sound.play();
  model.set("record", true);
  answer({ type: "chunk", channels: [new Float32Array(480), new Float32Array(480)] });
  sound.close();
  assert.deepEqual([model.get("playing"), model.get("record"), sound.recording.seconds], [false, false, 0.01]);
  assert.match(sound.message, /kernel is out of reach/);
});

test("a file that is empty, gone, no sound or too large is refused by name, and the last of two that are chosen is kept", async () => {
  globalThis.OfflineAudioContext = class {
    async decodeAudioData(bytes) {
      const [wait, value] = new Uint8Array(bytes);
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (!value) throw new DOMException("Unable to decode audio data", "EncodingError");
      return { numberOfChannels: 1, getChannelData: () => Float32Array.of(value) };
    }
  };
  const { sound } = start({ source: "file" });
  const gone = { name: "gone.wav", size: 4096, arrayBuffer: () => Promise.reject(new DOMException("no", "NotFoundError")) };
  for (const [file, reason] of [
    [new File([], "empty.wav"), "it is empty"],
    [gone, "this browser cannot open it; is it a folder, or has it been moved?"],
    [new File([Uint8Array.of(0, 0)], "text.wav"), "this browser knows no such format, or the file is damaged"],
    [{ name: "vast.wav", size: 3e9 }, "it is larger than 200 MB"],
  ]) {
    await sound.openFile(file);
    assert.equal(sound.message, `${file.name} cannot be read as sound: ${reason}`);
  }
  const slow = sound.openFile(new File([Uint8Array.of(30, 1)], "slow.wav"));
  await sound.openFile(new File([Uint8Array.of(0, 2)], "fast.wav"));
  await slow;
  assert.equal(sound.fileName, "fast.wav");
});

test("only one panel of a page sounds: one that plays stops the other, also one that is about to start", async () => {
  const first = start();
  await first.sound.play();
  const second = start();
  await second.sound.play();
  assert.deepEqual([first.model.get("playing"), second.model.get("playing")], [false, true]);
  assert.deepEqual(types(first.received).at(-1), "stop");
  await Promise.all([first.sound.play(), second.sound.play()]);
  assert.deepEqual([first.model.get("playing"), second.model.get("playing")], [false, true]); // the last one
  const third = start();
  await Promise.all([third.sound.play(), first.sound.play(), second.sound.play()]);
  assert.deepEqual([first, second, third].map(({ model }) => model.get("playing")), [false, true, false]);
  for (const { sound } of [first, second, third]) sound.dispose();
});

test("a motion is recorded by a trait and replayed by another, to its end, from a first click on Play on", async () => {
  const { model, sound, received, answer } = start({ record_motion: true, replay: true, recorded_motion: {} });
  assert.deepEqual([model.get("record_motion"), model.get("replay")], [false, false]); // a stored state does not play
  const refused = { record_motion: /press Play first/, replay: /No motion has been recorded/ };
  for (const [name, words] of Object.entries(refused)) {
    model.set(name, true);
    await settle();
    assert.equal(model.get(name), false);
    assert.match(sound.message, words);
  }
  const playing = sound.play();
  model.set("record_motion", true); // while the worklet is still being made
  await playing;
  assert.deepEqual(received.at(-1), { type: "record_motion", on: true });
  answer({ type: "motion_chunk", rows: Float64Array.of(1, 2, 3, 4) });
  model.set("record_motion", false);
  answer({ type: "motion_chunk", rows: Float64Array.of(5, 6, 7, 8) });
  answer({ type: "motion_recorded" });
  const { dims, rows } = model.get("recorded_motion");
  assert.deepEqual([dims, rows.getFloat64(0, true), rows.getFloat64(56, true)], [4, 1, 8]);
  model.set("replay", true);
  assert.deepEqual(received.at(-1), { type: "replay", rows: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
  const state = { type: "state", z: [], zRight: [] };
  answer({ ...state, replaying: true });
  assert.equal(model.get("replay"), true);
  answer({ ...state, replaying: false });
  assert.equal(model.get("replay"), false);
  model.set("replay", true);
  sound.stop();
  assert.equal(model.get("replay"), false);
  model.set("replay", true); // a click has allowed the sound before
  await settle();
  assert.equal(model.get("playing"), true);
  sound.dispose();
});
