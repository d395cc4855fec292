// A filter as a file in memory, read back and compared with the filter. Needs no DOM.
import { EXPORTS, SPECTRUM } from "../constants.js";
import { EXPORT_FORMATS, belowFullScale, levelsOfTaps, sosText } from "./export_formats.js";
import { comparisonHz, deviation, filterRows, levelsOf } from "./filter_rows.js";
import { fitGrid, fitSections } from "./fit_sections.js";
import { BIN_HZ, levelsOnLog } from "./spectrum.js";

/** Steps of the fit of a cascade to filters in series, 60 dB deep. @param {Filter[]} filters @param {number} count */
export function cascadeSteps(filters, count) {
  const grid = fitGrid(EXPORTS.band[0], EXPORTS.band[1], filters[0].sampleRate);
  const levels = levelsOf(filters.map(filterRows), grid.hertz);
  const floor = Math.max(...levels) - EXPORTS.refit_range;
  return fitSections(grid, levels.map((dB) => Math.max(dB, floor)), count);
}

/** Steps of the fit of a cascade to a measurement, in its band. @param {{ spectrum: ArrayLike<number>, band: number[] }} measurement @param {number} count @param {number} sampleRate Hz */
export function measurementSteps({ spectrum, band: [low, high] }, count, sampleRate) {
  const bins = Array.from(BIN_HZ).slice(1);
  const grid = fitGrid(low <= SPECTRUM.band[0] ? bins[0] : low, high, sampleRate); // from 100 Hz also what lies below
  return fitSections(grid, levelsOnLog(bins, Array.from(spectrum).slice(1), grid.hertz), count);
}

/** Whether a format holds the filters only as a refitted cascade. @param {string} name of `EXPORT_FORMATS` @param {Filter[]} filters */
export function needsCascade(name, filters) {
  const { oneFilter, cascade } = EXPORT_FORMATS[name];
  return Boolean((cascade && filters[0].topology !== "cascade") || (oneFilter && filters.length > 1));
}

/**
 * A file of filters in series, with its largest and rms deviation from them over 20 Hz to 20 kHz.
 * @param {string} name of `EXPORT_FORMATS`
 * @param {Filter[]} filters
 * @param {{ about?: string, refit?: Filter | null, notes?: string[] }} [options] `refit` is written in place of the filters
 * @returns {TakenFile}
 */
export function takeFilter(name, filters, { about = "", refit = null, notes: before = [] } = {}) {
  const format = EXPORT_FORMATS[name];
  const { sampleRate } = filters[0];
  const notes = [...before];
  let written = refit ? [refit] : filters;
  if (refit) notes.push(`Refitted as ${seriesOfPeaks(refit.sections.length)}.`);
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
  const copied = name === "sos" ? sosText(written.map(filterRows)) : typeof content === "string" ? content : null;
  return { content, copied, suffix: format.suffix, ...off, notes };
}

/** "10 peaking sections in series". @param {number} count */
export function seriesOfPeaks(count) {
  return `${count} peaking section${count === 1 ? "" : "s in series"}`;
}

/** @param {any} held a filter, rows or taps @param {number[]} hertz @param {number} sampleRate Hz */
function heldLevels(held, hertz, sampleRate) {
  if (held instanceof Float64Array) return levelsOfTaps(held, hertz, sampleRate);
  return [...levelsOf([held.rows ? held : filterRows(held)], hertz)];
}

/** "worst 0.0003 dB": a deviation with two digits that count. @param {{ worst: number, rms: number }} deviation */
export function describeDeviation({ worst, rms }) {
  const decibels = (/** @type {number} */ value) => `${value < 1e-6 ? "less than 0.000001" : Number(value.toPrecision(2))} dB`;
  return `worst ${decibels(worst)}, rms ${decibels(rms)} from 20 Hz to 20 kHz`;
}
