// The curves that are compared by ear: decoded responses at frequencies evenly spaced on the ear's scale.
// The counterpart of `model/ear_curves.py`. Needs no DOM.
import { BY_EAR } from "../constants.js";
import { createGrid, createResponse, respond } from "./bank.js";
import { createDecoder, createRecipe } from "./decoder.js";

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
  const response = createResponse(0, points); // of the bank alone, which is all that is heard
  return {
    size: knobs,
    kinds: Math.max(1, kinds.length),
    deviation: BY_EAR.deviation,
    points,
    fill(numbers, kind, curves, row) {
      z.fill(0);
      for (let i = 0; i < knobs; i++) z[i] = numbers[row * knobs + i];
      if (kinds.length) z[knobs + details + kind[row]] = 1;
      const levels = curves.subarray(row * points, (row + 1) * points);
      respond(space, decode(z, recipe), grid, { ...response, sumDb: levels });
      let mean = 0;
      for (let i = 0; i < points; i++) mean += levels[i];
      mean /= points;
      for (let i = 0; i < points; i++) levels[i] -= mean;
    },
  };
}
