// What a browser keeps from page to page, and from one run of a cell to the next. Needs no DOM.

/** @param {string} name @returns {any} null where nothing is kept, or where this page may keep nothing */
export function readKept(name) {
  try {
    return JSON.parse(localStorage.getItem(`aether_lab.${name}`) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name @param {unknown} value as JSON */
export function keep(name, value) {
  try {
    localStorage.setItem(`aether_lab.${name}`, JSON.stringify(value));
  } catch {
    // A page in a frame of another site, or a full store: the panel works as before.
  }
}
