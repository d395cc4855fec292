// A measured file as a spectrum: a WAV of an impulse response, or the text of a curve. Needs no DOM.
import { readCurve } from "./curve_reader.js";
import { measureCurve, measureResponse } from "./spectrum.js";
import { isWav, readWav, soundingChannel } from "./wav_reader.js";

/** Bytes of the largest file that is read, as a panel takes them from a browser. */
const LARGEST = 50e6;
const READ = "this page reads WAV files (PCM or float) and text of a frequency in Hz and a level in dB a line";

/**
 * @param {ArrayBuffer} bytes the content of a file
 * @returns {Measurement} raises an error that says what the file is not
 */
export function readMeasurement(bytes) {
  if (!bytes.byteLength) throw new Error("it is empty");
  if (bytes.byteLength > LARGEST) throw new Error(`it is larger than ${LARGEST / 1e6} MB`);
  if (isWav(bytes)) {
    const { channels, sampleRate } = readWav(bytes);
    const sounding = soundingChannel(channels, sampleRate);
    const note = channels.length > 1 ? [`channel ${sounding + 1} of ${channels.length}`] : [];
    return { ...measureResponse(channels[sounding], sampleRate), notes: [`${sampleRate} Hz`, ...note] };
  }
  const text = new TextDecoder().decode(bytes);
  if (text.includes("\0") || text.startsWith("fLaC") || text.startsWith("OggS")) throw new Error(READ);
  const { hertz, level } = readCurve(text);
  return { ...measureCurve(hertz, level), notes: [`${hertz.length} points`] };
}
