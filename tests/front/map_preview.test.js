import assert from "node:assert/strict";
import test from "node:test";
import { createMapPreview } from "../../aether_lab/static/views/map_preview.js";
import { thumbLine } from "../../aether_lab/static/views/map_thumbnail.js";

function previewed() {
  const model = { z: [0, 0] };
  const preview = createMapPreview(() => model.z, (z) => (model.z = z));
  return { model, preview };
}

test("pointing moves nothing until one listens; then z is where the pointer is, and goes back", () => {
  const { model, preview } = previewed();
  preview.point([1, 1]);
  assert.deepEqual(model.z, [0, 0]);
  preview.listen(true);
  preview.point([1, 1]);
  preview.point([2, -1]);
  assert.deepEqual([model.z, preview.home()], [[2, -1], [0, 0]]);
  preview.point(null);
  assert.deepEqual(model.z, [0, 0]);
});

test("a click stays, and what another has moved meanwhile stays too", () => {
  const { model, preview } = previewed();
  preview.listen(true);
  preview.point([1, 1]);
  preview.go([1, 1]);
  preview.point([0.5, 0.5]);
  preview.point(null);
  assert.deepEqual(model.z, [1, 1]);
  preview.point([2, 2]);
  model.z = [-1, 0];
  assert.deepEqual(preview.home(), [-1, 0]);
  preview.point(null);
  assert.deepEqual(model.z, [-1, 0]);
});

test("an end to listening takes z back", () => {
  const { model, preview } = previewed();
  preview.listen(true);
  preview.point([1, 1]);
  preview.listen(false);
  assert.deepEqual(model.z, [0, 0]);
});

test("a thumbnail is a line from edge to edge, lower for less", () => {
  const [, ...numbers] = thumbLine([0, -12, 99]).match(/M(\S+) (\S+)L(\S+) (\S+)L(\S+) (\S+)/).map(Number);
  const [left, top, , bottom, right, edge] = numbers;
  assert.ok(left === 0 && right === 150 && bottom > top && edge === 0);
});
