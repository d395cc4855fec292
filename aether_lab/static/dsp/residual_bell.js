// A residual with one more bell, so that the curve moves at one frequency and hardly elsewhere. Needs no DOM.
import { RESIDUAL_LIMIT } from "../constants.js";
import { clamp } from "./numbers.js";

/** Q of a bell that is added: its half gain is a third of an octave to either side. */
const BELL_Q = 2;

/** A bell is moved rather than a second one added this near to it, octaves. */
const SAME_OCTAVES = 1 / 12;

/** dB: the largest gain of a bell, and the smallest that is kept. */
const BELL_LIMIT = 24;
const BELL_LEAST = 0.05;

/**
 * `residual` with the gain at `hertz` changed by `dB`; as it is where it has no room for a bell.
 * @param {Cascaded | null | undefined} residual {} or nothing for none
 * @param {number} hertz @param {number} dB @param {number} sampleRate Hz
 * @returns {Cascaded}
 */
export function withBell(residual, hertz, dB, sampleRate) {
  const before = residual?.sections ?? [];
  const at = before.findIndex(
    ({ type, frequency, Q }) => type === "peaking" && Q === BELL_Q && Math.abs(Math.log2(frequency / hertz)) <= SAME_OCTAVES,
  );
  if (at < 0 && before.length >= RESIDUAL_LIMIT) return residual ?? {};
  const gain = clamp((at < 0 ? 0 : before[at].gain) + dB, -BELL_LIMIT, BELL_LIMIT);
  const bell = { type: "peaking", frequency: at < 0 ? hertz : before[at].frequency, Q: BELL_Q, gain };
  const needed = Boolean(residual?.preamp) && before.length < 2; // a recipe with a preamp has a section
  const kept = Math.abs(gain) < BELL_LEAST && !needed ? [] : [bell];
  const end = before.length - (before[before.length - 1]?.type === "highshelf" ? 1 : 0); // a high shelf stays last
  const sections = at < 0 ? before.toSpliced(end, 0, ...kept) : before.toSpliced(at, 1, ...kept);
  if (!sections.length) return {};
  return { topology: "cascade", polarity: "positive", ...residual, sampleRate, sections };
}
