// How a slider moves by keys, the wheel and the pointer. Needs no DOM.
import { clamp } from "../dsp/numbers.js";

/** A drag or a turn of the wheel with Shift is slower by this; an arrow key with Shift moves by the smallest step. */
export const FINE = 0.1;

/** Arrow keys to a PageUp or PageDown. */
const PAGE = 10;

/** Pixels that a touch travels before it is a drag to the side or a scroll. */
const TOUCH_SLOP = 8;

/** The nearest step of a slider within its ends. @param {SliderRange} range @param {number} value */
export function stepped({ min, max, step }, value) {
  return clamp(Number((min + Math.round((value - min) / step) * step).toFixed(6)), min, max) + 0;
}

/** How far an arrow key moves. @param {SliderRange} range */
export function arrowStep({ min, max, step, arrow = Math.max(step, (max - min) / 100) }) {
  return arrow;
}

/**
 * Where a key leads from `value`; null for another key.
 * @param {SliderRange} range its `origin` is where Delete leads
 * @param {number} value @param {string} key @param {boolean} shift
 */
export function sliderStep(range, value, key, shift) {
  const { min, max, step, origin = null } = range;
  if (key === "Home") return min;
  if (key === "End") return max;
  if (key === "Delete" || key === "Backspace") return origin;
  const up = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[key];
  if (up) return stepped(range, value + up * (shift ? step : arrowStep(range)));
  const page = { PageUp: PAGE, PageDown: -PAGE }[key];
  return page ? stepped(range, value + page * arrowStep(range)) : null;
}

/**
 * What a touch on a slider has become after it has travelled `dx` and `dy` pixels: "drag", "scroll", or "" so far.
 * @param {number} dx @param {number} dy
 */
export function touchIntent(dx, dy) {
  if (Math.max(Math.abs(dx), Math.abs(dy)) < TOUCH_SLOP) return "";
  return Math.abs(dx) > Math.abs(dy) ? "drag" : "scroll";
}
