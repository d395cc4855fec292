// The user's presets of a model: a trait of each panel, which the browser keeps, so that a panel that begins without
// presets begins with those that were saved before: after a cell is run again, a kernel restarted, or a page reloaded.
// Needs no DOM.
import { LONGEST_NAME } from "../constants.js";
import { keep, readKept } from "./kept.js";

/** @typedef {Record<string, number[]>} PresetMap name -> z */

/**
 * @param {{ name: string, latent_dim: number }} space
 * @param {{ get: (name: string) => any, put: (name: string, value: unknown) => void }} binding its `presets` are read and written
 */
export function createKeptPresets({ name, latent_dim }, binding) {
  const place = `presets.${name}.${latent_dim}`;
  const kept = () => checkedPresets(readKept(place), latent_dim);
  const current = () => /** @type {PresetMap} */ (binding.get("presets") ?? {});
  const first = kept();
  if (!Object.keys(current()).length && Object.keys(first).length) binding.put("presets", first);
  return {
    current,
    /** @param {string} key @param {number[]} z */
    save(key, z) {
      keep(place, { ...kept(), [key]: z });
      binding.put("presets", { ...current(), [key]: z });
    },
    /** @param {string} key */
    forget(key) {
      const without = (/** @type {PresetMap} */ { [key]: _, ...others }) => others;
      keep(place, without(kept()));
      binding.put("presets", without(current()));
    },
  };
}

/** The presets of another page that are of this space. @param {unknown} presets @param {number} latent_dim @returns {PresetMap} */
export function checkedPresets(presets, latent_dim) {
  if (typeof presets !== "object" || presets === null) return {};
  const fits = (/** @type {unknown} */ z) => Array.isArray(z) && z.length === latent_dim && z.every(Number.isFinite);
  return Object.fromEntries(Object.entries(presets).filter(([key, z]) => key && key.length <= LONGEST_NAME && fits(z)));
}
