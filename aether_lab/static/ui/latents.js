// The latent point z of a model: one trait per coordinate. Needs no DOM.
import { latentNames } from "../dsp/knobs.js";

export function createLatents(/** @type {WidgetModel} */ model) {
  const space = model.get("space");
  const names = latentNames(space);
  return {
    names,
    knobs: names.slice(0, space.knobs),
    currentZ: () => names.map((name) => model.get(name)),
    /** Sets the first coordinates, or all of them. */
    move(z) {
      z.forEach((value, i) => model.set(names[i], value));
      model.save_changes();
    },
    /** Sets coordinates by their index. */
    change(changes) {
      for (const [i, value] of Object.entries(changes)) model.set(names[i], value);
      model.save_changes();
    },
  };
}
