// Named presets of a space: their families, and a list to choose one from.
import { KNOB_STEP } from "../dsp/knobs.js";

/** `[family, names]` of each family, name -> family or "", in order of their first names. */
export function families(names, familyOf) {
  const byFamily = new Map();
  for (const name of names) {
    const family = familyOf?.[name] ?? "";
    if (!byFamily.has(family)) byFamily.set(family, []);
    byFamily.get(family).push(name);
  }
  return [...byFamily];
}

/** The name of the preset at z, to half a step of the knobs, or "". */
export function presetAt(presets, z) {
  const here = ([, preset]) => preset.every((value, i) => Math.abs(value - z[i]) <= KNOB_STEP / 2 + 1e-9);
  return Object.entries(presets).find(here)?.[0] ?? "";
}

/** A list of `presets`, name -> z, to go to, in groups by `familyOf`, name -> family. */
export function createPresetList(presets, familyOf, move) {
  const node = document.createElement("label");
  node.className = "aether-choice aether-goto";
  node.hidden = !Object.keys(presets).length;
  const select = document.createElement("select");
  select.setAttribute("aria-label", "Go to");
  select.title = "Where the encoder put some of the responses that the model learned from";
  select.append(new Option("Go to \u2026", ""));
  for (const [family, names] of families(Object.keys(presets), familyOf)) {
    const group = document.createElement("optgroup");
    group.label = family || "others";
    group.append(...names.map((name) => new Option(name, name)));
    select.append(group);
  }
  select.addEventListener("change", () => select.value && move(presets[select.value]));
  node.append(select);
  return {
    node,
    show(z) {
      const name = presetAt(presets, z);
      if (select.value !== name) select.value = name;
    },
  };
}
