// Saved presets: a form to save one, the list, and a download.
import { button, element } from "../ui/elements.js";
import { createKeptPresets } from "../ui/kept_presets.js";
import { createPresetForm } from "./preset_form.js";

/** The text of saved presets as Python's `Presets` reads it. */
export function presetsText(model, latent_dim, presets) {
  return `${JSON.stringify({ model, latent_dim, presets }, null, 1)}\n`;
}

export function createSavedPresets({ name, latent_dim }, binding, currentZ, move) {
  const list = element("ul", "aether-map-saved", { "aria-label": "Saved presets" });
  const download = element("a", "aether-download", { download: `${name}_presets.json` });
  download.textContent = "Download presets (JSON)";
  const { current, save, forget: drop } = createKeptPresets({ name, latent_dim }, binding);
  const form = createPresetForm((key) => save(key, currentZ()));

  function createItem([key, z]) {
    const item = element("li", "");
    const forget = button("\u00d7", `Forget ${key}`, () => drop(key));
    forget.setAttribute("aria-label", `Forget ${key}`);
    item.append(button(key, "Go to this preset", () => move(z)), forget);
    return item;
  }

  return {
    nodes: [form, list, download],
    current,
    show() {
      list.replaceChildren(...Object.entries(current()).map(createItem));
      list.hidden = download.hidden = !list.children.length;
      const text = presetsText(name, latent_dim, current());
      download.href = `data:application/json;charset=utf-8,${encodeURIComponent(text)}`;
    },
  };
}
