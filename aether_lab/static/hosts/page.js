// A page from disk as the host of the live panel: no kernel, no network.
import { createSound } from "../audio/sound.js";
import { mountLive } from "../views/live.js";
import { createModel } from "./model.js";

/** An element of the page. */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

const model = createModel(JSON.parse(byId("aether-state").textContent ?? ""));
mountLive(byId("aether-lab"), model, createSound(model));
