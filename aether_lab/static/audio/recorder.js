// A recording of the output: sent to the kernel chunk by chunk, and kept for the download.
import { LONGEST_RECORDING, SOUND_RATE } from "../constants.js";
import { joinChunks, wavBytes } from "../dsp/wav_writer.js";

export class Recorder {
  /** @param {(content: object, buffers?: ArrayBufferLike[]) => void} send sends a message to the kernel */
  constructor(send) {
    this.send = send;
    /** @type {Float32Array[][] | null} chunks of the recording that is being made */
    this.chunks = null;
    /** @type {{ url: string, seconds: number } | null} the last complete recording */
    this.recording = null;
  }

  get active() {
    return this.chunks !== null;
  }

  begin() {
    this.chunks = [];
    this.send({ type: "begin", sample_rate: SOUND_RATE });
  }

  /** Adds a chunk. @param {Float32Array[]} channels @returns {boolean} whether the recording is as long as it may be */
  add(channels) {
    if (!this.chunks) return false;
    this.chunks.push(channels);
    this.send({ type: "chunk" }, channels.map((channel) => channel.slice().buffer));
    return this.chunks.length * channels[0].length > LONGEST_RECORDING * SOUND_RATE;
  }

  /** Ends the recording; one that holds samples replaces `recording`. */
  finish() {
    const channels = joinChunks(this.chunks ?? []);
    this.chunks = null;
    this.send({ type: "recorded" });
    if (!channels[0].length) return;
    this.dispose();
    const url = URL.createObjectURL(new Blob([wavBytes(channels, SOUND_RATE)], { type: "audio/wav" }));
    this.recording = { url, seconds: channels[0].length / SOUND_RATE };
  }

  /** Frees the last recording. */
  dispose() {
    if (this.recording) URL.revokeObjectURL(this.recording.url);
    this.recording = null;
  }
}
