import assert from "node:assert/strict";
import test from "node:test";
import { detailShare, fullDetails, mainKind } from "../../aether_lab/static/dsp/details.js";
import { createMotion, motionAt } from "../../aether_lab/static/dsp/motion.js";
import { createLatents } from "../../aether_lab/static/ui/latents.js";
import { describeDetail } from "../../aether_lab/static/views/kind_bar.js";
import { moveInPlane, project } from "../../aether_lab/static/views/map_plane.js";

test("details are a share of others, or replace them", () => {
  const cases = [
    [[2, -4], [1, -2], 0.5],
    [[2, -4], [0, 0], 0],
    [[2, -4], [1, 2], null],
    [[], [0, 0], 0],
    [[], [0, 1], null],
    [[2, 0], [-1, 0], null],
    [[2, 0], [3, 0], null],
  ];
  for (const [full, details, share] of cases) {
    assert.equal(detailShare(full, details), share);
    assert.equal(fullDetails(full, details), share === null ? details : full);
  }
});

test("the kind of a mixture is that of its largest weight", () => {
  assert.deepEqual(mainKind([0, 2, 0]), { index: 1, share: 1 });
  assert.deepEqual(mainKind([1, -5, 3]), { index: 2, share: 0.75 });
  assert.deepEqual(mainKind([0, 0, 0, 0]), { index: 0, share: 0.25 });
});

test("the slider of details says where it is", () => {
  const words = [[0, true], [0, false], [0.55, false], [1, false]].map(([share, none]) => describeDetail(share, none));
  assert.deepEqual(words, ["nothing measured", "0 %, the knobs alone", "55 %", "100 %, as measured"]);
});

test("a motion and a move on the map leave details and kinds where they are", () => {
  const centre = [0, 0, 0.5, 1, 0];
  const spiral = createMotion({ kind: "spiral", centre, knobs: 2 });
  assert.deepEqual([...motionAt(spiral, 0.3)].slice(2), [0.5, 1, 0]);
  assert.throws(() => createMotion({ knobs: 5 }), /knobs is 5; allowed is 0 to 4/);
  const plane = { centre: [0, 0], axes: [[1, 0], [0, 1]] };
  assert.deepEqual(moveInPlane(plane, centre, 0.25, -1), [0.25, -1, 0.5, 1, 0]);
  assert.deepEqual(project(plane, [1, 2, 9, 1, 0]), { x: 1, y: 2, off: 0 });
});

test("knobs, some coordinates or all of z are set at once", () => {
  const state = { space: { latent_dim: 3, knobs: 1 }, z0: 0, z1: 0, z2: 1 };
  const model = { get: (name) => state[name], set: (name, value) => (state[name] = value), save_changes() {} };
  const { knobs, names, currentZ, move, change } = createLatents(model);
  assert.deepEqual([knobs, names], [["z0"], ["z0", "z1", "z2"]]);
  move([0.5, 2]);
  assert.deepEqual(currentZ(), [0.5, 2, 1]);
  change({ 2: 0 });
  assert.deepEqual(currentZ(), [0.5, 2, 0]);
});
