import assert from "node:assert/strict";
import test from "node:test";
import { signed } from "../../aether_lab/static/text.js";
import { frequencyLabel, levelRange, logFrequencies } from "../../aether_lab/static/ui/axes.js";
import { describeCurve, randomZ } from "../../aether_lab/static/views/explorer.js";
import { withCentres } from "../../aether_lab/static/views/filter_curve.js";
import { strayLatents } from "../../aether_lab/static/views/learned_range.js";

test("a latent strays when it leaves its learned range, whose ends belong to it", () => {
  const ranges = [[-1, 1], [-0.5, 0.7]];
  assert.deepEqual(strayLatents([1, -0.5], ranges), []);
  assert.deepEqual(strayLatents([1.01, 0], ranges), [0]);
  assert.deepEqual(strayLatents([-3, 0.8], ranges), [0, 1]);
  assert.deepEqual(strayLatents([9], ranges), [0]);
  assert.deepEqual(strayLatents([9], undefined), []);
});

test("a random z lies in the learned range and on the knobs, in steps of 0.01", () => {
  const space = { knobs: 2, details: 1, learned_range: [[-0.3, 0.4], [-9, 9]] };
  for (let i = 0; i < 200; i++) {
    const [z0, z1, ...details] = randomZ(space);
    assert.deepEqual(details, [0]);
    assert.ok(z0 >= -0.3 && z0 <= 0.4 && Math.abs(z1) <= 2);
    assert.equal(z0, Number(z0.toFixed(2)));
  }
});

test("the curve's frequencies rise, span the axis and hold every centre inside it", () => {
  const frequency = withCentres(logFrequencies(100), [0.05, 0.9, 1e-4], 24000);
  assert.equal(frequency.length, 101); // 21.6 kHz and 2.4 Hz lie outside
  assert.deepEqual([frequency[0], Math.round(frequency[100])], [20, 20000]);
  assert.ok(frequency.every((hertz, i) => i === 0 || hertz > frequency[i - 1]));
  assert.ok(frequency.includes(1200));
});

test("the axis is 60 dB and grows by tens with its curves, up to a limit", () => {
  assert.deepEqual(levelRange([[-10, 5]]), [-40, 20]);
  assert.deepEqual(levelRange([[-41, 5], [23]]), [-50, 30]);
  assert.deepEqual(levelRange([[-120, 500]]), [-80, 60]);
});

test("numbers read as a person writes them", () => {
  assert.equal(signed(-1.5, 2), "\u22121.50");
  assert.equal(signed(-0.001, 2), "0.00");
  assert.deepEqual([20, 500, 1000, 20000].map(frequencyLabel), ["20", "500", "1k", "20k"]);
});

test("the picture is described in words", () => {
  const words = describeCurve(["z0"], [-0.5], [100, 1234.5, 9000], [-3, 6.04, -20]);
  assert.equal(words, "Magnitude response at z0 \u22120.50: highest 6.0 dB at 1230 Hz, lowest \u221220.0 dB at 9000 Hz");
});
