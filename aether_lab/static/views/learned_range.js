// Whether z is where the space has learned to decode: a status line.
import { element } from "../ui/elements.js";

/** The latents outside their learned range, by index; none if the card has no range. @param {number[]} z @param {Ends[] | undefined} ranges */
export function strayLatents(z, ranges) {
  return (ranges ?? []).flatMap(([low, high], i) => (z[i] < low || z[i] > high ? [i] : []));
}

/** @param {string[]} titles of the knobs */
export function createRangeStatus(/** @type {LatentSpace} */ { learned_range: ranges }, titles) {
  const node = element("p", "aether-status", { role: "status", hidden: !ranges });
  return {
    node,
    show(/** @type {number[]} */ stray, moving = false) {
      node.setAttribute("aria-live", moving ? "off" : "polite"); // a motion goes in and out again and again
      node.classList.toggle("aether-stray", stray.length > 0);
      const list = stray.map((i) => titles[i]).join(", ");
      const text = list
        ? `\u25b2 ${list} outside the learned range: here the decoder extrapolates`
        : "\u2713 Inside the learned range";
      // Changed only if needed: a screen reader announces each change.
      if (node.textContent !== text) node.textContent = text;
    },
  };
}
