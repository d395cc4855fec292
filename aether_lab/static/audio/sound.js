// The sound of a live model: an audio engine that follows the traits of the model, whoever sets them, from the first
// click on Play until the last view is gone. It knows no element of the page.
import { readModel } from "../dsp/decoder.js";
import { EngineNode } from "./engine_node.js";
import { forwardChanges, listenAll, residualMessage, startOptions } from "./model_messages.js";
import { MotionRecorder } from "./motion_recorder.js";
import { PageSources } from "./page_sources.js";
import { Recorder } from "./recorder.js";
import { releaseSound, soundAlone } from "./sounding.js";
import { PAGE_SOURCES } from "./sources.js";

const NO_WORKLET =
  "No sound here: browsers allow it only on pages from https:// or from localhost. Open this notebook by an address " +
  "that begins with http://localhost, or save the instrument with aether_lab.write_page and open that file.";
const NEEDS_CLICK = "Python asked for sound: press Play, since a browser starts it only on a click.";

/**
 * @param {WidgetModel} model anywidget's interface to the state of `mountLive`
 * @returns {Sound} what the views use; `close` ends the sound, `dispose` also takes the listeners off the model
 */
export function createSound(model) {
  return new ModelSound(model);
}

class ModelSound {
  /** @param {WidgetModel} model */
  constructor(model) {
    this.model = model;
    this.space = readModel(model.get("space"));
    /** Why there can be no sound, or "". */
    this.refusal = globalThis.AudioWorkletNode && globalThis.isSecureContext !== false ? "" : NO_WORKLET;
    /** Message to the user, or "". */
    this.message = "";
    /** @type {SoundState | null} the last state of the worklet */
    this.state = null;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.active = false; // whether it plays, or is about to
    this.serial = 0; // of the engine's life: a start that is overtaken by its end does nothing more
    /** @type {string | object | null} source of the worklet: its name, or a file */
    this.played = null;
    this.engine = new EngineNode((message) => this.receive(message), (reason) => this.fail(reason));
    this.sources = new PageSources((message) => this.report(message));
    this.recorder = new Recorder((content, buffers) => this.send(content, buffers));
    this.motions = new MotionRecorder(this, this.space.latent_dim);
    const removers = [
      this.motions.removeListeners,
      forwardChanges(model, this.space, (message) => this.engine.post(message)),
      listenAll(model, {
        source: () => this.changeSource(),
        record: () => this.changeRecord(),
        playing: () => this.changePlaying(),
      }),
    ];
    this.removeListeners = () => removers.splice(0).forEach((remove) => remove());
    this.resetTraits(); // a state that was stored, or left by a page that was reloaded, does not sound
  }

  /** Name of the sound file, or "". */
  get fileName() {
    return this.sources.file?.name ?? "";
  }

  /** The last recording, or null. */
  get recording() {
    return this.recorder.recording;
  }

  /** Starts the sound; to be called from a click. */
  async play() {
    if (this.active || this.refusal) return;
    this.active = true;
    soundAlone(this);
    const { serial } = this;
    try {
      this.report("");
      const context = await this.engine.open();
      if (this.serial !== serial) return;
      if (this.engine.exists) this.engine.post({ type: "play" });
      else await this.createEngine(context);
      if (this.serial !== serial) return;
      if (!this.active) return this.engine.post({ type: "stop" });
      this.set("playing", true);
      await this.sendSource();
    } catch (error) {
      if (this.serial === serial) this.fail(`The sound could not be started: ${error.message}`);
    }
  }

  stop() {
    this.set("playing", false);
  }

  /** The spectrum of what is heard (0) or of the source (1) while it plays. @param {0 | 1} output */
  analyser(output) {
    return this.active ? this.engine.analyser(output) : null;
  }

  /** Stops for another panel, also while this one is about to start. */
  yield() {
    if (this.model.get("playing")) this.stop();
    else this.active = false;
  }

  /** Reads a sound file and makes it the source. @param {File} chosen */
  async openFile(chosen) {
    if (!(await this.sources.readFile(chosen))) return;
    if (this.model.get("source") === "file") this.sourceChosen();
    else this.set("source", "file");
  }

  /** Calls `listener` after every change of what the views show. @param {() => void} listener */
  listen(listener) {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Ends the sound and frees what it holds; `play` may begin again. */
  close() {
    this.end();
    this.resetTraits();
  }

  dispose() {
    this.close();
    this.removeListeners();
    this.recorder.dispose();
  }

  /** @param {string} message */
  report(message = this.message) {
    this.message = message;
    for (const listener of this.listeners) listener();
  }

  /** Sets a trait. @param {string} name @param {unknown} value */
  set(name, value) {
    if (this.model.get(name) === value) return;
    this.model.set(name, value);
    this.model.save_changes();
  }

  resetTraits() {
    this.set("playing", false);
    this.set("record", false);
    this.motions.stopped();
  }

  /**
   * Sets a trait back to false after the current change event: inside it the kernel would not receive the value.
   * @param {string} name
   * @param {string} message why
   */
  reject(name, message) {
    queueMicrotask(() => this.set(name, false));
    this.report(message);
  }

  /** @param {AudioContext} context */
  async createEngine(context) {
    const { engine, model } = this;
    await engine.create(context, model.get("processor"), () => {
      const kind = model.get("source");
      const fromPage = Boolean(PAGE_SOURCES[kind]);
      this.played = fromPage ? null : kind;
      // A source from the page is sent later; an input with nothing connected is silent.
      return startOptions(model, this.space, { kind: fromPage ? "input" : kind });
    });
    if (model.get("bypass")) engine.post({ type: "bypass", bypass: true });
    engine.post(residualMessage(model));
    this.motions.started();
  }

  /** A message of the worklet. @param {WorkletMessage} message */
  receive(message) {
    this.motions.receive(message);
    switch (message.type) {
      case "state":
        this.state = message;
        return this.report();
      case "stopped":
        return this.rest();
      case "chunk":
        if (this.recorder.add(message.channels)) this.set("record", false);
        return;
      case "recorded":
        return this.finishRecording();
      case "error":
        return this.report(message.message);
    }
  }

  /** After the fade at a stop: nothing is heard until the next `play`. */
  rest() {
    if (this.active) return;
    this.sources.releaseMicrophone();
    this.state = null;
    this.engine.suspend();
    this.report();
  }

  /** @param {string} message */
  fail(message) {
    this.close();
    this.report(message);
  }

  end() {
    this.active = false;
    releaseSound(this);
    this.serial++;
    this.sources.releaseMicrophone();
    this.engine.close();
    this.played = this.state = null;
    if (this.recorder.active) this.finishRecording();
    if (this.motions.chunks) this.motions.finish();
  }

  /** Makes the source of the model the source of the worklet. */
  async sendSource() {
    const { engine, model, sources } = this;
    const kind = model.get("source");
    if (kind !== "microphone") sources.releaseMicrophone();
    if (kind === "file" && !sources.file) return this.report("Choose a sound file, or drop one here.");
    if (kind === "microphone" && this.active) {
      await sources.connectMicrophone(engine, () => this.active && model.get("source") === "microphone");
    }
    const next = kind === "file" ? sources.file : kind;
    if (!engine.exists || model.get("source") !== kind || this.played === next) return;
    this.played = next;
    const { channels, gain } = (kind === "file" && sources.file) || {};
    engine.post({ type: "source", source: { kind: PAGE_SOURCES[kind] ?? kind, channels, gain } });
  }

  finishRecording() {
    try {
      this.recorder.finish();
    } catch (error) {
      this.message = `This browser cannot keep the recording: ${error.message}`; // it is out of memory
    }
    this.set("record", false);
    this.report();
  }

  changeSource() {
    this.report("");
    this.sourceChosen();
  }

  sourceChosen() {
    this.sendSource().catch((error) => this.report(`The source cannot be played: ${error.message}`));
  }

  /** Sends a message to the kernel if it can be reached; the page needs none. */
  send(content, buffers) {
    try {
      this.model.send(content, undefined, buffers);
    } catch {
      this.report("The kernel is out of reach: a recording is kept on this page alone.");
    }
  }

  changeRecord() {
    const on = this.model.get("record");
    if (on === this.recorder.active) return;
    if (!on) return this.engine.post({ type: "record", on: false });
    if (!this.engine.exists || !this.active) {
      return this.reject("record", "Nothing is playing that could be recorded: press Play first.");
    }
    this.recorder.begin();
    this.engine.post({ type: "record", on: true });
  }

  changePlaying() {
    if (!this.model.get("playing")) {
      if (!this.active) return;
      this.active = false;
      this.set("record", false);
      this.motions.stopped();
      this.engine.post({ type: "stop" });
    } else if (this.engine.context) {
      this.play(); // a click has allowed it before
    } else {
      this.reject("playing", this.refusal || NEEDS_CLICK);
    }
  }
}
