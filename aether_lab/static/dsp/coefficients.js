// The cookbook's coefficients of peaking sections, shelves and band-passes. Needs no DOM and no worklet.
import { CENTRE_RANGE, Q_RANGE } from "../constants.js";
import { clamp } from "./numbers.js";

/**
 * `[b0, b1, b2, a1, a2]` of a section, as in Python's `biquad.sections_sos`: unlike a BiquadFilterNode, shelves have any
 * Q. A section above the Nyquist frequency has no effect, as in `Recipe.at_rate`.
 * @param {Section} section
 * @param {number} sampleRate Hz
 * @returns {number[]}
 *
 * Source: Bristow-Johnson, *Cookbook formulae for audio EQ biquad filter coefficients*.
 */
export function sectionCoefficients({ type, frequency, Q, gain }, sampleRate) {
  const centre = clamp((2 * frequency) / sampleRate, CENTRE_RANGE[0], CENTRE_RANGE[1]);
  const [sin, cos] = [Math.sin(Math.PI * centre), Math.cos(Math.PI * centre)];
  const a = (2 * frequency) / sampleRate > CENTRE_RANGE[1] ? 1 : 10 ** (gain / 40);
  const q = clamp(Q, Q_RANGE[0], Q_RANGE[1]);
  if (type === "peaking") {
    const alpha = sin / (2 * q);
    const whole = 1 + alpha / a;
    return [1 + alpha * a, -2 * cos, 1 - alpha * a, -2 * cos, 1 - alpha / a].map((value) => value / whole);
  }
  const side = type === "lowshelf" ? 1 : -1; // a high shelf is a low shelf with the sign of the cosine reversed
  const root = (Math.sqrt(a) * sin) / q;
  const c = side * cos;
  const whole = a + 1 + (a - 1) * c + root;
  return [
    a * (a + 1 - (a - 1) * c + root),
    side * 2 * a * (a - 1 - (a + 1) * c),
    a * (a + 1 - (a - 1) * c - root),
    side * -2 * (a - 1 + (a + 1) * c),
    a + 1 + (a - 1) * c - root,
  ].map((value) => value / whole);
}

/**
 * A band-pass of constant peak gain, as in the cookbook, with the gain and the sign of its section.
 * @param {{ frequency: number, Q: number, gain: number }} section @param {number} rate Hz @param {number} sign
 */
export function bandPass({ frequency, Q, gain }, rate, sign) {
  const angle = Math.PI * clamp((2 * frequency) / rate, CENTRE_RANGE[0], CENTRE_RANGE[1]);
  const alpha = Math.sin(angle) / (2 * clamp(Q, Q_RANGE[0], Q_RANGE[1]));
  const peak = (sign * 10 ** (gain / 20) * alpha) / (1 + alpha);
  return [peak, 0, -peak, (-2 * Math.cos(angle)) / (1 + alpha), (1 - alpha) / (1 + alpha)];
}
