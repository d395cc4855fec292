// A page from disk as the host of the live panel: no kernel, no network.
import { createSound } from "../audio/sound.js";
import { latentNames } from "../dsp/knobs.js";
import { mountListen } from "../views/listen.js";
import { mountLive } from "../views/live.js";
import { createModel } from "./model.js";
import { followAddress, forwardKeys } from "./page_address.js";
import { remember, remembered } from "./page_memory.js";

/** What a reload keeps besides z. */
const KEPT = ["target", "residual", "locked", "full_details", "source", "motion", "mix", "bypass", "volume_db", "ear"];

/** An element of the page. */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

const state = JSON.parse(byId("aether-state").textContent ?? "");
const key = `aether_lab ${state.digest}`;
const names = [...latentNames(state.space), ...KEPT];
const model = createModel({ ...state, ...remembered(key, names, state) });
const host = byId("aether-lab");
const sound = createSound(model);
if (state.encoder) mountListen(host, model);
mountLive(host, model, sound);
followAddress(model, (reason) => sound.report(reason));
forwardKeys(host);
remember(key, names, model);
