// Impulse responses from WAV files, sample by sample: a browser's own decoder resamples. Needs no DOM.
import { SPECTRUM } from "../constants.js";

/** Samples by "tag, bits": 1 is PCM, 3 is IEEE float; full scale is 1, as libsndfile reads them. @type {Record<string, { bytes: number, read: (view: DataView, at: number) => number }>} */
const SAMPLES = {
  "1, 8": { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 2 ** 7 },
  "1, 16": { bytes: 2, read: (view, at) => view.getInt16(at, true) / 2 ** 15 },
  "1, 24": { bytes: 3, read: (view, at) => (view.getUint16(at, true) + 2 ** 16 * view.getInt8(at + 2)) / 2 ** 23 },
  "1, 32": { bytes: 4, read: (view, at) => view.getInt32(at, true) / 2 ** 31 },
  "3, 32": { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  "3, 64": { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};
const EXTENSIBLE = 0xfffe;

/** Whether bytes begin as those of a WAV file. @param {ArrayBuffer} bytes */
export function isWav(bytes) {
  return bytes.byteLength >= 12 && word(new DataView(bytes), 0) === "RIFF" && word(new DataView(bytes), 8) === "WAVE";
}

/**
 * The samples of a WAV file.
 * @param {ArrayBuffer} bytes
 * @returns {{ channels: Float64Array[], sampleRate: number }}
 */
export function readWav(bytes) {
  const view = new DataView(bytes);
  const { format, data } = chunks(view);
  const sample = SAMPLES[`${format.tag}, ${format.bits}`];
  if (!sample) throw new Error(`WAV of format ${format.tag} with ${format.bits} bits; this page reads PCM and float`);
  if (!format.channels) throw new Error("a WAV file without channels");
  const frames = Math.floor(data.size / (sample.bytes * format.channels));
  const channels = Array.from({ length: format.channels }, (_, k) =>
    Float64Array.from({ length: frames }, (_, i) => sample.read(view, data.at + sample.bytes * (i * format.channels + k))),
  );
  return { channels, sampleRate: format.rate };
}

/** The format and the place of the samples. @param {DataView} view */
function chunks(view) {
  /** @type {{ tag: number, channels: number, rate: number, bits: number } | null} */
  let format = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const [name, size, begin] = [word(view, at), view.getUint32(at + 4, true), at + 8];
    if (name === "fmt " && begin + 16 <= view.byteLength) {
      const tag = view.getUint16(begin, true);
      format = {
        tag: tag === EXTENSIBLE && size >= 26 ? view.getUint16(begin + 24, true) : tag,
        channels: view.getUint16(begin + 2, true),
        rate: view.getUint32(begin + 4, true),
        bits: view.getUint16(begin + 14, true),
      };
    }
    if (name === "data" && format) return { format, data: { at: begin, size: Math.min(size, view.byteLength - begin) } };
    at = begin + size + (size % 2);
  }
  throw new Error("a WAV file without samples: it is damaged");
}

/** @param {DataView} view @param {number} at */
function word(view, at) {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

/**
 * The first channel that is not constant, checked.
 * @param {Float64Array[]} channels @param {number} sampleRate Hz
 */
export function soundingChannel(channels, sampleRate) {
  const [lowest, highest] = SPECTRUM.rates;
  if (sampleRate < lowest || sampleRate > highest) {
    throw new Error(`a sample rate of ${sampleRate} Hz; allowed are ${lowest} to ${highest} Hz`);
  }
  if (channels[0].length < 2) throw new Error(`${channels[0].length} samples; an impulse response has more`);
  if (!channels.every((channel) => channel.every(Number.isFinite))) throw new Error("samples that are not finite");
  const sounding = channels.findIndex((channel) => channel.some((value) => value !== channel[0]));
  if (sounding < 0) throw new Error("silent: silence has no spectrum");
  return sounding;
}
