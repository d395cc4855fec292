import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import {
  createDecoder,
  createRecipe,
  float32From,
  readModel,
  safeLatent,
  softplus,
} from "../../aether_lab/static/dsp/decoder.js";

const { model, cases } = JSON.parse(readFileSync(new URL("../reference/decoder_cases.json", import.meta.url)));
const relative = (ours, theirs, scale = Math.abs(theirs)) => Math.abs(ours - theirs) / scale;

test("the decoder gives the recipes of the Python network, in both frequency maps, to 1e-9", (t) => {
  let worst = 0;
  for (const { frequency_map, z, frequency, q, gain_db } of cases) {
    const recipe = createDecoder(readModel({ ...model, frequency_map }))(z.map((value) => value ?? NaN));
    for (let k = 0; k < model.num_filters; k++) {
      worst = Math.max(worst, relative(recipe.frequency[k], frequency[k]), relative(recipe.q[k], q[k]));
      worst = Math.max(worst, relative(recipe.gainDb[k], gain_db[k], 20)); // a gain may be 0 dB: relative to its span
    }
  }
  t.diagnostic(`largest relative error ${worst.toExponential(1)} over ${cases.length} cases`);
  assert.ok(worst < 1e-9, `${worst}`);
});

test("every z decodes to a legal recipe", () => {
  const decode = createDecoder(readModel(model));
  for (const value of [NaN, undefined, null, "x", Infinity, -Infinity, 1e308, -1e6, 0]) {
    const { frequency, q, gainDb } = decode([value, value, value, value]);
    assert.ok(frequency.every((f) => f >= 0.002 && f <= 1));
    assert.ok(q.every((value) => value >= 0.1 && Number.isFinite(value)));
    assert.ok(gainDb.every((g) => Math.abs(g) <= 20));
  }
});

test("a missing or NaN latent is 0 and a large one is clipped", () => {
  assert.deepEqual([NaN, undefined, -1e9, Infinity, 1.5].map(safeLatent), [0, 0, -1e6, 1e6, 1.5]);
});

test("decoding into a recipe reuses it", () => {
  const recipe = createRecipe(model.num_filters);
  assert.equal(createDecoder(readModel(model))([0, 0, 0, 0], recipe), recipe);
});

test("an unknown frequency map is refused by name", () => {
  assert.throws(() => createDecoder(readModel({ ...model, frequency_map: "mel" })), /frequency_map is "mel"/);
});

test("base64 holds little-endian float32", () => {
  assert.deepEqual([...float32From(Buffer.from(new Float32Array([1, -2.5, 1e-30]).buffer).toString("base64"))], [
    1,
    -2.5,
    Math.fround(1e-30),
  ]);
});

test("softplus neither overflows nor loses its tail", () => {
  assert.equal(softplus(1000), 1000);
  assert.ok(relative(softplus(-30), Math.exp(-30)) < 1e-12);
});
