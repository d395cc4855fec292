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

/** A sound whose browser is a stand-in: what its worklet receives, and `answer` for what a worklet posts. */
function start(traits = {}) {
  const received = [];
  const sent = [];
  const nodes = [];
  globalThis.AudioContext = class {
    audioWorklet = { addModule: async () => {} };
    async resume() {}
    async suspend() {}
    async close() {}
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
    send: (content, _, buffers = []) => sent.push([content.type, buffers.length]),
  });
  const sound = createSound(model);
  return { model, sound, received, sent, nodes, answer: (data) => nodes.at(-1).port.onmessage({ data }) };
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
