// How far the knobs of a space reach, and where one stands. Needs no DOM.
import { KNOB } from "../constants.js";

/** The knobs' span: two standard deviations of the prior, either way. */
export const KNOB_RANGE = [-KNOB.limit, KNOB.limit];
export const KNOB_STEP = KNOB.step;

/** Where the knob of a latent stands: at its end when z is beyond it. */
export function clampToKnob(z) {
  return Math.min(Math.max(z, KNOB_RANGE[0]), KNOB_RANGE[1]);
}

/** Whether a knob shows this z, as well as its steps and ends allow. */
export function knobShows(knob, z) {
  return Math.abs(knob - clampToKnob(z)) <= KNOB_STEP / 2 + 1e-9;
}

/** Rounded, and never -0. */
export function hundredths(value) {
  return Math.round(100 * value) / 100 + 0;
}
