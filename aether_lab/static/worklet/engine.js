// The audio engine of the worklet: a bank in motion and its residual at matched level, mixed with the input, limited.
// The counterpart of `audio/render.py`. Needs no DOM and no worklet, so that Node can test it. `render` allocates only
// small short-lived objects.
import { GLIDE, INPUT_LIMIT, LIMITER_KNEE, LIVE_DEFAULTS, QUANTUM, VOLUME_RANGE } from "../constants.js";
import { clamp } from "../dsp/numbers.js";
import { createDecoder, createRecipe, safeLatent } from "../dsp/decoder.js";
import { createDesigner, createFilters, playBank, release, Track } from "../dsp/filters.js";
import { approach, continuedMotion, createMotion, Follower } from "../dsp/motion.js";
import { Residual } from "./residual.js";

/** Seconds of the fade at start, stop and every change of source or model. */
const FADE = 0.05;

/** Returns samples up to `LIMITER_KNEE` unchanged and larger ones bent to stay below 1. */
export function softLimit(x) {
  const over = Math.abs(x) - LIMITER_KNEE;
  if (over <= 0) return x;
  return Math.sign(x) * (LIMITER_KNEE + (1 - LIMITER_KNEE) * Math.tanh(over / (1 - LIMITER_KNEE)));
}

/** A number that approaches `target` with the time constant of `GLIDE`. */
class Glider extends Track {
  constructor(value) {
    super(value);
    this.target = value;
  }

  /** Advances by a quantum; `remaining` is the factor by which the gap shrinks in it. */
  glide(remaining) {
    const gap = (this.value - this.target) * remaining;
    this.push(Math.abs(gap) < 1e-9 ? this.target : this.target + gap);
  }

  /** Jumps to `value`. */
  settle(value = this.target) {
    this.target = value;
    this.jump(value);
  }
}

/** Renders stereo input through a model in motion, one quantum at a time. */
export class AudioEngine {
  /**
   * @param {LatentSpace} space from `readModel`
   * @param {number} sampleRate of the device, Hz
   * @param {EngineOptions} options `motion`: fields of a motion; `mix`: 0 dry to 1 wet; `volumeDb`; `faded`: whether to
   *   fade in at the start; `matched`: whether the level of the bank is matched to its input; `residual`: a cascade as
   *   `Recipe.to_json` writes it, {} or null for none
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
    this.channels = [0, 1].map(() => ({
      ...createFilters(sections),
      z: new Float64Array(space.latent_dim),
      decoded: new Float64Array(space.latent_dim),
      released: false,
      peak: 0,
      square: 0,
    }));
    this.target = new Float64Array(space.latent_dim); // z without a limit of its speed
    this.frame = 0;
    /** @type {{ rows: Float64Array, at: number } | null} a recorded motion, and the number of its next z */
    this.replay = null;
    this.fresh = true;
    this.shared = false; // whether both channels have the same parameters
    this.equalFor = 0; // quanta in which both channels had the same z
    this.residual = new Residual(sampleRate, residual);
    this.mix = new Glider(1);
    this.volume = new Glider(1);
    this.bypassed = false;
    this.wetness = mix;
    this.cycle = faded ? 0 : 1; // position in the fade, 0 closed to 1 open
    this.fade = new Track(this.cycle);
    this.open = true;
    this.glideFactor = Math.exp(-QUANTUM / (GLIDE * sampleRate));
    const centre = Array(space.latent_dim).fill(0);
    this.follower = new Follower(this.checkDimensions(createMotion({ centre, ...motion })));
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

  /** Starts again at time 0, with empty filters and a fade-in. */
  restart() {
    this.follower = new Follower(this.motion);
    if (this.replay) this.replay.at = 0;
    this.frame = 0;
    this.fresh = true;
    this.cycle = 0;
    this.fade.jump(0);
    this.open = true;
    this.clear();
  }

  clear() {
    for (const { first, second } of this.channels) {
      first.fill(0);
      second.fill(0);
    }
    this.residual.clear();
  }

  /** Sets the centre of the motion, which is z itself when it is manual; values are made valid by `safeLatent`. */
  setZ(z) {
    const centre = Array.from({ length: this.space.latent_dim }, (_, k) => safeLatent(z?.[k]));
    this.follower.change(continuedMotion(this.motion, { centre }, this.time), this.time);
  }

  /** Changes fields of the motion; its phases go on unless they are among them. @throws {Error} for an invalid field */
  setMotion(fields) {
    const phased = "phase" in fields || "slow_phase" in fields;
    const motion = phased
      ? createMotion({ ...this.motion, ...fields })
      : continuedMotion(this.motion, fields, this.time);
    this.follower.change(this.checkDimensions(motion), this.time);
  }

  /** Keeps what is no knob of the space out of the figures. @param {Motion} motion @throws {Error} for another dimension */
  checkDimensions(motion) {
    motion.knobs = Math.min(motion.knobs, this.space.knobs);
    if (motion.centre.length === this.space.latent_dim) return motion;
    throw new Error(`centre has ${motion.centre.length} numbers; this space has ${this.space.latent_dim} dimensions`);
  }

  /**
   * Moves z along a recorded motion, quantum by quantum, in both channels; after its end, or with null at once, z joins
   * the present motion. @param {Float64Array | null} rows
   */
  setReplay(rows) {
    const dims = this.space.latent_dim;
    if (rows && !(rows.length && rows.length % dims === 0 && rows.every(Number.isFinite))) {
      throw new Error(`a recorded motion of ${rows.length} numbers; this space needs ${dims} finite ones a quantum`);
    }
    this.replay = rows && { rows, at: 0 };
  }

  /** Sets the mix, 0 dry to 1 wet. */
  setMix(mix) {
    this.wetness = clamp(Number(mix) || 0, 0, 1);
    this.mix.target = this.bypassed ? 0 : this.wetness;
  }

  /** Plays the dry sound at the level of the wet one while `bypassed`. */
  setBypass(bypassed) {
    this.bypassed = Boolean(bypassed);
    this.setMix(this.wetness);
  }

  /** Sets the cascade after the bank, as `Recipe.to_json` writes it, {} or null for none. @throws {Error} if invalid */
  setResidual(recipe) {
    this.residual.set(recipe);
  }

  /** Sets the gain before the limiter, dB, clipped to `VOLUME_RANGE`. */
  setVolume(db) {
    const [low, high] = VOLUME_RANGE;
    this.volume.target = 10 ** (clamp(Number(db) || 0, low, high) / 20);
  }

  /** Whether the fade-out has ended. */
  get silent() {
    return !this.open && this.fade.value === 0 && this.fade.still;
  }

  /** Renders one quantum; all arrays have `QUANTUM` samples. `outLeft` and `outRight` may be the inputs. */
  render(inLeft, inRight, outLeft, outRight) {
    const [left, right] = this.channels;
    sanitize(inLeft, left.dry);
    sanitize(inRight, right.dry);
    this.advance();
    playBank(this.space.topology === "cascade", left, right, this.shared);
    this.residual.play(0, left.wet);
    this.residual.play(1, right.wet);
    this.mixDown(left, outLeft);
    this.mixDown(right, outRight);
    this.frame += QUANTUM;
  }

  /** Advances every parameter to its value at the last frame of this quantum. */
  advance() {
    const [left, right] = this.channels;
    this.residual.advance();
    this.moveZ(0);
    this.moveZ(1);
    if (this.replay) this.advanceReplay(this.replay);
    this.equalFor = same(left.z, right.z) ? this.equalFor + 1 : 0;
    this.shared = this.equalFor >= (this.fresh ? 1 : left.rows.length);
    this.designRow(left);
    if (this.shared) left.rows.forEach((row, i) => right.rows[i].set(row));
    else this.designRow(right);
    this.fresh = false;
    this.mix.glide(this.glideFactor);
    this.volume.glide(this.glideFactor);
    const step = QUANTUM / (FADE * this.sampleRate);
    this.cycle = clamp(this.cycle + (this.open ? step : -step), 0, 1);
    this.fade.push(Math.sin((Math.PI / 2) * this.cycle) ** 2);
  }

  /** Moves z of channel `k` to the end of this quantum. @param {number} k */
  moveZ(k) {
    const [{ target, replay }, { z }] = [this, this.channels[k]];
    if (replay) {
      for (let i = 0; i < z.length; i++) z[i] = replay.rows[replay.at * z.length + i];
      return;
    }
    this.follower.at((this.frame + QUANTUM) / this.sampleRate, k, target);
    for (let i = 0; i < target.length; i++) target[i] = safeLatent(target[i]);
    if (this.fresh) z.set(target);
    else approach(z, target, QUANTUM / this.sampleRate);
  }

  /** @param {{ rows: Float64Array, at: number }} replay */
  advanceReplay(replay) {
    replay.at++;
    if (replay.at * this.space.latent_dim >= replay.rows.length) this.replay = null;
  }

  /** Designs the next row of a channel for its z, or repeats the last row if nothing has changed. */
  designRow(channel) {
    channel.rows.push(channel.rows.shift());
    const [earlier, before, row] = channel.rows;
    if (!this.fresh && !channel.released && !this.residual.moving && same(channel.z, channel.decoded)) {
      row.set(before);
    } else {
      this.design(this.decode(channel.z, this.recipe), row, this.residual.power);
      if (this.fresh) {
        earlier.set(row);
        before.set(row);
      }
      channel.released = release(before, row);
      channel.decoded.set(channel.z);
    }
  }

  /** Writes the mix of dry and wet, after volume, limiter and fade, to `out`. */
  mixDown(channel, out) {
    const { dry, wet } = channel;
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
      channel.square += value * value;
      if (Math.abs(value) > channel.peak) channel.peak = Math.abs(value);
    }
  }
}

/** Copies samples, NaN as 0 and the rest clipped to ± `INPUT_LIMIT`. */
function sanitize(x, safe) {
  for (let i = 0; i < QUANTUM; i++) {
    const value = x[i];
    safe[i] = Number.isNaN(value) ? 0 : clamp(value, -INPUT_LIMIT, INPUT_LIMIT);
  }
}

function same(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
