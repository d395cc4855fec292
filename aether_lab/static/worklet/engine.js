// What the worklet plays: a bank in motion and its residual, their level matched, mixed with what came in, limited. The
// twin of `audio.py`. Needs no DOM and no worklet, so that Node can test it. `render` allocates at most small objects
// that do not outlive it.
import { GLIDE, INPUT_LIMIT, LIMITER_KNEE, LIVE_DEFAULTS, QUANTUM, VOLUME_RANGE } from "../constants.js";
import { createDecoder, createRecipe, safeLatent } from "../dsp/decoder.js";
import { createDesigner, createFilters, playBank, release, Track } from "../dsp/filters.js";
import { continuedMotion, createMotion, Follower } from "../dsp/motion.js";
import { Residual } from "./residual.js";

/** Seconds of the fade at start, stop and every change of source or model. */
const FADE = 0.05;

/** -3 dBFS and below unchanged, never beyond 1. */
export function softLimit(x) {
  const over = Math.abs(x) - LIMITER_KNEE;
  if (over <= 0) return x;
  return Math.sign(x) * (LIMITER_KNEE + (1 - LIMITER_KNEE) * Math.tanh(over / (1 - LIMITER_KNEE)));
}

/** A number that is told where to go and gets there as a changed knob does. */
class Glider extends Track {
  constructor(value) {
    super(value);
    this.target = value;
  }

  /** A quantum on; `left` is what is left of a gap by then. */
  glide(left) {
    const gap = (this.value - this.target) * left;
    this.push(Math.abs(gap) < 1e-9 ? this.target : this.target + gap);
  }

  settle(value = this.target) {
    this.target = value;
    this.jump(value);
  }
}

/** A model played in motion: stereo in, stereo out, a quantum at a time. */
export class AudioEngine {
  /**
   * @param {LatentSpace} space from `readModel`
   * @param {number} sampleRate of the device, Hz
   * @param {VoiceOptions} options `motion`: fields of a motion; `mix`: 0 dry to 1 wet; `volumeDb`; `faded`: whether to start
   *   from silence; `matched`: whether the bank is as loud as its input; `residual`: a cascade as `Recipe.to_json`
   *   writes it, {} or null for none
   */
  constructor(space, sampleRate, options = {}) {
    const { motion = {}, faded = true, matched = true, residual = null } = options;
    const { mix = LIVE_DEFAULTS.mix, volumeDb = LIVE_DEFAULTS.volume_db } = options;
    const sections = space.num_filters;
    this.space = space;
    this.sampleRate = sampleRate;
    this.decode = createDecoder(space);
    this.design = createDesigner(space, sampleRate, matched);
    this.recipe = createRecipe(sections);
    this.ears = [0, 1].map(() => ({
      ...createFilters(sections),
      z: new Float64Array(space.latent_dim),
      decoded: new Float64Array(space.latent_dim),
      released: false,
      peak: 0,
      square: 0,
    }));
    this.frame = 0;
    this.fresh = true;
    this.shared = false; // whether they are played with the same parameters
    this.alikeFor = 0; // quanta in which both ears were at the same place
    this.residual = new Residual(sampleRate, residual);
    this.mix = new Glider(1);
    this.volume = new Glider(1);
    this.bypassed = false;
    this.wetness = mix;
    this.cycle = faded ? 0 : 1; // of the fade
    this.fade = new Track(this.cycle);
    this.open = true;
    this.glideLeft = Math.exp(-QUANTUM / (GLIDE * sampleRate));
    this.follower = new Follower(this.checked(createMotion({ centre: Array(space.latent_dim).fill(0), ...motion })));
    this.setMix(mix);
    this.setVolume(volumeDb);
    this.mix.settle();
    this.volume.settle();
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
    this.cycle = 0;
    this.fade.jump(0);
    this.open = true;
    this.clear();
  }

  clear() {
    for (const { first, second } of this.ears) {
      first.fill(0);
      second.fill(0);
    }
    this.residual.clear();
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

  /** What follows the bank from now on, a cascade as `Recipe.to_json` writes it, {} or null. @throws {Error} */
  setResidual(recipe) {
    this.residual.set(recipe);
  }

  /** Before the limiter, dB inside `VOLUME_RANGE`. */
  setVolume(db) {
    const [low, high] = VOLUME_RANGE;
    this.volume.target = 10 ** (Math.min(Math.max(Number(db) || 0, low), high) / 20);
  }

  /** Whether the fade has closed. */
  get silent() {
    return !this.open && this.fade.value === 0 && this.fade.still;
  }

  /** One quantum: arrays of 128 samples in and out. `outLeft` and `outRight` may be the inputs. */
  render(inLeft, inRight, outLeft, outRight) {
    const [left, right] = this.ears;
    admit(inLeft, left.dry);
    admit(inRight, right.dry);
    this.move();
    playBank(this.space.topology === "cascade", left, right, this.shared);
    this.residual.play(0, left.wet);
    this.residual.play(1, right.wet);
    this.finish(left, outLeft);
    this.finish(right, outRight);
    this.frame += QUANTUM;
  }

  /** Brings every parameter to where it will be at the last frame of this quantum. */
  move() {
    const [left, right] = this.ears;
    const end = (this.frame + QUANTUM) / this.sampleRate;
    this.residual.advance();
    this.follower.at(end, 0, left.z);
    this.follower.at(end, 1, right.z);
    this.alikeFor = same(left.z, right.z) ? this.alikeFor + 1 : 0;
    this.shared = this.alikeFor >= (this.fresh ? 1 : left.rows.length);
    this.aim(left);
    if (this.shared) left.rows.forEach((row, i) => right.rows[i].set(row));
    else this.aim(right);
    this.fresh = false;
    this.mix.glide(this.glideLeft);
    this.volume.glide(this.glideLeft);
    const step = QUANTUM / (FADE * this.sampleRate);
    this.cycle = Math.min(Math.max(this.cycle + (this.open ? step : -step), 0), 1);
    this.fade.push(Math.sin((Math.PI / 2) * this.cycle) ** 2);
  }

  aim(ear) {
    ear.rows.push(ear.rows.shift());
    const [earlier, before, row] = ear.rows;
    if (!this.fresh && !ear.released && !this.residual.moving && same(ear.z, ear.decoded)) {
      row.set(before);
    } else {
      this.design(this.decode(ear.z, this.recipe), row, this.residual.power);
      if (this.fresh) {
        earlier.set(row);
        before.set(row);
      }
      ear.released = release(before, row);
      ear.decoded.set(ear.z);
    }
  }

  /** Dry and wet, volume, limiter, fade: into `out`. */
  finish(ear, out) {
    const { dry, wet } = ear;
    const [mix, volume, fade] = [this.mix.spline(), this.volume.spline(), this.fade.spline()];
    let total = 0;
    for (let i = 0; i < QUANTUM; i++) total += wet[i];
    if (!Number.isFinite(total)) {
      this.clear();
      wet.fill(0);
    }
    for (let i = 0; i < QUANTUM; i++) {
      const n = i + 1;
      const wetness = mix.start + n * (mix.slope + n * mix.bend);
      const gain = volume.start + n * (volume.slope + n * volume.bend);
      const open = fade.start + n * (fade.slope + n * fade.bend);
      const value = open * softLimit(gain * (dry[i] + wetness * (wet[i] - dry[i])));
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
    safe[i] = Number.isNaN(value) ? 0 : Math.min(Math.max(value, -INPUT_LIMIT), INPUT_LIMIT);
  }
}

function same(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
