// The learned range of each latent, the position of z in it, and a status line.
import { clampToKnob, KNOB_RANGE } from "../dsp/knobs.js";
import { signed } from "../text.js";
import { element } from "../ui/elements.js";

/** The latents outside the learned range, as `{name, value, range}`; none if the card has no range. */
export function strayLatents(names, z, ranges) {
  return names
    .map((name, i) => ({ name, value: z[i], range: ranges?.[i] }))
    .filter(({ value, range }) => range && (value < range[0] || value > range[1]));
}

export function createRangeRails(/** @type {LatentSpace} */ { learned_range: ranges, captions }, names) {
  const rails = element("div", "aether-rails", { hidden: !ranges });
  const percent = (z) => `${(100 * (clampToKnob(z) - KNOB_RANGE[0])) / (KNOB_RANGE[1] - KNOB_RANGE[0])}%`;
  const parts = names.map((name, i) => {
    if (!ranges?.[i]) return null;
    const [low, high] = ranges[i];
    const row = element("div", "aether-rail");
    const [label, track, band, tick, text] = ["name", "track", "band", "tick", "range"].map((part) =>
      element("span", `aether-rail-${part}`),
    );
    label.textContent = name;
    if (captions?.[i]) row.title = captions[i];
    const learned = `learned ${signed(low, 2)} to ${signed(high, 2)}`;
    track.setAttribute("aria-hidden", "true");
    band.style.left = percent(low);
    band.style.right = `calc(100% - ${percent(high)})`;
    track.append(band, tick);
    row.append(label, track, text);
    rails.append(row);
    return {
      show(z, stray) {
        tick.style.left = percent(z);
        row.classList.toggle("aether-stray", stray);
        text.textContent = stray ? `at ${signed(z, 2)}, ${learned}` : learned;
      },
    };
  });
  const status = element("p", "aether-status", { role: "status", hidden: !ranges });
  return {
    rails,
    status,
    show(z) {
      const stray = strayLatents(names, z, ranges);
      names.forEach((name, i) => parts[i]?.show(z[i], stray.some((other) => other.name === name)));
      status.classList.toggle("aether-stray", stray.length > 0);
      // Changed only if needed: a screen reader announces each change.
      const list = stray.map(({ name }) => name).join(", ");
      const text = stray.length
        ? `\u25b2 ${list} outside the learned range: here the decoder extrapolates`
        : "\u2713 Inside the learned range";
      if (status.textContent !== text) status.textContent = text;
    },
  };
}
