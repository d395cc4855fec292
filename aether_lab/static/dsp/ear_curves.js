// The curves that are compared by ear: decoded responses at frequencies evenly spaced on the ear's scale.
// The counterpart of `model/ear_curves.py`. Needs no DOM.
import { BY_EAR, CENTRE_RANGE, POWER_FLOOR, Q_RANGE } from "../constants.js";
import { createGrid, peakingPower, sectionSign } from "./bank.js";
import { createDecoder, createRecipe } from "./decoder.js";
import { clamp } from "./numbers.js";

/**
 * The knobs and kinds of a space, with all details 0.
 * @param {LatentSpace} space from `readModel`
 * @returns {EarCurves}
 */
export function createEarCurves(space) {
  const { knobs, details, kinds } = space;
  const decode = createDecoder(space);
  const recipe = createRecipe(space.num_filters);
  const grid = createGrid(BY_EAR.hertz.map((each) => Math.min(each / (space.sample_rate / 2), 1)));
  const points = BY_EAR.hertz.length;
  const z = new Float64Array(knobs + details + kinds.length);
  const respond = space.topology === "cascade" ? cascadeDb : parallelDb;
  const work = { re: new Float64Array(points), im: new Float64Array(points) };
  return {
    size: knobs,
    kinds: Math.max(1, kinds.length),
    deviation: kinds.length ? BY_EAR.deviation_of_kinds : BY_EAR.deviation,
    points,
    fill(numbers, kind, curves, row) {
      z.fill(0);
      for (let i = 0; i < knobs; i++) z[i] = numbers[row * knobs + i];
      if (kinds.length) z[knobs + details + kind[row]] = 1;
      const levels = curves.subarray(row * points, (row + 1) * points);
      respond(space, decode(z, recipe), grid, work, levels);
      let mean = 0;
      for (let i = 0; i < points; i++) mean += levels[i];
      mean /= points;
      for (let i = 0; i < points; i++) levels[i] -= mean;
    },
  };
}

/** @param {BankKind} bank @param {BankRecipe} recipe @param {Grid} grid @param {{ re: Float64Array, im: Float64Array }} work @param {Float64Array} levels */
function parallelDb({ polarity }, recipe, grid, { re, im }, levels) {
  re.fill(0);
  im.fill(0);
  for (let k = 0; k < recipe.q.length; k++) {
    const half = (Math.PI / 2) * clamp(recipe.frequency[k], CENTRE_RANGE[0], CENTRE_RANGE[1]);
    const [sin, cos, q] = [Math.sin(half), Math.cos(half), clamp(recipe.q[k], Q_RANGE[0], Q_RANGE[1])];
    const gain = sectionSign(polarity, k) * 10 ** (recipe.gainDb[k] / 20);
    for (let i = 0; i < levels.length; i++) {
      const p = grid.sin[i] * cos;
      const m = grid.cos[i] * sin;
      const below = p * m;
      const above = q * (p - m) * (p + m);
      const scale = (gain * below) / (below * below + above * above);
      re[i] += scale * below;
      im[i] += scale * above;
    }
  }
  for (let i = 0; i < levels.length; i++) levels[i] = 10 * Math.log10(re[i] * re[i] + im[i] * im[i] + POWER_FLOOR);
}

/** @param {BankKind} _ @param {BankRecipe} recipe @param {Grid} grid @param {object} _work @param {Float64Array} levels */
function cascadeDb(_, recipe, grid, _work, levels) {
  levels.fill(0);
  for (let k = 0; k < recipe.q.length; k++) {
    const half = (Math.PI / 2) * clamp(recipe.frequency[k], CENTRE_RANGE[0], CENTRE_RANGE[1]);
    const [sin, cos, q] = [Math.sin(half), Math.cos(half), clamp(recipe.q[k], Q_RANGE[0], Q_RANGE[1])];
    const gain = 10 ** (recipe.gainDb[k] / 20);
    for (let i = 0; i < levels.length; i++) {
      const p = grid.sin[i] * cos;
      const m = grid.cos[i] * sin;
      const below = p * m;
      const above = q * (p - m) * (p + m);
      levels[i] += 10 * Math.log10(peakingPower(above * above, below * below, gain));
    }
  }
}
