// Filters as second-order sections, and their response. A filter has the fields of `Recipe.to_json`; rows are
// `[b0, b1, b2, a1, a2]`, summed where it is parallel, else in series. Needs no DOM.
import { CENTRE_RANGE, EXPORTS, POWER_FLOOR, Q_RANGE } from "../constants.js";
import { sectionSign } from "./bank.js";
import { bandPass, sectionCoefficients } from "./coefficients.js";
import { responseAt } from "./complex_response.js";
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

/**
 * The bank of a space and the residual after it, if there is one.
 * @param {LatentSpace} space @param {BankRecipe} recipe @param {Cascaded | null | undefined} residual
 * @returns {Filter[]}
 */
export function filtersOf(space, recipe, residual) {
  const after = residual?.sections ? [/** @type {Filter} */ (residual)] : [];
  return [bankFilter(space, recipe), ...after];
}

/** These as biquads. @param {LatentSpace} space @param {BankRecipe} recipe @param {Cascaded | null | undefined} residual */
export function filterSections(space, recipe, residual) {
  return joined(filtersOf(space, recipe, residual).map(filterRows));
}

/** @param {Filter} filter @returns {FilterRows} */
export function filterRows({ topology, preamp = 0, sections, sampleRate }) {
  const parallel = topology === "parallel";
  const rows = sections.map((section) =>
    parallel ? bandPass(section, sampleRate, section.sign ?? 1) : sectionCoefficients(section, sampleRate),
  );
  const level = 10 ** (preamp / 20);
  for (const row of parallel ? rows : rows.slice(0, 1)) for (let i = 0; i < 3; i++) row[i] *= level;
  return { rows, parallel, sampleRate };
}

/** Filters in series as one, the parallel one first. @param {FilterRows[]} parts @returns {FilterSections} */
export function joined([first, ...rest]) {
  const series = rest.flatMap(({ rows }) => rows);
  if (first.parallel) return { parallel: first.rows, series };
  return { parallel: [[1, 0, 0, 0, 0]], series: [...first.rows, ...series] };
}

/** dB of filters in series. @param {FilterRows[]} parts @param {ArrayLike<number>} hertz */
export function levelsOf(parts, hertz) {
  const filter = joined(parts);
  return Float64Array.from(hertz, (each) => {
    const [re, im] = responseAt(filter, (2 * Math.PI * each) / parts[0].sampleRate);
    return 10 * Math.log10(re * re + im * im + POWER_FLOOR);
  });
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
