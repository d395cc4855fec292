// The latent point z of a model: one trait per coordinate. Needs no DOM.

export function createLatents(/** @type {WidgetModel} */ model) {
  const names = Array.from({ length: model.get("space").latent_dim }, (_, i) => `z${i}`);
  return {
    names,
    currentZ: () => names.map((name) => model.get(name)),
    move(z) {
      names.forEach((name, i) => model.set(name, z[i]));
      model.save_changes();
    },
  };
}
