// The address of a page follows z, and z the address.
import { permalink, readPermalink } from "../dsp/permalink.js";
import { createLatents } from "../ui/latents.js";

/** Milliseconds after the last change of z: browsers allow a hundred changes of the address in half a minute. */
const ADDRESS_SETTLED = 400;

/** @param {WidgetModel} model @param {(reason: string) => void} report why an address is not followed */
export function followAddress(model, report) {
  const space = model.get("space");
  const { names, currentZ, move } = createLatents(model);
  const read = () => {
    try {
      const z = readPermalink(space, location.hash);
      if (z) move(z);
    } catch (error) {
      report(error.message);
    }
  };
  let timer = 0;
  const write = () => history.replaceState(null, "", permalink(space, currentZ()));
  for (const name of names) {
    model.on(`change:${name}`, () => {
      clearTimeout(timer);
      timer = window.setTimeout(write, ADDRESS_SETTLED);
    });
  }
  model.set("address", location.href.split("#")[0]);
  window.addEventListener("hashchange", read);
  read();
}

/** Keys that are pressed outside every panel go to the first. @param {HTMLElement} host */
export function forwardKeys(host) {
  document.addEventListener("keydown", (event) => {
    const panel = host.querySelector(".aether-explorer[tabindex]");
    if (!panel || event.defaultPrevented || event.target !== document.body) return;
    const { key, ctrlKey, metaKey, shiftKey, altKey, repeat } = event;
    const copy = new KeyboardEvent("keydown", { key, ctrlKey, metaKey, shiftKey, altKey, repeat, cancelable: true });
    if (!panel.dispatchEvent(copy)) event.preventDefault();
  });
}
