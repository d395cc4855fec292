import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { GLIDE } from "../../aether_lab/static/constants.js";
import { approach, continuedMotion, createMotion, Follower, motionAt } from "../../aether_lab/static/dsp/motion.js";

const cases = JSON.parse(readFileSync(new URL("../reference/motion_cases.json", import.meta.url)));

test("a motion follows its formula for an hour, in both channels, to 1e-9", (t) => {
  let worst = 0;
  for (const { motion, times, left, right } of cases) {
    const moved = createMotion(motion);
    times.forEach((time, i) => {
      [left, right].forEach((side, channel) => {
        motionAt(moved, time, channel).forEach((value, k) => {
          worst = Math.max(worst, Math.abs(value - side[i][k]));
        });
      });
    });
  }
  t.diagnostic(`largest error ${worst.toExponential(1)} over ${cases.length} motions`);
  assert.ok(worst < 1e-9, `${worst}`);
});

test("a changed motion is joined as in Python: the gap decays with the glide", () => {
  const follower = new Follower(createMotion({ centre: [-2, 0] }));
  const spiral = createMotion({ kind: "spiral", centre: [0, 0], rate: 5, stereo_offset: 0.5 });
  follower.change(spiral, 1);
  follower.change(createMotion({ centre: [2, 1] }), 1.01);
  for (const channel of [0, 1]) {
    const [first, second, meeting] = [1, 1.01, 1.01].map((time) => motionAt(spiral, time, channel));
    for (const time of [1.01, 1.02, 1.2]) {
      const z = follower.at(time, channel, new Float64Array(2));
      [2, 1].forEach((end, k) => {
        const gap = ([-2, 0][k] - first[k]) * Math.exp((1 - time) / GLIDE);
        const next = (second[k] - end) * Math.exp((1.01 - time) / GLIDE);
        assert.ok(Math.abs(z[k] - (end + gap + next)) < 1e-12);
      });
    }
    assert.deepEqual(meeting, second);
  }
  assert.deepEqual([...follower.at(2, 0, new Float64Array(2))], [2, 1]);
});

test("a motion given another rate goes on where it is", () => {
  const slow = createMotion({ kind: "spiral", rate: 0.7 });
  const fast = continuedMotion(slow, { rate: 4, slow_rate: 0.5 }, 12.5);
  const there = motionAt(slow, 12.5);
  motionAt(fast, 12.5).forEach((value, k) => assert.ok(Math.abs(value - there[k]) < 1e-9));
});

for (const [fields, words] of [
  [{ kind: "zigzag" }, /kind is "zigzag"; allowed are manual, spiral/],
  [{ centre: [] }, /centre is/],
  [{ centre: [0, NaN] }, /centre is .*finite/],
  [{ rate: 11 }, /rate is 11; allowed is 0 to 5/],
  [{ rate: "fast" }, /rate is "fast"/],
  [{ slow_rate: 1.5 }, /slow_rate is 1.5/],
  [{ phase: Infinity }, /phase/],
  [{ ratio: [1, 9] }, /ratio is/],
  [{ kind: "orbit", rate: 5 }, /times 3 is at most 5 Hz/],
  [{ seed: -1 }, /seed is -1/],
  [{ kind: "path" }, /points is \[\]; a path needs two or more/],
  [{ kind: "path", points: [[0, 0], [1, 1]] }, /each of 4 finite numbers/], // prettier-ignore
  [{ kind: "path", centre: [0], points: [[1], [1]] }, /a path needs two different points/],
]) {
  test(`refused: ${JSON.stringify(fields)}`, () => assert.throws(() => createMotion(fields), words));
}

test("z approaches its target no faster than the limits of its speed, and reaches it", () => {
  const z = Float64Array.of(0, 100, -1, 5);
  approach(z, Float64Array.of(9, 0, 1e6, 5.5), 0.01);
  assert.deepEqual([...z], [2, 75, 1, 5.5]);
  for (let n = 0; n < 100; n++) approach(z, Float64Array.of(9, 0, 1e6, -1e6), 0.01);
  assert.deepEqual([...z], [9, 0, 1e6, -1e6]);
});
