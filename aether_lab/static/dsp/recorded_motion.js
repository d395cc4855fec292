// A motion that was recorded: z quantum by quantum, the counterpart of `audio/recorded_motion.py`. Needs no DOM.
import { QUANTUM, SOUND_RATE } from "../constants.js";

/**
 * The rows of the trait `recorded_motion`; null where nothing was recorded for this space.
 * @param {{ dims?: number, rows?: ArrayBufferView } | null | undefined} recorded a DataView from a kernel
 * @param {number} dims numbers in a row
 * @returns {Float64Array | null}
 */
export function recordedRows(recorded, dims) {
  const { rows, dims: own } = recorded ?? {};
  if (!rows?.byteLength || own !== dims || rows.byteLength % (8 * dims)) return null;
  const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  return new Float64Array(bytes.slice().buffer); // aligned, and little-endian as every browser's machine
}

/** The trait `recorded_motion` of chunks of rows. @param {Float64Array[]} chunks @param {number} dims */
export function recordedMotion(chunks, dims) {
  const rows = new Float64Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    rows.set(chunk, at);
    at += chunk.length;
  }
  return { dims, rows: new DataView(rows.buffer) };
}

/** Seconds from the begin of a motion to its end. @param {Float64Array} rows @param {number} dims */
export function recordedSeconds(rows, dims) {
  return (QUANTUM * (rows.length / dims)) / SOUND_RATE;
}

/** A table of seconds and z, one row a quantum, that reads back to the same bits. @param {Float64Array} rows @param {number} dims */
export function motionTable(rows, dims) {
  const lines = [["time", ...Array.from({ length: dims }, (_, k) => `z${k}`)].join(",")];
  for (let n = 0; (n + 1) * dims <= rows.length; n++) {
    lines.push([(QUANTUM * (n + 1)) / SOUND_RATE, ...rows.subarray(n * dims, (n + 1) * dims)].join(","));
  }
  return `${lines.join("\n")}\n`;
}
