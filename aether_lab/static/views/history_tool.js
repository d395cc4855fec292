// Undo and redo of z and of the chosen slot, as buttons and as keys; Space plays.
import { History } from "../dsp/history.js";
import { consume } from "../ui/arrow_keys.js";
import { element } from "../ui/elements.js";
import { iconButton } from "../ui/icons.js";
import { shortcut } from "../ui/shortcuts.js";

const PLAY = "button.aether-play"; // of a live panel

/** @typedef {{ z: number[], slot: string }} Step */

/** @param {ExplorerHost} host @returns {ExplorerTool} */
export function createHistoryTool({ root, model, space, binding, currentZ, move }) {
  const here = () => ({ z: currentZ(), slot: binding.get("slot") ?? "" });
  const equal = (/** @type {Step} */ a, /** @type {Step} */ b) => a.slot === b.slot && a.z.every((value, i) => value === b.z[i]);
  const history = new History(here(), equal);
  const actions = {
    undo: () => apply(history.undo()),
    redo: () => apply(history.redo()),
    play: () => /** @type {HTMLElement | null} */ (root.querySelector(PLAY))?.click(),
  };
  const undo = iconButton("Undo", "undo", "Undo the last change (Ctrl+Z)", actions.undo);
  const redo = iconButton("Redo", "redo", "Do it again (Ctrl+Shift+Z)", actions.redo);
  undo.setAttribute("aria-keyshortcuts", "Control+Z Meta+Z");
  redo.setAttribute("aria-keyshortcuts", "Control+Shift+Z Meta+Shift+Z Control+Y");
  const node = element("div", "aether-group", { role: "group", "aria-label": "History" });
  node.append(undo, redo);

  function apply(/** @type {Step | null} */ step) {
    if (!step) return;
    if (binding.get("slot") !== undefined) binding.put("slot", step.slot);
    move(step.z);
    show();
  }

  function show() {
    undo.disabled = !history.past.length;
    redo.disabled = !history.future.length;
  }

  const unlisten = listenToGestures(root, history, actions);
  let pending = false;
  const names = Array.from({ length: space.latent_dim }, (_, i) => `z${i}`);
  const events = [...names, "slot"].map((name) => `change:${name}`);
  const changed = () => {
    if (pending) return;
    pending = true; // the dimensions of z change one by one
    queueMicrotask(() => {
      pending = false;
      const step = here();
      const chosen = step.slot !== history.present.slot;
      if (chosen) history.separate();
      history.note(step, performance.now() / 1000);
      if (chosen && step.slot) history.separate(); // a morph leaves its slot and goes on
      show();
    });
  };
  for (const event of events) model.on(event, changed);
  show();
  return {
    node,
    destroy() {
      unlisten();
      for (const event of events) model.off(event, changed);
    },
  };
}

/** Keys inside `root`, and where a pointer gesture begins and ends. */
function listenToGestures(root, /** @type {History<Step>} */ history, actions) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const action = event.defaultPrevented ? "" : shortcut(event);
    if (!action || (action === "play" && !root.querySelector(PLAY))) return;
    consume(event);
    actions[action]();
  };
  const hold = () => {
    history.separate();
    history.held = true;
  };
  const release = () => {
    history.held = false;
  };
  root.tabIndex = -1; // a click anywhere in the panel gives it the keys
  root.addEventListener("keydown", onKey);
  root.addEventListener("pointerdown", hold, true);
  const ends = ["pointerup", "pointercancel"];
  for (const end of ends) window.addEventListener(end, release, true);
  return () => {
    for (const end of ends) window.removeEventListener(end, release, true);
  };
}
