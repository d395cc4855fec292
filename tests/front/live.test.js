import assert from "node:assert/strict";
import test from "node:test";
import { dataAddress } from "../../aether_lab/static/audio/engine_node.js";
import { playableMotion } from "../../aether_lab/static/audio/model_messages.js";
import { joinChunks, wavBytes } from "../../aether_lab/static/dsp/wav_writer.js";
import { hundredths } from "../../aether_lab/static/dsp/knobs.js";
import { createModel } from "../../aether_lab/static/hosts/model.js";
import { padStep } from "../../aether_lab/static/ui/arrow_keys.js";
import { meterDb } from "../../aether_lab/static/ui/meter.js";
import { padFigure } from "../../aether_lab/static/ui/pad.js";

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("a spiral's figure is the circle of its radius about the centre, for either pair", () => {
  const fields = { kind: "spiral", centre: [0.5, 0, -1, 1], radius: 1.5, slow_radius: 0.5 };
  for (const [x, y] of padFigure(fields, 0)) near(Math.hypot(x - 0.5, y), 1.5);
  for (const [x, y] of padFigure(fields, 2)) near(Math.hypot(x + 1, y - 1), 0.5);
  const swapped = padFigure({ ...fields, swap: true }, 0);
  near(Math.hypot(swapped[9][0] - 0.5, swapped[9][1]), 0.5);
});

test("a figure closes, a path's begins at its first point, and manual motion has none", () => {
  const figure = padFigure({ kind: "orbit", centre: [0, 0] }, 0);
  figure[0].forEach((value, i) => near(value, figure.at(-1)[i]));
  const points = [[1, 1, 0, 0], [-1, 1, 0, 0], [0, -1, 0, 0]];
  assert.deepEqual(padFigure({ kind: "path", centre: [0, 0, 0, 0], points }, 0)[0], [1, 1]);
  assert.deepEqual(padFigure({ kind: "manual", centre: [0, 0] }, 0), []);
});

test("an arrow key moves one coordinate, in hundredths, as far as the knobs reach", () => {
  assert.deepEqual(padStep([0.1234, 0], "ArrowUp", false), [0.1234, 0.05]);
  assert.deepEqual(padStep([0.1234, 0], "ArrowLeft", false), [0.07, 0]);
  assert.deepEqual(padStep([1.8, 0], "ArrowRight", true), [2, 0]);
  assert.equal(padStep([0, 0], "a", false), null);
  assert.ok(Object.is(hundredths(-0.001), 0));
});

test("a path of fewer than two points rests", () => {
  assert.equal(playableMotion({ kind: "path", points: [[0, 0]] }).kind, "manual");
  assert.equal(playableMotion({ kind: "path", points: [[0, 0], [1, 1]] }).kind, "path");
});

test("a worklet's text survives its address, whatever it is written in", () => {
  const text = "// ≤ −100 dB, Välimäki\n".repeat(9000);
  const [head, body] = dataAddress(text).split(",");
  assert.equal(head, "data:text/javascript;base64");
  assert.equal(Buffer.from(body, "base64").toString("utf8"), text);
});

test("chunks of a recording are one WAV file of 32-bit floats", () => {
  const chunks = [[[0, 0.5], [1, -1]], [[2], [-0.25]]].map((chunk) => chunk.map((values) => Float32Array.from(values)));
  const file = Buffer.from(wavBytes(joinChunks(chunks), 48000));
  assert.equal(file.toString("latin1", 0, 4) + file.toString("latin1", 8, 16), "RIFFWAVEfmt ");
  assert.equal(file.readUInt32LE(4), file.length - 8);
  assert.deepEqual([file.readUInt16LE(20), file.readUInt16LE(22), file.readUInt32LE(24)], [3, 2, 48000]);
  assert.deepEqual([...new Float32Array(new Uint8Array(file.subarray(58)).buffer)], [0, 1, 0.5, -1, 2, -0.25]);
});

test("a model without a kernel tells of changes, once each, to those who still listen", () => {
  const model = createModel({ z0: 0 });
  const seen = [];
  const listener = () => seen.push(model.get("z0"));
  model.on("change:z0", listener);
  model.set("z0", 1);
  model.set("z0", 1);
  model.off("change:z0", listener);
  model.set("z0", 2);
  assert.deepEqual(seen, [1]);
});

test("the meter reads decibels of full scale, silence at its foot", () => {
  assert.equal(meterDb(1), 0);
  near(meterDb(0.1), -20);
  assert.equal(meterDb(0), -60);
});
