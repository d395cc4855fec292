// A page from disk as the host of the live panel: no kernel, no network.
import { createSound } from "../audio/sound.js";
import { clampToKnob, KNOB_RANGE, KNOB_STEP, knobNames, knobShows } from "../dsp/knobs.js";
import { signed } from "../text.js";
import { element, rangeRow } from "../ui/elements.js";
import { mountLive } from "../views/live.js";
import { createModel } from "./model.js";

/** A range input for each z, which it moves and follows. */
function createKnobs(model) {
  const { captions, names: titles, ...space } = model.get("space");
  const range = { min: KNOB_RANGE[0], max: KNOB_RANGE[1], step: KNOB_STEP };
  const node = element("div", "aether-explorer", { role: "group", "aria-label": "Knobs" });
  const grid = element("div", "aether-faders aether-knobs");
  node.append(grid);
  for (const [i, name] of knobNames(space).entries()) {
    const [title, effect] = [titles?.[i], captions?.[i] ?? ""];
    const text = title ? [title, `${name} ${effect}`] : [`${name} ${effect}`.trim()];
    const row = rangeRow(text[0], range, (value) => model.set(name, value), text[1]);
    const show = () => {
      const z = model.get(name);
      row.show(knobShows(row.position, z) ? row.position : clampToKnob(z), signed(z, 2));
    };
    model.on(`change:${name}`, show);
    row.node.classList.add("aether-knob");
    grid.append(row.node);
    show();
  }
  return node;
}

/** An element of the page. */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

const model = createModel(JSON.parse(byId("aether-state").textContent ?? ""));
const host = byId("aether-lab");
host.append(createKnobs(model));
mountLive(host, model, createSound(model));
