// The AudioContext and in it the node of `worklet/processor.js`. Both exist from the first start until `close`.
import { SOUND_RATE } from "../constants.js";

/** Seconds that a browser may take to open its output: it waits for ever for a device that has gone. */
const LONGEST_OPENING = 5;

const BLOCKED =
  "this page does not load the sound engine, since its security policy (Content-Security-Policy) forbids scripts from " +
  "data: and blob: addresses. Open the notebook elsewhere, or save the instrument with aether_lab.write_page and open " +
  "that file.";

export class EngineNode {
  /**
   * @param {(message: WorkletMessage) => void} receive called with each message of the worklet
   * @param {(reason: string) => void} fail called when the worklet has thrown or the browser has ended the sound; it is
   *   silent from then on
   */
  constructor(receive, fail) {
    this.receive = receive;
    this.fail = fail;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {AudioWorkletNode | null} */
    this.node = null;
    this.running = false; // whether the context is to run
    /** @type {AnalyserNode[]} of the outputs of the node, once they have been asked for */
    this.analysers = [];
  }

  get exists() {
    return this.node !== null;
  }

  /** Opens the context or resumes it; the first call must come from a click. @returns {Promise<AudioContext>} */
  async open() {
    if (this.context?.state === "closed") this.close();
    // The browser resamples for a device that has another rate.
    this.context ??= new AudioContext({ sampleRate: SOUND_RATE, latencyHint: "interactive" });
    const { context } = this;
    context.onstatechange = () => this.checkState(context);
    await inTime(context.resume(), LONGEST_OPENING);
    this.running = this.context === context;
    return context;
  }

  /** Fails if the context no longer runs, for example because a device has gone or a script has closed it. */
  checkState(/** @type {AudioContext} */ context) {
    const closed = context.state === "closed";
    if (this.context !== context || (context.state === "running" || !(this.running || closed))) return;
    this.fail(`The browser has ${closed ? "ended" : "interrupted"} the sound: press Play to start it again.`);
  }

  /**
   * Creates the node, unless `context` has been closed meanwhile.
   * @param {AudioContext} context from `open`
   * @param {string} processor text of the worklet's module
   * @param {() => ProcessorOptions} options called when the module has been loaded
   */
  async create(context, processor, options) {
    await addModule(context, processor);
    if (this.context !== context) return;
    const node = new AudioWorkletNode(context, "aether-lab", {
      numberOfOutputs: 2, // the second is the source, for its spectrum
      outputChannelCount: [2, 1],
      processorOptions: options(),
    });
    node.onprocessorerror = () => this.fail("The sound engine has failed: press Play to start it again.");
    node.port.onmessage = ({ data }) => this.receive(data);
    node.connect(context.destination);
    this.node = node;
  }

  /** The spectrum of an output of the worklet: 0 what is heard, 1 the source. @param {0 | 1} output */
  analyser(output) {
    const { context, node } = this;
    if (!context || !node || context.state === "closed") return null; // another script may have closed it just now
    if (!this.analysers[output]) {
      this.analysers[output] = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0.8 });
      node.connect(this.analysers[output], output);
    }
    return this.analysers[output];
  }

  /** Sends a message to the worklet, if there is one. @param {object} message */
  post(message) {
    this.node?.port.postMessage(message);
  }

  suspend() {
    this.running = false;
    this.context?.suspend().catch(() => {}); // it has been closed meanwhile
  }

  close() {
    this.post({ type: "dispose" });
    this.node?.disconnect();
    if (this.node) this.node.onprocessorerror = this.node.port.onmessage = null;
    if (this.context) {
      this.context.onstatechange = null;
      this.context.close().catch(() => {}); // it is closed already
    }
    this.context = this.node = null;
    this.analysers = [];
    this.running = false;
  }
}

/** Loads a module's text: a page from disk takes no blob: address, and the policy of another page no data: address. */
async function addModule(/** @type {AudioContext} */ context, text) {
  const blob = () => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  for (const address of [() => dataAddress(text), blob]) {
    const url = address();
    try {
      return await context.audioWorklet.addModule(url);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // the module itself has failed
    } finally {
      URL.revokeObjectURL(url);
    }
  }
  throw new Error(BLOCKED);
}

/** The result of `promise`, or an error after `seconds`. @template T @param {Promise<T>} promise @param {number} seconds */
function inTime(promise, seconds) {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error("the browser opens no sound output. Press Play to try again."));
    const timer = setTimeout(late, 1000 * seconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A module's text as an address. @param {string} text */
export function dataAddress(text) {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return `data:text/javascript;base64,${btoa(bytes.join(""))}`;
}
