// What the worklet plays: a bank in motion, its level matched, mixed with what came in, limited. The twin of `audio.py`.
// Needs no DOM and no worklet, so that Node can test it. `render` allocates nothing.
import { createDecoder, createRecipe, safeLatent } from "./decoder.js";
import { FREQUENCY_LIMITS, Q_LIMITS, sectionSign } from "./bank.js";
import { continuedMotion, createMotion, Follower, GLIDE } from "./motion.js";

/** Frames a worklet renders at a time. z is decoded once a quantum, for its last frame; all between is a ramp. */
export const QUANTUM = 128;

/** The limiter passes what is below this (-3 dBFS) untouched and bends the rest towards 1. */
export const LIMITER_KNEE = 10 ** (-3 / 20);

/** Input beyond this (+18 dBFS) is clipped before it enters the filters; NaN is read as 0. */
export const INPUT_LIMIT = 8;

/** Seconds of the fade at start, stop and every change of source or model. */
export const FADE = 0.05;

/** Where the level of pink noise is read, Hz, and how far it is corrected, as a factor. */
export const LEVEL_RANGE_HZ = [40, 16000];
export const LEVEL_POINTS = 48;
export const LEVEL_CORRECTION = [10 ** (-24 / 20), 10 ** (24 / 20)];

/** A device that cannot hold the model's band fades sections out over this last part of its own. */
export const BAND_EDGE = 0.9;

/** -3 dBFS and below unchanged, never beyond 1. */
export function softLimit(x) {
  const over = Math.abs(x) - LIMITER_KNEE;
  if (over <= 0) return x;
  return Math.sign(x) * (LIMITER_KNEE + (1 - LIMITER_KNEE) * Math.tanh(over / (1 - LIMITER_KNEE)));
}

/** What one quantum ends at: for each section tan(w0/2), 1/Q and the input gain, and the level of all. */
export function createRow(sections) {
  return { g: new Float64Array(sections), k: new Float64Array(sections), mix: new Float64Array(sections), level: 1 };
}

/**
 * Returns `design(recipe, row)`, which turns a recipe into a row at `sampleRate`.
 *
 * A recipe's centres are fractions of the model's Nyquist and stay what they are in hertz. Where the device's Nyquist is
 * lower than the model's, sections fade out from `BAND_EDGE` of it upwards. The bilinear transform bends a section near
 * Nyquist, so the same recipe is a little wider there at a higher rate.
 *
 * The level makes pink noise as loud after the bank as before: one over the root of |H|², averaged over
 * `LEVEL_POINTS` log-spaced frequencies. In a parallel bank it is a part of each section's input gain.
 */
export function createDesigner(space, sampleRate, matched = true) {
  const { topology, polarity } = space;
  const scale = space.sample_rate / sampleRate;
  const [low, high] = [LEVEL_RANGE_HZ[0], Math.min(LEVEL_RANGE_HZ[1], 0.45 * sampleRate)];
  const tangent = Float64Array.from({ length: LEVEL_POINTS }, (_, i) =>
    Math.tan((Math.PI / sampleRate) * low * (high / low) ** (i / (LEVEL_POINTS - 1))),
  );
  const cotangent = tangent.map((value) => 1 / value);
  const re = new Float64Array(LEVEL_POINTS);
  const im = new Float64Array(LEVEL_POINTS);
  const cascade = topology === "cascade";

  return function design(recipe, row) {
    const { g, k, mix } = row;
    re.fill(cascade ? 1 : 0);
    im.fill(0);
    for (let s = 0; s < g.length; s++) {
      const place = recipe.frequency[s] * scale;
      const centre = Math.min(Math.max(place, FREQUENCY_LIMITS[0]), FREQUENCY_LIMITS[1]);
      const q = Math.min(Math.max(recipe.q[s], Q_LIMITS[0]), Q_LIMITS[1]);
      const weight = scale > 1 ? Math.min(Math.max((1 - place) / (1 - BAND_EDGE), 0), 1) : 1;
      const tan = Math.tan((Math.PI / 2) * centre);
      const rise = q / tan; // v = Q (u - 1/u) with u = tan(w/2) / tan(w0/2)
      const fall = q * tan;
      g[s] = tan;
      if (cascade) {
        const a = 10 ** ((weight * recipe.gainDb[s]) / 40);
        k[s] = 1 / (q * a);
        mix[s] = k[s] * (a * a - 1);
        for (let i = 0; i < LEVEL_POINTS; i++) {
          const v = rise * tangent[i] - fall * cotangent[i];
          re[i] *= (v * v + a * a) / (v * v + 1 / (a * a)); // |H|² in this case, of all sections
        }
      } else {
        const amplitude = sectionSign(polarity, s) * weight * 10 ** (recipe.gainDb[s] / 20);
        k[s] = 1 / q;
        mix[s] = amplitude * k[s];
        for (let i = 0; i < LEVEL_POINTS; i++) {
          const v = rise * tangent[i] - fall * cotangent[i];
          const part = amplitude / (1 + v * v); // H = 1 / (1 + j v)
          re[i] += part;
          im[i] -= part * v;
        }
      }
    }
    let power = 0;
    for (let i = 0; i < LEVEL_POINTS; i++) power += cascade ? re[i] : re[i] * re[i] + im[i] * im[i];
    const level = Math.sqrt(LEVEL_POINTS / power);
    row.level = matched ? Math.min(Math.max(level, LEVEL_CORRECTION[0]), LEVEL_CORRECTION[1]) : 1;
    if (!cascade) for (let s = 0; s < g.length; s++) mix[s] *= row.level;
    return row;
  };
}

/** The memory of one ear's filters. */
export function createMemory(sections) {
  return { first: new Float64Array(sections), second: new Float64Array(sections) };
}

/**
 * One ear of a parallel bank of trapezoidal state-variable filters, added into `y`; each parameter runs straight from
 * row `from` to row `to`, which it reaches at the last frame (`biquad.filter_parallel`).
 */
export function playParallel(from, to, memory, x, y) {
  const { first, second } = memory;
  for (let s = 0; s < first.length; s++) {
    let g = from.g[s];
    let k = from.k[s];
    let gain = from.mix[s];
    const dg = (to.g[s] - g) / QUANTUM;
    const dk = (to.k[s] - k) / QUANTUM;
    const dgain = (to.mix[s] - gain) / QUANTUM;
    let s1 = first[s];
    let s2 = second[s];
    for (let i = 0; i < QUANTUM; i++) {
      g += dg;
      k += dk;
      gain += dgain;
      const scale = 1 / (1 + g * (g + k)); // apart from the state, so that the next sample need not wait for it
      const v1 = (s1 + g * (gain * x[i] - s2)) * scale;
      s1 = 2 * v1 - s1;
      s2 += 2 * g * v1;
      y[i] += v1;
    }
    first[s] = settled(s1);
    second[s] = settled(s2);
  }
}

/** Both ears with the same parameters: `playParallel` with its ramps and division shared. */
export function playParallelPair(from, to, left, right, xl, xr, yl, yr) {
  for (let s = 0; s < left.first.length; s++) {
    let g = from.g[s];
    let k = from.k[s];
    let gain = from.mix[s];
    const dg = (to.g[s] - g) / QUANTUM;
    const dk = (to.k[s] - k) / QUANTUM;
    const dgain = (to.mix[s] - gain) / QUANTUM;
    let l1 = left.first[s];
    let l2 = left.second[s];
    let r1 = right.first[s];
    let r2 = right.second[s];
    for (let i = 0; i < QUANTUM; i++) {
      g += dg;
      k += dk;
      gain += dgain;
      const scale = 1 / (1 + g * (g + k));
      const vl = (l1 + g * (gain * xl[i] - l2)) * scale;
      const vr = (r1 + g * (gain * xr[i] - r2)) * scale;
      l1 = 2 * vl - l1;
      r1 = 2 * vr - r1;
      l2 += 2 * g * vl;
      r2 += 2 * g * vr;
      yl[i] += vl;
      yr[i] += vr;
    }
    left.first[s] = settled(l1);
    left.second[s] = settled(l2);
    right.first[s] = settled(r1);
    right.second[s] = settled(r2);
  }
}

/** One ear of a cascade of peaking sections, the level applied first; `x` in, `y` out (`biquad.filter_cascade`). */
export function playCascade(from, to, memory, x, y) {
  const { first, second } = memory;
  for (let i = 0; i < QUANTUM; i++) y[i] = x[i] * (from.level + ((i + 1) / QUANTUM) * (to.level - from.level));
  for (let s = 0; s < first.length; s++) {
    let g = from.g[s];
    let k = from.k[s];
    let mix = from.mix[s];
    const dg = (to.g[s] - g) / QUANTUM;
    const dk = (to.k[s] - k) / QUANTUM;
    const dmix = (to.mix[s] - mix) / QUANTUM;
    let s1 = first[s];
    let s2 = second[s];
    for (let i = 0; i < QUANTUM; i++) {
      g += dg;
      k += dk;
      mix += dmix;
      const scale = 1 / (1 + g * (g + k));
      const v1 = (s1 + g * (y[i] - s2)) * scale;
      s1 = 2 * v1 - s1;
      s2 += 2 * g * v1;
      y[i] += mix * v1;
    }
    first[s] = settled(s1);
    second[s] = settled(s2);
  }
}

/** Memory that has died away is 0: arithmetic with subnormal numbers is many times slower. */
function settled(value) {
  return Math.abs(value) < 1e-30 ? 0 : value;
}

/** A value that is told where to go and gets there as a changed knob does; a quantum is a ramp between its ends. */
function createGlider(value) {
  return { from: value, to: value, target: value };
}

function glide(glider, left) {
  glider.from = glider.to;
  const gap = (glider.to - glider.target) * left;
  glider.to = Math.abs(gap) < 1e-9 ? glider.target : glider.target + gap;
}

/** A model played in motion: stereo in, stereo out, a quantum at a time. */
export class Voice {
  /**
   * @param {object} space from `readModel`
   * @param {number} sampleRate of the device, Hz
   * @param {object} options `motion`: fields of a motion; `mix`: 0 dry to 1 wet; `volumeDb`; `faded`: whether to start
   *   from silence; `matched`: whether the bank is as loud as its input
   */
  constructor(space, sampleRate, { motion = {}, mix = 1, volumeDb = 0, faded = true, matched = true } = {}) {
    const sections = space.num_filters;
    this.space = space;
    this.sampleRate = sampleRate;
    this.decode = createDecoder(space);
    this.design = createDesigner(space, sampleRate, matched);
    this.recipe = createRecipe(sections);
    this.ears = [0, 1].map(() => ({
      z: new Float64Array(space.latent_dim),
      decoded: new Float64Array(space.latent_dim),
      from: createRow(sections),
      to: createRow(sections),
      memory: createMemory(sections),
      dry: new Float64Array(QUANTUM),
      wet: new Float64Array(QUANTUM),
      peak: 0,
      square: 0,
    }));
    this.frame = 0;
    this.fresh = true;
    this.alike = true;
    this.mix = createGlider(1);
    this.volume = createGlider(1);
    this.bypassed = false;
    this.wetness = mix;
    this.fade = faded ? 0 : 1;
    this.open = true;
    this.glideLeft = Math.exp(-QUANTUM / (GLIDE * sampleRate));
    this.follower = new Follower(this.checked(createMotion({ centre: Array(space.latent_dim).fill(0), ...motion })));
    this.setMix(mix);
    this.setVolume(volumeDb);
    this.mix.from = this.mix.to = this.mix.target;
    this.volume.from = this.volume.to = this.volume.target;
  }

  /** Seconds since the start. */
  get time() {
    return this.frame / this.sampleRate;
  }

  get motion() {
    return this.follower.motion;
  }

  /** From the start again: time 0, filters empty, faded in. */
  restart() {
    this.follower = new Follower(this.motion);
    this.frame = 0;
    this.fresh = true;
    this.fade = 0;
    this.open = true;
    this.clear();
  }

  clear() {
    for (const { memory } of this.ears) {
      memory.first.fill(0);
      memory.second.fill(0);
    }
  }

  /** The centre of the motion, which is z itself when it is manual; anything is made legal. */
  setZ(z) {
    const centre = Array.from({ length: this.space.latent_dim }, (_, k) => safeLatent(z?.[k]));
    this.follower.change(continuedMotion(this.motion, { centre }, this.time), this.time);
  }

  /** Other settings of the motion; its phases go on unless they are among them. @throws {Error} if one is not legal */
  setMotion(fields) {
    const phased = "phase" in fields || "slow_phase" in fields;
    const motion = phased
      ? createMotion({ ...this.motion, ...fields })
      : continuedMotion(this.motion, fields, this.time);
    this.follower.change(this.checked(motion), this.time);
  }

  checked(motion) {
    if (motion.centre.length === this.space.latent_dim) return motion;
    throw new Error(`centre has ${motion.centre.length} numbers; this space has ${this.space.latent_dim} dimensions`);
  }

  /** 0 dry to 1 wet. */
  setMix(mix) {
    this.wetness = Math.min(Math.max(Number(mix) || 0, 0), 1);
    this.mix.target = this.bypassed ? 0 : this.wetness;
  }

  /** Dry sound, as loud as the wet, until it is taken back. */
  setBypass(bypassed) {
    this.bypassed = Boolean(bypassed);
    this.setMix(this.wetness);
  }

  /** Before the limiter, -60 to 12 dB. */
  setVolume(db) {
    this.volume.target = 10 ** (Math.min(Math.max(Number(db) || 0, -60), 12) / 20);
  }

  /** Whether the fade has closed. */
  get silent() {
    return !this.open && this.fade === 0;
  }

  /** One quantum: arrays of 128 samples in and out. `outLeft` and `outRight` may be the inputs. */
  render(inLeft, inRight, outLeft, outRight) {
    const [left, right] = this.ears;
    admit(inLeft, left.dry);
    admit(inRight, right.dry);
    this.move();
    left.wet.fill(0);
    right.wet.fill(0);
    const cascade = this.space.topology === "cascade";
    if (this.shared && !cascade) {
      playParallelPair(left.from, left.to, left.memory, right.memory, left.dry, right.dry, left.wet, right.wet);
    } else {
      const play = cascade ? playCascade : playParallel;
      play(left.from, left.to, left.memory, left.dry, left.wet);
      const rows = this.shared ? left : right;
      play(rows.from, rows.to, right.memory, right.dry, right.wet);
    }
    this.finish(left, outLeft);
    this.finish(right, outRight);
    this.frame += QUANTUM;
  }

  /** Brings every parameter to where it will be at the last frame of this quantum. */
  move() {
    const [left, right] = this.ears;
    const end = (this.frame + QUANTUM) / this.sampleRate;
    const wasAlike = this.alike;
    this.follower.at(end, 0, left.z);
    this.follower.at(end, 1, right.z);
    this.alike = same(left.z, right.z);
    this.aim(left, null);
    this.aim(right, this.alike ? left : null);
    if (this.fresh) {
      copyRow(left.to, left.from);
      copyRow(right.to, right.from);
    }
    this.shared = this.alike && (wasAlike || this.fresh);
    this.fresh = false;
    glide(this.mix, this.glideLeft);
    glide(this.volume, this.glideLeft);
    this.fadeFrom = this.fade;
    const step = QUANTUM / (FADE * this.sampleRate);
    this.fade = Math.min(Math.max(this.fade + (this.open ? step : -step), 0), 1);
  }

  aim(ear, twin) {
    const { from } = ear;
    ear.from = ear.to;
    ear.to = from;
    if (twin) copyRow(twin.to, ear.to);
    else if (!this.fresh && same(ear.z, ear.decoded)) copyRow(ear.from, ear.to);
    else this.design(this.decode(ear.z, this.recipe), ear.to);
    ear.decoded.set(ear.z);
  }

  /** Dry and wet, volume, limiter, fade: into `out`. */
  finish(ear, out) {
    const { dry, wet } = ear;
    const { mix, volume } = this;
    const fadeFrom = Math.sin((Math.PI / 2) * this.fadeFrom) ** 2;
    const fadeTo = Math.sin((Math.PI / 2) * this.fade) ** 2;
    let total = 0;
    for (let i = 0; i < QUANTUM; i++) total += wet[i];
    if (!Number.isFinite(total)) {
      this.clear();
      wet.fill(0);
    }
    for (let i = 0; i < QUANTUM; i++) {
      const part = (i + 1) / QUANTUM;
      const wetness = mix.from + part * (mix.to - mix.from);
      const gain = volume.from + part * (volume.to - volume.from);
      const value = softLimit(gain * (dry[i] + wetness * (wet[i] - dry[i]))) * (fadeFrom + part * (fadeTo - fadeFrom));
      out[i] = value;
      ear.square += value * value;
      if (Math.abs(value) > ear.peak) ear.peak = Math.abs(value);
    }
  }
}

/** Samples made safe: NaN is 0, the rest clipped. */
function admit(x, safe) {
  for (let i = 0; i < QUANTUM; i++) {
    const value = x[i];
    safe[i] = value > INPUT_LIMIT ? INPUT_LIMIT : value < -INPUT_LIMIT ? -INPUT_LIMIT : value === value ? value : 0;
  }
}

function same(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function copyRow(source, target) {
  target.g.set(source.g);
  target.k.set(source.k);
  target.mix.set(source.mix);
  target.level = source.level;
}
