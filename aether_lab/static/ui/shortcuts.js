// The keys of a panel: undo and redo, Space to play, and those of a search by ear. Needs no DOM.

/** What takes the space bar itself, or text. */
const TYPED = "input:not([type=range]), textarea, select, [contenteditable], [role=textbox]";
const PRESSED = "button, summary, a[href], [role=button], [role=checkbox], [role=tab], [role=menuitem]";

/**
 * What a key asks for, or "": "undo" and "redo" as in the programs of every system, "play" for Space alone.
 * @param {{ key: string, ctrlKey: boolean, metaKey: boolean, shiftKey: boolean, altKey: boolean, repeat: boolean,
 *   target: any }} event
 */
export function shortcut({ key, ctrlKey, metaKey, shiftKey, altKey, repeat, target }) {
  const inside = (/** @type {string} */ selector) => Boolean(target?.closest?.(selector));
  if (altKey || inside(TYPED)) return "";
  if (ctrlKey || metaKey) {
    if (key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
    return key.toLowerCase() === "y" && ctrlKey ? "redo" : "";
  }
  return key === " " && !shiftKey && !repeat && !inside(PRESSED) ? "play" : "";
}

const EAR_KEYS = { a: "hearA", b: "hearB", 1: "a", 2: "b", 3: "clearlyA", 4: "clearlyB", 0: "same", backspace: "undo" };

/**
 * What a key asks of a search by ear, or "".
 * @param {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, repeat: boolean, target: any }} event
 * @returns {string}
 */
export function earKey({ key, ctrlKey, metaKey, altKey, repeat, target }) {
  if (ctrlKey || metaKey || altKey || repeat || target?.closest?.(TYPED)) return "";
  return EAR_KEYS[key.toLowerCase()] ?? "";
}
