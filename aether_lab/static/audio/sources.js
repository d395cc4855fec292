// Synthetic sounds to filter, the same for the same seed, and the fills of sounds from the page. Needs no DOM and no
// worklet. Each synthetic sound is mono, at -20 dBFS RMS; pulses and drums are limited by a peak of 0.7 of full scale.
import { PINK_DIRECT, PINK_GAINS, PINK_POLES, PINK_SCALE, SOURCES } from "../constants.js";
import { scramble } from "../dsp/pseudo_random.js";

/** Kinds in the worklet of the sources that come from the page. */
export const PAGE_SOURCES = { file: "buffer", microphone: "input" };

export const SOURCE_KINDS = SOURCES.map((name) => PAGE_SOURCES[name] ?? name);

/** RMS of the sources, and largest peak of those that would exceed it at this RMS. */
export const SOURCE_RMS = 0.1;
export const SOURCE_PEAK = 0.7;

/** Hz: a major chord on A, and the pitch of the pulses. */
const CHORD = [110, 138.59, 164.81, 220];
const PULSE_RATE = 110;

/** Seconds between the sixteenths of the drums (120 beats a minute), and of the fades at the seam of a buffer. */
const SIXTEENTH = 0.125;
const SEAM = 0.005;

/**
 * Returns `fill(left, right, input)`, which fills both arrays with samples and allocates nothing.
 * @param {SourceFields} source `kind`, `seed`; for "buffer" `channels`, one or two at `sampleRate`, and `gain`
 * @param {number} sampleRate Hz
 */
export function createSource({ kind, seed = 0, channels = [], gain = 1 }, sampleRate) {
  if (kind === "input") return fillFromInput;
  if (kind === "buffer") return createLoop(channels, gain, sampleRate);
  const makers = { pink, white, pulses, saw, drums };
  if (!Object.hasOwn(makers, kind)) {
    throw new Error(`source is ${JSON.stringify(kind)}; allowed are ${SOURCE_KINDS.join(", ")}`);
  }
  const next = makers[kind](sampleRate, createNoise(seed));
  return function fill(left, right) {
    for (let i = 0; i < left.length; i++) left[i] = next();
    right.set(left);
  };
}

/** Uniform white noise in [-1, 1); sample n is a function of the seed and n alone (`noise.white_noise`). */
function createNoise(seed) {
  let n = scramble(seed);
  return () => scramble(n++) / 2 ** 31 - 1;
}

function white(_, noise) {
  const scale = SOURCE_RMS * Math.sqrt(3);
  return () => scale * noise();
}

/** Kellet's filter ("pk3"): -3 dB per octave within 0.05 dB above 9 Hz at 44.1 kHz. */
function pink(_, noise) {
  const memory = new Float64Array(PINK_POLES.length);
  let before = 0;
  return () => {
    const sample = noise();
    let sum = PINK_DIRECT[0] * sample + PINK_DIRECT[1] * before;
    for (let i = 0; i < memory.length; i++) {
      memory[i] = PINK_POLES[i] * memory[i] + PINK_GAINS[i] * sample;
      sum += memory[i];
    }
    before = sample;
    return PINK_SCALE * sum;
  };
}

/** Pulses four samples wide, each at its exact time between samples. */
function pulses(sampleRate) {
  const step = PULSE_RATE / sampleRate;
  let phase = 0.5;
  return () => {
    phase += step;
    if (phase >= 1) phase -= 1;
    const samples = (phase < 0.5 ? phase : phase - 1) / step;
    return Math.abs(samples) < 2 ? SOURCE_PEAK * 0.5 * (1 + Math.cos((Math.PI / 2) * samples)) : 0;
  };
}

/** Four sawtooths, their corners rounded by the two-sample polynomial of Välimäki and Franck ("polyBLEP"). */
function saw(sampleRate) {
  const phases = CHORD.map((_, i) => 0.37 * i);
  const steps = CHORD.map((hertz) => hertz / sampleRate);
  const scale = SOURCE_RMS * Math.sqrt(3 / CHORD.length);
  return () => {
    let sum = 0;
    for (let i = 0; i < phases.length; i++) {
      const step = steps[i];
      let phase = phases[i] + step;
      if (phase >= 1) phase -= 1;
      phases[i] = phase;
      let value = 2 * phase - 1;
      if (phase < step) value -= -((phase / step - 1) ** 2);
      else if (phase > 1 - step) value -= ((phase - 1) / step + 1) ** 2;
      sum += value;
    }
    return scale * sum;
  };
}

/** A bar of kick, snare and hat. */
function drums(sampleRate, noise) {
  const pattern = { kick: [0, 6, 10], snare: [4, 12], hat: [0, 2, 4, 6, 8, 10, 12, 14, 15] };
  const hits = Object.fromEntries(Object.entries(pattern).map(([name, when]) => [name, barOf(when)]));
  const decay = (seconds) => Math.exp(-1 / (seconds * sampleRate));
  const [kickDecay, pitchDecay, snareDecay, hatDecay] = [0.12, 0.03, 0.07, 0.025].map(decay);
  const length = Math.round(SIXTEENTH * sampleRate);
  const state = { kick: 0, pitch: 0, kickTurns: 0, snare: 0, snareTurns: 0, hat: 0, before: 0 };
  let [sixteenth, left] = [15, 0];
  return () => {
    if (left-- === 0) {
      left = length - 1;
      sixteenth = (sixteenth + 1) % 16;
      if (hits.kick[sixteenth]) state.kick = state.pitch = 1;
      if (hits.kick[sixteenth]) state.kickTurns = 0;
      if (hits.snare[sixteenth]) state.snare = 1;
      if (hits.hat[sixteenth]) state.hat = 1;
    }
    const noiseSample = noise();
    state.kickTurns += (50 + 150 * state.pitch) / sampleRate;
    state.snareTurns = (state.snareTurns + 185 / sampleRate) % 1;
    const body = 0.42 * state.kick * Math.sin(2 * Math.PI * state.kickTurns);
    const rattle = state.snare * (0.13 * Math.sin(2 * Math.PI * state.snareTurns) + 0.17 * noiseSample);
    const tick = 0.05 * state.hat * (noiseSample - state.before);
    state.before = noiseSample;
    state.kick *= kickDecay;
    state.pitch *= pitchDecay;
    state.snare *= snareDecay;
    state.hat *= hatDecay;
    return body + rattle + tick;
  };
}

function barOf(strokes) {
  return Array.from({ length: 16 }, (_, i) => strokes.includes(i));
}

/** Gain that brings a file to the level of the other sources; computed on the page, not in the worklet. */
export function bufferGain(channels) {
  let [square, peak, count] = [0, 0, 0];
  for (const channel of channels) {
    for (const value of channel) {
      if (!Number.isFinite(value)) continue;
      square += value * value;
      peak = Math.max(peak, Math.abs(value));
      count++;
    }
  }
  return peak > 0 ? Math.min(SOURCE_RMS / Math.sqrt(square / count), SOURCE_PEAK / peak) : 0;
}

/** Loops one or two channels, faded at the seam. */
function createLoop(channels, gain, sampleRate) {
  if (!channels[0]?.length) throw new Error("source is an empty buffer; choose a file with sound");
  const [left, right] = [channels[0], channels[1] ?? channels[0]];
  const seam = Math.min(SEAM * sampleRate, left.length / 4);
  let n = 0;
  return function fill(outLeft, outRight) {
    for (let i = 0; i < outLeft.length; i++) {
      const fade = gain * Math.min(1, (n + 0.5) / seam, (left.length - n - 0.5) / seam);
      outLeft[i] = fade * left[n];
      outRight[i] = fade * right[n];
      if (++n === left.length) n = 0;
    }
  };
}

/** Passes the input of the node on, for example of a microphone. */
function fillFromInput(left, right, input) {
  if (!input?.length) {
    left.fill(0);
    right.fill(0);
    return;
  }
  left.set(input[0]);
  right.set(input[1] ?? input[0]);
}
