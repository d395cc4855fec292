// The parts of z that no knob shows: the details, which one slider scales, and the weights of kinds. Needs no DOM.
import { OFF_RAY } from "../constants.js";
import { clamp } from "./numbers.js";

/**
 * The share from 0 to 1 of `full` that `details` are; null if they are none (`details.detail_share` of Python).
 * @param {number[]} full @param {number[]} details
 */
export function detailShare(full, details) {
  const length = full.length === details.length ? full.reduce((sum, value) => sum + value * value, 0) : 0;
  if (!length) return details.some((value) => value !== 0) ? null : 0;
  const share = clamp(full.reduce((sum, value, i) => sum + value * details[i], 0) / length, 0, 1);
  const off = Math.hypot(...full.map((value, i) => details[i] - share * value));
  return off <= OFF_RAY * Math.sqrt(length) ? share : null;
}

/**
 * The details at 100 % after those of z have become `details` (`details.full_details` of Python).
 * @param {number[]} before @param {number[]} details
 */
export function fullDetails(before, details) {
  return detailShare(before, details) === null ? details : before;
}

/** The kind of the largest weight, and its share of all of them. @param {number[]} weights */
export function mainKind(weights) {
  const positive = weights.map((value) => Math.max(value, 0));
  const total = positive.reduce((sum, value) => sum + value, 0);
  if (!total) return { index: 0, share: 1 / weights.length };
  const index = positive.indexOf(Math.max(...positive));
  return { index, share: positive[index] / total };
}
