// Slots, versions of z side by side: `slots` maps a letter to its z, and the chosen `slot` follows z, so that its own entry
// may be old. The counterpart of `panels/slots.py`. Needs no DOM.
import { SLOT_NAMES } from "../constants.js";

/** @typedef {Record<string, number[]>} SlotMap */

/** The letters that hold a z, in order. @param {SlotMap} slots @param {string} slot */
export function filledSlots(slots, slot) {
  return [...SLOT_NAMES].filter((name) => name === slot || slots[name]);
}

/** The slots with the present z in the chosen one. @param {SlotMap} slots @param {string} slot @param {number[]} z @returns {SlotMap} */
export function keptSlots(slots, slot, z) {
  return slot ? { ...slots, [slot]: z } : slots;
}

/**
 * After `name` is chosen: the slots, and z. An empty slot begins as a copy of z.
 * @param {SlotMap} slots @param {string} slot @param {number[]} z @param {string} name
 */
export function chosenSlot(slots, slot, z, name) {
  const kept = keptSlots(slots, slot, z);
  const next = kept[name] ?? z;
  return { slots: { ...kept, [name]: next }, slot: name, z: next };
}

/** z at `position` on the way through `points`: 0 at the first, 1 at the second. @param {number[][]} points @param {number} position */
export function between(points, position) {
  const first = Math.min(Math.floor(position), points.length - 2);
  const part = position - first;
  return points[first].map((value, k) => (1 - part) * value + part * points[first + 1][k]);
}

/** A position in words: "A", or "30 % from A to B". @param {string[]} names @param {number} position */
export function positionText(names, position) {
  const first = Math.min(Math.floor(position), names.length - 2);
  const percent = Math.round(100 * (position - first));
  if (percent === 0 || percent === 100) return names[first + percent / 100];
  return `${percent} % from ${names[first]} to ${names[first + 1]}`;
}
