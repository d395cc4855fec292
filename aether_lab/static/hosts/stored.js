// The panels of a notebook that was exported as a page: they live from the stored states of their widgets, without a
// kernel. `panels/stored_page.py` puts a box with a picture where each was displayed.
import { createModel } from "./model.js";

/** @typedef {{ model_name: string, state: Record<string, any> }} StoredWidget */

/** The anywidgets in a widget, from top to bottom. @param {Record<string, StoredWidget>} states @returns {string[]} */
function viewsIn(states, id) {
  const { model_name, state } = states[id] ?? { model_name: "", state: {} };
  if (model_name === "AnyModel") return [id];
  return (state.children ?? []).flatMap((child) => viewsIn(states, modelId(child)));
}

/** The id in a reference from one widget to another. @param {string} reference */
function modelId(reference) {
  return reference.replace("IPY_MODEL_", "");
}

/** Keeps two traits of models together, as `jslink` does. */
function linkTraits(source, target) {
  for (const [from, to] of [[source, target], [target, source]]) {
    from.model.on(`change:${from.name}`, () => to.model.set(to.name, from.model.get(from.name)));
  }
}

async function mountStored(model, box) {
  const code = URL.createObjectURL(new Blob([model.get("_esm")], { type: "text/javascript" }));
  const { default: host } = await import(code);
  const widget = typeof host === "function" ? await host() : host;
  const style = document.createElement("style");
  style.textContent = model.get("_css") ?? "";
  const el = document.createElement("div");
  box.append(style, el);
  await widget.initialize?.({ model });
  await widget.render({ model, el });
}

/** Mounts the panels of the page, each in place of its picture. */
async function mountPanels(/** @type {Record<string, StoredWidget>} */ states) {
  const models = new Map();
  for (const [id, { model_name, state }] of Object.entries(states)) {
    if (model_name === "AnyModel") models.set(id, createModel(state));
  }
  for (const { state } of Object.values(states).filter(({ model_name }) => model_name === "LinkModel")) {
    const [source, target] = [state.source, state.target].map(([id, name]) => ({ model: models.get(modelId(id)), name }));
    if (source.model && target.model) linkTraits(source, target);
  }
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".aether-stored"))) {
    const picture = box.querySelector("svg");
    for (const id of viewsIn(states, box.dataset.model ?? "")) await mountStored(models.get(id), box);
    if (box.querySelector(".aether-explorer")) picture?.remove();
  }
}

const stored = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
if (stored) void mountPanels(JSON.parse(stored.textContent ?? "").state);
