// What a reload of the page keeps: its model's values, in the storage of the tab. Needs no DOM but `window`.

const SETTLED_MS = 250;

/** The values of `names` that this tab has stored for the page, each of the type and length that `state` has. */
export function remembered(key, names, state) {
  try {
    const stored = JSON.parse(sessionStorage.getItem(key) ?? "{}");
    return Object.fromEntries(names.filter((name) => isAlike(stored[name], state[name])).map((name) => [name, stored[name]]));
  } catch {
    return {}; // no storage, or what another program wrote
  }
}

function isAlike(value, before) {
  if (typeof value === "number") return typeof before === "number" && Number.isFinite(value);
  return value !== undefined && value !== null && typeof value === typeof before && Array.isArray(value) === Array.isArray(before);
}

/** Stores the values of `names` soon after one of them has changed, and when the page is left. @param {WidgetModel} model */
export function remember(key, names, model) {
  let timer = 0;
  function store() {
    clearTimeout(timer);
    timer = 0;
    try {
      sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(names.map((name) => [name, model.get(name)]))));
    } catch {
      // the browser allows no storage here
    }
  }
  for (const name of names) {
    model.on(`change:${name}`, () => {
      timer ||= setTimeout(store, SETTLED_MS);
    });
  }
  window.addEventListener("pagehide", () => timer && store());
}
