// A form that saves the current z as a preset.
import { LONGEST_NAME } from "../constants.js";
import { printable } from "../text.js";
import { element } from "../ui/elements.js";

/** @param {(name: string) => void} onSave */
export function createPresetForm(onSave) {
  const form = element("form", "aether-preset-form");
  const placeholder = "Name of the preset";
  const input = element("input", "aether-field", { type: "text", maxLength: LONGEST_NAME, placeholder, "aria-label": placeholder });
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
