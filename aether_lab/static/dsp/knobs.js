// The range and the position of the knobs of a space. Needs no DOM.
import { KNOB } from "../constants.js";
import { clamp } from "./numbers.js";

/** Range and step of the knobs: two standard deviations of the prior to either side. */
export const KNOB_RANGE = [-KNOB.limit, KNOB.limit];
export const KNOB_STEP = KNOB.step;

/** Names of the traits that hold z. @param {{ latent_dim: number }} space */
export function latentNames({ latent_dim }) {
  return Array.from({ length: latent_dim }, (_, i) => `z${i}`);
}

/** Names of the traits of z that knobs move. @param {{ knobs: number }} space */
export function knobNames({ knobs }) {
  return Array.from({ length: knobs }, (_, i) => `z${i}`);
}

/**
 * The name of each knob and what it does: "Bass" or, without a name, "z0".
 * @param {{ knobs: number, names?: string[], captions?: string[] }} space
 */
export function knobTitles({ knobs, names, captions }) {
  return Array.from({ length: knobs }, (_, i) => ({ title: names?.[i] || `z${i}`, effect: captions?.[i] ?? "" }));
}

/** Position of the knob of a latent: z, clipped to the range of the knob. @param {number} z */
export function clampToKnob(z) {
  return clamp(z, KNOB_RANGE[0], KNOB_RANGE[1]);
}

/** Whether a knob is at the step nearest to z. @param {number} knob @param {number} z */
export function knobShows(knob, z) {
  return Math.abs(knob - clampToKnob(z)) <= KNOB_STEP / 2 + 1e-9;
}

/** Rounded to hundredths; never -0. @param {number} value */
export function hundredths(value) {
  return Math.round(100 * value) / 100 + 0;
}
