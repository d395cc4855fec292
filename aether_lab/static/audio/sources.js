// Sounds to filter, made by the program and the same for the same seed. Needs no DOM and no worklet.
// Each is mono, at -20 dBFS RMS where its peaks allow it: pulses and drums are held to 0.7 of full scale.
import { PINK_DIRECT, PINK_GAINS, PINK_POLES, PINK_SCALE, SOURCES } from "../constants.js";
import { scramble } from "../dsp/motion.js";

/** What a worklet calls the sources that the page brings. */
export const BROUGHT_KINDS = { file: "buffer", microphone: "input" };

export const SOURCE_KINDS = SOURCES.map((name) => BROUGHT_KINDS[name] ?? name);

/** RMS of every source whose peaks allow it, and the peak of those that do not. */
export const SOURCE_RMS = 0.1;
export const SOURCE_PEAK = 0.7;

/** Hz: a major chord on A, and the pitch of the pulses. */
const CHORD = [110, 138.59, 164.81, 220];
const PULSE_RATE = 110;

/** Seconds between the sixteenths of the drums (120 beats a minute), and over which a buffer's seam is faded. */
const SIXTEENTH = 0.125;
const SEAM = 0.005;

/**
 * Returns `fill(left, right, input)`, which writes as many samples as the arrays hold and allocates nothing.
 * @param {SourceFields} source `kind`, `seed`; for "buffer" `channels` (one or two Float32Arrays at `sampleRate`) and `gain`
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

/** Uniform white noise in [-1, 1); sample n is a function of the seed and n alone (`audio.white_noise`). */
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
  const struck = Object.fromEntries(Object.entries(pattern).map(([name, when]) => [name, barOf(when)]));
  const falls = (seconds) => Math.exp(-1 / (seconds * sampleRate));
  const [kickFall, pitchFall, snareFall, hatFall] = [0.12, 0.03, 0.07, 0.025].map(falls);
  const length = Math.round(SIXTEENTH * sampleRate);
  const now = { kick: 0, pitch: 0, kickTurns: 0, snare: 0, snareTurns: 0, hat: 0, before: 0 };
  let [sixteenth, left] = [15, 0];
  return () => {
    if (left-- === 0) {
      left = length - 1;
      sixteenth = (sixteenth + 1) % 16;
      if (struck.kick[sixteenth]) now.kick = now.pitch = 1;
      if (struck.kick[sixteenth]) now.kickTurns = 0;
      if (struck.snare[sixteenth]) now.snare = 1;
      if (struck.hat[sixteenth]) now.hat = 1;
    }
    const hiss = noise();
    now.kickTurns += (50 + 150 * now.pitch) / sampleRate;
    now.snareTurns = (now.snareTurns + 185 / sampleRate) % 1;
    const body = 0.42 * now.kick * Math.sin(2 * Math.PI * now.kickTurns);
    const rattle = now.snare * (0.13 * Math.sin(2 * Math.PI * now.snareTurns) + 0.17 * hiss);
    const tick = 0.05 * now.hat * (hiss - now.before);
    now.before = hiss;
    now.kick *= kickFall;
    now.pitch *= pitchFall;
    now.snare *= snareFall;
    now.hat *= hatFall;
    return body + rattle + tick;
  };
}

function barOf(strokes) {
  return Array.from({ length: 16 }, (_, i) => strokes.includes(i));
}

/** Gain that brings a file to the level of the other sources; to be worked out where there is time, not in the worklet. */
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

/** One or two channels round and round, faded at the seam. */
function createLoop(channels, gain, sampleRate) {
  if (channels.length < 1 || !channels[0].length) throw new Error("source is an empty buffer; choose a file with sound");
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

/** What comes into the node: a microphone, say. */
function fillFromInput(left, right, input) {
  if (!input?.length) {
    left.fill(0);
    right.fill(0);
    return;
  }
  left.set(input[0]);
  right.set(input[1] ?? input[0]);
}
