// The dB that the plot shows: all of the curve, or less of it.
import { consume } from "../ui/arrow_keys.js";
import { button, element } from "../ui/elements.js";

/** dB from the bottom of the plot to its top. */
const SPANS = [6, 12, 24, 40, 60];

/**
 * The range that shows the middle of a curve with the next smaller (`closer` 1) or larger span; null shows all of it.
 * @param {Ends | null} range @param {number} closer @param {ArrayLike<number>} level
 * @returns {Ends | null}
 */
export function zoomed(range, closer, level) {
  const at = range ? SPANS.indexOf(range[1] - range[0]) : SPANS.length;
  const next = Math.max(at - closer, 0);
  if (next >= SPANS.length) return null;
  const span = SPANS[next];
  const middle = range
    ? (range[0] + range[1]) / 2
    : 3 * Math.round(Array.from(level).sort((a, b) => a - b)[level.length >> 1] / 3);
  return [middle - span / 2, middle + span / 2];
}

export function createLevelZoom(/** @type {HTMLCanvasElement} */ canvas, schedule) {
  /** @type {Ends | null} */
  let range = null;
  /** @type {ArrayLike<number>} */
  let level = [0];
  const zoom = (closer) => {
    range = closer ? zoomed(range, closer, level) : null;
    schedule();
  };
  const node = element("div", "aether-zoom", { role: "group", "aria-label": "Zoom of the dB axis" });
  const [closer, further] = [
    button("+", "Show less of the dB axis (+, or Ctrl and the wheel)", () => zoom(1)),
    button("\u2212", "Show more of the dB axis (\u2212); 0 shows all of the curve", () => zoom(-1)),
  ];
  closer.setAttribute("aria-label", "Zoom in");
  further.setAttribute("aria-label", "Zoom out");
  node.append(closer, further);
  canvas.addEventListener("keydown", (event) => {
    const step = { "+": 1, "=": 1, "-": -1, 0: 0 }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    consume(event);
    zoom(step);
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // else the page scrolls
      consume(event);
      zoom(-Math.sign(event.deltaY));
    },
    { passive: false },
  );
  return {
    node,
    /** The range of the axis for a curve, or undefined for one that shows all of it. */
    range(/** @type {ArrayLike<number>} */ next) {
      level = next;
      further.disabled = !range;
      return range ?? undefined;
    },
  };
}
