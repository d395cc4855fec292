// Measured curves from plain text: frequency in Hz and level in dB, point by point. Whatever else the reader in Python
// takes (`signals/curve_files.py`) is refused here rather than guessed. Needs no DOM.
import { SPECTRUM } from "../constants.js";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const COMMENT = /^(?:[*#%!]|\/\/)/;
const OTHER_UNITS = /khz|ohm|\bv\/v\b|\bpa\b|linear|impedance|filter\s*\d*\s*:/i;
const ELSEWHERE = "read it in Python with read_target";

/**
 * The points of a text, rising in frequency.
 * @param {string} text
 * @returns {{ hertz: number[], level: number[] }}
 */
export function readCurve(text) {
  /** @type {number[][]} */
  const points = [];
  let heading = "";
  const refuse = (/** @type {number} */ i, /** @type {string} */ reason) => {
    throw new Error(`line ${i + 1}: ${reason}: ${ELSEWHERE}`);
  };
  for (const [i, whole] of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).entries()) {
    const line = whole.trim();
    if (!points.length && OTHER_UNITS.test(line)) refuse(i, `${short(line)}; this page reads Hz and dB only`);
    if (!line || COMMENT.test(line)) continue;
    const cells = cellsOf(line);
    if (cells.every((cell) => NUMBER.test(cell))) {
      const reason = refusedColumns(cells, line, heading);
      if (reason) refuse(i, reason);
      points.push(cells.slice(0, 2).map(Number));
    } else if (points.length || /^[+-]?\d/.test(line)) refuse(i, `${short(line)} is not a frequency and a level, such as 1000, -3.5`);
    else heading = line;
  }
  if (points.length < 2) throw new Error(`${points.length} points; a curve has one line per point, frequency in Hz and level in dB`);
  return checked(points);
}

/** One separator in a line: what is left of another one, such as a decimal comma, makes no number. @param {string} line */
function cellsOf(line) {
  const separator = [";", "\t", ","].find((mark) => line.includes(mark)) ?? /\s+/;
  return line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}

/** Why cells are not a frequency, a level and perhaps a phase, or "". @param {string[]} cells @param {string} line @param {string} heading */
function refusedColumns(cells, line, heading) {
  const phase = /phase|deg/i.test(cellsOf(heading)[2] ?? "") || (!heading && !line.includes(","));
  if (cells.length === 2 || (cells.length === 3 && phase)) return "";
  return `${cells.length} columns; this page reads frequency and level, with or without a phase`;
}

/** @param {number[][]} points */
function checked(points) {
  const audible = points.filter(([hertz]) => hertz !== 0); // an FFT begins at 0 Hz
  if (audible.length > 1 && audible[0][0] > audible[1][0]) audible.reverse();
  const [hertz, level] = [audible.map(([at]) => at), audible.map(([, dB]) => dB)];
  if (hertz.length < 2 || hertz.some((at, i) => at <= (hertz[i - 1] ?? 0))) {
    throw new Error(`frequencies that do not rise from line to line: ${ELSEWHERE}`);
  }
  const worst = level.find((dB) => !(Math.abs(dB) <= SPECTRUM.largest_level));
  if (worst !== undefined) throw new Error(`a level of ${worst} dB; allowed is ±${SPECTRUM.largest_level} dB`);
  const low = Math.max(SPECTRUM.band[0], hertz[0]);
  const high = Math.min(SPECTRUM.band[1], hertz[hertz.length - 1]);
  if (high < SPECTRUM.least_coverage * low) {
    const [first, last] = [hertz[0], hertz[hertz.length - 1]];
    const hint = last <= 48 ? "; are they in kHz?" : "";
    throw new Error(`covers ${first} to ${last} Hz${hint}; at least an octave between ${SPECTRUM.band[0]} and ${SPECTRUM.band[1]} Hz is needed`);
  }
  return { hertz, level };
}

/** @param {string} line */
function short(line) {
  return JSON.stringify(line.length > 40 ? `${line.slice(0, 40)}…` : line);
}
