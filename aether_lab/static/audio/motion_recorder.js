// A recording of z and its replay: the traits `record_motion`, `replay` and `recorded_motion` of a live model.
import { LONGEST_RECORDING, QUANTUM, SOUND_RATE } from "../constants.js";
import { recordedMotion, recordedRows } from "../dsp/recorded_motion.js";
import { listenAll } from "./model_messages.js";

const NOT_PLAYING = "Nothing is playing whose motion could be recorded: press Play first.";
const NO_MOTION = "No motion has been recorded: press Record motion, and move a knob.";
const NEEDS_PLAY = "Python asked for sound: press Play, since a browser starts it only on a click.";

/**
 * What a sound lends to it.
 * @typedef {{ model: WidgetModel, active: boolean, engine: import("./engine_node.js").EngineNode, play(): Promise<void>,
 *   set(name: string, value: unknown): void, reject(name: string, message: string): void, report(message?: string): void }} Sounding
 */

export class MotionRecorder {
  /** @param {Sounding} sound @param {number} dims numbers of z */
  constructor(sound, dims) {
    this.sound = sound;
    this.dims = dims;
    /** @type {Float64Array[] | null} chunks of the recording that is being made */
    this.chunks = null;
    this.quanta = 0;
    this.replaying = false; // whether the worklet has said so
    this.removeListeners = listenAll(sound.model, {
      record_motion: () => this.changeRecord(),
      replay: () => this.changeReplay(),
    });
  }

  /** A message of the worklet. @param {WorkletMessage} message */
  receive(message) {
    if (message.type === "motion_chunk") this.add(message.rows);
    else if (message.type === "motion_recorded") this.finish();
    else if (message.type === "state") {
      if (this.replaying && !message.replaying) this.sound.set("replay", false); // it has come to its end
      this.replaying = message.replaying;
    }
  }

  /** After a node has been created: what was asked for before there was one. */
  started() {
    if (this.chunks) this.sound.engine.post({ type: "record_motion", on: true });
    if (this.sound.model.get("replay")) this.sendReplay();
  }

  /** After a stop, or the end of the sound. */
  stopped() {
    this.replaying = false;
    this.sound.set("record_motion", false);
    this.sound.set("replay", false);
  }

  changeRecord() {
    const { sound } = this;
    const on = Boolean(sound.model.get("record_motion"));
    if (on === (this.chunks !== null)) return;
    if (!on) return sound.engine.exists ? sound.engine.post({ type: "record_motion", on: false }) : this.finish();
    if (!sound.active) return sound.reject("record_motion", NOT_PLAYING);
    this.chunks = [];
    this.quanta = 0;
    sound.engine.post({ type: "record_motion", on: true });
    sound.report();
  }

  changeReplay() {
    const { sound } = this;
    if (!sound.model.get("replay")) {
      this.replaying = false;
      sound.engine.post({ type: "replay", rows: null });
      return sound.report();
    }
    if (!recordedRows(sound.model.get("recorded_motion"), this.dims)) return sound.reject("replay", NO_MOTION);
    if (!sound.engine.context) return sound.reject("replay", NEEDS_PLAY);
    if (sound.engine.exists) this.sendReplay();
    if (!sound.active) sound.play();
  }

  sendReplay() {
    const rows = recordedRows(this.sound.model.get("recorded_motion"), this.dims);
    this.sound.engine.post({ type: "replay", rows });
    this.sound.report();
  }

  /** @param {Float64Array} rows */
  add(rows) {
    if (!this.chunks) return;
    this.chunks.push(rows);
    this.quanta += rows.length / this.dims;
    if (this.quanta * QUANTUM >= LONGEST_RECORDING * SOUND_RATE) this.sound.set("record_motion", false);
  }

  /** Ends the recording; one that holds z replaces the one before. */
  finish() {
    const { chunks, sound } = this;
    this.chunks = null;
    sound.set("record_motion", false);
    if (chunks?.length) sound.set("recorded_motion", recordedMotion(chunks, this.dims));
    sound.report();
  }
}
