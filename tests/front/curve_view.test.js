import assert from "node:assert/strict";
import test from "node:test";
import { BAND_CENTRES, bandLevels, meanDifference } from "../../aether_lab/static/dsp/band_levels.js";
import { noteName } from "../../aether_lab/static/dsp/notes.js";
import { hertzText, levelTicks, tickStep } from "../../aether_lab/static/ui/axes.js";
import { lineRange } from "../../aether_lab/static/ui/line_plot.js";
import { hoverText } from "../../aether_lab/static/views/hover.js";
import { zoomed } from "../../aether_lab/static/views/level_zoom.js";
import { targetDistance } from "../../aether_lab/static/views/target_distance.js";

test("a frequency has its nearest note and the cents from it", () => {
  assert.deepEqual([440, 261.6256, 27.5].map(noteName), ["A4", "C4", "A0"]);
  assert.equal(noteName(1000), "B5 +21 ct");
  assert.equal(noteName(430), "A4 \u221240 ct");
  assert.equal(hoverText(1054, 3.24), "1.05 kHz \u00b7 C6 +12 ct \u00b7 3.2 dB");
  assert.deepEqual([85.3, 999.4, 12345].map(hertzText), ["85.3 Hz", "999 Hz", "12.3 kHz"]);
});

test("the dB axis is zoomed about the middle of the curve and back to all of it", () => {
  const level = [-20, 1, 2, 4, 5];
  const closer = [null, zoomed(null, 1, level)];
  assert.deepEqual(closer[1], [-27, 33]);
  assert.deepEqual(zoomed([-27, 33], 1, level), [-17, 23]);
  assert.deepEqual(zoomed([0, 6], 1, level), [0, 6]);
  assert.equal(zoomed([-27, 33], -1, level), null);
  assert.equal(zoomed(null, -1, level), null);
});

test("ticks are round numbers", () => {
  assert.deepEqual([tickStep(15, 8), tickStep(0.4, 5), tickStep(700, 6)], [2, 0.1, 200]);
  assert.deepEqual(levelTicks(0, 6, 9), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(lineRange([-10, 50], 180, 6), { step: 50, range: [-100, 150] });
});

test("the distance to a target is that of Python's lsd, where the target has weight", () => {
  const curve = { frequency: [100, 1000, 10000], level: [0, 0, 0] };
  const target = { frequency: [100, 1000, 5000], level: [3, -3, 99], weights: [0.5, 0.5, 0] };
  assert.equal(targetDistance(curve, target), 3);
  assert.equal(targetDistance(curve, { frequency: [100], level: [1] }), null);
  assert.equal(targetDistance(curve, null), null);
});

test("pink noise is flat in sixths of an octave, and a tone stands in its own", () => {
  const width = 48000 / 8192;
  const pink = Float32Array.from({ length: 4096 }, (_, i) => -10 * Math.log10(Math.max(i, 1)));
  const levels = bandLevels(pink, width).slice(12); // from 80 Hz: below, bands are narrower than bins
  assert.ok(Math.max(...levels) - Math.min(...levels) < 2);
  const tone = new Float32Array(4096).fill(-200);
  tone[Math.round(1000 / width)] = -10;
  const found = bandLevels(tone, width);
  const top = found.indexOf(Math.max(...found));
  assert.ok(Math.abs(Math.log2(BAND_CENTRES[top] / 1000)) <= 1 / 6);
});

test("the mean difference leaves out what is not heard", () => {
  assert.equal(meanDifference([5, 7, 99], [1, 1, 1], [-10, -20, -90]), 5);
});
