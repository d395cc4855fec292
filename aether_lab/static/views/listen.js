// A measurement in the page: a WAV or a curve that is dropped here becomes a latent point and the target of the curve.
import { readModel } from "../dsp/decoder.js";
import { mainKind } from "../dsp/details.js";
import { createLocator } from "../dsp/locate.js";
import { readMeasurement } from "../dsp/measurement.js";
import { BIN_HZ } from "../dsp/spectrum.js";
import { printable } from "../text.js";
import { receiveDrops, takeOne } from "../ui/drops.js";
import { button, element } from "../ui/elements.js";
import { createLatents } from "../ui/latents.js";

const TITLE = "A WAV of an impulse response, or a CSV of frequency and level";

/**
 * A drop zone in `el`. The model has, besides what `explorer.js` needs, `encoder`: the JSON of `encoder_state`.
 * @param {HTMLElement} el @param {WidgetModel} model
 */
export function mountListen(el, model) {
  const space = readModel(model.get("space"));
  const { move } = createLatents(model);
  const locate = createLocator(space, model.get("encoder"));
  const root = element("section", "aether-explorer aether-listen", { role: "group", "aria-label": "Your own measurement" });
  const input = element("input", "", { type: "file", hidden: true, accept: ".wav,.csv,.txt,.tsv,.frd,audio/wav,text/*" });
  const choose = button("Open a measurement\u2026", `${TITLE}: its knobs are found in this page`, () => input.click());
  const status = element("p", "aether-listen-status", { role: "status" });
  status.textContent = `or drop it here: ${TITLE[0].toLowerCase()}${TITLE.slice(1)}. The page finds its knobs.`;
  const clear = button("Remove", "The measurement is no longer drawn", () => model.set("target", {}));
  root.append(choose, status, clear, input);
  const refuse = (/** @type {string} */ reason) => {
    status.textContent = reason;
    status.classList.add("aether-listen-refused");
  };

  async function take(/** @type {File} */ file) {
    const name = printable(file.name);
    status.classList.remove("aether-listen-refused");
    status.textContent = `Reading ${name}\u2026`;
    try {
      const bytes = await file.arrayBuffer();
      await new Promise((resolve) => setTimeout(resolve)); // the words above are drawn
      const measurement = readMeasurement(bytes);
      const { z, distance } = locate(measurement);
      move(z);
      model.set("target", targetOf(measurement, name));
      status.textContent = describe(name, space, z, distance, measurement.notes ?? []);
    } catch (error) {
      refuse(`${name}: ${error.message}.`);
    }
  }

  input.addEventListener("change", () => {
    takeOne([...(input.files ?? [])], take, refuse);
    input.value = ""; // so that the same file can be chosen again
  });
  receiveDrops(root, take, refuse);
  const show = () => (clear.hidden = !model.get("target")?.level?.length);
  model.on("change:target", show);
  show();
  el.append(root);
}

/** @param {Measurement} measurement @param {string} name */
function targetOf({ spectrum, weights }, name) {
  const [frequency, level, shares] = [BIN_HZ, spectrum, weights].map((values) => Array.from(values).slice(1));
  return { frequency, level, name, weights: shares };
}

/** @param {string} name @param {LatentSpace} space @param {number[]} z @param {number} distance dB @param {string[]} notes */
function describe(name, space, z, distance, notes) {
  const kind = space.kinds[mainKind(z.slice(space.knobs + space.details)).index];
  return `${name} (${notes.join(", ")}): ${kind ? `nearest kind ${kind}, ` : ""}the filter is ${distance.toFixed(2)} dB away.`;
}
