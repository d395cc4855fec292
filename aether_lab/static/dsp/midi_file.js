// Standard MIDI files of 14-bit controllers: byte for byte the counterpart of `audio/midi_file.py`. Needs no DOM.
import { KNOB, MIDI_FILE, QUANTUM, SOUND_RATE } from "../constants.js";
import { clamp } from "./numbers.js";

/**
 * A file whose controllers follow the first `knobs` numbers of each row.
 * @param {Float64Array} rows row by row, one a quantum @param {number} dims numbers in a row @param {number} knobs
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function midiBytes(rows, dims, knobs) {
  const { first, most, blocks, ticks, largest } = MIDI_FILE;
  if (knobs > most) throw new Error(`there are ${knobs} controllers; allowed are at most ${most}`);
  const tempo = Math.round((1e6 * blocks * QUANTUM) / SOUND_RATE);
  const track = [0, 0xff, 0x51, 3, ...bigEndian(tempo, 3)];
  for (let k = 0; k < knobs; k++) {
    const high = first + k;
    const text = `z${k}: controllers ${high} and ${high + 32}, 0 is ${-KNOB.limit}, ${largest} is ${KNOB.limit}`;
    track.push(0, 0xff, 1, ...quantity(text.length), ...asciiBytes(text));
  }
  const count = Math.floor(rows.length / dims);
  const last = Array(knobs).fill(-1);
  let at = 0; // ticks, of the last event
  for (let n = 0; n < count; n++) {
    for (let k = 0; k < knobs; k++) {
      const value = controllerValue(rows[n * dims + k]);
      if (value === last[k]) continue;
      const tick = ticks * (n + 1);
      track.push(...quantity(tick - at), 0xb0, first + k, value >> 7, 0, 0xb0, first + k + 32, value & 127);
      at = tick;
      last[k] = value;
    }
  }
  track.push(...quantity(ticks * count - at), 0xff, 0x2f, 0);
  const head = [...asciiBytes("MThd"), 0, 0, 0, 6, 0, 0, 0, 1, ...bigEndian(blocks * ticks, 2)];
  return Uint8Array.from([...head, ...asciiBytes("MTrk"), ...bigEndian(track.length, 4)].concat(track));
}

/** z on a scale of 14 bits. @param {number} z */
function controllerValue(z) {
  const { limit } = KNOB;
  return Math.floor(((clamp(z, -limit, limit) + limit) / (2 * limit)) * MIDI_FILE.largest + 0.5);
}

/** @param {number} number @param {number} size bytes */
function bigEndian(number, size) {
  return Array.from({ length: size }, (_, i) => (number >>> (8 * (size - 1 - i))) & 255);
}

/** A number in groups of seven bits, the highest first, all but the last with the eighth bit set. @param {number} number */
function quantity(number) {
  const groups = [number & 127];
  for (let rest = number >>> 7; rest; rest >>>= 7) groups.unshift(128 | (rest & 127));
  return groups;
}

/** @param {string} text */
function asciiBytes(text) {
  return Array.from(text, (character) => character.charCodeAt(0));
}
