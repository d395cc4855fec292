// The AudioContext and in it the node of `worklet/processor.js`. Both exist from the first start until `close`.
import { SOUND_RATE } from "../constants.js";

export class EngineNode {
  /**
   * @param {(message: WorkletMessage) => void} receive called with each message of the worklet
   * @param {(reason: string) => void} fail called when the worklet has thrown; it is silent from then on
   */
  constructor(receive, fail) {
    this.receive = receive;
    this.fail = fail;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {AudioWorkletNode | null} */
    this.node = null;
  }

  get exists() {
    return this.node !== null;
  }

  /** Opens the context or resumes it; the first call must come from a click. @returns {Promise<AudioContext>} */
  async open() {
    // The browser resamples for a device that has another rate.
    this.context ??= new AudioContext({ sampleRate: SOUND_RATE, latencyHint: "interactive" });
    const { context } = this;
    await context.resume();
    return context;
  }

  /**
   * Creates the node, unless `context` has been closed meanwhile.
   * @param {AudioContext} context from `open`
   * @param {string} processor text of the worklet's module
   * @param {() => ProcessorOptions} options called when the module has been loaded
   */
  async create(context, processor, options) {
    await context.audioWorklet.addModule(dataAddress(processor));
    if (this.context !== context) return;
    const node = new AudioWorkletNode(context, "aether-lab", {
      outputChannelCount: [2],
      processorOptions: options(),
    });
    node.onprocessorerror = () => this.fail("The sound engine has failed: press Play to start it again.");
    node.port.onmessage = ({ data }) => this.receive(data);
    node.connect(context.destination);
    this.node = node;
  }

  /** Sends a message to the worklet, if there is one. @param {object} message */
  post(message) {
    this.node?.port.postMessage(message);
  }

  suspend() {
    this.context?.suspend();
  }

  close() {
    this.post({ type: "dispose" });
    this.node?.disconnect();
    if (this.node) this.node.onprocessorerror = this.node.port.onmessage = null;
    this.context?.close();
    this.context = this.node = null;
  }
}

/** A module's text as an address; a page from disk may load no blob: one. @param {string} text */
export function dataAddress(text) {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return `data:text/javascript;base64,${btoa(bytes.join(""))}`;
}
