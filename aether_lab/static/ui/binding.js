// The traits of a model as the controls of a view use them. Needs no DOM.

export function createBinding(/** @type {WidgetModel} */ model) {
  const handlers = [];
  return {
    get: (name) => model.get(name),
    put(name, value) {
      model.set(name, value);
      model.save_changes();
    },
    /** Calls `show` now and whenever one of these traits changes. */
    follow(names, show) {
      for (const event of names.map((name) => `change:${name}`)) {
        model.on(event, show);
        handlers.push([event, show]);
      }
      show();
    },
    destroy: () => handlers.splice(0).forEach(([event, show]) => model.off(event, show)),
  };
}
