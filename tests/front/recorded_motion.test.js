import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { createSource } from "../../aether_lab/static/audio/sources.js";
import { QUANTUM } from "../../aether_lab/static/constants.js";
import { readModel } from "../../aether_lab/static/dsp/decoder.js";
import { recordedMotion, recordedRows, recordedSeconds } from "../../aether_lab/static/dsp/recorded_motion.js";
import { AudioEngine } from "../../aether_lab/static/worklet/engine.js";
import { MotionRecording } from "../../aether_lab/static/worklet/motion_recording.js";

// That its files are those of Python is tested in tests/audio/test_recorded_motion.py.
const RATE = 48000;
const space = readModel(JSON.parse(readFileSync(new URL("../reference/decoder_cases.json", import.meta.url))).model);

/** Plays `quanta` of pink noise, calling `each(n)` before each; returns the output and the rows of z. */
function perform(engine, quanta, each = () => {}) {
  const fill = createSource({ kind: "pink", seed: 1 }, RATE);
  const recording = new MotionRecording(space.latent_dim);
  const [left, right] = [new Float64Array(QUANTUM), new Float64Array(QUANTUM)];
  const [output, chunks] = [[], []];
  for (let n = 0; n < quanta; n++) {
    each(n);
    fill(left, right);
    engine.render(left, right, left, right);
    output.push(...left, ...right);
    const chunk = recording.add(engine.channels[0].z);
    if (chunk) chunks.push(chunk);
  }
  return { output, recorded: recordedMotion([...chunks, recording.take()], space.latent_dim) };
}

function gestures(engine) {
  return (n) => {
    if (n === 20) engine.setZ([2, -2, 1.5, 0]);
    if (n === 21) engine.setZ([2, 1e5, 0.1, 0]); // faster than the speed of z
    if (n === 150) engine.setMotion({ kind: "spiral", rate: 5 });
    if (n === 220) engine.setMotion({ kind: "manual" });
  };
}

test("a replay is the performance to the bit, in z and in sound, whatever the panel says meanwhile", () => {
  const live = new AudioEngine(space, RATE);
  const first = perform(live, 300, gestures(live));
  const rows = recordedRows(first.recorded, space.latent_dim);
  assert.equal(rows.length, 300 * space.latent_dim);
  assert.ok(Math.abs(recordedSeconds(rows, space.latent_dim) - 0.8) < 1e-12);
  const again = new AudioEngine(space, RATE, { motion: { centre: [1, 1, 1, 1] } });
  again.setReplay(rows);
  const second = perform(again, 300, (n) => n === 100 && again.setZ([-2, 0, 0, 0]));
  assert.deepEqual(recordedRows(second.recorded, space.latent_dim), rows);
  assert.deepEqual(second.output, first.output);
  assert.equal(again.replay, null); // it has come to its end
  perform(again, 400);
  assert.deepEqual([...again.channels[0].z], [-2, 0, 0, 0]); // and z is that of the panel
});

test("a restart plays the motion from its beginning", () => {
  const rows = Float64Array.from({ length: 8 * space.latent_dim }, (_, i) => Math.sin(i));
  const engine = new AudioEngine(space, RATE);
  engine.setReplay(rows);
  perform(engine, 5);
  engine.restart();
  const { recorded } = perform(engine, 8);
  assert.deepEqual(recordedRows(recorded, space.latent_dim), rows);
});

test("what is no motion of the space is refused", () => {
  const engine = new AudioEngine(space, RATE);
  for (const rows of [new Float64Array(0), new Float64Array(5), Float64Array.of(0, Number.NaN, 0, 0)]) {
    assert.throws(() => engine.setReplay(rows), /this space needs 4 finite ones/);
  }
  assert.equal(recordedRows({}, 4), null);
  assert.equal(recordedRows({ dims: 2, rows: new DataView(new ArrayBuffer(32)) }, 4), null);
  assert.equal(recordedRows({ dims: 4, rows: new DataView(new ArrayBuffer(31)) }, 4), null);
});
