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

const { model, cases, kinds } = JSON.parse(
  readFileSync(new URL("../reference/decoder_cases.json", import.meta.url)),
);
const withKinds = { ...kinds.model, layers: [...kinds.model.layers, ...model.layers.slice(1)] };
const relative = (ours, theirs, scale = Math.abs(theirs)) => Math.abs(ours - theirs) / scale;

function largestError(recipe, { frequency, q, gain_db }) {
  const errors = frequency.flatMap((_, k) => [
    relative(recipe.frequency[k], frequency[k]),
    relative(recipe.q[k], q[k]),
    relative(recipe.gainDb[k], gain_db[k], 20), // a gain may be 0 dB: relative to its span
  ]);
  return Math.max(...errors);
}

test("the decoder gives the recipes of the Python network, in both frequency maps, to 1e-9", (t) => {
  const worst = Math.max(
    ...cases.map(({ frequency_map, z, ...expected }) =>
      largestError(createDecoder(readModel({ ...model, frequency_map }))(z.map((value) => value ?? NaN)), expected),
    ),
  );
  t.diagnostic(`largest relative error ${worst.toExponential(1)} over ${cases.length} cases`);
  assert.ok(worst < 1e-9, `${worst}`);
});

test("one decoder gives the recipes of every kind and mixture of kinds, in any order, to 1e-9", (t) => {
  const decode = createDecoder(readModel(withKinds));
  const both = [...kinds.cases, ...[...kinds.cases].reverse()];
  const worst = Math.max(...both.map(({ z, ...expected }) => largestError(decode(z), expected)));
  t.diagnostic(`largest relative error ${worst.toExponential(1)} over ${both.length} cases`);
  assert.ok(worst < 1e-9, `${worst}`);
});

test("the layers of kinds are mixed again only when their weights change", () => {
  const read = readModel(withKinds);
  const decode = createDecoder(read);
  const [{ z }] = kinds.cases;
  const before = [...decode(z).gainDb];
  read.linear.kernel.fill(0);
  assert.deepEqual([...decode(z).gainDb], before);
  assert.deepEqual([...decode([...z.slice(0, 3), 7, 0, 0]).gainDb], before); // the same kind
  assert.notDeepEqual([...decode([...z.slice(0, 3), 1, 1, 0]).gainDb], before);
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

test("gains reach the limit of their space", () => {
  const wide = createDecoder(readModel({ ...model, gain_limit_db: 60 }))([0.3, -1, 2, 0.1]);
  const narrow = createDecoder(readModel(model))([0.3, -1, 2, 0.1]);
  wide.gainDb.forEach((gain, k) => {
    assert.ok(relative(gain, 3 * narrow.gainDb[k], 60) < 1e-12);
  });
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
