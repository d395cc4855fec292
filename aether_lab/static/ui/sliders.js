// The link between a slider and its latent. Needs no DOM.
// A slider writes back each value, rounded to its step and clipped to its ends. It is linked to `knob0`, `knob1`, … and
// not to z, so that a z from elsewhere, 0.1234 or 3.5, stays as it is.
import { clampToKnob, knobNames, knobShows } from "../dsp/knobs.js";

/**
 * Keeps `z{i}` and `knob{i}` of a model together; returns the clean-up. Neither follows the other while the knob shows
 * z, so a z that came from the kernel is never sent back to it.
 */
export function linkKnobs(model) {
  const pairs = knobNames(model.get("space")).map((z, i) => [z, `knob${i}`]);
  const handlers = pairs.flatMap(([z, knob]) => {
    const follow = (target, value) => () => {
      if (knobShows(model.get(knob), model.get(z))) return;
      model.set(target, value());
      model.save_changes();
    };
    return [
      [`change:${z}`, follow(knob, () => clampToKnob(model.get(z)))],
      [`change:${knob}`, follow(z, () => model.get(knob))],
    ];
  });
  for (const [event, handler] of handlers) model.on(event, handler);
  return () => {
    for (const [event, handler] of handlers) model.off(event, handler);
  };
}
