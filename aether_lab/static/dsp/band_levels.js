// A spectrum of an AnalyserNode as levels in sixths of an octave, like a real-time analyser. Needs no DOM.
import { logSpaced } from "./numbers.js";

const BANDS = 61; // ten octaves

/** Half a band, as a ratio of frequencies. */
const HALF_BAND = 2 ** (1 / 12);

/** Centres of the bands, Hz. */
export const BAND_CENTRES = logSpaced(20, 20000, BANDS);

/**
 * The level of each band, dB: pink noise is flat.
 * @param {Float32Array} levels dB of each bin, from 0 Hz
 * @param {number} binWidth Hz
 */
export function bandLevels(levels, binWidth) {
  return Float64Array.from(BAND_CENTRES, (centre) => {
    const [low, high] = [centre / HALF_BAND / binWidth, (centre * HALF_BAND) / binWidth];
    const last = Math.min(Math.max(Math.floor(high), Math.ceil(low)), levels.length - 1);
    const first = Math.min(Math.ceil(low), last); // at least one bin, where bands are narrower than bins
    let power = 0;
    for (let i = first; i <= last; i++) power += 10 ** (levels[i] / 10);
    return 10 * Math.log10((power / (last - first + 1)) * (high - low) + 1e-20);
  });
}

/**
 * The mean of `a - b` over the bands in which the input is heard: within 40 dB of its highest.
 * @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {ArrayLike<number>} input
 */
export function meanDifference(a, b, input) {
  const least = Math.max(...Array.from(input)) - 40;
  let [sum, count] = [0, 0];
  for (let i = 0; i < input.length; i++) {
    if (input[i] < least) continue;
    sum += a[i] - b[i];
    count++;
  }
  return count ? sum / count : 0;
}
