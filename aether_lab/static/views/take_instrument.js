// The part of the take menu for the whole space, as a program to play elsewhere.
import { INSTRUMENTS, instrumentText } from "../dsp/instrument.js";
import { element } from "../ui/elements.js";
import { createFormat } from "./take_format.js";

const INSTRUMENT_NAME = "aether"; // of the file: an example in C includes aether.h

/** A heading and the formats; nothing where the space has no programs. @param {LatentSpace} space @param {(text: string) => void} tell */
export function createInstruments(space, tell) {
  const suffixes = Object.keys(INSTRUMENTS).filter((suffix) => space.programs?.[suffix]);
  if (!suffixes.length) return [];
  const heading = element("p", "aether-take-heading");
  heading.textContent = `The whole space, with its ${space.knobs} knobs`;
  const list = element("ul", "aether-take-formats");
  list.append(...suffixes.map((suffix) => createFormat(suffix, { ...INSTRUMENTS[suffix], suffix }, INSTRUMENT_NAME, take)));
  return [heading, list];

  async function take(suffix, title, use) {
    const text = instrumentText(space, suffix);
    const size = Math.floor(new TextEncoder().encode(text).length / 1000);
    tell(`${title} ${await use({ content: text, copied: text })}: ${size} kB, the space ${space.name} as a program.`);
  }
}
