// MIDI controllers of this machine. Of the panels of a page, the one that was used last follows them.

const LISTENING = Symbol.for("aether_lab.midi"); // panels of a notebook load a module each
const NO_MIDI = "This browser has no Web MIDI; Chrome, Edge and Firefox have it, on pages from https:// or localhost.";
const REFUSED = "MIDI was refused: allow it for this page in the browser, then press MIDI again.";

export class MidiInput {
  /** @param {(message: Uint8Array) => void} receive @param {() => void} changed called when devices come and go */
  constructor(receive, changed) {
    this.changed = changed;
    this.hear = (/** @type {any} */ event) => {
      if (globalThis[LISTENING] === this) receive(event.data);
    };
    this.follow = () => {
      for (const port of this.ports) port.addEventListener("midimessage", this.hear); // twice is once
      for (const port of this.ports) port.open?.();
      changed();
    };
    /** @type {any} a MIDIAccess */
    this.access = null;
    this.refusal = "";
    this.turn();
  }

  /** This panel is the one that is used. */
  turn() {
    globalThis[LISTENING] = this;
  }

  get ports() {
    return /** @type {any[]} */ ([...(this.access?.inputs.values() ?? [])]);
  }

  /** The names of the devices, or why there is none. */
  get status() {
    if (this.refusal || !this.access) return this.refusal;
    const names = this.ports.filter(({ state }) => state !== "disconnected").map(({ name }) => name);
    return names.length ? `Listening to ${names.join(", ")}.` : "No MIDI device is connected.";
  }

  /** Asks for the devices. */
  async connect() {
    if (this.access) return;
    this.refusal = "";
    try {
      if (!navigator.requestMIDIAccess) throw new DOMException(NO_MIDI, "NotSupportedError");
      this.access = await navigator.requestMIDIAccess();
      this.access.addEventListener("statechange", this.follow);
      this.follow();
    } catch (error) {
      this.refusal = error.name === "NotSupportedError" ? NO_MIDI : REFUSED;
      this.changed();
    }
  }

  /** Connects if the user has allowed it before. */
  async reconnect() {
    try {
      const { state } = await navigator.permissions.query({ name: /** @type {any} */ ("midi") });
      if (state === "granted") await this.connect();
    } catch {
      // A browser that does not know this permission asks at the next press of MIDI.
    }
  }

  dispose() {
    this.access?.removeEventListener("statechange", this.follow);
    for (const port of this.ports) port.removeEventListener("midimessage", this.hear);
    if (globalThis[LISTENING] === this) globalThis[LISTENING] = null;
  }
}
