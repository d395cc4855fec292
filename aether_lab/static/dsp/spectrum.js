// Spectra of impulse responses and measured curves on 513 bins, as `signals/spectrum.py` and `signals/curve.py`, which
// define them. Needs no DOM.
import { SPECTRUM } from "../constants.js";
import { powerOfTwo, powerSpectrum } from "./fft.js";
import { findOnset, firstArrival, withoutOffset } from "./onset.js";

const BINS = SPECTRUM.bins;
const BIN_WIDTH = SPECTRUM.bin_width;
const BAND = SPECTRUM.band;

/** Hz of each bin. */
export const BIN_HZ = Float64Array.from({ length: BINS }, (_, i) => i * BIN_WIDTH);

/** Equivalent rectangular bandwidth, Hz (Glasberg & Moore 1990, eq. 3). @param {number} hertz */
export function erb(hertz) {
  return 24.7 * ((4.37 * hertz) / 1000 + 1);
}

/** Weights of the bins with sum 1, proportional to 1/ERB inside a band. @param {number} low @param {number} high Hz */
export function erbWeights(low = BAND[0], high = BAND[1]) {
  return normalized(BIN_HZ.map((hertz) => (hertz >= low && hertz <= high ? 1 / erb(hertz) : 0)));
}

/** @param {Float64Array} weights */
export function normalized(weights) {
  const sum = weights.reduce((before, weight) => before + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The weighted mean. @param {ArrayLike<number>} values @param {ArrayLike<number>} weights with sum 1 */
export function weightedMean(values, weights) {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * values[i];
  return sum;
}

/** Log-spectral distance, dB. @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {ArrayLike<number>} weights with sum 1 */
export function spectralDistance(a, b, weights) {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

/**
 * Mean power over 1/3 octave, or one bin where that is wider, around each bin; 0 above the last frequency.
 * @param {ArrayLike<number>} power @param {ArrayLike<number>} hertz rising from 0 to the Nyquist frequency
 */
export function smooth(power, hertz) {
  const count = hertz.length;
  const nyquist = hertz[count - 1];
  const edges = new Float64Array(count + 1);
  const integral = new Float64Array(count + 1);
  for (let k = 1; k < count; k++) edges[k] = (hertz[k] + hertz[k - 1]) / 2;
  edges[count] = nyquist;
  for (let k = 0; k < count; k++) integral[k + 1] = integral[k] + power[k] * (edges[k + 1] - edges[k]);
  return BIN_HZ.map((centre) => {
    if (centre > nyquist) return 0;
    const low = Math.max(Math.min(centre * 2 ** (-1 / 6), centre - BIN_WIDTH / 2), 0);
    const high = Math.min(Math.max(centre * 2 ** (1 / 6), centre + BIN_WIDTH / 2), nyquist);
    return (interpolated(edges, integral, high) - interpolated(edges, integral, low)) / (high - low);
  });
}

/** The last index at which a rising array is at most `value`; -1 if none is. @param {ArrayLike<number>} rising @param {number} value */
function lastAtMost(rising, value) {
  let [low, high] = [-1, rising.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (rising[middle] <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** Linear interpolation, beyond the ends that of the last stretch. @param {ArrayLike<number>} x @param {ArrayLike<number>} y @param {number} at */
function interpolated(x, y, at) {
  const i = Math.min(Math.max(lastAtMost(x, at), 0), x.length - 2);
  return y[i] + ((at - x[i]) / (x[i + 1] - x[i])) * (y[i + 1] - y[i]);
}

/**
 * Smoothed power in dB, floored 60 dB under its peak in the band and with a weighted mean of 0 there.
 * @param {Float64Array} power @param {number} high @param {number} low ends of the band, Hz
 */
function floorAndAlign(power, high = BAND[1], low = BAND[0]) {
  const weights = erbWeights(Math.max(BAND[0], low), Math.min(BAND[1], high));
  const peak = power.reduce((most, value, i) => (weights[i] > 0 ? Math.max(most, value) : most), 0);
  const floor = 10 ** (-SPECTRUM.dynamic_range / 10);
  const level = power.map((value) => 10 * Math.log10(Math.max(value / peak, floor)));
  const mean = weightedMean(level, weights);
  return Float32Array.from(level, (value) => value - mean);
}

/**
 * One channel of an impulse response as a measurement.
 * @param {Float64Array} samples finite, not constant @param {number} rate Hz
 * @returns {Measurement}
 */
export function measureResponse(samples, rate) {
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = withoutOffset(samples.map((value) => value / peak), rate);
  const end = firstArrival(scaled, rate) + Math.trunc(SPECTRUM.longest * rate);
  const response = scaled.subarray(findOnset(scaled, rate), end);
  const size = powerOfTwo(Math.max(response.length, rate / 6));
  const power = powerSpectrum(response, size);
  const lines = power.map((_, k) => (k * rate) / size);
  const top = SPECTRUM.usable * rate;
  return measured(floorAndAlign(smooth(power, lines), top), BAND[0], Math.min(BAND[1], top));
}

/**
 * A curve, checked by `curve_reader.js`, as a measurement.
 * @param {number[]} hertz rising @param {number[]} level dB
 * @returns {Measurement}
 */
export function measureCurve(hertz, level) {
  const top = BIN_HZ[BINS - 1];
  const step = BIN_WIDTH / 8;
  const points = hertz.filter((each) => each < top);
  const between = Array.from({ length: Math.ceil(top / step) }, (_, i) => i * step).filter((at) => {
    const left = lastAtMost(points, at);
    const before = points[left] === at ? (points[left - 1] ?? -Infinity) : (points[left] ?? -Infinity);
    const next = points[left] === at ? at : (points[left + 1] ?? Infinity);
    return next - before > step;
  });
  const lines = [...new Set([...between, ...points])].sort((a, b) => a - b).concat(top);
  const levels = levelsOnLog(hertz, level, lines);
  const most = Math.max(...levels);
  const power = levels.map((each) => 10 ** ((each - most) / 10));
  const [low, high] = [Math.max(BAND[0], hertz[0]), Math.min(BAND[1], hertz[hertz.length - 1])];
  return measured(floorAndAlign(smooth(power, lines), high, low), low, high);
}

/** @param {Float32Array} spectrum @param {number} low @param {number} high Hz @returns {Measurement} */
function measured(spectrum, low, high) {
  return { spectrum, band: [low, high], weights: erbWeights(low, high) };
}

/**
 * Levels at `at`, interpolated over log frequency; outside the range those of the ends.
 * @param {ArrayLike<number>} hertz rising, positive @param {ArrayLike<number>} level @param {ArrayLike<number>} at Hz
 */
export function levelsOnLog(hertz, level, at) {
  const logs = Float64Array.from(hertz, Math.log);
  const last = hertz.length - 1;
  return Array.from(at, (each) => {
    if (each <= hertz[0]) return level[0];
    return each >= hertz[last] ? level[last] : interpolated(logs, level, Math.log(each));
  });
}
