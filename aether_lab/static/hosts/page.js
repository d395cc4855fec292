// A page from disk as the host of the live panel: no kernel, no network.
import { createSound } from "../audio/sound.js";
import { KNOB_RANGE, KNOB_STEP, clampToKnob, knobShows } from "../dsp/knobs.js";
import { signed } from "../text.js";
import { element } from "../ui/elements.js";
import { mountLive } from "../views/live.js";
import { createModel } from "./model.js";

/** A range input for each z, which it moves and follows. */
function createKnobs(model) {
  const { latent_dim, captions } = model.get("space");
  const node = element("div", "aether-explorer", { role: "group", "aria-label": "Knobs" });
  const grid = element("div", "aether-faders aether-knobs");
  node.append(grid);
  for (let i = 0; i < latent_dim; i++) {
    const row = element("label", "aether-fader aether-knob");
    const name = element("span", "aether-fader-name");
    const [min, max] = KNOB_RANGE;
    name.textContent = `z${i} ${captions?.[i] ?? ""}`.trim();
    const label = { "aria-label": name.textContent };
    const input = element("input", "", { type: "range", min, max, step: KNOB_STEP, ...label });
    const output = element("output", "aether-fader-value");
    const show = () => {
      const z = model.get(`z${i}`);
      if (!knobShows(Number(input.value), z)) input.value = clampToKnob(z);
      output.textContent = signed(z, 2);
      input.setAttribute("aria-valuetext", z.toFixed(2));
    };
    input.addEventListener("input", () => model.set(`z${i}`, Number(input.value)));
    model.on(`change:z${i}`, show);
    row.append(name, input, output);
    grid.append(row);
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
