// Sources from the page: a sound file and a microphone.
import { SOUND_RATE } from "../constants.js";
import { bufferGain } from "./sources.js";

/** Bytes of the largest sound file that is read. */
const LARGEST_FILE = 200e6;

export class PageSources {
  /** @param {(message: string) => void} report shows a message to the user */
  constructor(report) {
    this.report = report;
    /** @type {{ name: string, channels: Float32Array[], gain: number } | null} */
    this.file = null;
    /** @type {{ stream: MediaStream, input: AudioNode } | null} */
    this.microphone = null;
  }

  /** Decodes a file at `SOUND_RATE` and keeps it as `file`. @param {File} chosen @returns {Promise<boolean>} success */
  async readFile(chosen) {
    try {
      if (chosen.size > LARGEST_FILE) throw new Error(`it is larger than ${LARGEST_FILE / 1e6} MB`);
      this.report(`Reading ${chosen.name} …`);
      const decoder = new OfflineAudioContext(1, 1, SOUND_RATE); // resamples, and needs no device
      const buffer = await decoder.decodeAudioData(await chosen.arrayBuffer());
      const count = Math.min(buffer.numberOfChannels, 2);
      const channels = Array.from({ length: count }, (_, k) => buffer.getChannelData(k));
      this.file = { name: chosen.name, channels, gain: bufferGain(channels) };
    } catch (error) {
      this.report(`${chosen.name} cannot be read as sound: ${error.message}`);
      return false;
    }
    this.report("");
    return true;
  }

  /**
   * Asks for the microphone and connects it to the engine.
   * @param {import("./engine_node.js").EngineNode} engine
   * @param {() => boolean} needed whether the microphone is still the source when the user has answered
   */
  async connectMicrophone(engine, needed) {
    if (this.microphone) return;
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const { context } = engine;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: raw });
      if (!context || !engine.node || engine.context !== context || !needed()) {
        stopTracks(stream);
        return;
      }
      const input = context.createMediaStreamSource(stream);
      input.connect(engine.node);
      this.microphone = { stream, input };
      this.report("Microphone on: wear headphones, or it hears itself.");
    } catch (error) {
      this.report(`There is no microphone: ${error.message}`);
    }
  }

  releaseMicrophone() {
    if (!this.microphone) return;
    this.microphone.input.disconnect();
    stopTracks(this.microphone.stream);
    this.microphone = null;
    this.report("");
  }
}

/** @param {MediaStream} stream */
function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}
