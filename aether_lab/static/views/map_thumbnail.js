// The response at a point of the map, drawn small beside it, over that at the current z.
import { clamp } from "../dsp/numbers.js";
import { shape } from "../ui/svg.js";
import { createFilterCurve } from "./filter_curve.js";

const [THUMB_WIDTH, THUMB_HEIGHT, THUMB_GAP] = [150, 80, 16];
const THUMB_DB = [-30, 15];

/** @param {LatentSpace} space as `readModel` gives it */
export function createMapThumbnail(space) {
  const curve = createFilterCurve(space, () => ({}));
  const node = shape("g", { class: "aether-map-thumb", "aria-hidden": "true" });
  const [now, there] = ["now", "there"].map((name) => shape("path", { class: `aether-map-thumb-${name}` }));
  const zero = thumbHeight(0);
  node.append(shape("rect", { class: "aether-map-thumb-paper", width: THUMB_WIDTH, height: THUMB_HEIGHT, rx: 4 }));
  node.append(shape("path", { class: "aether-map-thumb-zero", d: `M0 ${zero}H${THUMB_WIDTH}` }), now, there);
  const line = (z) => thumbLine(curve.sum(z).level);
  return {
    node,
    /** @param {number[] | null} z at `pixel`, or null for none @param {number[]} here the current z */
    show(z, pixel, here, /** @type {Box} */ box) {
      node.setAttribute("visibility", z ? "visible" : "hidden");
      if (!z) return;
      const right = pixel.x + THUMB_GAP + THUMB_WIDTH <= box.right;
      const x = right ? pixel.x + THUMB_GAP : Math.max(pixel.x - THUMB_GAP - THUMB_WIDTH, box.left);
      const y = clamp(pixel.y - THUMB_HEIGHT - THUMB_GAP, box.top, box.bottom - THUMB_HEIGHT);
      node.setAttribute("transform", `translate(${x} ${y})`);
      there.setAttribute("d", line(z));
      now.setAttribute("d", line(here));
    },
  };
}

function thumbHeight(dB) {
  return (THUMB_HEIGHT * (THUMB_DB[1] - clamp(dB, THUMB_DB[0], THUMB_DB[1]))) / (THUMB_DB[1] - THUMB_DB[0]);
}

/** The path of levels in dB, spaced evenly in octaves. */
export function thumbLine(level) {
  const points = Array.from(level, (dB, i) => `${((THUMB_WIDTH * i) / (level.length - 1)).toFixed(1)} ${thumbHeight(dB).toFixed(1)}`);
  return `M${points.join("L")}`;
}
