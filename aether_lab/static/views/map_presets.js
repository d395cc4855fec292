// Saved presets: a form to save one, the list, and a download.
import { LONGEST_NAME } from "../constants.js";
import { printable } from "../text.js";
import { button, element } from "../ui/elements.js";

/** The text of saved presets as Python's `Presets` reads it. */
export function presetsText(model, latent_dim, presets) {
  return `${JSON.stringify({ model, latent_dim, presets }, null, 1)}\n`;
}

export function createSavedPresets({ name, latent_dim }, binding, currentZ, move) {
  const list = element("ul", "aether-map-saved", { "aria-label": "Saved presets" });
  const download = element("a", "aether-download", { download: `${name}_presets.json` });
  download.textContent = "Download presets (JSON)";
  const current = () => binding.get("presets") ?? {};
  const form = createPresetForm((key) => binding.put("presets", { ...current(), [key]: currentZ() }));

  function createItem([key, z]) {
    const item = element("li", "");
    const forget = button("\u00d7", `Forget ${key}`, () => {
      const { [key]: _, ...others } = current();
      binding.put("presets", others);
    });
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

function createPresetForm(onSave) {
  const form = element("form", "aether-map-form");
  const placeholder = "Name of the preset";
  const input = element("input", "", { type: "text", maxLength: LONGEST_NAME, placeholder, "aria-label": placeholder });
  const save = element("button", "aether-button", { type: "submit", title: "Save the current z under this name" });
  save.textContent = "Save this preset";
  form.append(input, save);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const key = printable(input.value.trim()).slice(0, LONGEST_NAME);
    if (!key) return input.focus();
    input.value = "";
    onSave(key);
  });
  input.addEventListener("keydown", (event) => event.stopPropagation()); // letters are shortcuts of the notebook
  return form;
}
