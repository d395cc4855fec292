// The AudioWorklet: a source through a AudioEngine, controlled by messages. Two output channels; one optional input.
// Join it (`page.module_text("worklet/processor.js")`) and load the text from a data: URL; a page on disk refuses blob: ones.
//
// new AudioWorkletNode(context, "aether-lab", { outputChannelCount: [2], processorOptions })
// processorOptions: { model, motion, source, mix, volumeDb, residual, playing, faded }; all as in the messages below,
// all but `model` optional. An OfflineAudioContext needs them here: it may render before a message arrives. `faded: false`
// starts at full level, for a comparison with `audio.py`, sample by sample.
//
// Messages in, each with an optional `id` that comes back in an "applied":
//   { type: "z", z: [numbers] }         centre of the motion: z itself when it is manual. Anything is made legal.
//   { type: "motion", motion: {…} }     any fields of `Motion`; phases go on unless they are among them
//   { type: "source", source: {…} }     { kind, seed }, or { kind: "buffer", channels: [Float32Array, …], gain } at the
//                                       context's rate, gain from `bufferGain`; faded out, changed, faded in
//   { type: "model", model }            from `readModel`; faded likewise; a motion of another dimension becomes manual
//   { type: "mix", mix }                0 dry to 1 wet
//   { type: "bypass", bypass }          true: dry, as loud
//   { type: "volume", db }              inside `VOLUME_RANGE`, before the limiter
//   { type: "residual", residual }      a cascade as `Recipe.to_json` writes it, {} for none; crossfaded
//   { type: "play" } { type: "stop" }   play starts source and motion at their beginnings, time 0
//   { type: "record", on }              whether the output is recorded, from the next quantum
//   { type: "dispose" }                 silent at once; the processor ends
//
// Messages out:
//   { type: "state", time, z, zRight, peak: [l, r], rms: [l, r], playing }   about 30 a second while playing; levels
//                                       are linear and since the last state
//   { type: "stopped" }                 the fade after "stop" has closed
//   { type: "chunk", channels: [Float32Array, Float32Array] }   of a recording, transferred
//   { type: "recorded", frames }        the recording has ended; its chunks came before
//   { type: "applied", id, frame }      `frame` of the context's clock is the first that the message could change
//   { type: "error", message }          a message was refused; all is as it was before
// A processor that throws is silent for ever: listen to `onprocessorerror`.
import { LIVE_DEFAULTS, QUANTUM } from "../constants.js";
import { createSource } from "../audio/sources.js";
import { AudioEngine } from "./engine.js";

/** Times a second that the display is told where things are. */
const STATES_A_SECOND = 30;

/** Frames of a recording that are sent at a time, a whole number of quanta. */
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
    this.voice = model ? new AudioEngine(model, sampleRate, { ...this.settings, motion, residual }) : null;
    this.wanted = playing && model !== undefined; // what the user asked for
    this.running = this.wanted; // what is heard: a fade longer
    this.disposed = false;
    /** @type {(() => void)[]} */
    this.later = []; // changes that wait for silence
    this.input = [new Float32Array(QUANTUM), new Float32Array(QUANTUM)];
    this.spare = new Float32Array(QUANTUM);
    this.quantaSinceState = 0;
    this.statePeriod = Math.floor(sampleRate / QUANTUM / STATES_A_SECOND);
    /** @type {{ channels: Float32Array[], filled: number, frames: number } | null} */
    this.recording = null;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  receive(message) {
    try {
      this.obey(message);
      if (message.id !== undefined) this.port.postMessage({ type: "applied", id: message.id, frame: currentFrame });
    } catch (error) {
      this.port.postMessage({ type: "error", message: error.message });
    }
  }

  obey(message) {
    switch (message.type) {
      case "source": {
        const fill = createSource(message.source, sampleRate);
        return this.inSilence(() => {
          this.source = message.source;
          this.fill = fill;
        });
      }
      case "model": {
        const next = this.succeed(message.model);
        return this.inSilence(() => this.inherit(next));
      }
      case "stop":
        this.wanted = false;
        if (this.voice) this.voice.open = false;
        return;
      case "record":
        return message.on ? this.record() : this.endRecord();
      case "dispose":
        this.endRecord();
        this.disposed = true;
        return;
      case "z":
      case "motion":
      case "mix":
      case "bypass":
      case "volume":
      case "residual":
      case "play":
        if (!this.voice) throw new Error(`"${message.type}" came before a model`);
        return this.direct(this.voice, message);
      default:
        throw new Error(`"${message.type}" is no message of this processor`);
    }
  }

  /** What is asked of the voice itself. @param {AudioEngine} voice */
  direct(voice, message) {
    switch (message.type) {
      case "z":
        return voice.setZ(message.z);
      case "motion":
        return voice.setMotion(message.motion);
      case "mix":
        return voice.setMix(message.mix);
      case "bypass":
        return voice.setBypass(message.bypass);
      case "volume":
        return voice.setVolume(message.db);
      case "residual":
        return voice.setResidual(message.residual);
      case "play":
        if (!this.running) {
          this.fill = createSource(this.source, sampleRate);
          voice.restart();
        }
        this.wanted = this.running = true;
        voice.open = !this.later.length;
    }
  }

  /** Does `change` now if nothing is heard, else when the fade has closed. */
  inSilence(change) {
    if (!this.running) return change();
    this.later.push(change);
    if (this.voice) this.voice.open = false;
  }

  /** A voice for another model. */
  succeed(model) {
    const motion = this.voice?.motion;
    const kept = motion?.centre.length === model.latent_dim ? motion : {};
    return new AudioEngine(model, sampleRate, { ...this.settings, motion: kept, faded: true });
  }

  /** Goes over to `next`, which takes the settings as they are by now. */
  inherit(next) {
    const { voice } = this;
    if (voice) {
      if (voice.motion.centre.length === next.motion.centre.length) next.setMotion({ ...voice.motion });
      next.frame = voice.frame;
      next.follower.gaps.forEach((gap) => gap.fill(0));
      next.setBypass(voice.bypassed);
      next.setMix(voice.wetness);
      next.mix.settle();
      next.volume.settle(voice.volume.target);
      next.residual = voice.residual;
      next.clear();
    }
    this.voice = next;
  }

  record() {
    this.recording ??= { channels: newChunk(), filled: 0, frames: 0 };
  }

  endRecord() {
    if (!this.recording) return;
    const { channels, filled, frames } = this.recording;
    if (filled) this.send(channels.map((channel) => channel.slice(0, filled)));
    this.recording = null;
    this.port.postMessage({ type: "recorded", frames });
  }

  send(channels) {
    this.port.postMessage({ type: "chunk", channels }, channels.map(({ buffer }) => buffer));
  }

  /** Allocates nothing but what is sent away: 30 states a second, and a chunk of a recording now and then. */
  process(inputs, outputs) {
    if (this.disposed) return false;
    const left = outputs[0][0];
    const right = outputs[0][1] ?? this.spare;
    const { voice } = this;
    if (this.running && voice) {
      this.fill(this.input[0], this.input[1], inputs[0]);
      voice.render(this.input[0], this.input[1], left, right);
      if (++this.quantaSinceState >= this.statePeriod) this.report(voice);
      if (voice.silent) this.settle();
    }
    this.keep(left, right);
    return true;
  }

  /** The fade has closed: what waited is done, and the sound goes on if it is still wanted. */
  settle() {
    for (const change of this.later.splice(0)) change();
    const { voice } = this;
    if (!voice) return;
    if (this.wanted) {
      voice.open = true;
    } else {
      this.running = false;
      this.report(voice);
      this.port.postMessage({ type: "stopped" });
    }
  }

  /** @param {AudioEngine} voice */
  report({ ears, time }) {
    const frames = QUANTUM * Math.max(this.quantaSinceState, 1);
    this.port.postMessage({
      type: "state",
      time,
      z: Array.from(ears[0].z),
      zRight: Array.from(ears[1].z),
      peak: [ears[0].peak, ears[1].peak],
      rms: [Math.sqrt(ears[0].square / frames), Math.sqrt(ears[1].square / frames)],
      playing: this.running,
    });
    for (const ear of ears) ear.peak = ear.square = 0;
    this.quantaSinceState = 0;
  }

  keep(left, right) {
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
