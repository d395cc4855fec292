// Sources from the page: a sound file and a microphone.
import { SOUND_RATE } from "../constants.js";
import { printable } from "../text.js";
import { bufferGain } from "./sources.js";

/** Bytes of the largest sound file that is read. */
const LARGEST_FILE = 200e6;

/** Why there is no microphone, by the name of the browser's error. */
const NO_MICROPHONE = {
  NotAllowedError: "The microphone was refused: allow it for this page in the browser, then choose it again.",
  NotFoundError: "There is no microphone: connect one, then choose it again.",
  NotReadableError: "The microphone is in use or cannot be opened: free it, then choose it again.",
  NotSupportedError: `This browser takes no microphone of another rate: set the rate of the microphone to ${SOUND_RATE} Hz.`,
};
const NO_INPUT = "This page may use no microphone: browsers allow it only on pages from https:// or from localhost.";

export class PageSources {
  /** @param {(message: string) => void} report shows a message to the user */
  constructor(report) {
    this.report = report;
    /** @type {{ name: string, channels: Float32Array[], gain: number } | null} */
    this.file = null;
    /** @type {File | null} */
    this.newest = null;
    /** @type {{ stream: MediaStream, input: AudioNode } | null} */
    this.microphone = null;
  }

  /**
   * Decodes a file at `SOUND_RATE` and keeps it as `file`.
   * @param {File} chosen
   * @returns {Promise<boolean>} whether it is `file` now: it could be read, and no other was chosen meanwhile
   */
  async readFile(chosen) {
    this.newest = chosen;
    this.report(`Reading ${printable(chosen.name)} …`);
    let [file, failure] = [this.file, ""];
    try {
      file = await decodeFile(chosen);
    } catch (error) {
      failure = `${printable(chosen.name)} cannot be read as sound: ${error.message}`;
    }
    if (this.newest !== chosen) return false;
    this.file = file;
    this.report(failure);
    return !failure;
  }

  /**
   * Asks for the microphone and connects it to the engine.
   * @param {import("./engine_node.js").EngineNode} engine
   * @param {() => boolean} needed whether the microphone is still the source when the user has answered
   */
  async connectMicrophone(engine, needed) {
    if (this.microphone) return;
    if (!navigator.mediaDevices?.getUserMedia) return this.report(NO_INPUT);
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const { context } = engine;
    /** @type {MediaStream | null} */
    let stream = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: raw });
      if (!context || !engine.node || engine.context !== context || this.microphone || !needed()) {
        stopTracks(stream);
        return;
      }
      const input = context.createMediaStreamSource(stream);
      input.connect(engine.node);
      this.microphone = { stream, input };
      for (const track of stream.getTracks()) track.onended = () => this.loseMicrophone(input);
      this.report("Microphone on: wear headphones, or it hears itself.");
    } catch (error) {
      if (stream) stopTracks(stream);
      this.report(NO_MICROPHONE[error.name] ?? `There is no microphone: ${error.message}`);
    }
  }

  /** After it was unplugged, or forbidden. @param {AudioNode} input */
  loseMicrophone(input) {
    if (this.microphone?.input !== input) return;
    this.releaseMicrophone();
    this.report("The microphone is gone: connect it, then choose it again.");
  }

  releaseMicrophone() {
    if (!this.microphone) return;
    this.microphone.input.disconnect();
    stopTracks(this.microphone.stream);
    this.microphone = null;
    this.report("");
  }
}

/** The first two channels of a sound file, and the gain to the level of the other sources. @param {File} chosen */
async function decodeFile(chosen) {
  if (chosen.size > LARGEST_FILE) throw new Error(`it is larger than ${LARGEST_FILE / 1e6} MB`);
  if (!chosen.size) throw new Error("it is empty");
  const bytes = await chosen.arrayBuffer().catch(() => {
    throw new Error("this browser cannot open it; is it a folder, or has it been moved?");
  });
  const decoder = new OfflineAudioContext(1, 1, SOUND_RATE); // resamples, and needs no device
  const buffer = await decoder.decodeAudioData(bytes).catch(() => {
    throw new Error("this browser knows no such format, or the file is damaged");
  });
  const count = Math.min(buffer.numberOfChannels, 2);
  const channels = Array.from({ length: count }, (_, k) => buffer.getChannelData(k));
  return { name: printable(chosen.name), channels, gain: bufferGain(channels) };
}

/** @param {MediaStream} stream */
function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}
