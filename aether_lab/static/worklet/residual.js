// The residual: a static cascade after the bank. The one of a measured response makes the filter exact at the encoded
// point, where the decoder alone is an approximation. Field names are those of `Recipe.to_json` and BiquadFilterNode.
// Needs no DOM and no worklet.
import { LEVEL_POINTS, QUANTUM, RESIDUAL_LIMIT } from "../constants.js";
import { sectionCoefficients } from "../dsp/coefficients.js";
import { levelFrequencies, settled, Track } from "../dsp/filters.js";

/** Seconds of the crossfade from one residual to the next. */
const CROSSFADE = 0.05;

const RESIDUAL_KINDS = ["peaking", "lowshelf", "highshelf"];

/** The sections of a cascade. @throws {Error} for anything but a cascade of peaking sections and shelves */
function checkedSections(recipe) {
  const { topology, sections = [], preamp = 0 } = recipe ?? {};
  const refuse = (value, allowed) => {
    throw new Error(`the residual has ${value}; ${allowed}`);
  };
  if (sections.length && topology !== "cascade") refuse(`topology ${JSON.stringify(topology)}`, "it is a cascade");
  if (sections.length > RESIDUAL_LIMIT) refuse(`${sections.length} sections`, `at most ${RESIDUAL_LIMIT} are played`);
  if (!Number.isFinite(preamp)) refuse(`preamp ${preamp}`, "it is a finite number of dB");
  for (const { type, frequency, Q, gain } of sections) {
    if (!RESIDUAL_KINDS.includes(type)) refuse(`a section of type "${type}"`, `allowed are ${RESIDUAL_KINDS.join(", ")}`);
    if (!(frequency > 0 && Q > 0 && [frequency, Q, gain].every(Number.isFinite))) {
      refuse(`a section with frequency ${frequency}, Q ${Q}, gain ${gain}`, "frequency and Q are above 0, all finite");
    }
  }
  return sections;
}

/** A stereo cascade in transposed direct form II, and its response at `levelFrequencies`. */
class Cascade {
  constructor(recipe, sampleRate) {
    this.rows = checkedSections(recipe).map((section) => Float64Array.from(sectionCoefficients(section, sampleRate)));
    this.memory = [0, 1].map(() => new Float64Array(2 * this.rows.length));
    this.preamp = 10 ** ((recipe?.preamp ?? 0) / 20);
    this.re = new Float64Array(LEVEL_POINTS);
    this.im = new Float64Array(LEVEL_POINTS);
    levelFrequencies(sampleRate).forEach((hertz, i) => {
      const w = (2 * Math.PI * hertz) / sampleRate;
      let [re, im] = [this.preamp, 0];
      for (const [b0, b1, b2, a1, a2] of this.rows) {
        const [bRe, bIm] = [b0 + b1 * Math.cos(w) + b2 * Math.cos(2 * w), -b1 * Math.sin(w) - b2 * Math.sin(2 * w)];
        const [aRe, aIm] = [1 + a1 * Math.cos(w) + a2 * Math.cos(2 * w), -a1 * Math.sin(w) - a2 * Math.sin(2 * w)];
        const size = aRe * aRe + aIm * aIm;
        const [hRe, hIm] = [(bRe * aRe + bIm * aIm) / size, (bIm * aRe - bRe * aIm) / size];
        [re, im] = [re * hRe - im * hIm, re * hIm + im * hRe];
      }
      this.re[i] = re;
      this.im[i] = im;
    });
  }

  get idle() {
    return !this.rows.length && this.preamp === 1;
  }

  clear() {
    for (const memory of this.memory) memory.fill(0);
  }

  /** Filters a quantum of one channel from `x` to `y`, which may be the same array. */
  play(channel, x, y) {
    const memory = this.memory[channel];
    for (let i = 0; i < QUANTUM; i++) y[i] = this.preamp * x[i];
    for (let s = 0; s < this.rows.length; s++) {
      const row = this.rows[s];
      const [b0, b1, b2, a1, a2] = [row[0], row[1], row[2], row[3], row[4]];
      let first = memory[2 * s];
      let second = memory[2 * s + 1];
      for (let i = 0; i < QUANTUM; i++) {
        const value = y[i];
        const out = b0 * value + first;
        first = b1 * value - a1 * out + second;
        second = b2 * value - a2 * out;
        y[i] = out;
      }
      memory[2 * s] = settled(first);
      memory[2 * s + 1] = settled(second);
    }
  }
}

/** The residual of an audio engine: none, one, or a crossfade from one to the next. */
export class Residual {
  /** @param {number} sampleRate @param {Cascaded | null} recipe null or {} for none */
  constructor(sampleRate, recipe = null) {
    this.sampleRate = sampleRate;
    this.previous = this.current = new Cascade(recipe, sampleRate);
    /** @type {Cascade | null} */
    this.next = null; // set during a crossfade, and begun after it
    this.cycle = 1; // position in the crossfade, 0 to 1
    this.part = new Track(1); // share of `current` in the output
    this.moving = false; // whether `power` has changed in this quantum
    this.power = new Float64Array(LEVEL_POINTS); // |R|² at `levelFrequencies`, at the end of the quantum
    this.other = new Float64Array(QUANTUM);
    this.measure();
  }

  /** Begins a crossfade to another. @throws {Error} if it is invalid; then nothing has changed */
  set(recipe) {
    this.next = new Cascade(recipe, this.sampleRate);
  }

  clear() {
    this.previous.clear();
    this.current.clear();
  }

  /** Advances the crossfade; to be called before each quantum. */
  advance() {
    if (this.next && this.part.still) {
      [this.previous, this.current, this.next] = [this.current, this.next, null];
      this.cycle = 0;
      this.part.jump(0);
    }
    this.moving = this.cycle < 1;
    this.cycle = Math.min(this.cycle + QUANTUM / (CROSSFADE * this.sampleRate), 1);
    this.part.push(Math.sin((Math.PI / 2) * this.cycle) ** 2);
    if (this.moving) this.measure();
  }

  /** Updates `power`. */
  measure() {
    const { previous, current, power } = this;
    const part = this.part.value;
    for (let i = 0; i < LEVEL_POINTS; i++) {
      const re = previous.re[i] + part * (current.re[i] - previous.re[i]);
      const im = previous.im[i] + part * (current.im[i] - previous.im[i]);
      power[i] = re * re + im * im;
    }
  }

  /** Filters a quantum of one channel, 0 or 1, in place. */
  play(channel, wet) {
    const { previous, current, other } = this;
    if (this.part.still) {
      if (!current.idle) current.play(channel, wet, wet);
      return;
    }
    previous.play(channel, wet, other);
    current.play(channel, wet, wet);
    const { start, slope, bend } = this.part.spline();
    for (let i = 0; i < QUANTUM; i++) {
      wet[i] = other[i] + (start + (i + 1) * (slope + (i + 1) * bend)) * (wet[i] - other[i]);
    }
  }
}
