// Grab the curve: the least change of z that brings the response at one frequency to where a finger wants it.
// Damped Gauss-Newton (Levenberg, 1944; Marquardt, 1963) inside the knobs' reach. Needs no DOM.
import { AUDIBLE_HZ } from "../constants.js";
import { createGrid, createResponse, respond } from "./bank.js";
import { createDecoder, createRecipe, safeLatent } from "./decoder.js";
import { KNOB_RANGE } from "./knobs.js";

/** The finger takes hold of a window of the curve: a bell on log frequency, this wide at half its height. */
const WINDOW_OCTAVES = 1 / 3;

/** What is further than about this from the finger is asked to stay where it is. */
const FREE_OCTAVES = 0.5;

/** What the rest of the curve weighs (mean square dB), and the way of z (squared), beside the finger's squared dB. */
const ANCHOR_WEIGHT = 0.01;
const DISPLACEMENT_WEIGHT = 0.02;

/** dB: less than this is not called missing; a pixel of the plot is about 0.2 dB. */
export const MISSING_DB = 0.25;

const HELD = 30; // frequencies that hold the rest of the curve, 20 Hz to 20 kHz, a third of an octave apart
const PATCH = 7; // and under the finger, two bell widths across
const STEPS = 25;
const DIFFERENCE = 1e-4; // of z, for the Jacobian: arithmetic is float64

/**
 * Takes hold of the response of a space at `hertz` while z is at `from`.
 *
 * @param {LatentSpace} space from `readModel`
 * @param {number[]} from where z is
 * @param {number} hertz inside `AUDIBLE_HZ`
 * @param {boolean[]} locked which z must not move; missing ones may
 * @returns {(change: number) => {z: number[], change: number}} `pull`: z for a level at `hertz` changed by `change` dB
 *   since the hold began, and the change that it makes. A z beyond the knobs' reach may come back, but goes no further.
 */
export function startDrag(space, from, hertz, locked = []) {
  const start = from.map(safeLatent);
  const free = start.map((_, i) => i).filter((i) => !locked[i]);
  const low = start.map((value) => Math.min(value, KNOB_RANGE[0]));
  const high = start.map((value) => Math.max(value, KNOB_RANGE[1]));
  const { fractions, finger, held } = weights(hertz, space.sample_rate / 2);
  const grid = createGrid(fractions);
  const decode = createDecoder(space);
  const recipe = createRecipe(space.num_filters);
  const response = createResponse(space.num_filters, fractions.length);
  const levels = (z) => respond(space, decode(z, recipe), grid, response).sumDb;
  const before = Float64Array.from(levels(start));
  const size = 1 + held.length + start.length;

  function changeOf(level) {
    return finger.reduce((sum, weight, i) => sum + weight * (level[i] - before[i]), 0);
  }

  /** What is left of the finger's wish, what became of the rest, and how far z went: their squares are to be least. */
  function leftOver(z, wish) {
    const level = levels(z);
    const left = new Float64Array(size);
    left[0] = changeOf(level) - wish;
    held.forEach((weight, i) => (left[1 + i] = weight * (level[PATCH + i] - before[PATCH + i])));
    z.forEach((value, i) => (left[1 + held.length + i] = Math.sqrt(DISPLACEMENT_WEIGHT) * (value - start[i])));
    return left;
  }

  let last = start;
  let furthest = 0;
  return function pull(wish) {
    const least = (z) => leastSquares((place) => leftOver(place, wish), z, free, low, high);
    let best = least(last);
    // There may be two valleys: a drag that comes back, or finds no way, must not stay behind a hill.
    if (Math.abs(wish) < furthest || best.cost > MISSING_DB ** 2) {
      const other = least(start);
      if (other.cost <= best.cost) best = other;
    }
    last = best.z;
    furthest = Math.max(furthest, Math.abs(wish));
    return { z: [...best.z], change: changeOf(levels(best.z)) };
  };
}

/** Where the response is looked at, and with what weights: first the patch under the finger, then the rest. */
function weights(hertz, nyquist) {
  const bell = (octaves) => 2 ** -((2 * octaves / WINDOW_OCTAVES) ** 2);
  const offsets = Array.from({ length: PATCH }, (_, i) => WINDOW_OCTAVES * ((2 * i) / (PATCH - 1) - 1));
  const patch = offsets.map(bell);
  const total = patch.reduce((sum, weight) => sum + weight);
  const rest = Array.from({ length: HELD }, (_, i) => AUDIBLE_HZ[0] * (AUDIBLE_HZ[1] / AUDIBLE_HZ[0]) ** (i / (HELD - 1)));
  const stays = rest.map((other) => 1 - Math.exp(-((Math.log2(other / hertz) / FREE_OCTAVES) ** 2)));
  return {
    fractions: [...offsets.map((octaves) => hertz * 2 ** octaves), ...rest].map((at) => Math.min(at / nyquist, 1)),
    finger: patch.map((weight) => weight / total),
    held: stays.map((weight) => weight * Math.sqrt(ANCHOR_WEIGHT / HELD)),
  };
}

/**
 * The place near `from` at which the sum of squares of `errors` is least, inside a box.
 *
 * @param {(z: number[]) => ArrayLike<number>} errors
 * @param {number[]} from inside the box
 * @param {number[]} free the coordinates that may move
 * @param {number[]} low @param {number[]} high ends of the box
 * @returns {{z: number[], cost: number}}
 */
export function leastSquares(errors, from, free, low, high) {
  let z = [...from];
  let left = errors(z);
  let cost = sumOfSquares(left);
  let damping = 1e-3;
  for (let step = 0; step < STEPS && free.length; step++) {
    const columns = free.map((k) => slope(errors, z, k, left, high));
    const downhill = columns.map((column) => -dot(column, left));
    // At an end of the box, a coordinate that would go beyond it takes no part in this step.
    const inside = free.map((k, i) => !((z[k] <= low[k] && downhill[i] < 0) || (z[k] >= high[k] && downhill[i] > 0)));
    const moving = free.map((_, i) => i).filter((i) => inside[i]);
    if (!moving.length) break;
    /** @type {{ place: number[], found: ArrayLike<number>, lower: number } | null} */
    let next = null;
    for (; damping < 1e9; damping *= 8) {
      const normal = moving.map((i) => moving.map((j) => dot(columns[i], columns[j]) * (i === j ? 1 + damping : 1)));
      const way = solve(normal, moving.map((i) => downhill[i]));
      const place = [...z];
      moving.forEach((i, row) => {
        const k = free[i];
        place[k] = Math.min(Math.max(z[k] + way[row], low[k]), high[k]);
      });
      const found = errors(place);
      const lower = sumOfSquares(found);
      if (lower < cost) {
        next = { place, found, lower };
        damping = Math.max(damping / 8, 1e-9);
        break;
      }
    }
    if (!next) break;
    const gain = cost - next.lower;
    [z, left, cost] = [next.place, next.found, next.lower];
    if (gain < 1e-7 + 1e-6 * cost) break;
  }
  return { z, cost };
}

/** The derivative of every error by z[k], by a difference that stays inside the box. */
function slope(errors, z, k, left, high) {
  const step = z[k] + DIFFERENCE > high[k] ? -DIFFERENCE : DIFFERENCE;
  const other = errors(z.map((value, i) => (i === k ? value + step : value)));
  return left.map((value, i) => (other[i] - value) / step);
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function sumOfSquares(a) {
  return dot(a, a);
}

/** Solves a small symmetric positive system by Gauss's elimination, which needs no pivots there. */
function solve(matrix, right) {
  const n = right.length;
  const [rows, x] = [matrix.map((row) => [...row]), [...right]];
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j < n; j++) rows[i][j] -= factor * rows[k][j];
      x[i] -= factor * x[k];
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let j = k + 1; j < n; j++) x[k] -= rows[k][j] * x[j];
    x[k] /= rows[k][k];
  }
  return x;
}

/**
 * What is told of a hold.
 * @param {number} hertz
 * @param {number|null} wanted dB where the finger is; null where there is none
 * @param {number} level dB of the curve
 */
export function describeDrag(hertz, wanted, level) {
  const at = `${Number(hertz.toPrecision(2)).toLocaleString("en")} Hz`;
  const decibels = (value) => `${(Number(value.toFixed(1)) || 0).toFixed(1).replace("-", "\u2212")} dB`;
  const missing = wanted === null ? 0 : wanted - level;
  if (Math.abs(missing) < MISSING_DB) return `${at}: ${decibels(level)}`;
  const side = missing > 0 ? "below" : "above";
  return `${at}: ${decibels(level)}, ${decibels(Math.abs(missing))} ${side} the finger: no free knob reaches further`;
}
