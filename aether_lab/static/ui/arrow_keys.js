// Arrow keys that move a point in a plane. Needs no DOM.
import { hundredths, clampToKnob } from "../dsp/knobs.js";

/** How far an arrow key moves z, and with Shift. */
const PAD_STEPS = [0.05, 0.5];

/** The point that an arrow key leads to from `point`, within the knob range and in hundredths; null for another key. */
export function padStep(point, key, shift) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key] ?? [0, 0];
  if (!dx && !dy) return null;
  const step = PAD_STEPS[shift ? 1 : 0];
  return [dx, dy].map((sign, i) => (sign ? hundredths(clampToKnob(point[i] + sign * step)) : point[i]));
}

/** Handles a key here alone: a notebook would move to another cell. */
export function consume(event) {
  event.preventDefault();
  event.stopPropagation();
}
