// A number within limits.

/** `value`, or the limit that it exceeds; NaN stays NaN. @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
