// The axes and the grid of the map.
import { KNOB_RANGE } from "../dsp/knobs.js";
import { signed } from "../text.js";
import { shape, shapeText } from "../ui/svg.js";

/** Distance in z from the outermost point to the edge of the map. */
const MAP_MARGIN = 0.35;

/**
 * Axes, `width` pixels wide, that contain the `points` `{x, y}` of the plane.
 * @returns {MapAxes}
 */
export function createMapAxes(/** @type {Plane} */ { knobs }, points, width) {
  const ends = knobs ? KNOB_RANGE : [-1, 1];
  const span = (key) => {
    const all = [...ends, ...points.map((each) => each[key])];
    return [Math.min(...all) - MAP_MARGIN, Math.max(...all) + MAP_MARGIN];
  };
  const [across, up] = [span("x"), span("y")];
  const [left, right, top] = [48, width - 10, 8];
  const scale = (right - left) / (across[1] - across[0]); // pixels per unit of z
  const bottom = top + scale * (up[1] - up[0]);
  return {
    box: { left, right, top, bottom },
    across,
    up,
    pixels: ({ x, y }) => ({ x: left + scale * (x - across[0]), y: bottom - scale * (y - up[0]) }),
    plane: (x, y) => [across[0] + (x - left) / scale, up[0] + (bottom - y) / scale],
  };
}

export function createMapGrid(/** @type {Plane} */ { knobs, labels, terms }) {
  const node = shape("g", { class: "aether-map-grid", "aria-hidden": "true" });
  const line = (x1, y1, x2, y2, value) =>
    node.append(shape("line", { x1, y1, x2, y2, class: value ? "" : "aether-map-zero" }));
  const text = (content, x, y, anchor, more) =>
    node.append(shapeText("text", content, { x, y, "text-anchor": anchor, ...more }));
  const name = (axis, x, y, more) => {
    text(labels[axis], x, y, "middle", { class: "aether-map-axis", ...more });
    node.lastChild?.appendChild(shapeText("title", terms[axis]));
  };
  return {
    node,
    show(/** @type {MapAxes} */ { box, pixels, across, up }) {
      node.replaceChildren();
      if (knobs) {
        const [from, to] = [pixels({ x: KNOB_RANGE[0], y: KNOB_RANGE[1] }), pixels({ x: KNOB_RANGE[1], y: KNOB_RANGE[0] })];
        node.append(shape("rect", { ...from, width: to.x - from.x, height: to.y - from.y, class: "aether-map-knobs" }));
      }
      for (let value = Math.ceil(across[0]); value <= across[1]; value++) {
        const { x } = pixels({ x: value, y: 0 });
        line(x, box.top, x, box.bottom, value);
        text(signed(value, 0), x, box.bottom + 15, "middle");
      }
      for (let value = Math.ceil(up[0]); value <= up[1]; value++) {
        const { y } = pixels({ x: 0, y: value });
        line(box.left, y, box.right, y, value);
        text(signed(value, 0), box.left - 7, y + 4, "end");
      }
      const middle = (box.top + box.bottom) / 2;
      name(0, (box.left + box.right) / 2, box.bottom + 33, {});
      name(1, 13, middle, { transform: `rotate(-90 13 ${middle})` });
    },
  };
}
