// The AudioWorklet: a source through an AudioEngine, controlled by messages. Two output channels; one optional input.
// Join it (`bundle.module_text("worklet/processor.js")`) and load the text from a data: URL; a page on disk refuses
// blob: ones.
//
// new AudioWorkletNode(context, "aether-lab", { outputChannelCount: [2], processorOptions })
// With a second output (numberOfOutputs: 2, outputChannelCount: [2, 1]) that one is the source in mono.
// processorOptions: { model, motion, source, mix, volumeDb, residual, playing, faded }; all as in the messages below,
// all but `model` optional. An OfflineAudioContext needs them here: it may render before a message arrives.
// `faded: false` starts at full level, for comparison with `audio/render.py` sample by sample.
//
// Messages in, each with an optional `id` that comes back in an "applied":
//   { type: "z", z: [numbers] }         centre of the motion: z itself when it is manual. NaN is 0, the rest clipped.
//   { type: "motion", motion: {…} }     any fields of `Motion`; phases go on unless they are among them
//   { type: "source", source: {…} }     { kind, seed }, or { kind: "buffer", channels: [Float32Array, …], gain } at the
//                                       context's rate, gain from `bufferGain`; faded out, changed, faded in
//   { type: "model", model }            from `readModel`; faded likewise; a motion of another dimension becomes manual
//   { type: "mix", mix }                0 dry to 1 wet
//   { type: "bypass", bypass }          true: dry at the level of wet
//   { type: "volume", db }              inside `VOLUME_RANGE`, before the limiter
//   { type: "residual", residual }      a cascade as `Recipe.to_json` writes it, {} for none; crossfaded
//   { type: "play" } { type: "stop" }   play starts source and motion at their beginnings, time 0
//   { type: "record", on }              whether the output is recorded, from the next quantum
//   { type: "record_motion", on }       whether z of the left channel is recorded, from the next quantum
//   { type: "replay", rows }            a recorded motion, Float64Array of z quantum by quantum; faded out, source and
//                                       motion from their beginnings, faded in; null ends it
//   { type: "dispose" }                 silent at once; the processor ends
//
// Messages out:
//   { type: "state", time, z, zRight, peak: [l, r], rms: [l, r], playing, replaying }   about 30 a second while playing; levels
//                                       are linear, since the last state
//   { type: "stopped" }                 the fade-out after "stop" has ended
//   { type: "chunk", channels: [Float32Array, Float32Array] }   of a recording, transferred
//   { type: "recorded", frames }        the recording has ended, after its last chunk
//   { type: "motion_chunk", rows: Float64Array }   of a recorded motion, transferred
//   { type: "motion_recorded" }         it has ended, after its last chunk
//   { type: "applied", id, frame }      `frame` of the context's clock is the first that the message can affect
//   { type: "error", message }          a message was refused and has changed nothing
// A processor that throws stays silent: listen to `onprocessorerror`.
import { LIVE_DEFAULTS, QUANTUM } from "../constants.js";
import { createSource } from "../audio/sources.js";
import { AudioEngine } from "./engine.js";
import { MotionRecording } from "./motion_recording.js";

/** States posted a second. */
const STATES_A_SECOND = 30;

/** Frames of a chunk of a recording, a whole number of quanta. */
const CHUNK = 128 * QUANTUM;

class AetherProcessor extends AudioWorkletProcessor {
  /** @param {{ processorOptions?: ProcessorOptions }} options */
  constructor({ processorOptions = {} }) {
    super();
    const { model, motion, residual, source = { kind: LIVE_DEFAULTS.source } } = processorOptions;
    const { mix = LIVE_DEFAULTS.mix, volumeDb = LIVE_DEFAULTS.volume_db } = processorOptions;
    const { playing = false, faded = true } = processorOptions;
    this.source = source;
    this.fill = createSource(source, sampleRate);
    this.settings = { mix, volumeDb, faded };
    this.engine = model ? new AudioEngine(model, sampleRate, { ...this.settings, motion, residual }) : null;
    this.playRequested = playing && model !== undefined;
    this.running = this.playRequested; // rendering; goes on after a stop until the fade-out has ended
    this.disposed = false;
    /** @type {(() => void)[]} */
    this.pending = []; // changes that are made when the fade-out has ended
    this.input = [new Float32Array(QUANTUM), new Float32Array(QUANTUM)];
    this.spare = new Float32Array(QUANTUM);
    this.quantaSinceState = 0;
    this.statePeriod = Math.floor(sampleRate / QUANTUM / STATES_A_SECOND);
    /** @type {{ channels: Float32Array[], filled: number, frames: number } | null} */
    this.recording = null;
    /** @type {MotionRecording | null} */
    this.motionRecording = null;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  receive(message) {
    try {
      this.handle(message);
      if (message.id !== undefined) this.port.postMessage({ type: "applied", id: message.id, frame: currentFrame });
    } catch (error) {
      this.port.postMessage({ type: "error", message: error.message });
    }
  }

  handle(message) {
    switch (message.type) {
      case "source": {
        const fill = createSource(message.source, sampleRate);
        return this.whenSilent(() => {
          this.source = message.source;
          this.fill = fill;
        });
      }
      case "model": {
        const next = this.createEngine(message.model);
        return this.whenSilent(() => this.replaceEngine(next));
      }
      case "stop":
        this.playRequested = false;
        if (this.engine) this.engine.open = false;
        return;
      case "record":
        return message.on ? this.startRecording() : this.endRecording();
      case "record_motion":
        return message.on ? this.startMotionRecording() : this.endMotionRecording();
      case "dispose":
        this.endRecording();
        this.endMotionRecording();
        this.disposed = true;
        return;
      case "z":
      case "motion":
      case "mix":
      case "bypass":
      case "volume":
      case "residual":
      case "replay":
      case "play":
        if (!this.engine) throw new Error(`"${message.type}" came before a model`);
        return this.control(this.engine, message);
      default:
        throw new Error(`"${message.type}" is no message of this processor`);
    }
  }

  /** Handles a message for the engine. @param {AudioEngine} engine */
  control(engine, message) {
    switch (message.type) {
      case "z":
        return engine.setZ(message.z);
      case "motion":
        return engine.setMotion(message.motion);
      case "mix":
        return engine.setMix(message.mix);
      case "bypass":
        return engine.setBypass(message.bypass);
      case "volume":
        return engine.setVolume(message.db);
      case "residual":
        return engine.setResidual(message.residual);
      case "replay":
        return this.replay(engine, message.rows);
      case "play":
        if (!this.running) {
          this.fill = createSource(this.source, sampleRate);
          engine.restart();
        }
        this.playRequested = this.running = true;
        engine.open = !this.pending.length;
    }
  }

  /** Makes a change now if nothing is playing, else when the fade-out has ended. @param {() => void} change */
  whenSilent(change) {
    if (!this.running) return change();
    this.pending.push(change);
    if (this.engine) this.engine.open = false;
  }

  /** Begins a recorded motion, with the source and the filters at their beginnings; null ends it. @param {AudioEngine} engine */
  replay(engine, rows) {
    engine.setReplay(rows); // refused at once, if it is
    if (!rows) return;
    engine.replay = null;
    this.whenSilent(() => {
      this.fill = createSource(this.source, sampleRate);
      engine.setReplay(rows);
      engine.restart();
    });
  }

  /** An engine for another model; it keeps the motion if the dimensions are the same. */
  createEngine(model) {
    const motion = this.engine?.motion;
    const kept = motion?.centre.length === model.latent_dim ? motion : {};
    return new AudioEngine(model, sampleRate, { ...this.settings, motion: kept, faded: true });
  }

  /** Replaces the engine by `next`, which takes over the current settings. */
  replaceEngine(next) {
    const { engine } = this;
    if (engine) {
      if (engine.motion.centre.length === next.motion.centre.length) next.setMotion({ ...engine.motion });
      next.frame = engine.frame;
      next.follower.gaps.forEach((gap) => gap.fill(0));
      next.setBypass(engine.bypassed);
      next.setMix(engine.wetness);
      next.mix.settle();
      next.volume.settle(engine.volume.target);
      next.residual = engine.residual;
      next.clear();
    }
    this.engine = next;
    this.endMotionRecording();
  }

  startMotionRecording() {
    if (!this.engine) throw new Error('"record_motion" came before a model');
    this.motionRecording ??= new MotionRecording(this.engine.space.latent_dim);
  }

  endMotionRecording() {
    if (!this.motionRecording) return;
    this.sendMotion(this.motionRecording.take());
    this.motionRecording = null;
    this.port.postMessage({ type: "motion_recorded" });
  }

  /** @param {Float64Array | null | undefined} rows */
  sendMotion(rows) {
    if (rows?.length) this.port.postMessage({ type: "motion_chunk", rows }, [rows.buffer]);
  }

  startRecording() {
    this.recording ??= { channels: newChunk(), filled: 0, frames: 0 };
  }

  endRecording() {
    if (!this.recording) return;
    const { channels, filled, frames } = this.recording;
    if (filled) this.send(channels.map((channel) => channel.slice(0, filled)));
    this.recording = null;
    this.port.postMessage({ type: "recorded", frames });
  }

  send(channels) {
    this.port.postMessage({ type: "chunk", channels }, channels.map(({ buffer }) => buffer));
  }

  /** Renders a quantum. Allocates only what it posts: 30 states a second, and the chunks of a recording. */
  process(inputs, outputs) {
    if (this.disposed) return false;
    const left = outputs[0][0];
    const right = outputs[0][1] ?? this.spare;
    const { engine } = this;
    if (this.running && engine) {
      this.fill(this.input[0], this.input[1], inputs[0]);
      engine.render(this.input[0], this.input[1], left, right);
      if (outputs[1]) this.passSource(outputs[1][0]);
      this.sendMotion(this.motionRecording?.add(engine.channels[0].z));
      if (++this.quantaSinceState >= this.statePeriod) this.report(engine);
      if (engine.silent) this.finishFade();
    }
    this.recordQuantum(left, right);
    return true;
  }

  /** The source in mono, for its spectrum. @param {Float32Array} output */
  passSource(output) {
    const [left, right] = this.input;
    for (let i = 0; i < QUANTUM; i++) output[i] = (left[i] + right[i]) / 2;
  }

  /** After a fade-out: makes the pending changes, then fades in again or stops. */
  finishFade() {
    for (const change of this.pending.splice(0)) change();
    const { engine } = this;
    if (!engine) return;
    if (this.playRequested) {
      engine.open = true;
    } else {
      this.running = false;
      engine.replay = null;
      this.endMotionRecording();
      this.report(engine);
      this.port.postMessage({ type: "stopped" });
    }
  }

  /** Posts a state. @param {AudioEngine} engine */
  report({ channels, time, replay }) {
    const frames = QUANTUM * Math.max(this.quantaSinceState, 1);
    this.port.postMessage({
      type: "state",
      time,
      z: Array.from(channels[0].z),
      zRight: Array.from(channels[1].z),
      peak: [channels[0].peak, channels[1].peak],
      rms: [Math.sqrt(channels[0].square / frames), Math.sqrt(channels[1].square / frames)],
      playing: this.running,
      replaying: replay !== null,
    });
    for (const channel of channels) channel.peak = channel.square = 0;
    this.quantaSinceState = 0;
  }

  /** Adds a quantum to the recording, if there is one, and posts each full chunk. */
  recordQuantum(left, right) {
    const { recording } = this;
    if (!recording) return;
    recording.channels[0].set(left, recording.filled);
    recording.channels[1].set(right, recording.filled);
    recording.filled += QUANTUM;
    recording.frames += QUANTUM;
    if (recording.filled < CHUNK) return;
    this.send(recording.channels);
    recording.channels = newChunk();
    recording.filled = 0;
  }
}

function newChunk() {
  return [new Float32Array(CHUNK), new Float32Array(CHUNK)];
}

registerProcessor("aether-lab", AetherProcessor);
