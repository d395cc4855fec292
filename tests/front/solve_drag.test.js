import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { createGrid, respond } from "../../aether_lab/static/dsp/bank.js";
import { createDecoder, readModel } from "../../aether_lab/static/dsp/decoder.js";
import { describeDrag, leastSquares, MISSING_DB, startDrag } from "../../aether_lab/static/dsp/solve_drag.js";

const file = new URL("../reference/decoder_cases.json", import.meta.url);
const space = readModel({ ...JSON.parse(readFileSync(file)).model, topology: "cascade" });
const level = (z, hertz) => respond(space, createDecoder(space)(z), createGrid([hertz / 24000])).sumDb[0];

/** The same random numbers at every run. */
function createRandom(seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Drags all over the space: `{from, hertz, target}`. */
function drags(count) {
  const random = createRandom(7);
  return Array.from({ length: count }, () => ({
    from: Array.from({ length: 4 }, () => 3 * random() - 1.5),
    hertz: 40 * 2 ** (8.6 * random()),
    target: 12 * random() - 6,
  }));
}

test("the curve follows the drag target, as far as it can, and never the other way", (t) => {
  let reached = 0;
  for (const { from, hertz, target } of drags(60)) {
    const { z, change } = startDrag(space, from, hertz)(target);
    assert.ok(change * target >= 0 && Math.abs(change) <= Math.abs(target) + 0.05, `${change} for ${target}`);
    assert.ok(z.every((value) => Math.abs(value) <= 2));
    if (Math.abs(target - change) < MISSING_DB) {
      reached++;
      // The target is a mean over a third of an octave; the curve at the frequency itself is nearly there.
      assert.ok(Math.abs(level(z, hertz) - level(from, hertz) - target) < 0.25 + 0.25 * Math.abs(target));
    }
  }
  t.diagnostic(`${reached} of 60 targets of up to 6 dB are reached`);
  assert.ok(reached >= 30);
});

test("locked knobs stay to the bit, and with all of them locked nothing moves", () => {
  for (const { from, hertz, target } of drags(20)) {
    const { z } = startDrag(space, from, hertz, [true, false, true])(target);
    assert.deepEqual([z[0], z[2]], [from[0], from[2]]);
    assert.deepEqual(startDrag(space, from, hertz, [true, true, true, true])(target).z, from);
  }
});

test("a target of 0 dB moves nothing; and a drag that returns brings z back", () => {
  for (const { from, hertz, target } of drags(20)) {
    const drag = startDrag(space, from, hertz);
    assert.deepEqual(drag(0).z, from);
    for (const part of [0.3, 1, 3, 1, 0.3]) drag(part * target);
    drag(0).z.forEach((value, i) => assert.ok(Math.abs(value - from[i]) < 0.02, `${value} ${from[i]}`));
  }
});

test("no random z that is as near to the target is much nearer to the start", () => {
  const random = createRandom(3);
  for (const { from, hertz, target } of drags(12)) {
    const { z, change } = startDrag(space, from, hertz)(target);
    const distance = (point) => Math.hypot(...point.map((value, i) => value - from[i]));
    for (let n = 0; n < 400; n++) {
      const other = from.map((value) => Math.min(Math.max(value + distance(z) * (2 * random() - 1), -2), 2));
      if (distance(other) > 0.7 * distance(z)) continue;
      const result = level(other, hertz) - level(from, hertz);
      assert.ok(Math.abs(result - target) > Math.abs(change - target) - MISSING_DB, `${result} ${change} ${target}`);
    }
  }
});

test("a z beyond the knobs may come back but goes no further", () => {
  for (const { hertz, target } of drags(20)) {
    const { z } = startDrag(space, [3.5, 0, -9, 0], hertz)(target);
    assert.ok(z[0] <= 3.5 && z[0] >= -2 && z[2] >= -9 && z[2] <= 2);
  }
});

test("least squares finds the minimum of a curved valley, and of a line at the end of the box", () => {
  const rosenbrock = ([x, y]) => [1 - x, 10 * (y - x * x)];
  const { z, cost } = leastSquares(rosenbrock, [-1.2, 1], [0, 1], [-2, -2], [2, 2]);
  assert.ok(cost < 1e-6 && Math.abs(z[0] - 1) < 1e-2);
  const line = ([x, y]) => [x + y - 5, 0.1 * (x - y)];
  assert.deepEqual(leastSquares(line, [0, 0], [0, 1], [-2, -2], [2, 2]).z, [2, 2]);
  assert.deepEqual(leastSquares(line, [0, 1], [], [-2, -2], [2, 2]).z, [0, 1]);
});

test("the distance to the target is described, if there is one", () => {
  assert.equal(describeDrag(1000, 3, 2.9), "1,000 Hz: 2.9 dB");
  assert.match(describeDrag(52.3, 3, -1.24), /^52 Hz: \u22121.2 dB, 4.2 dB below the drag target:/);
  assert.match(describeDrag(12000, -8, 0), /^12,000 Hz: 0.0 dB, 8.0 dB above the drag target:/);
});
