// The latent point z of a model: one trait per coordinate. Needs no DOM.
import { latentNames } from "../dsp/knobs.js";

export function createLatents(/** @type {WidgetModel} */ model) {
  const names = latentNames(model.get("space"));
  return {
    names,
    currentZ: () => names.map((name) => model.get(name)),
    move(z) {
      names.forEach((name, i) => model.set(name, z[i]));
      model.save_changes();
    },
  };
}
