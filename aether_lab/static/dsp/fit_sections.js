// Fits of peaking sections in series by least squares, as `filters/least_squares.py`, which says why. Needs no DOM.
import { CENTRE_RANGE, FITTING } from "../constants.js";
import { scramble } from "./pseudo_random.js";
import { product, products, solveNormal } from "./normal_equations.js";
import { clamp, logSpaced } from "./numbers.js";
import { erb, normalized, weightedMean } from "./spectrum.js";

const UNIT = FITTING.gain_unit;
const FIT_STARTS = FITTING.starts;
const FIT_STEPS = FITTING.steps;
const DECIBELS = 10 / Math.LN10; // of a natural logarithm of power

/**
 * The grid of a fit between two frequencies.
 * @param {number} low @param {number} high @param {number} sampleRate Hz
 */
export function fitGrid(low, high, sampleRate) {
  const hertz = logSpaced(low, high, 1 + Math.round(FITTING.points_per_octave * Math.log2(high / low)));
  const width = hertz.map((_, i) => (hertz[Math.min(i + 1, hertz.length - 1)] - hertz[Math.max(i - 1, 0)]) / 2);
  width[0] *= 2;
  width[width.length - 1] *= 2;
  return { hertz, sampleRate, weights: normalized(hertz.map((each, i) => width[i] / erb(each))) };
}

/**
 * Fits `count` sections and a preamp to `target`: a generator of the share that is done, whose result is the cascade.
 * @param {ReturnType<typeof fitGrid>} grid @param {ArrayLike<number>} target dB on the grid @param {number} count
 * @returns {Generator<number, Filter>}
 */
export function* fitSections(grid, target, count) {
  const problem = createProblem(grid, Float64Array.from(target), count);
  const candidates = candidatesOf(problem);
  /** @type {FitState[]} */
  let states = [];
  const total = FIT_STEPS / 4 * FIT_STARTS + (FIT_STEPS - FIT_STEPS / 4) * (FIT_STARTS / 2);
  let done = 0;
  for (let start = 0; start < FIT_STARTS; start++) {
    let state = problem.linearize(greedyStart(problem, candidates, start), FITTING.damping[1]);
    for (let step = 0; step < FIT_STEPS / 4; step++, done++) {
      state = improve(problem, state);
      yield done / total;
    }
    states.push(state);
  }
  states = states.sort((a, b) => a.cost - b.cost).slice(0, FIT_STARTS / 2);
  for (let i = 0; i < states.length; i++) {
    for (let step = FIT_STEPS / 4; step < FIT_STEPS; step++, done++) {
      states[i] = improve(problem, states[i]);
      yield done / total;
    }
  }
  const score = (/** @type {FitState} */ { x, cost }) => cost * (1 + FITTING.rate_weight * problem.changeWithRate(x));
  const scored = states.map((state) => ({ state, score: score(state) })).sort((a, b) => a.score - b.score);
  return problem.cascade(scored[0].state.x);
}

/** The result of a generator, run to its end. @template T @param {Generator<number, T>} steps @returns {T} */
export function finish(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * A point x is, of each section, the log of the centre as a fraction of Nyquist, the log of Q, and the gain in units.
 * @param {ReturnType<typeof fitGrid>} grid @param {Float64Array} target dB @param {number} count
 */
function createProblem({ hertz, weights, sampleRate }, target, count) {
  const fraction = (/** @type {number} */ each) => clamp(each / (sampleRate / 2), CENTRE_RANGE[0], CENTRE_RANGE[1]);
  const tangents = hertz.map((each) => Math.tan((Math.PI * each) / sampleRate));
  const mean = weightedMean(target, weights);
  const low = [Math.log(fraction(FITTING.centre[0])), Math.log(FITTING.q[0]), FITTING.gain[0] / UNIT];
  const high = [Math.log(fraction(FITTING.centre[1])), Math.log(FITTING.q[1]), FITTING.gain[1] / UNIT];
  const roots = weights.map(Math.sqrt);

  /** The error of x, and the level that the response lacks, clipped to its range. @param {Float64Array} response */
  function errorOf(response) {
    const lacking = mean - weightedMean(response, weights);
    const level = clamp(lacking, mean + FITTING.preamp[0], mean + FITTING.preamp[1]);
    return { level, free: level === lacking, error: response.map((dB, i) => dB + level - target[i]) };
  }

  /** @param {Float64Array} x @param {number} damping @returns {FitState} */
  function linearize(x, damping) {
    const response = new Float64Array(hertz.length);
    const rows = Array.from(x, () => new Float64Array(hertz.length));
    for (let s = 0; s < count; s++) addSection(x, s, tangents, response, rows);
    const { free, error } = errorOf(response);
    const weighted = error.map((dB, i) => dB * roots[i]);
    for (const row of rows) {
      const common = free ? weightedMean(row, weights) : 0;
      for (let i = 0; i < row.length; i++) row[i] = (row[i] - common) * roots[i];
    }
    const gradient = Float64Array.from(rows, (row) => product(row, weighted));
    return { x, cost: product(weighted, weighted), gradient, normal: products(rows), damping };
  }

  /** Mean square change in dB at twice the sample rate. @param {Float64Array} x */
  function changeWithRate(x) {
    const halved = Float64Array.from(x, (value, i) => (i % 3 ? value : value - Math.LN2));
    const now = responseOf(x, tangents);
    const moved = responseOf(halved, hertz.map((each) => Math.tan((Math.PI * each) / (2 * sampleRate))));
    return weightedMean(now.map((dB, i) => (moved[i] - dB) ** 2), weights);
  }

  /** @param {Float64Array} x @returns {Filter} */
  function cascade(x) {
    const sections = Array.from({ length: count }, (_, s) => ({
      type: "peaking",
      frequency: (Math.exp(x[3 * s]) * sampleRate) / 2,
      Q: Math.exp(x[3 * s + 1]),
      gain: UNIT * x[3 * s + 2],
    }));
    sections.sort((a, b) => a.frequency - b.frequency);
    return { topology: "cascade", polarity: "positive", sampleRate, preamp: errorOf(responseOf(x, tangents)).level, sections };
  }
  return { weights, target, tangents, low, high, count, ends: [hertz[0], hertz[hertz.length - 1]].map(fraction), linearize, changeWithRate, cascade };
}

/** dB of all sections. @param {Float64Array} x @param {Float64Array} tangents */
function responseOf(x, tangents) {
  const response = new Float64Array(tangents.length);
  for (let s = 0; s < x.length / 3; s++) addSection(x, s, tangents, response);
  return response;
}

/**
 * Adds the response of section `s` in dB, and writes its three derivatives to their rows.
 * @param {Float64Array} x @param {number} s @param {Float64Array} tangents @param {Float64Array} response
 * @param {Float64Array[]} [rows]
 */
function addSection(x, s, tangents, response, rows) {
  const w0 = Math.PI * Math.exp(x[3 * s]);
  const [tan, q, gain] = [Math.tan(w0 / 2), Math.exp(x[3 * s + 1]), UNIT * x[3 * s + 2]];
  const squared = 10 ** (gain / 20);
  const shift = (-2 * q * w0) / Math.sin(w0);
  for (let i = 0; i < tangents.length; i++) {
    const u = tangents[i] / tan;
    const v = q * (u - 1 / u);
    const [above, below] = [v * v + squared, v * v + 1 / squared];
    response[i] += DECIBELS * Math.log(above / below);
    if (!rows) continue;
    const slope = DECIBELS * (1 / above - 1 / below); // with v²
    rows[3 * s][i] = slope * v * (u + 1 / u) * shift;
    rows[3 * s + 1][i] = slope * 2 * v * v;
    rows[3 * s + 2][i] = (UNIT / 2) * (squared / above + 1 / (squared * below));
  }
}

/** One step of Levenberg and Marquardt inside the bounds. @param {ReturnType<typeof createProblem>} problem @param {FitState} state @returns {FitState} */
function improve({ low, high, linearize }, { x, cost, gradient, normal, damping }) {
  const size = x.length;
  const leaves = gradient.map((slope, i) => Number((x[i] <= low[i % 3] && slope > 0) || (x[i] >= high[i % 3] && slope < 0)));
  const matrix = normal.slice();
  const move = gradient.map((slope, i) => (leaves[i] ? 0 : -slope));
  for (let i = 0; i < size; i++) {
    if (leaves[i]) for (let k = 0; k < size; k++) matrix[Math.max(i, k) * size + Math.min(i, k)] = 0;
    matrix[i * size + i] += damping * (normal[i * size + i] + FITTING.ridge) + leaves[i];
  }
  const solved = solveNormal(matrix, move);
  const longest = FITTING.longest_step;
  const next = solved && linearize(x.map((value, i) => clamp(value + clamp(move[i], -longest, longest), low[i % 3], high[i % 3])), damping);
  const stiffer = Math.min(4 * damping, FITTING.damping[2]);
  if (!next || !(next.cost < cost)) return { x, cost, gradient, normal, damping: stiffer };
  return { ...next, damping: Math.max(damping / 3, FITTING.damping[0]) };
}

/**
 * A start by matching pursuit: each section is the candidate that best fits what is left of the target; the choice is
 * random in every start but the first.
 * @param {ReturnType<typeof createProblem>} problem @param {ReturnType<typeof candidatesOf>} candidates @param {number} start
 */
function greedyStart({ target, tangents, low, high, count }, candidates, start) {
  const noise = start ? FITTING.noise : 0;
  let left = target;
  const x = new Float64Array(3 * count);
  for (let s = 0; s < count; s++) {
    let best = { score: -1, gain: 0, candidate: candidates[0] };
    for (const [i, candidate] of candidates.entries()) {
      const correlation = product(candidate.weighted, left) / candidate.norm;
      const score = Math.abs(correlation) * Math.exp(noise * gaussian((start * count + s) * candidates.length + i));
      if (score > best.score) best = { score, gain: correlation / candidate.norm, candidate };
    }
    x.set([best.candidate.centre, best.candidate.q, clamp(best.gain, low[2], high[2])], 3 * s);
    const response = responseOf(x.subarray(3 * s, 3 * s + 3), tangents);
    left = left.map((dB, i) => dB - response[i]);
  }
  return x.map((value, i) => clamp(value, low[i % 3], high[i % 3]));
}

/** Sections of a gain of one unit, without their mean: their shape hardly depends on the gain. @param {ReturnType<typeof createProblem>} problem */
function candidatesOf({ weights, tangents, low, high, ends }) {
  const [centres, qs] = FITTING.candidates;
  const [first, last] = ends.map(Math.log);
  const broadest = low[1] + Math.log(FITTING.broadest);
  return Array.from({ length: centres * qs }, (_, i) => {
    const centre = first + (Math.floor(i / qs) / (centres - 1)) * (last - first);
    const q = broadest + (((i % qs) + 1) / (qs + 1)) * (high[1] - broadest);
    const level = responseOf(Float64Array.of(centre, q, 1), tangents);
    const mean = weightedMean(level, weights);
    const weighted = level.map((dB, k) => (dB - mean) * weights[k]);
    const norm = Math.sqrt(level.reduce((sum, dB, k) => sum + (dB - mean) * weighted[k], 0)) + 1e-6;
    return { centre, q, weighted, norm };
  });
}

/** A normal random number for each whole number. @param {number} n */
function gaussian(n) {
  const [a, b] = [scramble(2 * n), scramble(2 * n + 1)].map((value) => (value + 0.5) / 2 ** 32);
  return Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * b);
}
