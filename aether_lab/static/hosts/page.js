// A page from disk as the host of the live panel: no kernel, no network.
import { createSound } from "../audio/sound.js";
import { mountLive } from "../views/live.js";
import { createModel } from "./model.js";
import { followAddress, forwardKeys } from "./page_address.js";

/** An element of the page. */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

const model = createModel(JSON.parse(byId("aether-state").textContent ?? ""));
const host = byId("aether-lab");
const sound = createSound(model);
mountLive(host, model, sound);
followAddress(model, (reason) => sound.report(reason));
forwardKeys(host);
