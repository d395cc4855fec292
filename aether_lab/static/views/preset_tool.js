// The user's presets in the toolbar: a list to go to one, a button that opens the form to save one, and one to forget it.
import { createKeptPresets } from "../ui/kept_presets.js";
import { button, element } from "../ui/elements.js";
import { presetAt } from "../ui/presets.js";
import { createPresetForm } from "./preset_form.js";

/** @param {ExplorerHost} host @returns {ExplorerTool} */
export function createPresetTool({ space, binding, currentZ, move }) {
  const presets = createKeptPresets(space, binding);
  const select = element("select", "", { "aria-label": "Saved presets", title: "The presets that were saved here" });
  const list = element("span", "aether-choice");
  list.append(select);
  select.addEventListener("change", () => select.value && move(presets.current()[select.value]));
  const form = createPresetForm((name) => {
    presets.save(name, currentZ());
    toggle();
    open.focus();
  });
  form.hidden = true;
  const open = button("Save preset", "Keep this z under a name, in this browser", toggle);
  const forget = button("Forget", "Forget the preset that is chosen", () => presets.forget(select.value));
  open.setAttribute("aria-expanded", "false");
  const node = element("div", "aether-group", { role: "group", "aria-label": "Presets" });
  node.append(list, forget, open, form);

  function toggle() {
    form.hidden = !form.hidden;
    open.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.querySelector("input")?.focus();
  }

  function show(/** @type {number[]} */ z) {
    const name = presetAt(presets.current(), z);
    if (select.value !== name) select.value = name;
    forget.disabled = !name;
  }

  binding.follow(["presets"], () => {
    const names = Object.keys(presets.current());
    select.replaceChildren(new Option("Presets \u2026", ""), ...names.map((name) => new Option(name, name)));
    list.hidden = forget.hidden = !names.length;
    show(currentZ());
  });
  return { node, show };
}
