// Geometry of the map. Needs no DOM.

/** Coordinates of a latent point in a plane `{centre, axes}` of the knobs, and the distance of its knobs from the plane. */
export function project({ centre, axes }, z) {
  const from = centre.map((value, i) => z[i] - value);
  const [x, y] = axes.map((axis) => axis.reduce((sum, part, i) => sum + part * from[i], 0));
  const off = from.map((value, i) => value - x * axes[0][i] - y * axes[1][i]);
  return { x, y, off: Math.hypot(...off) };
}

/** The latent point at `(x, y)` of the plane through `z` that is parallel to `{centre, axes}`; only knobs change. */
export function moveInPlane(plane, z, x, y) {
  const at = project(plane, z);
  const [dx, dy] = [x - at.x, y - at.y];
  const moved = (value, i) => Math.round(1e4 * (value + dx * plane.axes[0][i] + dy * plane.axes[1][i])) / 1e4 + 0;
  return z.map((value, i) => (i < plane.centre.length ? moved(value, i) : value));
}

export function distance(a, b) {
  return Math.hypot(...a.map((value, i) => value - b[i]));
}

/** Which of `points` `{x, y}` an arrow key leads to from `from`: the nearest within 45 degrees of it, or -1. */
export function neighbour(points, from, key) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
  let [best, least] = [-1, Infinity];
  points.forEach(({ x, y }, i) => {
    const along = (x - from.x) * dx + (y - from.y) * dy;
    const across = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
    if (along <= 0 || across > along) return;
    if (along + across < least) [best, least] = [i, along + across];
  });
  return best;
}
