// A filter as a file in memory, read back and compared with the filter. Needs no DOM.
import { EXPORTS, FITTING } from "../constants.js";
import { EXPORT_FORMATS, belowFullScale, levelsOfTaps, sosText } from "./export_formats.js";
import { comparisonHz, deviation, filterRows, levelsOf } from "./filter_rows.js";
import { finish, fitGrid, fitSections } from "./fit_sections.js";
import { BIN_HZ, levelsOnLog } from "./spectrum.js";

/** Steps of the fit of a cascade to filters in series, 60 dB deep. @param {Filter[]} filters @param {number} count */
export function cascadeSteps(filters, count) {
  const grid = fitGrid(EXPORTS.band[0], EXPORTS.band[1], filters[0].sampleRate);
  const levels = levelsOf(filters.map(filterRows), grid.hertz);
  const floor = Math.max(...levels) - EXPORTS.refit_range;
  return fitSections(grid, levels.map((dB) => Math.max(dB, floor)), count);
}

/** Steps of the fit of a cascade to a measurement, in its band. @param {{ spectrum: ArrayLike<number>, band: number[] }} measurement @param {number} count @param {number} sampleRate Hz */
export function measurementSteps({ spectrum, band }, count, sampleRate) {
  const [low, high] = FITTING.centre.map((_, i) => band[i]);
  const bins = Array.from(BIN_HZ).slice(1);
  const grid = fitGrid(low <= 100 ? bins[0] : low, high, sampleRate);
  return fitSections(grid, levelsOnLog(bins, Array.from(spectrum).slice(1), grid.hertz), count);
}

/**
 * A file of filters in series, with its largest and rms deviation over 20 Hz to 20 kHz.
 * @param {string} name of `EXPORT_FORMATS`
 * @param {Filter[]} filters a format of one filter takes one; one of cascades is refitted to `count` sections
 * @param {{ about?: string, count?: number }} [options]
 * @returns {TakenFile}
 */
export function takeFilter(name, filters, { about = "", count = FITTING.sections } = {}) {
  const format = EXPORT_FORMATS[name];
  const { sampleRate } = filters[0];
  const notes = [];
  let written = filters;
  const refitted = (format.cascade && filters[0].topology !== "cascade") || (format.oneFilter && filters.length > 1);
  if (refitted) {
    written = [{ polarity: "positive", ...finish(cascadeSteps(filters, count)) }];
    notes.push(`Refitted as ${count} peaking sections in series.`);
  }
  let change = 0;
  if (format.cascade) {
    const lowered = belowFullScale(written[0]);
    [written, change] = [[lowered.filter], lowered.change];
    if (change) notes.push(`The level is ${(-change).toFixed(3)} dB lower, so that nothing clips.`);
  }
  const lines = [`aether_lab${about && `: ${about}`}`, `Designed and verified for ${sampleRate} Hz.`, ...notes];
  const content = format.oneFilter ? format.write(written[0], lines) : format.write(written.map(filterRows));
  const hertz = comparisonHz(sampleRate);
  const wanted = levelsOf(filters.map(filterRows), hertz);
  const held = heldLevels(format.read(content, sampleRate), hertz, sampleRate);
  const off = deviation(held.map((dB) => dB - change), wanted);
  return { content, suffix: format.suffix, ...off, notes };
}

/** What a copy to the clipboard holds, or null where there is no text. @param {string} name @param {TakenFile} file @param {Filter[]} filters */
export function clipboardText(name, { content }, filters) {
  if (name === "sos") return sosText(filters.map(filterRows));
  return typeof content === "string" ? content : null;
}

/** @param {any} held a filter, rows or taps @param {number[]} hertz @param {number} sampleRate Hz */
function heldLevels(held, hertz, sampleRate) {
  if (held instanceof Float64Array) return levelsOfTaps(held, hertz, sampleRate);
  return [...levelsOf([held.rows ? held : filterRows(held)], hertz)];
}

/** "worst 0.0003 dB": a deviation with two digits that count. @param {{ worst: number, rms: number }} deviation */
export function describeDeviation({ worst, rms }) {
  const decibels = (/** @type {number} */ value) => (value < 1e-6 ? "less than 0.000001" : String(Number(value.toPrecision(2)))) + " dB";
  return `worst ${decibels(worst)}, rms ${decibels(rms)} from 20 Hz to 20 kHz`;
}
