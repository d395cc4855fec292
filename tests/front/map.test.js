import assert from "node:assert/strict";
import test from "node:test";
import { layoutLabels } from "../../aether_lab/static/views/map_labels.js";
import { moveInPlane, neighbour, project } from "../../aether_lab/static/views/map_plane.js";
import { presetsText } from "../../aether_lab/static/views/map_presets.js";

const half = Math.SQRT1_2;
const plane = { centre: [1, 0, 0], axes: [[half, half, 0], [-half, half, 0]] };
const near = (found, expected) => found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 2e-4, `${found}`));

test("a latent point is projected on the plane, with its distance from it", () => {
  const { x, y, off } = project(plane, [2, 1, -3]);
  near([x, y, off], [Math.SQRT2, 0, 3]);
});

test("a move in the plane reaches its point and keeps the distance from the plane", () => {
  const moved = moveInPlane(plane, [2, 1, -3], 0.5, -1.25);
  const { x, y, off } = project(plane, moved);
  near([x, y, off, moved[2]], [0.5, -1.25, 3, -3]);
  near(moveInPlane(plane, [0.3, 0.4, 0.5], ...Object.values(project(plane, [0.3, 0.4, 0.5])).slice(0, 2)), [0.3, 0.4, 0.5]);
});

const box = { left: 0, right: 300, top: 0, bottom: 200 };

test("no label covers another, a mark, or the edge; the first has the best position", () => {
  const points = [[50, 100], [60, 100], [55, 104], [295, 10], [150, 195]].map(([x, y]) => ({ x, y, width: 80 }));
  const labels = layoutLabels(points, box, points);
  const rects = labels.flatMap((label, i) => {
    if (!label) return [];
    const left = label.x - { start: 0, end: points[i].width, middle: points[i].width / 2 }[label.anchor];
    return [[left, label.y - 7, left + 80, label.y + 7]];
  });
  assert.ok(rects.length >= 3);
  rects.forEach((a, i) => {
    assert.ok(a[0] >= 0 && a[2] <= 300 && a[1] >= 0 && a[3] <= 200);
    rects.slice(i + 1).forEach((b) => assert.ok(a[2] < b[0] || a[0] > b[2] || a[3] < b[1] || a[1] > b[3]));
    for (const { x, y } of points) assert.ok(x + 4 < a[0] || x - 4 > a[2] || y + 4 < a[1] || y - 4 > a[3]);
  });
});

test("a label without room is left out, but not the one that must be there", () => {
  const crowd = Array.from({ length: 400 }, (_, i) => ({ x: 15 * (i % 20), y: 10 * Math.floor(i / 20) }));
  const point = { x: 150, y: 100, width: 90 };
  assert.deepEqual(layoutLabels([point], box, crowd), [null]);
  assert.equal(layoutLabels([{ ...point, must: true }], box, crowd)[0].anchor, "start");
  assert.equal(layoutLabels([{ x: 290, y: 100, width: 290, must: true }], box, crowd)[0].anchor, "middle");
});

test("an arrow key leads to the nearest point on its side, or nowhere", () => {
  const points = [{ x: 0, y: 0 }, { x: 30, y: 5 }, { x: 20, y: -90 }, { x: -50, y: 0 }, { x: 90, y: 0 }];
  const from = (key) => neighbour(points, points[0], key);
  assert.deepEqual(["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "a"].map(from), [1, 3, 2, -1, -1]);
});

test("saved presets become the JSON that Python reads", () => {
  const text = presetsText("4d", 2, { "my “preset” <b>": [0.5, -1] });
  assert.deepEqual(JSON.parse(text), { model: "4d", latent_dim: 2, presets: { "my “preset” <b>": [0.5, -1] } });
});
