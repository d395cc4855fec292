// The keys of a panel in a notebook, which has shortcuts for most of them: D D deletes a cell, arrows choose another.

/** Lumino, the toolkit of JupyterLab and Notebook, looks for this on the way up from the target of a key, and for the
 * selectors of shortcuts: some match the target itself, so the target must have it. */
const SUPPRESS = "data-lm-suppress-shortcuts";

/** Whether a key is the notebook's even in a panel: save, run a cell. Undo is the panel's, which stops it itself. */
function isForNotebook({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  return ctrlKey || metaKey || altKey || (shiftKey && key === "Enter");
}

/**
 * While the focus is in `el`, plain keys are no shortcuts of the notebook around it. Returns the clean-up.
 * @param {HTMLElement} el
 */
export function ownKeys(el) {
  // Lumino listens on the document while an event goes down, so that `el` itself would be too late.
  const decide = (/** @type {KeyboardEvent} */ event) => {
    if (event.target instanceof Element) event.target.toggleAttribute(SUPPRESS, !isForNotebook(event));
  };
  const enter = () => window.addEventListener("keydown", decide, true);
  const leave = () => window.removeEventListener("keydown", decide, true);
  el.addEventListener("focusin", enter);
  el.addEventListener("focusout", leave);
  return () => {
    leave();
    el.removeEventListener("focusin", enter);
    el.removeEventListener("focusout", leave);
  };
}

/**
 * What anywidget calls to show a model, with the keys of the view kept from the notebook.
 * @param {(el: HTMLElement, model: WidgetModel) => () => void} mount
 * @returns {(view: { model: WidgetModel, el: HTMLElement }) => () => void}
 */
export function renderer(mount) {
  return ({ model, el }) => {
    const parts = [mount(el, model), ownKeys(el)];
    return () => {
      for (const remove of parts) remove();
    };
  };
}
