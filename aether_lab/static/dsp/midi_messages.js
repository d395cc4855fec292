// What a MIDI controller says: its name and its value. Needs no DOM.

/** Of controllers 0 to 31, the controllers that hold the lower seven bits come this much later. */
const LOWER_BITS = 32;

/** @typedef {{ key: string, value: number }} Controller `key`: "1:21", channel and number, or "1:bend"; `value`: 0 to 1 */

/** Reads control changes, of 7 bits or of 14 in two messages, and pitch bends. */
export class ControllerReader {
  constructor() {
    /** @type {Map<string, number>} the upper bits of each controller that has moved */
    this.upper = new Map();
  }

  /**
   * @param {Iterable<number>} message @param {(key: string) => boolean} known whether a controller is in use by itself
   * @returns {Controller | null} null for any other message
   */
  read([status, first, second], known = () => false) {
    const channel = (status & 15) + 1;
    if (!(first < 128 && second < 128)) return null;
    if (status >> 4 === 14) return { key: `${channel}:bend`, value: (first + 128 * second) / 16383 };
    if (status >> 4 !== 11 || first >= 120) return null; // from 120 on they are channel mode messages
    const key = `${channel}:${first}`;
    const whole = `${channel}:${first - LOWER_BITS}`;
    const upper = first >= LOWER_BITS && first < 2 * LOWER_BITS ? this.upper.get(whole) : undefined;
    if (upper !== undefined && !known(key)) return { key: whole, value: (128 * upper + second) / 16383 };
    this.upper.set(key, second);
    return { key, value: second / 127 };
  }
}

/** "controller 21, channel 1". @param {string} key */
export function controllerText(key) {
  const [channel, number] = key.split(":");
  return `${number === "bend" ? "pitch bend" : `controller ${number}`}, channel ${channel}`;
}

/**
 * The controllers that have been learned: each belongs to one knob, and a knob has one.
 * @param {Record<string, string>} learned key by name of a knob @param {string} name @param {string} key
 * @returns {Record<string, string>}
 */
export function withLearned(learned, name, key) {
  return { ...Object.fromEntries(Object.entries(learned).filter(([, other]) => other !== key)), [name]: key };
}

/** What was kept by an earlier page, or nothing if it is of another form. @param {unknown} kept @returns {Record<string, string>} */
export function checkedLearned(kept) {
  if (typeof kept !== "object" || kept === null) return {};
  return Object.fromEntries(
    Object.entries(kept).filter(([name, key]) => /^z\d+$/.test(name) && /^\d{1,2}:(bend|\d{1,3})$/.test(String(key))),
  );
}
