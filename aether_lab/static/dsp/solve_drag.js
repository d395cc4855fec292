// Dragging the curve: the least change of z that brings the response at one frequency to the drag target.
// Damped Gauss-Newton (Levenberg, 1944; Marquardt, 1963) inside the range of the knobs. Needs no DOM.
import { AUDIBLE_HZ } from "../constants.js";
import { signed } from "../text.js";
import { createGrid, createResponse, respond } from "./bank.js";
import { createDecoder, createRecipe, safeLatent } from "./decoder.js";
import { KNOB_RANGE } from "./knobs.js";
import { product, products, solveNormal } from "./normal_equations.js";
import { clamp, logSpaced } from "./numbers.js";

/** Octaves: half-height width of the bell on log frequency over which the response at the drag target is averaged. */
const WINDOW_OCTAVES = 1 / 3;

/** Octaves from the drag target beyond which the curve is constrained to stay. */
const FREE_OCTAVES = 0.5;

/** Weights of the rest of the curve (mean square dB) and of the squared displacement of z, beside the squared error. */
const ANCHOR_WEIGHT = 0.01;
const DISPLACEMENT_WEIGHT = 0.03;

/** A change of the rest of the curve beyond this (dB), or of a coordinate of z, weighs more and more: see `stiffened`. */
const FREE_DB = 4;
const FREE_Z = 0.8;

/** dB: smaller distances to the drag target are not reported; a pixel of the plot is about 0.2 dB. */
export const MISSING_DB = 0.25;

const CONSTRAINTS = 30; // frequencies in `AUDIBLE_HZ` at which the curve is constrained, a third of an octave apart
const PATCH = 7; // frequencies about the drag target, two bell widths across
const STEPS = 25;
const DIFFERENCE = 1e-4; // of z, for the Jacobian: arithmetic is float64

/**
 * Begins a drag of the response of a space at `hertz`, with z at `from`.
 *
 * @param {LatentSpace} space from `readModel`
 * @param {number[]} from z at the start
 * @param {number} hertz inside `AUDIBLE_HZ`
 * @param {boolean[]} locked dimensions that must not move; missing ones may
 * @returns {(target: number) => {z: number[], change: number}} `drag`: z for a level at `hertz` changed by `target` dB
 *   since the start of the drag, and the change that this z gives. A z beyond the knobs may come back, but goes no
 *   further.
 */
export function startDrag(space, from, hertz, locked = []) {
  const start = from.map(safeLatent);
  const free = start.map((_, i) => i).filter((i) => !locked[i]);
  const low = start.map((value) => Math.min(value, KNOB_RANGE[0]));
  const high = start.map((value) => Math.max(value, KNOB_RANGE[1]));
  const { fractions, patch, constraints } = weights(hertz, space.sample_rate / 2);
  const grid = createGrid(fractions);
  const decode = createDecoder(space);
  const recipe = createRecipe(space.num_filters);
  const response = createResponse(space.num_filters, fractions.length);
  const levels = (/** @type {number[]} */ z) => respond(space, decode(z, recipe), grid, response).sumDb;
  const before = Float64Array.from(levels(start));
  const size = 1 + constraints.length + start.length;

  /** @param {Float64Array} level */
  function changeOf(level) {
    return patch.reduce((sum, weight, i) => sum + weight * (level[i] - before[i]), 0);
  }

  /** The errors whose squares are minimised: at the drag target, at the constraints, and the displacement of z. @param {number[]} z @param {number} target */
  function residuals(z, target) {
    const level = levels(z);
    const errors = new Float64Array(size);
    errors[0] = changeOf(level) - target;
    constraints.forEach((weight, i) => (errors[1 + i] = weight * stiffened(level[PATCH + i] - before[PATCH + i], FREE_DB)));
    z.forEach((value, i) => {
      errors[1 + constraints.length + i] = Math.sqrt(DISPLACEMENT_WEIGHT) * stiffened(value - start[i], FREE_Z);
    });
    return errors;
  }

  let last = start;
  let furthest = 0;
  return function drag(target) {
    const solveFrom = (/** @type {number[]} */ z) => leastSquares((candidate) => residuals(candidate, target), z, free, low, high);
    let best = solveFrom(last);
    // There may be two minima: a drag that returns, or does not reach its target, is also solved from the start.
    if (Math.abs(target) < furthest || best.cost > MISSING_DB ** 2) {
      const other = solveFrom(start);
      if (other.cost <= best.cost) best = other;
    }
    last = best.z;
    furthest = Math.max(furthest, Math.abs(target));
    return { z: [...best.z], change: changeOf(levels(best.z)) };
  };
}

/**
 * The error of a spring that hardens: `value` where it is small beside `free`, and its square over `free` where it is
 * large. Thus a small drag reaches its target, and a far one stops before the rest of the curve is lost.
 * @param {number} value @param {number} free
 */
function stiffened(value, free) {
  return value * (1 + (value / free) ** 2);
}

/** The frequencies of the errors and their weights: first about the drag target, then the constraints. @param {number} hertz @param {number} nyquist */
function weights(hertz, nyquist) {
  const bell = (/** @type {number} */ octaves) => 2 ** -((2 * octaves / WINDOW_OCTAVES) ** 2);
  const offsets = Array.from({ length: PATCH }, (_, i) => WINDOW_OCTAVES * ((2 * i) / (PATCH - 1) - 1));
  const bells = offsets.map(bell);
  const total = bells.reduce((sum, weight) => sum + weight);
  const rest = [...logSpaced(AUDIBLE_HZ[0], AUDIBLE_HZ[1], CONSTRAINTS)];
  const stays = rest.map((other) => 1 - Math.exp(-((Math.log2(other / hertz) / FREE_OCTAVES) ** 2)));
  return {
    fractions: [...offsets.map((octaves) => hertz * 2 ** octaves), ...rest].map((at) => Math.min(at / nyquist, 1)),
    patch: bells.map((weight) => weight / total),
    constraints: stays.map((weight) => weight * Math.sqrt(ANCHOR_WEIGHT / CONSTRAINTS)),
  };
}

/**
 * Finds the minimum near `from` of the sum of squares of `errors`, inside a box.
 *
 * @param {(z: number[]) => ArrayLike<number>} errors
 * @param {number[]} from inside the box
 * @param {number[]} free the coordinates that may move
 * @param {number[]} low @param {number[]} high ends of the box
 * @returns {{z: number[], cost: number}}
 */
export function leastSquares(errors, from, free, low, high) {
  let z = [...from];
  let current = errors(z);
  let cost = product(current, current);
  let damping = 1e-3;
  for (let step = 0; step < STEPS && free.length; step++) {
    const columns = free.map((k) => slope(errors, z, k, current, high));
    const downhill = columns.map((column) => -product(column, current));
    // A coordinate at an end of the box that would go beyond it is left out of this step.
    const inside = free.map((k, i) => !((z[k] <= low[k] && downhill[i] < 0) || (z[k] >= high[k] && downhill[i] > 0)));
    const moving = free.map((_, i) => i).filter((i) => inside[i]);
    if (!moving.length) break;
    /** @type {{ z: number[], errors: ArrayLike<number>, cost: number } | null} */
    let next = null;
    for (; damping < 1e9; damping *= 8) {
      const normal = products(moving.map((i) => columns[i]));
      for (let i = 0; i < moving.length; i++) normal[i * moving.length + i] *= 1 + damping;
      const displacement = Float64Array.from(moving, (i) => downhill[i]);
      if (!solveNormal(normal, displacement)) continue;
      const candidate = [...z];
      moving.forEach((i, row) => {
        const k = free[i];
        candidate[k] = clamp(z[k] + displacement[row], low[k], high[k]);
      });
      const result = errors(candidate);
      const lower = product(result, result);
      if (lower < cost) {
        next = { z: candidate, errors: result, cost: lower };
        damping = Math.max(damping / 8, 1e-9);
        break;
      }
    }
    if (!next) break;
    const decrease = cost - next.cost;
    [z, current, cost] = [next.z, next.errors, next.cost];
    if (decrease < 1e-7 + 1e-6 * cost) break;
  }
  return { z, cost };
}

/**
 * The derivative of every error with respect to z[k], by a difference inside the box.
 * @param {(z: number[]) => ArrayLike<number>} errors
 * @param {number[]} z @param {number} k
 * @param {ArrayLike<number>} current errors at z
 * @param {number[]} high
 */
function slope(errors, z, k, current, high) {
  const step = z[k] + DIFFERENCE > high[k] ? -DIFFERENCE : DIFFERENCE;
  const other = errors(z.map((value, i) => (i === k ? value + step : value)));
  return Float64Array.from(current, (value, i) => (other[i] - value) / step);
}

/**
 * Describes a drag for the status line.
 * @param {number} hertz
 * @param {number|null} target dB of the drag target; null where there is none
 * @param {number} level dB of the curve
 */
export function describeDrag(hertz, target, level) {
  const at = `${Number(hertz.toPrecision(2)).toLocaleString("en")} Hz`;
  const decibels = (/** @type {number} */ value) => `${signed(value, 1)} dB`;
  const missing = target === null ? 0 : target - level;
  if (Math.abs(missing) < MISSING_DB) return `${at}: ${decibels(level)}`;
  const side = missing > 0 ? "below" : "above";
  const distance = decibels(Math.abs(missing));
  return `${at}: ${decibels(level)}, ${distance} ${side} the drag target: the rest of the curve holds it`;
}
