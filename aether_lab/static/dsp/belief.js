// A belief about the filter that a listener wants, as weighted particles: step by step that of `model/belief.py`, which
// explains it. The same seed and the same answers give the same questions. Needs no DOM.
import { BY_EAR } from "../constants.js";
import { scramble } from "./pseudo_random.js";

const { first_particles, particles: PARTICLES, directions: DIRECTIONS, judges: JUDGES, floor_db: FLOOR_DB } = BY_EAR;
const PURPOSE = { start: 0, draw: 1, move: 2, accept: 3, pick: 4, judge: 5 };
/** The answers whose probabilities `probabilities` gives; the last two are those of listeners who grade. */
const GRADES = ["a", "b", "clearly a", "clearly b"];
const QUESTIONS = [...comparedRows(), ...mirroredRows()];

/** The rows of A and B that are particles, among the candidates of `nextQuestion`. */
function* comparedRows() {
  const every = DIRECTIONS / BY_EAR.compared;
  for (let a = 0; a < BY_EAR.compared; a++) {
    for (let b = a + 1; b < BY_EAR.compared; b++) yield [every * a, every * b];
  }
}

/** The rows of A and B that are mirror images. */
function* mirroredRows() {
  for (let stretch = 0; stretch < BY_EAR.stretches.length; stretch++) {
    for (let i = 0; i < DIRECTIONS; i++) yield [0, 1].map((side) => (2 * stretch + side) * DIRECTIONS + i);
  }
}

/**
 * What is believed before the first answer.
 * @param {EarCurves} family @param {number} seed @param {number} noiseDb
 * @returns {Belief}
 */
export function beliefBefore(family, seed, noiseDb) {
  const numbers = normals(seed, 0, PURPOSE.start, first_particles * family.size).map((each) => family.deviation * each);
  const kind = Int32Array.from({ length: first_particles }, (_, i) => i % family.kinds);
  const weights = new Float64Array(first_particles).fill(1 / first_particles);
  const particles = withCurves(family, numbers, kind);
  return { family, seed, noiseDb, particles, weights, likelihood: new Float64Array(first_particles), asked: [] };
}

/** The two filters whose answer differs most among the particles. @param {Belief} belief @returns {Particles[]} */
export function nextQuestion(belief) {
  const { family, seed, noiseDb, asked } = belief;
  const { size, points } = family;
  const offset = (/** @type {number} */ purpose) => uniforms(seed, asked.length, purpose, 1)[0];
  const chosen = rowsOf(family, belief.particles, drawn(belief.weights, DIRECTIONS, offset(PURPOSE.pick)));
  const judges = rowsOf(family, belief.particles, drawn(belief.weights, JUDGES, offset(PURPOSE.judge)));
  const means = meanNumbers(belief);
  const parts = BY_EAR.stretches.flatMap((stretch) => [stretch, -stretch]);
  const numbers = new Float64Array(parts.length * DIRECTIONS * size);
  const kind = new Int32Array(parts.length * DIRECTIONS);
  for (let row = 0; row < kind.length; row++) {
    const from = row % DIRECTIONS;
    kind[row] = chosen.kind[from];
    const mean = means[kind[row]];
    for (let i = 0; i < size; i++) {
      const part = parts[Math.floor(row / DIRECTIONS)];
      numbers[row * size + i] = mean[i] + part * (chosen.numbers[from * size + i] - mean[i]);
    }
  }
  const candidates = withCurves(family, numbers, kind);
  const curve = (/** @type {number} */ row) => curveOf(candidates, row, points);
  const away = Array.from(kind, (_, row) => awayFrom(curve(row), judges, points));
  const graded = shareGraded(asked);
  const p = new Float64Array(GRADES.length);
  let most = -1;
  let best = [0, 1];
  for (const [a, b] of QUESTIONS) {
    const apart = distance(curve(a), curve(b));
    const [sums, squares] = [new Float64Array(GRADES.length), new Float64Array(GRADES.length)];
    for (let j = 0; j < JUDGES; j++) {
      probabilities(away[a][j], away[b][j], apart, noiseDb, graded, p);
      for (let i = 0; i < p.length; i++) {
        sums[i] += p[i];
        squares[i] += p[i] * p[i];
      }
    }
    let variance = 0;
    for (let i = 0; i < p.length; i++) variance += squares[i] / JUDGES - (sums[i] / JUDGES) ** 2;
    if (variance > most) [most, best] = [variance, [a, b]];
  }
  return best.map((row) => rowsOf(family, candidates, [row]));
}

/**
 * The belief after an answer to a question between two curves.
 * @param {Belief} belief @param {Float64Array} a @param {Float64Array} b @param {string} answer @returns {Belief}
 */
export function answered(belief, a, b, answer) {
  const asked = [...belief.asked, { a, b, answer }];
  const graded = shareGraded(asked);
  const unchanged = graded === shareGraded(belief.asked); // else the answers before have another meaning now
  const gain = logLikelihood(belief, belief.particles, unchanged ? asked.slice(-1) : asked, graded);
  if (!unchanged) for (let i = 0; i < gain.length; i++) gain[i] -= belief.likelihood[i];
  const likelihood = gain.map((value, i) => value + belief.likelihood[i]);
  const most = gain.reduce((a, b) => Math.max(a, b));
  const weights = belief.weights.map((weight, i) => weight * Math.exp(gain[i] - most));
  const total = sumOf(weights);
  let squares = 0;
  for (let i = 0; i < weights.length; i++) {
    weights[i] /= total;
    squares += weights[i] * weights[i];
  }
  const next = { ...belief, weights, likelihood, asked };
  return 1 / squares < PARTICLES / 2 ? renewed(next) : next;
}

/** The mean of each kind, and of all where few particles are of a kind. @param {Belief} belief */
function meanNumbers(belief) {
  return Array.from({ length: belief.family.kinds }, (_, k) => moments(belief, k).mean);
}

/** The probability of each kind. @param {Belief} belief */
export function kindShares({ family, particles, weights }) {
  const shares = new Float64Array(family.kinds);
  for (let i = 0; i < weights.length; i++) shares[particles.kind[i]] += weights[i];
  return shares;
}

/** dB, the curve of the least expected square of the distance. @param {Belief} belief */
export function meanCurve({ family, particles, weights }) {
  const mean = new Float64Array(family.points);
  for (let i = 0; i < weights.length; i++) {
    for (let f = 0; f < mean.length; f++) mean[f] += weights[i] * particles.curves[i * mean.length + f];
  }
  return mean;
}

/** The filter nearest to the mean curve, among the particles and the mean of the likeliest kind. @param {Belief} belief */
export function bestFilter(belief) {
  const { family, particles, weights } = belief;
  const shares = kindShares(belief);
  const kind = Int32Array.of(shares.indexOf(Math.max(...shares)));
  const mean = withCurves(family, Float64Array.from(meanNumbers(belief)[kind[0]]), kind);
  const target = meanCurve(belief);
  let [best, least] = [-1, Infinity];
  for (let i = 0; i < weights.length; i++) {
    const away = distance(target, curveOf(particles, i, family.points));
    if (away < least) [best, least] = [i, away];
  }
  return distance(target, mean.curves) < least ? mean : rowsOf(family, particles, [best]);
}

/** How far the wanted filter is from the mean curve, in expectation, dB. @param {Belief} belief */
export function spreadDb(belief) {
  const mean = meanCurve(belief);
  const { family, particles, weights } = belief;
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * distance(mean, curveOf(particles, i, family.points));
  return sum;
}

/** Quantiles of number `i` at `shares`. @param {Belief} belief @param {number} i @param {number[]} shares */
export function quantiles({ family, particles, weights }, i, shares) {
  const value = (/** @type {number} */ row) => particles.numbers[row * family.size + i];
  return weightedQuantiles(weights, value, shares);
}

/** Levels at `shares` of the belief at each of its frequencies. @param {Belief} belief @param {number[]} shares */
export function curveQuantiles({ family, particles, weights }, shares) {
  const at = Array.from({ length: family.points }, (_, f) =>
    weightedQuantiles(weights, (row) => particles.curves[row * family.points + f], shares),
  );
  return shares.map((_, s) => at.map((levels) => levels[s]));
}

/** @param {Float64Array} weights @param {(row: number) => number} value @param {number[]} shares */
function weightedQuantiles(weights, value, shares) {
  const order = Array.from(weights, (_, row) => row).sort((a, b) => value(a) - value(b) || a - b);
  let [at, below] = [0, weights[order[0]]];
  return shares.map((share) => {
    while (below < share && at < order.length - 1) below += weights[order[++at]];
    return value(order[at]);
  });
}

/** @param {Belief} belief @param {number} kind @returns {{ mean: Float64Array, covariance: Float64Array[] }} */
function moments({ family: { size }, particles, weights }, kind) {
  let [count, total] = [0, 0];
  for (let row = 0; row < weights.length; row++) {
    if (particles.kind[row] !== kind) continue;
    count++;
    total += weights[row];
  }
  const all = count <= 2 * size;
  if (all) [count, total] = [weights.length, sumOf(weights)];
  const mean = new Float64Array(size);
  const covariance = Array.from({ length: size }, () => new Float64Array(size));
  const each = (/** @type {(share: number, start: number) => void} */ use) => {
    for (let row = 0; row < weights.length; row++) {
      if (all || particles.kind[row] === kind) use(total > 0 ? weights[row] / total : 1 / count, row * size);
    }
  };
  each((share, start) => {
    for (let i = 0; i < size; i++) mean[i] += share * particles.numbers[start + i];
  });
  each((share, start) => {
    for (let i = 0; i < size; i++) {
      const off = share * (particles.numbers[start + i] - mean[i]);
      for (let j = 0; j < size; j++) covariance[i][j] += off * (particles.numbers[start + j] - mean[j]);
    }
  });
  return { mean, covariance };
}

/** The belief as `PARTICLES` of equal weight, each moved once. @param {Belief} belief @returns {Belief} */
function renewed(belief) {
  const { family, seed, asked } = belief;
  const { size, points } = family;
  const offset = uniforms(seed, asked.length, PURPOSE.draw, 1)[0];
  const rows = drawn(belief.weights, PARTICLES, offset);
  const before = rowsOf(family, belief.particles, rows);
  const steps = normals(seed, asked.length, PURPOSE.move, PARTICLES * size);
  const factors = Array.from({ length: family.kinds }, (_, k) => cholesky(moments(belief, k).covariance));
  const numbers = before.numbers.slice();
  for (let row = 0; row < PARTICLES; row++) {
    const factor = factors[before.kind[row]];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) numbers[row * size + i] += factor[i][j] * steps[row * size + j] * (BY_EAR.step / Math.sqrt(size));
    }
  }
  const moved = withCurves(family, numbers, before.kind);
  const likelihood = logLikelihood(belief, moved, asked, shareGraded(asked));
  const [priorWas, priorIs] = [before, moved].map((each) => logPrior(family, each));
  const chance = uniforms(seed, asked.length, PURPOSE.accept, PARTICLES);
  for (let row = 0; row < PARTICLES; row++) {
    const was = belief.likelihood[rows[row]];
    if (Math.log(chance[row]) < priorIs[row] + likelihood[row] - priorWas[row] - was) continue;
    likelihood[row] = was;
    moved.numbers.set(before.numbers.subarray(row * size, (row + 1) * size), row * size);
    moved.curves.set(curveOf(before, row, points), row * points);
  }
  return { ...belief, particles: moved, weights: new Float64Array(PARTICLES).fill(1 / PARTICLES), likelihood };
}

/** @param {EarCurves} family @param {Particles} particles */
function logPrior({ size, deviation }, { numbers, kind }) {
  return Float64Array.from(kind, (_, row) => {
    let square = 0;
    for (let i = 0; i < size; i++) square += numbers[row * size + i] ** 2;
    return (-0.5 * square) / (deviation * deviation);
  });
}

/** @param {Belief} belief @param {Particles} particles @param {Belief["asked"]} asked @param {number} graded */
function logLikelihood({ family, noiseDb }, particles, asked, graded) {
  const total = new Float64Array(particles.kind.length);
  const p = new Float64Array(GRADES.length);
  for (const { a, b, answer } of asked) {
    const apart = distance(a, b);
    const [awayA, awayB] = [a, b].map((curve) => awayFrom(curve, particles, family.points));
    const row = GRADES.indexOf(answer);
    for (let i = 0; i < total.length; i++) {
      probabilities(awayA[i], awayB[i], apart, noiseDb, row < 0 ? 0 : graded, p);
      total[i] += row < 0 ? (Math.log(p[0]) + Math.log(p[1])) / 2 : Math.log(p[row]);
    }
  }
  return total;
}

/**
 * The probability of each of `GRADES`, into `p`.
 * @param {number} awayA @param {number} awayB @param {number} apart @param {number} noiseDb all in dB
 * @param {number} graded the share of clear cases in which the listener says so @param {Float64Array} p
 */
function probabilities(awayA, awayB, apart, noiseDb, graded, p) {
  const off = (BY_EAR.floor_spread * FLOOR_DB * apart) / (awayA + awayB);
  const unit = BY_EAR.logistic / Math.sqrt(noiseDb * noiseDb + off * off);
  const odds = Math.exp(unit * (awayA - awayB));
  const a = closer(odds);
  const clearly = graded && Math.exp(unit * BY_EAR.clearly_db);
  p[2] = graded && graded * closer(odds * clearly);
  p[3] = graded && graded * (1 - closer(odds / clearly));
  p[0] = a - p[2];
  p[1] = 1 - a - p[3];
}

/** The probability that A seems to be closer. @param {number} odds against it */
function closer(odds) {
  return BY_EAR.lapse / 2 + (1 - BY_EAR.lapse) / (1 + odds);
}

/** Not 0 for a listener who has said "clearly". @param {Belief["asked"]} asked */
function shareGraded(asked) {
  return asked.some(({ answer }) => answer.startsWith("clearly")) ? BY_EAR.graded : 0;
}

/** dB between two curves. @param {Float64Array} a @param {Float64Array} b */
function distance(a, b) {
  return Math.sqrt(meanSquare(a, b, 0));
}

/** From a filter to responses that are `FLOOR_DB` off the particles. @param {Float64Array} curve @param {Particles} particles @param {number} points */
function awayFrom(curve, { kind, curves }, points) {
  const away = new Float64Array(kind.length);
  for (let row = 0; row < away.length; row++) away[row] = Math.sqrt(meanSquare(curve, curves, row * points) + FLOOR_DB * FLOOR_DB);
  return away;
}

/** @param {Float64Array} a @param {Float64Array} b @param {number} start in `b` */
function meanSquare(a, b, start) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[start + i]) * (a[i] - b[start + i]);
  return sum / a.length;
}

/** @param {Particles} particles @param {number} row @param {number} points */
function curveOf({ curves }, row, points) {
  return curves.subarray(row * points, (row + 1) * points);
}

/** @param {EarCurves} family @param {Float64Array} numbers @param {Int32Array} kind @returns {Particles} */
export function withCurves(family, numbers, kind) {
  const curves = new Float64Array(kind.length * family.points);
  for (let k = 0; k < family.kinds; k++) {
    // Kind by kind, because the decoder mixes its layers anew for another one.
    for (let row = 0; row < kind.length; row++) if (kind[row] === k) family.fill(numbers, kind, curves, row);
  }
  return { numbers, kind, curves };
}

/** @param {EarCurves} family @param {Particles} particles @param {ArrayLike<number>} rows @returns {Particles} */
function rowsOf({ size, points }, { numbers, kind, curves }, rows) {
  const chosen = {
    numbers: new Float64Array(rows.length * size),
    kind: new Int32Array(rows.length),
    curves: new Float64Array(rows.length * points),
  };
  for (let i = 0; i < rows.length; i++) {
    chosen.kind[i] = kind[rows[i]];
    chosen.numbers.set(numbers.subarray(rows[i] * size, (rows[i] + 1) * size), i * size);
    chosen.curves.set(curves.subarray(rows[i] * points, (rows[i] + 1) * points), i * points);
  }
  return chosen;
}

/** Rows of `count` particles, drawn by weight. @param {Belief} belief @param {number} count */
export function drawnRows({ weights }, count) {
  return drawn(weights, count, 0.5);
}

/** Indices of `count` systematic draws by weight. @param {Float64Array} weights @param {number} count @param {number} offset */
function drawn(weights, count, offset) {
  const below = new Float64Array(weights.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) below[i] = total += weights[i];
  const rows = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    while (at < weights.length - 1 && below[at] <= ((i + offset) / count) * total) at++;
    rows[i] = at;
  }
  return rows;
}

/** The lower triangle whose square is a covariance. @param {Float64Array[]} covariance */
function cholesky(covariance) {
  const factor = covariance.map((row) => new Float64Array(row.length));
  for (let i = 0; i < factor.length; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = covariance[i][j] + (i === j ? BY_EAR.ridge : 0);
      for (let k = 0; k < j; k++) rest -= factor[i][k] * factor[j][k];
      factor[i][j] = i === j ? Math.sqrt(rest) : rest / factor[j][j];
    }
  }
  return factor;
}

/** @param {Float64Array} values */
function sumOf(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** Pseudo-random numbers inside (0, 1). @param {number} seed @param {number} round @param {number} purpose @param {number} count */
function uniforms(seed, round, purpose, count) {
  const start = scramble(scramble(seed) + 8 * round + purpose);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = (scramble(start + i) + 0.5) / 2 ** 32; // modulo 2**32
  return values;
}

/** Normal pseudo-random numbers. @param {number} seed @param {number} round @param {number} purpose @param {number} count */
function normals(seed, round, purpose, count) {
  const pairs = uniforms(seed, round, purpose, 2 * count);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = Math.sqrt(-2 * Math.log(pairs[i])) * Math.cos(2 * Math.PI * pairs[count + i]);
  return values;
}
