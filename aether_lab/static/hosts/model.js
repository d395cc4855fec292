// A model without a kernel: the part of anywidget's interface that the views use. Imports nothing and needs no DOM.

/**
 * @param {Record<string, unknown>} state the first values, by name
 * @returns {WidgetModel} `set` calls the listeners of "change:name" at once; nothing is saved or sent
 */
export function createModel(state) {
  const values = { ...state };
  const listeners = new Map();
  return {
    get: (name) => values[name],
    set(name, value) {
      if (Object.is(values[name], value)) return;
      values[name] = value;
      for (const listener of [...(listeners.get(`change:${name}`) ?? [])]) listener();
    },
    save_changes() {},
    send() {},
    on(event, listener) {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event).add(listener);
    },
    off(event, listener) {
      listeners.get(event)?.delete(listener);
    },
  };
}
