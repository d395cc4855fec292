// z as a function of time: the counterpart of `motion.py`, number for number. Needs no DOM.
// A motion is a plain object with the fields of Python's `Motion`, by the same names; `createMotion` fills in the rest.
import { GLIDE, LARGEST_RATIO, MOTION_DEFAULTS, MOTION_KINDS, MOTION_LIMITS, SPEED } from "../constants.js";
import { clamp } from "./numbers.js";
import { scramble } from "./pseudo_random.js";

/** Limits of a motion: Hz, Hz, and how far a coordinate may leave the centre. */
export const FASTEST = MOTION_LIMITS.rate;
export const SLOW_LIMIT = MOTION_LIMITS.slow_rate;
export const RADIUS_LIMIT = MOTION_LIMITS.radius;

/**
 * A motion with every field, checked as in Python, with the polyline of a path.
 * @param {Partial<MotionFields>} fields
 * @returns {Motion}
 * @throws {Error} for a value outside its limits, with the message of Python's `Motion`
 */
export function createMotion(fields = {}) {
  /** @type {Motion} */
  const motion = { ...MOTION_DEFAULTS, ...fields, polyline: null };
  /** @type {Refuse} */
  const refuse = (name, allowed) => {
    throw new Error(`${name} is ${JSON.stringify(motion[name])}; ${allowed}`);
  };
  const numbers = (/** @type {unknown} */ list) => Array.isArray(list) && list.length > 0 && list.every(Number.isFinite);
  if (!MOTION_KINDS.includes(motion.kind)) refuse("kind", `allowed are ${MOTION_KINDS.join(", ")}`);
  if (!numbers(motion.centre)) refuse("centre", "it is finite numbers, one for each dimension of the space");
  for (const name of /** @type {(keyof typeof MOTION_LIMITS)[]} */ (Object.keys(MOTION_LIMITS))) {
    const limit = MOTION_LIMITS[name];
    if (!(motion[name] >= 0 && motion[name] <= limit)) refuse(name, `allowed is 0 to ${limit}`);
  }
  for (const name of /** @type {const} */ (["shift", "phase", "slow_phase"])) {
    if (!Number.isFinite(motion[name])) refuse(name, "it is a finite number of cycles");
  }
  const whole = (/** @type {number} */ value) => Number.isInteger(value) && value >= 1 && value <= LARGEST_RATIO;
  if (!(numbers(motion.ratio) && motion.ratio.length === 2 && motion.ratio.every(whole))) {
    refuse("ratio", `it is two whole numbers from 1 to ${LARGEST_RATIO}`);
  }
  const fastest = motion.rate * Math.max(...motion.ratio);
  if (motion.kind === "orbit" && fastest > FASTEST) {
    refuse("rate", `an orbit's rate times ${Math.max(...motion.ratio)} is at most ${FASTEST} Hz`);
  }
  if (!(Number.isInteger(motion.knobs) && motion.knobs >= 0 && motion.knobs <= MOTION_DEFAULTS.knobs)) {
    refuse("knobs", `allowed is 0 to ${MOTION_DEFAULTS.knobs}`);
  }
  if (!(Number.isInteger(motion.seed) && motion.seed >= 0 && motion.seed < 2 ** 32)) {
    refuse("seed", `allowed is 0 to ${2 ** 32 - 1}`);
  }
  if (motion.kind === "path") motion.polyline = createPolyline(motion, refuse);
  return motion;
}

/** @param {MotionFields} motion @param {Refuse} refuse @returns {Polyline} */
function createPolyline({ points, closed, centre }, refuse) {
  const fits = (/** @type {unknown} */ z) => Array.isArray(z) && z.length === centre.length && z.every(Number.isFinite);
  if (!Array.isArray(points) || points.length < 2 || !points.every(fits)) {
    refuse("points", `a path needs two or more, each of ${centre.length} finite numbers`);
  }
  const corners = closed ? [...points, points[0]] : [...points, ...points.slice(0, -1).reverse()];
  const travelled = new Float64Array(corners.length);
  for (let i = 1; i < corners.length; i++) {
    travelled[i] = travelled[i - 1] + Math.hypot(...corners[i].map((value, k) => value - corners[i - 1][k]));
  }
  if (travelled.at(-1) === 0) refuse("points", "a path needs two different points");
  return { corners, travelled };
}

/**
 * z of a motion at `time` seconds, written into `z` and returned; allocates nothing.
 * @param {Motion} motion
 * @param {number} time
 * @param {number} channel 0 left, 1 right
 * @param {Float64Array} z
 */
export function motionAt(motion, time, channel = 0, z = new Float64Array(motion.centre.length)) {
  const { kind, centre } = motion;
  const fastCycles = motion.rate * time + motion.phase + motion.stereo_offset * channel;
  const slowCycles = motion.slow_rate * time + motion.slow_phase;
  if (motion.polyline) return polylineAt(motion.polyline, fraction(fastCycles), z);
  for (let k = 0; k < z.length; k++) {
    z[k] = centre[k];
    if (kind === "manual" || k >= motion.knobs) continue;
    const fast = k < 2 !== motion.swap;
    z[k] += (fast ? motion.radius : motion.slow_radius) * figure(motion, k, fast ? fastCycles : slowCycles);
  }
  return z;
}

/** Coordinate `k` of a figure of radius 1. @param {Motion} motion @param {number} k @param {number} cycles */
function figure({ kind, ratio, shift, seed }, k, cycles) {
  if (kind === "walk") return walk(seed, k, cycles);
  const odd = k % 2;
  const turns = kind === "spiral" ? fraction(cycles) + 0.25 * odd : ratio[odd] * fraction(cycles) + shift * odd;
  return Math.sin(2 * Math.PI * turns);
}

/** @param {number} cycles */
function fraction(cycles) {
  return cycles - Math.floor(cycles);
}

/**
 * z at the fraction `part` of the length of a polyline.
 * @param {Polyline} polyline @param {number} part @param {Float64Array} z
 */
function polylineAt({ corners, travelled }, part, z) {
  const distance = part * travelled[travelled.length - 1];
  let i = 1;
  while (i < travelled.length - 1 && travelled[i] < distance) i++;
  const length = travelled[i] - travelled[i - 1];
  const along = length > 0 ? (distance - travelled[i - 1]) / length : 0;
  for (let k = 0; k < z.length; k++) z[k] = corners[i - 1][k] + along * (corners[i][k] - corners[i - 1][k]);
  return z;
}

/**
 * Uniform cubic B-spline, inside (-1, 1), with one random control value a cycle.
 * @param {number} seed @param {number} k @param {number} cycles
 */
function walk(seed, k, cycles) {
  const knot = Math.floor(cycles);
  const u = cycles - knot;
  const start = scramble(scramble(seed) + k);
  const value = (/** @type {number} */ i) => scramble(start + knot - 1 + i) / 2 ** 31 - 1;
  const inner = ((3 * u - 6) * u * u + 4) * value(1) + (((3 - 3 * u) * u + 3) * u + 1) * value(2);
  return ((1 - u) ** 3 * value(0) + inner + u ** 3 * value(3)) / 6;
}

/**
 * A motion with changed fields whose phases are such that at `time` it is at the same point of its figure.
 * @param {Motion} motion @param {Partial<MotionFields>} changes @param {number} time seconds
 */
export function continuedMotion(motion, changes, time) {
  const after = createMotion({ ...motion, ...changes });
  after.phase = motion.phase + (motion.rate - after.rate) * time;
  after.slow_phase = motion.slow_phase + (motion.slow_rate - after.slow_rate) * time;
  return after;
}

/**
 * Follows a motion that may be changed at any time, without a jump (`motion.follow`): the jump of z at each change
 * decays with the time constant `GLIDE`, so that a motion that is not changed is exact.
 */
export class Follower {
  /** @param {Motion} motion */
  constructor(motion) {
    this.motion = motion;
    this.since = 0;
    const size = motion.centre.length;
    this.gaps = [new Float64Array(size), new Float64Array(size)]; // left, right
    this.before = new Float64Array(size);
    this.after = new Float64Array(size);
  }

  /** Follows `motion`, which has the same dimensions, from `time` seconds on. @param {Motion} motion @param {number} time */
  change(motion, time) {
    const decay = Math.exp((this.since - time) / GLIDE);
    for (let channel = 0; channel < 2; channel++) {
      const gap = this.gaps[channel];
      motionAt(this.motion, time, channel, this.before);
      motionAt(motion, time, channel, this.after);
      for (let k = 0; k < gap.length; k++) gap[k] = gap[k] * decay + this.before[k] - this.after[k];
    }
    this.motion = motion;
    this.since = time;
  }

  /** Writes z at `time`, which is not before the last change, to `z`. @param {number} time @param {number} channel @param {Float64Array} z */
  at(time, channel, z) {
    motionAt(this.motion, time, channel, z);
    const decay = Math.exp((this.since - time) / GLIDE);
    if (decay < 1e-14) return z; // gaps are at most 2e6, so the rest is below 1e-7
    const gap = this.gaps[channel];
    for (let k = 0; k < z.length; k++) z[k] += gap[k] * decay;
    return z;
  }
}

/**
 * Moves `z` towards `target` for `seconds`, no coordinate faster than `SPEED` (`motion.limit_speed`).
 * @param {Float64Array} z changed in place @param {Float64Array} target @param {number} seconds
 */
export function approach(z, target, seconds) {
  for (let k = 0; k < z.length; k++) {
    const step = seconds * Math.max(SPEED.steady, SPEED.relative * Math.abs(z[k]));
    z[k] = clamp(target[k], z[k] - step, z[k] + step);
  }
}
