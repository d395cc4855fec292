// The onset of an impulse response and the DC offset of its recording, as `signals/onset.py`, which says why.
// Needs no DOM.
import { ONSET } from "../constants.js";
import { powerOfTwo, transform } from "./fft.js";

/** Samples without their median, if they are long enough. @param {Float64Array} samples @param {number} rate Hz */
export function withoutOffset(samples, rate) {
  if (samples.length < ONSET.offset_duration * rate) return samples;
  const sorted = Float64Array.from(samples).sort();
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return samples.map((value) => value - median);
}

/** The index at which samples without offset begin. @param {Float64Array} samples @param {number} rate Hz */
export function findOnset(samples, rate) {
  const onset = firstArrival(samples, rate);
  const quiet = ONSET.silence * peakOf(samples);
  const loud = samples.subarray(0, onset).findIndex((value) => Math.abs(value) > quiet);
  if (loud < 0) return onset;
  const begin = Math.max(loud, onset - Math.trunc(ONSET.longest_pre_ringing * rate));
  const before = samples.subarray(begin, onset);
  if (periods(before.subarray(0, Math.floor(before.length / 2) + 1)) < ONSET.few_periods) return begin;
  return Math.max(begin, Math.min(mirroredFrom(samples, onset, rate), onset - rising(before, rate)));
}

/** The index 3 ms before samples first reach 0.03 of their peak. @param {Float64Array} samples @param {number} rate Hz */
export function firstArrival(samples, rate) {
  const level = ONSET.threshold * peakOf(samples);
  const crossing = Math.max(samples.findIndex((value) => Math.abs(value) >= level), 0);
  return Math.max(0, crossing - Math.trunc(ONSET.lead * rate));
}

/** @param {Float64Array} samples */
function peakOf(samples) {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]));
  return peak;
}

/** Sum of `square(i)` from `from` to before `to`. @param {number} from @param {number} to @param {(i: number) => number} square */
function total(from, to, square) {
  let sum = 0;
  for (let i = from; i < to; i++) sum += square(i);
  return sum;
}

/** Ranges of distance that double. @param {number} shortest @param {number} longest */
function* shells(shortest, longest) {
  let [near, far] = [0, Math.max(1, shortest)];
  while (near < longest) {
    yield [near, Math.min(far, longest)];
    [near, far] = [far, 2 * far];
  }
}

/** Duration in periods of the root mean square frequency. @param {Float64Array} samples */
function periods(samples) {
  const count = samples.length;
  const mean = total(0, count, (i) => samples[i]) / count;
  const power = total(0, count, (i) => (samples[i] - mean) ** 2) / count;
  if (!power) return Infinity;
  const slope = total(1, count, (i) => (samples[i] - samples[i - 1]) ** 2) / (count - 1);
  return (count * Math.sqrt(slope / power)) / (2 * Math.PI);
}

/** Number of the last samples that belong to a rise out of the floor. @param {Float64Array} before @param {number} rate Hz */
function rising(before, rate) {
  const size = before.length;
  const meanPower = (/** @type {number} */ from, /** @type {number} */ to) => total(from, to, (i) => before[i] ** 2) / (to - from);
  const floor = meanPower(0, Math.max(1, Math.floor(size / 4)));
  let emerged = 0;
  for (const [near, far] of shells(Math.trunc(ONSET.first_shell * rate), size)) {
    if (meanPower(size - far, size - near) <= ONSET.emergence * floor) break;
    emerged = far;
  }
  return 2 * emerged;
}

/** Where samples begin to be the mirror image of those after the centre. @param {Float64Array} samples @param {number} onset @param {number} rate Hz */
function mirroredFrom(samples, onset, rate) {
  const { sum, sign } = symmetry(samples);
  const left = samples.slice(0, Math.floor((sum + 1) / 2)).reverse();
  const right = samples.subarray(Math.floor(sum / 2) + 1, sum + 1);
  const loud = left.length - onset;
  const alike = (/** @type {number} */ from, /** @type {number} */ to) => areAlike(left, right, sign, from, to);
  if (loud < 1 || right.length < 1 || !alike(0, loud)) return onset;
  if (right.length <= loud) return 0;
  let begin = onset;
  for (const [near, far] of shells(Math.trunc(ONSET.first_shell * rate), Math.min(onset, right.length - loud))) {
    if (!alike(loud + near, loud + far)) break;
    begin = onset - far;
  }
  return begin;
}

/**
 * Whether `left` and `sign * right` are equal up to a small error between two indices, as far as both reach.
 * @param {Float64Array} left @param {Float64Array} right @param {number} sign @param {number} from @param {number} to
 */
function areAlike(left, right, sign, from, to) {
  const end = Math.min(to, left.length, right.length);
  const difference = total(from, end, (i) => (left[i] - sign * right[i]) ** 2);
  return difference <= ONSET.asymmetry * total(from, end, (i) => left[i] ** 2 + right[i] ** 2);
}

/** The sum of the indices of two mirrored samples, and their sign. @param {Float64Array} samples */
function symmetry(samples) {
  const level = ONSET.threshold * peakOf(samples);
  const isLoud = (/** @type {number} */ value) => Math.abs(value) >= level;
  const first = samples.findIndex(isLoud);
  const core = samples.subarray(first, samples.findLastIndex(isLoud) + 1);
  const size = powerOfTwo(2 * core.length);
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  re.set(core);
  transform(re, im);
  for (let k = 0; k < size; k++) [re[k], im[k]] = [re[k] ** 2 - im[k] ** 2, 2 * re[k] * im[k]];
  transform(re, im, true);
  let peak = 0;
  for (let i = 1; i < size; i++) if (Math.abs(re[i]) > Math.abs(re[peak])) peak = i;
  return { sum: 2 * first + peak, sign: re[peak] > 0 ? 1 : -1 };
}
