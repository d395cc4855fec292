// The latent point of a measurement: that of `FilterSpace.locate` in Python where there are kinds, else the mean of the
// encoder. Needs no DOM.
import { REFINEMENT, SPECTRUM } from "../constants.js";
import { createGrid, createResponse, respond } from "./bank.js";
import { createDecoder, createRecipe } from "./decoder.js";
import { atEvaluation, createEncoder } from "./encoder.js";
import { KNOB_RANGE } from "./knobs.js";
import { product, products, solveNormal } from "./normal_equations.js";
import { clamp } from "./numbers.js";
import { BIN_HZ, erbWeights, normalized, spectralDistance, weightedMean } from "./spectrum.js";

const Z_STEP = 1e-5; // of z, for the Jacobian by central differences: arithmetic is float64

/**
 * Returns `locate(measurement)`: z, and the distance in dB of its filter from the measurement.
 * @param {LatentSpace} space @param {EncoderState} state
 * @returns {(measurement: Measurement) => { z: number[], distance: number }}
 */
export function createLocator(space, state) {
  const encode = createEncoder(state);
  const responses = createResponses(space, state.evaluation.hertz);
  const distance = (/** @type {number[]} */ z, /** @type {Measurement} */ { spectrum, weights }) => {
    const level = responses.bins(z);
    const mean = weightedMean(level, weights);
    return spectralDistance(level.map((dB) => dB - mean), spectrum, weights);
  };

  return (measurement) => {
    const scored = (/** @type {number[]} */ z) => ({ z, distance: distance(z, measurement) });
    const nearest = (/** @type {{ distance: number }} */ a, /** @type {{ distance: number }} */ b) => a.distance - b.distance;
    if (!space.kinds.length) return scored([...encode(measurement.spectrum, 0)]);
    const means = space.kinds.map((_, k) => {
      const weights = space.kinds.map((_, other) => (other === k ? 1 : 0));
      return scored([...encode(measurement.spectrum, k), ...weights]);
    });
    const size = space.knobs + space.details;
    const cost = (/** @type {{ z: number[], distance: number }} */ { z, distance }) => {
      const farthest = Math.max(...z.slice(0, space.knobs).map(Math.abs));
      return distance + REFINEMENT.beyond * Math.max(farthest - KNOB_RANGE[1], 0);
    };
    const likely = means.sort((a, b) => cost(a) - cost(b)).slice(0, REFINEMENT.candidates);
    const refined = likely.map(({ z }) => scored(refine(responses, state.evaluation, z, size, measurement)));
    return refined.sort(nearest)[0];
  };
}

/** Levels in dB of the filter at z: at the bins and at the evaluation. @param {LatentSpace} space @param {number[]} evaluationHz */
function createResponses(space, evaluationHz) {
  const decode = createDecoder(space);
  const recipe = createRecipe(space.num_filters);
  const [bins, evaluation] = [BIN_HZ, evaluationHz].map((hertz) => {
    const grid = createGrid(Array.from(hertz, (each) => Math.min(each / (space.sample_rate / 2), 1)));
    const response = createResponse(space.num_filters, hertz.length);
    return (/** @type {number[]} */ z) => respond(space, decode(z, recipe), grid, response).sumDb.slice();
  });
  return { bins, evaluation };
}

/**
 * z after steps of Levenberg and Marquardt in its first `size` numbers; never worse than the start
 * (`model/refinement.py`).
 * @param {ReturnType<typeof createResponses>} responses @param {Evaluation} evaluation
 * @param {number[]} start @param {number} size @param {Measurement} measurement
 */
function refine(responses, evaluation, start, size, measurement) {
  const { weights, wide } = evaluationWeights(evaluation, measurement.weights);
  const target = atEvaluation(evaluation, measurement.spectrum);
  const roots = weights.map(Math.sqrt);
  const errors = (/** @type {number[]} */ z) => {
    const difference = responses.evaluation(z).map((dB, i) => dB - target[i]);
    const level = wide ? 0 : weightedMean(difference, weights);
    return difference.map((dB, i) => (dB - level) * roots[i]);
  };
  let [z, now] = [start, errors(start)];
  let least = product(now, now);
  let damping = REFINEMENT.damping;
  for (let step = 0; step < REFINEMENT.steps; step++) {
    const move = dampedStep(slopes(errors, z, size), now, damping);
    const trial = z.map((value, i) => value - (move?.[i] ?? 0));
    const then = errors(trial);
    const distance = product(then, then);
    const better = move !== null && distance < least;
    if (better) [z, now, least] = [trial, then, distance];
    damping *= better ? REFINEMENT.eased : REFINEMENT.stiffened;
  }
  const [before, after] = [start, z].map((each) => {
    const difference = responses.bins(each).map((dB, i) => dB - measurement.spectrum[i]);
    const mean = weightedMean(difference, measurement.weights);
    const spread = (/** @type {number} */ level) => Math.sqrt(weightedMean(difference.map((dB) => (dB - level) ** 2), measurement.weights));
    return [spread(mean), spread(wide ? 0 : mean)];
  });
  return after.every((value, i) => value < before[i]) ? z : start;
}

/** The derivative of every error with respect to the first `size` numbers of z. @param {(z: number[]) => Float64Array} errors @param {number[]} z @param {number} size */
function slopes(errors, z, size) {
  return Array.from({ length: size }, (_, k) => {
    const [above, below] = [Z_STEP, -Z_STEP].map((step) => errors(z.map((value, i) => (i === k ? value + step : value))));
    return above.map((value, i) => (value - below[i]) / (2 * Z_STEP));
  });
}

/** @param {Float64Array[]} columns @param {Float64Array} errors @param {number} damping @returns {Float64Array | null} */
function dampedStep(columns, errors, damping) {
  const size = columns.length;
  const matrix = products(columns);
  const diagonal = columns.map((_, i) => matrix[i * size + i]);
  const floor = 1e-6 * Math.max(...diagonal) + 1e-12;
  for (const [i, value] of diagonal.entries()) matrix[i * size + i] += damping * value + floor;
  const move = Float64Array.from(columns, (column) => product(column, errors));
  return solveNormal(matrix, move) ? move : null;
}

/** Weights at the evaluation, and whether they cover a wide band. @param {Evaluation} evaluation @param {Float64Array} measured of the bins */
function evaluationWeights({ hertz, weights }, measured) {
  const like = erbWeights();
  const first = like.findIndex((weight) => weight > 0);
  const last = like.findLastIndex((weight) => weight > 0);
  const nearest = hertz.map((each) => clamp(Math.round(each / SPECTRUM.bin_width), first, last));
  const covered = weights.reduce((sum, weight, i) => sum + (measured[nearest[i]] > 0 ? weight : 0), 0);
  const at = Float64Array.from(weights, (weight, i) => (measured[nearest[i]] / like[nearest[i]]) * weight);
  return { weights: normalized(at), wide: covered >= REFINEMENT.wide };
}
