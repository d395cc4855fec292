// The magnitude response of a bank of biquads, in the closed form of `biquad.py`, and of a cascade after it.
// Needs no DOM.
import { CENTRE_RANGE, POWER_FLOOR, Q_RANGE } from "../constants.js";
import { clamp } from "./numbers.js";

/**
 * Frequencies to evaluate at, with the terms that do not depend on the filter.
 * @param {ArrayLike<number>} fractions of Nyquist, each in [0, 1]
 * @returns {Grid}
 */
export function createGrid(fractions) {
  const half = Float64Array.from(fractions, (fraction) => (Math.PI / 2) * fraction);
  // cos(pi/2) is 6e-17 in floating point; at Nyquist the cosine is exactly 0.
  const cos = half.map((angle, i) => (fractions[i] >= 1 ? 0 : Math.cos(angle)));
  return { fractions: Float64Array.from(fractions), sin: half.map(Math.sin), cos };
}

/**
 * An empty response of `sections` sections at `points` frequencies; with 0 of them only that of the bank is computed.
 * @param {number} sections @param {number} points @returns {BankResponse}
 */
export function createResponse(sections, points) {
  return {
    sumDb: new Float64Array(points),
    sectionDb: Array.from({ length: sections }, () => new Float64Array(points)),
    re: new Float64Array(points),
    im: new Float64Array(points),
  };
}

/**
 * The sign of section `k`: an alternating bank starts with +.
 * @param {string | undefined} polarity @param {number} k
 */
export function sectionSign(polarity, k) {
  return polarity === "alternating" && k % 2 === 1 ? -1 : 1;
}

/**
 * Fills `response` and returns it.
 * @param {BankKind} bank
 * @param {BankRecipe} recipe
 * @param {Grid} grid
 * @returns {BankResponse}
 */
export function respond(bank, recipe, grid, response = createResponse(recipe.q.length, grid.sin.length)) {
  return (bank.topology === "cascade" ? respondCascade : respondParallel)(bank, recipe, grid, response);
}

/**
 * Band-passes of constant peak gain: complex responses are added.
 * @param {BankKind} bank @param {BankRecipe} recipe @param {Grid} grid @param {BankResponse} response
 */
function respondParallel({ polarity }, recipe, grid, response) {
  const { sumDb, sectionDb, re, im } = response;
  re.fill(0);
  im.fill(0);
  for (let k = 0; k < recipe.q.length; k++) {
    const { sin, cos, q } = sectionAngles(recipe, k);
    const amplitude = sectionSign(polarity, k) * 10 ** (recipe.gainDb[k] / 20);
    const alone = sectionDb[k];
    for (let i = 0; i < sumDb.length; i++) {
      const p = grid.sin[i] * cos;
      const m = grid.cos[i] * sin;
      const n = p * m;
      const d = q * (p - m) * (p + m);
      const scale = (amplitude * n) / (n * n + d * d);
      const sectionRe = scale * n;
      const sectionIm = -scale * d;
      re[i] += sectionRe;
      im[i] += sectionIm;
      if (alone) alone[i] = powerDb(sectionRe * sectionRe + sectionIm * sectionIm);
    }
  }
  for (let i = 0; i < sumDb.length; i++) sumDb[i] = powerDb(re[i] * re[i] + im[i] * im[i]);
  return response;
}

/**
 * Peaking sections in series: decibels are added.
 * @param {BankKind} _ @param {BankRecipe} recipe @param {Grid} grid @param {BankResponse} response
 */
function respondCascade(_, recipe, grid, response) {
  const { sumDb, sectionDb } = response;
  sumDb.fill(0);
  for (let k = 0; k < recipe.q.length; k++) {
    const { sin, cos, q } = sectionAngles(recipe, k);
    const gain = 10 ** (recipe.gainDb[k] / 20);
    const alone = sectionDb[k];
    for (let i = 0; i < sumDb.length; i++) {
      const p = grid.sin[i] * cos;
      const m = grid.cos[i] * sin;
      const n = p * m;
      const d = q * (p - m) * (p + m);
      const level = 10 * Math.log10(peakingPower(d * d, n * n, gain));
      if (alone) alone[i] = level;
      sumDb[i] += level;
    }
  }
  return response;
}

/** sin(w0/2), cos(w0/2) and Q of section `k`, clipped to the valid ranges. @param {BankRecipe} recipe @param {number} k */
function sectionAngles(recipe, k) {
  const half = (Math.PI / 2) * clamp(recipe.frequency[k], CENTRE_RANGE[0], CENTRE_RANGE[1]);
  return { sin: Math.sin(half), cos: Math.cos(half), q: clamp(recipe.q[k], Q_RANGE[0], Q_RANGE[1]) };
}

/**
 * |H|² of a peaking section, `(v² + gain) / (v² + 1 / gain)` with `v = Q (u - 1/u)`, `u = tan(w/2) / tan(w0/2)`.
 * @param {number} above @param {number} below v² as a fraction, since it is infinite at DC and Nyquist
 * @param {number} gain 10^(dB/20)
 */
export function peakingPower(above, below, gain) {
  return (above + below * gain) / (above + below / gain);
}

/** 10 log10 of a power, floored. @param {number} power */
function powerDb(power) {
  return 10 * Math.log10(power + POWER_FLOOR);
}

/**
 * The response of a cascade, its sections clipped to the valid ranges.
 * @param {Cascaded | null | undefined} series {} or nothing for none
 * @param {ArrayLike<number>} hertz
 * @returns {Float64Array} dB at each frequency; 0 where there is no cascade
 */
export function residualDb(series, hertz) {
  const sum = new Float64Array(hertz.length).fill(series?.preamp ?? 0);
  const { sections = [], sampleRate = NaN } = series ?? {};
  const tan = (/** @type {number} */ at) => Math.tan((Math.PI / 2) * Math.min(at / (sampleRate / 2), 0.999999));
  for (const { type, frequency, Q, gain } of sections) {
    const centre = tan(clamp(frequency, (CENTRE_RANGE[0] * sampleRate) / 2, (CENTRE_RANGE[1] * sampleRate) / 2));
    const q = clamp(Q, Q_RANGE[0], Q_RANGE[1]);
    for (let i = 0; i < sum.length; i++) sum[i] += residualSectionDb(type, tan(hertz[i]) / centre, q, gain);
  }
  return sum;
}

/**
 * dB of one section at `u = tan(w/2) / tan(w0/2)`, the frequency of its analogue prototype.
 * @param {string} type @param {number} u @param {number} Q @param {number} gain dB
 */
export function residualSectionDb(type, u, Q, gain) {
  const square = u * u;
  if (type === "peaking") return 10 * Math.log10(peakingPower((Q * (square - 1)) ** 2, square, 10 ** (gain / 20)));
  const A = 10 ** (gain / 40);
  const slope = (A * square) / (Q * Q);
  const [near, far] = [(1 - A * square) ** 2 + slope, (A - square) ** 2 + slope];
  return 10 * Math.log10((A * A * (type === "lowshelf" ? far : near)) / (type === "lowshelf" ? near : far));
}
