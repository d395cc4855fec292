// A latent point as the fragment of an address, `#z=0.5,-1&kind=room&model=nested`: the counterpart of
// `model/permalink.py`, which says what its parts are. Needs no DOM.

/** @typedef {Pick<LatentSpace, "name" | "knobs" | "details" | "kinds">} Named */

/** @param {Named} space @param {number[]} z all its numbers, finite @returns {string} */
export function permalink({ name, knobs, details, kinds }, z) {
  const size = knobs + details;
  const joined = (/** @type {number[]} */ values) => values.map((value) => String(value)).join(",");
  const parts = [`z=${joined(z.slice(0, knobs))}`];
  const rest = z.slice(knobs, size);
  if (rest.some((value) => value !== 0)) parts.push(`details=${joined(rest)}`);
  const weights = kinds.flatMap((kind, i) => {
    const weight = z[size + i];
    return weight ? [weight === 1 ? quoted(kind) : `${quoted(kind)}:${weight}`] : [];
  });
  if (kinds.length) parts.push(`kind=${weights.join(",")}`);
  parts.push(`model=${quoted(name)}`);
  return `#${parts.join("&")}`;
}

/**
 * The latent point of a permalink, or of an address that ends in one; null where there is none.
 * @param {Named} space @param {string} text @returns {number[] | null}
 * @throws {Error} for a permalink of another space
 */
export function readPermalink({ name, knobs, details, kinds }, text) {
  const pairs = text.slice(text.lastIndexOf("#") + 1).trim().split("&").map((part) => {
    const at = part.indexOf("=");
    return /** @type {[string, string]} */ (at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)]);
  });
  const parts = new Map(pairs);
  const z = parts.get("z");
  if (z === undefined) return null;
  const model = unquoted(parts.get("model") ?? "") || name;
  if (model !== name) throw new Error(`the permalink is of the model "${model}"; this space is "${name}"`);
  const detailsText = parts.get("details");
  const numbers = [
    ...readNumbers("z", z, knobs),
    ...(detailsText ? readNumbers("details", detailsText, details) : Array(details).fill(0)),
  ];
  return [...numbers, ...readKinds(kinds, parts.get("kind"))];
}

/** @param {string[]} kinds @param {string | undefined} text @returns {number[]} the first kind where none is named */
function readKinds(kinds, text) {
  if (text === undefined) return kinds.map((_, i) => (i ? 0 : 1));
  const weights = Array(kinds.length).fill(0);
  for (const part of text.split(",").filter(Boolean)) {
    const [kind, weight] = part.split(":");
    const index = kinds.indexOf(unquoted(kind));
    if (index < 0) throw new Error(`kind is "${unquoted(kind)}"; allowed are ${kinds.join(", ") || "none in this space"}`);
    weights[index] = !weight ? 1 : readNumbers("kind", weight, 1)[0];
  }
  return weights;
}

/** @param {string} name @param {string} text @param {number} count @returns {number[]} */
function readNumbers(name, text, count) {
  const values = text.split(",").map((part) => (part.trim() ? Number(part) : Number.NaN));
  if (values.length === count && values.every(Number.isFinite)) return values;
  throw new Error(`${name}=${text.slice(0, 100)}: this space needs ${count} finite numbers`);
}

/** Brackets and quotes are escaped too: they end a link in text. @param {string} name */
function quoted(name) {
  return encodeURIComponent(name).replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** @param {string} text */
function unquoted(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
