// A number within limits, and numbers in equal ratios. Needs no DOM.

/** `value`, or the limit that it exceeds; NaN stays NaN. @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** `count` numbers from `low` to `high` in equal ratios, ends included. @param {number} low @param {number} high @param {number} count */
export function logSpaced(low, high, count) {
  return Float64Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
}
