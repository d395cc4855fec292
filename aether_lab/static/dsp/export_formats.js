// Filters as files, beside the writers of `aether_lab/formats`, whose readers read them. Each format writes parts in
// series, and reads its own file back to the parts or the taps that it holds. Needs no DOM.
import { CENTRE_RANGE, EXPORTS } from "../constants.js";
import { wavBytes } from "./wav_writer.js";
import { impulseResponse } from "./complex_response.js";
import { comparisonHz, deviation, filterRows, joined, levelsOf } from "./filter_rows.js";
import { powerOfTwo, powerSpectrum } from "./fft.js";
import { inSeries } from "./series.js";
import { logSpaced } from "./numbers.js";
import { readWav } from "./wav_reader.js";

const VALUE = "([-+]?[\\d.]+(?:e[-+]?\\d+)?)";
const CONVENTIONS = [
  "Q as in Robert Bristow-Johnson's cookbook: centre over bandwidth. Gain in dB.",
  "A parallel bank is a sum of band-passes of 0 dB at their centre, each with its gain in dB and its sign.",
];

/** @param {Filter} filter @param {string[]} about */
function writeJson(filter, about) {
  return JSON.stringify({ about: [...about, ...CONVENTIONS], ...filter }, null, 1);
}

/** @param {Filter} filter @param {string[]} about */
function writeCsv({ topology, preamp = 0, sampleRate, sections }, about) {
  const head = `# topology ${topology}, preamp ${preamp} dB, sample rate ${sampleRate} Hz`;
  const lines = sections.map(({ type, frequency, Q, gain, sign = 1 }) => `${type},${frequency},${Q},${gain},${sign < 0 ? "-1" : "+1"}`);
  return [...comment([...about, ...CONVENTIONS]), head, "type,frequency_hz,q,gain_db,sign", ...lines, ""].join("\n");
}

/** @param {string} text @returns {Filter} */
function readCsv(text) {
  const head = /^# topology (\w+), preamp (\S+) dB, sample rate (\S+) Hz$/m.exec(text) ?? [];
  const rows = text.split("\n").filter((line) => line && !/^(?:#|type)/.test(line)).map((line) => line.split(","));
  const sections = rows.map(([type, ...values]) => {
    const [frequency, Q, gain, sign] = values.map(Number);
    return { type, frequency, Q, gain, sign };
  });
  return { topology: head[1], preamp: Number(head[2]), sampleRate: Number(head[3]), sections };
}

/** @param {Filter} filter @param {string[]} about */
function writeEqualizerApo({ preamp = 0, sections }, about) {
  const lines = sections.map(
    ({ frequency, Q, gain }, i) => `Filter ${i + 1}: ON PK Fc ${frequency.toFixed(2)} Hz Gain ${gain.toFixed(3)} dB Q ${Q.toFixed(4)}`,
  );
  return [...comment([...about, CONVENTIONS[0]]), `Preamp: ${preamp.toFixed(3)} dB`, ...lines, ""].join("\n");
}

/** @param {string} text @param {number} sampleRate Hz @returns {Filter} */
function readEqualizerApo(text, sampleRate) {
  const line = new RegExp(`^Filter \\d+: ON PK Fc ${VALUE} Hz Gain ${VALUE} dB Q ${VALUE}$`, "gm");
  const sections = [...text.matchAll(line)].map((found) => {
    const [frequency, gain, Q] = found.slice(1).map(Number);
    return { type: "peaking", frequency, Q, gain };
  });
  const preamp = Number((new RegExp(`^Preamp: ${VALUE} dB`, "m").exec(text) ?? [])[1]);
  return { topology: "cascade", sampleRate, preamp, sections };
}

/** @param {string[]} about */
function comment(about) {
  return about.map((line) => `# ${line}`);
}

/** Rows of SciPy's `sos` as a NumPy file, version 1.0. @param {FilterRows[]} parts */
function writeNpy(parts) {
  const rows = seriesOf(parts);
  const head = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows.length}, 6), }`;
  const size = 64 * Math.ceil((10 + head.length + 1) / 64);
  const view = new DataView(new ArrayBuffer(size + 48 * rows.length));
  const text = `\x93NUMPY\x01\0${String.fromCharCode((size - 10) % 256, (size - 10) >> 8)}${`${head}`.padEnd(size - 11)}\n`;
  [...text].forEach((character, i) => view.setUint8(i, character.charCodeAt(0)));
  rows.flatMap(([b0, b1, b2, a1, a2]) => [b0, b1, b2, 1, a1, a2]).forEach((value, i) => view.setFloat64(size + 8 * i, value, true));
  return view.buffer;
}

/** @param {FilterRows[]} parts */
function seriesOf(parts) {
  return parts.flatMap((part) => inSeries(part).rows);
}

/** Rows as text, to paste as an array. @param {FilterRows[]} parts */
export function sosText(parts) {
  const lines = seriesOf(parts).map(([b0, b1, b2, a1, a2]) => `  [${[b0, b1, b2, 1, a1, a2].join(", ")}]`);
  return `[\n${lines.join(",\n")}\n]\n`;
}

/** @param {ArrayBuffer} bytes @param {number} sampleRate Hz @returns {FilterRows} */
function readNpy(bytes, sampleRate) {
  const view = new DataView(bytes);
  const begin = 10 + view.getUint16(8, true);
  const values = Array.from({ length: (bytes.byteLength - begin) / 8 }, (_, i) => view.getFloat64(begin + 8 * i, true));
  const rows = Array.from({ length: values.length / 6 }, (_, i) => {
    const [b0, b1, b2, , a1, a2] = values.slice(6 * i, 6 * i + 6);
    return [b0, b1, b2, a1, a2];
  });
  return { rows, parallel: false, sampleRate };
}

/** The impulse response as 32-bit floats, as short as its deviation allows. @param {FilterRows[]} parts */
function writeFir(parts) {
  const { sampleRate } = parts[0];
  const taps = Float32Array.from(impulseResponse(joined(parts), EXPORTS.longest_fir));
  const hertz = comparisonHz(sampleRate);
  const wanted = levelsOf(parts, hertz);
  let size = 256;
  const allowed = 0.9 * EXPORTS.fir_error;
  while (size < taps.length && deviation(levelsOfTaps(taps.subarray(0, size), hertz, sampleRate), wanted).worst > allowed) size *= 2;
  return wavBytes([taps.slice(0, size)], sampleRate);
}

/** dB of an FIR filter at lines of the long FFT. @param {ArrayLike<number>} taps @param {number[]} hertz @param {number} sampleRate Hz */
export function levelsOfTaps(taps, hertz, sampleRate) {
  const power = powerSpectrum(taps, powerOfTwo(Math.max(EXPORTS.fft_size, taps.length)));
  return hertz.map((each) => 10 * Math.log10(power[Math.round((each * EXPORTS.fft_size) / sampleRate)] + 1e-12));
}

/** A cascade with a preamp that keeps it at or below 0 dB, and the change of its level in dB (`cascade.below_full_scale`). @param {Filter} filter */
export function belowFullScale(filter) {
  const nyquist = filter.sampleRate / 2;
  const { preamp = 0, sections } = filter;
  const hertz = [...logSpaced(1, CENTRE_RANGE[1] * nyquist, 4000), ...sections.map(({ frequency }) => frequency)];
  const headroom = -Math.max(0, ...levelsOf([filterRows({ ...filter, preamp: 0 })], hertz));
  if (preamp <= headroom) return { filter, change: 0 };
  const lowered = Math.floor(1000 * headroom - 1) / 1000;
  return { filter: { ...filter, preamp: lowered }, change: lowered - preamp };
}

/** @type {Record<string, ExportFormat>} */
export const EXPORT_FORMATS = {
  json: { title: "JSON", suffix: ".json", about: "Sections with the names of Web Audio", oneFilter: true, write: writeJson, read: (text) => JSON.parse(text) },
  csv: { title: "CSV", suffix: ".csv", about: "One section a line", oneFilter: true, write: writeCsv, read: readCsv },
  equalizerapo: { title: "EqualizerAPO", suffix: ".txt", about: "A preamp and peaking bands in series", oneFilter: true, cascade: true, write: writeEqualizerApo, read: readEqualizerApo },
  sos: { title: "SOS", suffix: ".npy", about: "Second-order sections in series, for SciPy's sosfilt", write: writeNpy, read: readNpy },
  fir: { title: "FIR", suffix: ".wav", about: "The impulse response as a WAV of floats, for a convolver", write: writeFir, read: (bytes) => Float64Array.from(readWav(bytes).channels[0]) },
};
