// Filters as second-order sections, and their response. A filter has the fields of `Recipe.to_json`; rows are
// `[b0, b1, b2, a1, a2]`, summed where it is parallel, else in series. Needs no DOM.
import { CENTRE_RANGE, EXPORTS, POWER_FLOOR, Q_RANGE } from "../constants.js";
import { sectionSign } from "./bank.js";
import { sectionCoefficients } from "./coefficients.js";
import { clamp, logSpaced } from "./numbers.js";

/** The bank of a space as a filter. @param {LatentSpace} space @param {BankRecipe} recipe @returns {Filter} */
export function bankFilter({ topology, polarity, sample_rate: sampleRate }, { frequency, q, gainDb }) {
  const parallel = topology === "parallel";
  const sections = Array.from(q, (value, k) => ({
    type: parallel ? "bandpass" : "peaking",
    frequency: (clamp(frequency[k], CENTRE_RANGE[0], CENTRE_RANGE[1]) * sampleRate) / 2,
    Q: clamp(value, Q_RANGE[0], Q_RANGE[1]),
    gain: gainDb[k],
    ...(parallel && { sign: sectionSign(polarity, k) }),
  }));
  return { sampleRate, topology, polarity, preamp: 0, sections };
}

/** @param {Filter} filter @returns {FilterRows} */
export function filterRows({ topology, preamp = 0, sections, sampleRate }) {
  const parallel = topology === "parallel";
  const rows = sections.map((section) => (parallel ? bandpass : sectionCoefficients)(section, sampleRate));
  const level = 10 ** (preamp / 20);
  for (const row of parallel ? rows : rows.slice(0, 1)) for (let i = 0; i < 3; i++) row[i] *= level;
  return { rows, parallel, sampleRate };
}

/** The band-pass of the cookbook with 0 dB at its centre, times its signed gain. @param {Section} section @param {number} sampleRate Hz */
function bandpass({ frequency, Q, gain, sign = 1 }, sampleRate) {
  const w0 = (2 * Math.PI * frequency) / sampleRate;
  const alpha = Math.sin(w0) / (2 * Q);
  const b = sign * 10 ** (gain / 20) * alpha;
  return [b, 0, -b, -2 * Math.cos(w0), 1 - alpha].map((value) => value / (1 + alpha));
}

/** The complex response, `[re, im]`, at an angular frequency. @param {FilterRows} filter @param {number} w rad per sample */
export function responseAt({ rows, parallel }, w) {
  const [c1, s1, c2, s2] = [Math.cos(w), -Math.sin(w), Math.cos(2 * w), -Math.sin(2 * w)];
  let [re, im] = parallel ? [0, 0] : [1, 0];
  for (const [b0, b1, b2, a1, a2] of rows) {
    const [nr, ni] = [b0 + b1 * c1 + b2 * c2, b1 * s1 + b2 * s2];
    const [dr, di] = [1 + a1 * c1 + a2 * c2, a1 * s1 + a2 * s2];
    const power = dr * dr + di * di;
    const [hr, hi] = [(nr * dr + ni * di) / power, (ni * dr - nr * di) / power];
    [re, im] = parallel ? [re + hr, im + hi] : [re * hr - im * hi, re * hi + im * hr];
  }
  return [re, im];
}

/** dB of filters in series. @param {FilterRows[]} parts @param {ArrayLike<number>} hertz */
export function levelsOf(parts, hertz) {
  return Float64Array.from(hertz, (each) =>
    parts.reduce((sum, part) => {
      const [re, im] = responseAt(part, (2 * Math.PI * each) / part.sampleRate);
      return sum + 10 * Math.log10(re * re + im * im + POWER_FLOOR);
    }, 0),
  );
}

/** Frequencies at which a file is compared with its filter: log-spaced, on the lines of a long FFT. @param {number} sampleRate Hz */
export function comparisonHz(sampleRate) {
  const [line, [low, high]] = [sampleRate / EXPORTS.fft_size, EXPORTS.band];
  const spaced = logSpaced(low, Math.min(high, 0.475 * sampleRate), EXPORTS.points);
  return [...new Set(Array.from(spaced, (each) => Math.round(each / line)))].map((index) => index * line);
}

/** Largest and root-mean-square difference of levels, dB. @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function deviation(a, b) {
  const apart = Array.from(a, (value, i) => Math.abs(value - b[i]));
  return { worst: Math.max(...apart), rms: Math.sqrt(apart.reduce((sum, value) => sum + value * value, 0) / apart.length) };
}
