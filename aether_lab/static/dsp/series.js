// A parallel bank as second-order sections in series. Its zeros are found by Aberth's iteration on the sum of fractions
// itself: expanded polynomials lose 50 dB of accuracy with 8 sections (`formats/cascade.py`). Needs no DOM.
import { responseAt } from "./complex_response.js";
import { joined } from "./filter_rows.js";
import { logSpaced } from "./numbers.js";

const ITERATIONS = 100;
const ZERO_SETTLED = 1e-13; // of a zero, in one step
const TURNS = [0.02, 0.05, 0.11, 0.23, 0.37, 0.53]; // radians: where the search begins
const REAL = 1e-10; // imaginary part below which a zero is real
const MIRRORED = 1e-6; // distance of a zero from the mirror image of another

/** @param {FilterRows} bank @returns {FilterRows} throws where the zeros are not found */
export function inSeries({ rows, parallel, sampleRate }) {
  if (!parallel) return { rows, parallel, sampleRate };
  const audible = rows.filter(([b0]) => b0 !== 0);
  const series = paired(audible, numeratorsOf(audible));
  const bank = joined([{ rows: audible, parallel, sampleRate }]);
  const at = [...logSpaced(1e-3, 0.9, 400)].map((fraction) => Math.PI * fraction);
  const power = (/** @type {number} */ w) => Math.hypot(...responseAt(bank, w));
  const peak = at.reduce((best, w) => (power(w) > power(best) ? w : best));
  const [[ar, ai], [br, bi]] = [responseAt(bank, peak), responseAt(joined([{ rows: series, parallel: false, sampleRate }]), peak)];
  const gain = (ar * br + ai * bi) / (br * br + bi * bi);
  const each = Math.abs(gain) ** (1 / series.length);
  const scaled = series.map(([b0, b1, b2, a1, a2], i) => {
    const scale = i || gain > 0 ? each : -each;
    return [scale * b0, scale * b1, scale * b2, a1, a2];
  });
  if (!scaled.flat().every(Number.isFinite)) throw new Error("this bank has no sections in series");
  return { rows: scaled, parallel: false, sampleRate };
}

/** The numerators of the sum of `g / (z² + a1 z + a2)` in series. @param {number[][]} rows */
function numeratorsOf(rows) {
  for (const turn of TURNS) {
    const zeros = beside(rows, turn);
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      const moved = zeros.reduce((most, _, i) => Math.max(most, improveZero(rows, zeros, i)), 0);
      if (moved < ZERO_SETTLED) break;
    }
    const pairs = zeroPairs(zeros);
    if (pairs) return pairs;
  }
  throw new Error("the zeros of this bank were not found");
}

/** Starting points beside the poles, no two alike. @param {number[][]} rows @param {number} turn radians */
function beside(rows, turn) {
  return Array.from({ length: 2 * rows.length - 2 }, (_, i) => {
    const [, , , a1, a2] = rows[i >> 1];
    const angle = Math.acos(Math.max(-1, Math.min(1, -a1 / 2 / Math.sqrt(Math.max(a2, 1e-12)))));
    const turned = i % 2 ? -0.981 * angle - 1.7 * turn : 1.013 * angle + turn; // mirrored zeros would stay so
    return [0.97 * Math.cos(turned), 0.97 * Math.sin(turned)];
  });
}

/** A step of Aberth for one zero; how far it went, relative to its size. @param {number[][]} rows @param {number[][]} zeros @param {number} i */
function improveZero(rows, zeros, i) {
  const [x, y] = zeros[i];
  let [sr, si] = logDerivative(rows, x, y); // less the sum of 1 / (z_i - z_j)
  for (let j = 0; j < zeros.length; j++) {
    if (j === i) continue;
    const [dx, dy] = [x - zeros[j][0], y - zeros[j][1]];
    const square = dx * dx + dy * dy || 1e-300;
    sr -= dx / square;
    si += dy / square;
  }
  const power = sr * sr + si * si;
  if (!(power > 0 && power < Infinity)) return 0; // at the zero
  zeros[i] = [x - sr / power, y + si / power];
  return 1 / Math.sqrt(power) / Math.hypot(x, y);
}

/** P'/P at z = x + jy of the polynomial P = sum of fractions times all denominators. @param {number[][]} rows @param {number} x @param {number} y */
function logDerivative(rows, x, y) {
  let [r, i, dr, di, pr, pi] = [0, 0, 0, 0, 0, 0]; // R, R' and the sum of D'/D
  for (const [g, , , a1, a2] of rows) {
    const [er, ei] = [x * x - y * y + a1 * x + a2, (2 * x + a1) * y]; // D
    const square = er * er + ei * ei || 1e-300;
    const [vr, vi] = [er / square, -ei / square]; // 1 / D
    const [qr, qi] = [(2 * x + a1) * vr - 2 * y * vi, (2 * x + a1) * vi + 2 * y * vr]; // D' / D
    r += g * vr;
    i += g * vi;
    dr -= g * (qr * vr - qi * vi);
    di -= g * (qr * vi + qi * vr);
    pr += qr;
    pi += qi;
  }
  const square = r * r + i * i || 1e-300;
  return [(dr * r + di * i) / square + pr, (di * r - dr * i) / square + pi];
}

/** Numerators `[1, b1, b2]` with their place: of conjugate zeros, of pairs of real ones, and of 1 and -1; null where zeros are missing. @param {number[][]} zeros */
function zeroPairs(zeros) {
  const isReal = (/** @type {number[]} */ [x, y]) => Math.abs(y) <= REAL * Math.hypot(x, y);
  const upper = zeros.filter((zero) => zero[1] > 0 && !isReal(zero));
  const real = zeros.filter(isReal).map(([x]) => x).sort((a, b) => a - b);
  const lower = zeros.filter((zero) => zero[1] < 0 && !isReal(zero));
  const mirrored = upper.every(([x, y]) => lower.some(([u, v]) => Math.hypot(x - u, y + v) < MIRRORED));
  const apart = real.every((x, i) => !i || x - real[i - 1] > 1e-12);
  if (lower.length !== upper.length || !mirrored || !apart) return null;
  const pairs = upper.map(([x, y]) => ({ at: [x, y], b: [1, -2 * x, x * x + y * y] }));
  for (let i = 0; i < real.length; i += 2) {
    const [first, second] = [real[i], real[i + 1]];
    pairs.push({ at: [(first + second) / 2, 0], b: [1, -first - second, first * second] });
  }
  return [...pairs, { at: [0, 0], b: [1, 0, -1] }];
}

/** Each denominator with the nearest numerator, the sharpest first. @param {number[][]} rows @param {{ at: number[], b: number[] }[]} numerators */
function paired(rows, numerators) {
  const left = [...numerators];
  const sharpest = [...rows].sort((a, b) => b[4] - a[4]);
  return sharpest.map(([, , , a1, a2]) => {
    const pole = [-a1 / 2, Math.sqrt(Math.max(a2 - (a1 * a1) / 4, 0))];
    const apart = left.map(({ at }) => Math.hypot(at[0] - pole[0], at[1] - pole[1]));
    const [{ b }] = left.splice(apart.indexOf(Math.min(...apart)), 1);
    return [...b, a1, a2];
  });
}
