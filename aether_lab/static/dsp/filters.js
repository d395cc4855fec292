// A bank in motion: the row of parameters of a recipe, the spline from row to row, and the filters that follow it.
// The counterpart of `filters/time_varying.py`. Needs no DOM and no worklet. Playing allocates only small short-lived
// objects.
import { BAND_EDGE, CENTRE_RANGE, LEVEL_CORRECTION, LEVEL_POINTS, LEVEL_RANGE_HZ, Q_RANGE } from "../constants.js";
import { QUANTUM, RELEASE, RISE } from "../constants.js";
import { peakingPower, sectionSign } from "./bank.js";
import { clamp, logSpaced } from "./numbers.js";

/** Parameters of a section in a row: tan(w0/2), 1/Q and the gain at its input. */
const PER_SECTION = 3;

/** An empty row: the parameters of all sections, then the level before all of them. @param {number} sections */
export function createRow(sections) {
  return new Float64Array(PER_SECTION * sections + 1);
}

/** Log-spaced frequencies, Hz, at which the level is read at this rate. @param {number} sampleRate Hz */
export function levelFrequencies(sampleRate) {
  return logSpaced(LEVEL_RANGE_HZ[0], Math.min(LEVEL_RANGE_HZ[1], 0.45 * sampleRate), LEVEL_POINTS);
}

/**
 * Returns `design(recipe, row, series)`, which turns a recipe into a row at `sampleRate`.
 *
 * Centres are fractions of the model's Nyquist and keep their values in hertz. Where the device's Nyquist is lower than
 * the model's, sections fade out from `BAND_EDGE` of it upwards. The bilinear transform warps sections near Nyquist, so
 * the same recipe is slightly wider there at a higher rate.
 *
 * The level gives pink noise the same loudness after the bank as before: one over the root of |H|², averaged over
 * `levelFrequencies`; `series` is |R|² there of a filter after the bank. A parallel bank has the level in its gains.
 *
 * @param {LatentSpace} space
 * @param {number} sampleRate Hz
 * @param {boolean} matched whether the level is corrected
 */
export function createDesigner(space, sampleRate, matched = true) {
  const { topology, polarity, num_filters: sections } = space;
  const scale = space.sample_rate / sampleRate;
  const tangent = levelFrequencies(sampleRate).map((hertz) => Math.tan((Math.PI * hertz) / sampleRate));
  const cotangent = tangent.map((value) => 1 / value);
  const flat = new Float64Array(LEVEL_POINTS).fill(1);
  const re = new Float64Array(LEVEL_POINTS);
  const im = new Float64Array(LEVEL_POINTS);
  const cascade = topology === "cascade";

  /** @param {BankRecipe} recipe @param {Float64Array} row */
  return function design(recipe, row, series = flat) {
    re.fill(cascade ? 1 : 0);
    im.fill(0);
    for (let s = 0; s < sections; s++) {
      const fraction = recipe.frequency[s] * scale;
      const centre = clamp(fraction, CENTRE_RANGE[0], CENTRE_RANGE[1]);
      const q = clamp(recipe.q[s], Q_RANGE[0], Q_RANGE[1]);
      const weight = scale > 1 ? clamp((1 - fraction) / (1 - BAND_EDGE), 0, 1) : 1;
      const tan = Math.tan((Math.PI / 2) * centre);
      const rise = q / tan; // v = Q (u - 1/u) with u = tan(w/2) / tan(w0/2)
      const fall = q * tan;
      const j = PER_SECTION * s;
      row[j] = tan;
      if (cascade) {
        const a = 10 ** ((weight * recipe.gainDb[s]) / 40);
        row[j + 1] = 1 / (q * a);
        row[j + 2] = (a * a - 1) * row[j + 1];
        for (let i = 0; i < LEVEL_POINTS; i++) {
          const v = rise * tangent[i] - fall * cotangent[i];
          re[i] *= peakingPower(v * v, 1, a * a); // |H|² in this case, of all sections
        }
      } else {
        const amplitude = sectionSign(polarity, s) * weight * 10 ** (recipe.gainDb[s] / 20);
        row[j + 1] = 1 / q;
        row[j + 2] = amplitude * row[j + 1];
        for (let i = 0; i < LEVEL_POINTS; i++) {
          const v = rise * tangent[i] - fall * cotangent[i];
          const part = amplitude / (1 + v * v); // H = 1 / (1 + j v)
          re[i] += part;
          im[i] -= part * v;
        }
      }
    }
    let power = 0;
    for (let i = 0; i < LEVEL_POINTS; i++) power += series[i] * (cascade ? re[i] : re[i] * re[i] + im[i] * im[i]);
    const level = clamp(Math.sqrt(LEVEL_POINTS / power), LEVEL_CORRECTION[0], LEVEL_CORRECTION[1]);
    row[row.length - 1] = matched ? level : 1;
    if (!cascade && matched) for (let j = 2; j < row.length; j += PER_SECTION) row[j] *= level;
    return row;
  };
}

/**
 * Widens the sections of `row` whose centre has risen by more than `RISE` since the row before: the ringing of a narrow
 * section would else sweep a low tone up through the whole band. Returns whether there were any.
 * @param {Float64Array} before @param {Float64Array} row
 */
export function release(before, row) {
  let any = false;
  for (let j = 0; j < row.length - 1; j += PER_SECTION) {
    const excess = Math.log(row[j] / before[j]) - RISE;
    if (!(excess > 0)) continue;
    row[j + 1] += (RELEASE * excess) / (QUANTUM * row[j]); // ringing falls by exp(-g k) a frame
    any = true;
  }
  return any;
}

/**
 * The filters of one channel: the last three rows, memory, and the values of one section at each frame of a quantum.
 * @param {number} sections
 * @returns {BankFilters}
 */
export function createFilters(sections) {
  const frames = () => new Float64Array(QUANTUM);
  return {
    rows: [createRow(sections), createRow(sections), createRow(sections)],
    first: new Float64Array(sections),
    second: new Float64Array(sections),
    g: frames(),
    gain: frames(),
    scale: frames(),
    dry: frames(),
    wet: frames(),
  };
}

/**
 * Filters a quantum of both channels, `dry` to `wet`, with trapezoidal state-variable filters, their gain at the input
 * (`time_varying.resume_parallel`, `resume_cascade`): in parallel the sum of band-passes of the input, in cascade each
 * section adds a band-pass of its input to it.
 * @param {boolean} cascade
 * @param {BankFilters} left @param {BankFilters} right
 * @param {boolean} shared whether the rows of both channels are the same
 */
export function playBank(cascade, left, right, shared) {
  for (const channel of [left, right]) {
    if (cascade) applyLevel(channel);
    else channel.wet.fill(0);
  }
  for (let s = 0; s < left.first.length; s++) {
    interpolate(left, s);
    if (!shared) interpolate(right, s);
    playSection(s, cascade, left, right, shared ? left : right);
  }
}

/** Applies the level before a cascade. @param {BankFilters} channel */
function applyLevel({ rows: [a, b, c], dry, wet }) {
  const j = a.length - 1;
  const level = spline(a[j], b[j], c[j]);
  for (let i = 0; i < QUANTUM; i++) wet[i] = dry[i] * (level.start + (i + 1) * (level.slope + (i + 1) * level.bend));
}

/**
 * A parameter over a quantum, the quadratic B-spline of three rows: `start + n (slope + n bend)` at the n-th frame,
 * from half way between the first two to half way between the last two. Value and slope are continuous from quantum to
 * quantum, nothing overshoots, and three equal rows are reached exactly.
 * @param {number} a @param {number} b @param {number} c
 */
function spline(a, b, c) {
  return { start: (a + b) / 2, slope: (b - a) / QUANTUM, bend: (a / 2 - b + c / 2) / QUANTUM ** 2 };
}

/** A number on the same spline, with one new value a quantum. */
export class Track {
  /** @param {number} value */
  constructor(value) {
    this.earlier = this.before = this.value = value;
  }

  /** @param {number} value */
  jump(value) {
    this.earlier = this.before = this.value = value;
  }

  /** @param {number} value */
  push(value) {
    this.earlier = this.before;
    this.before = this.value;
    this.value = value;
  }

  /** Whether the last value has been reached. */
  get still() {
    return this.earlier === this.value && this.before === this.value;
  }

  spline() {
    return spline(this.earlier, this.before, this.value);
  }
}

/** Computes the parameters of section `s` at each frame, and the division in the filter's step. @param {BankFilters} channel @param {number} s */
function interpolate({ rows: [a, b, c], g, gain, scale }, s) {
  const j = PER_SECTION * s;
  const { start: g0, slope: g1, bend: g2 } = spline(a[j], b[j], c[j]);
  const { start: k0, slope: k1, bend: k2 } = spline(a[j + 1], b[j + 1], c[j + 1]);
  const { start: gain0, slope: gain1, bend: gain2 } = spline(a[j + 2], b[j + 2], c[j + 2]);
  for (let i = 0; i < QUANTUM; i++) {
    const n = i + 1;
    const tan = g0 + n * (g1 + n * g2);
    g[i] = tan;
    gain[i] = gain0 + n * (gain1 + n * gain2);
    scale[i] = 1 / (1 + tan * (tan + k0 + n * (k1 + n * k2)));
  }
}

/**
 * Filters both channels with section `s`, in one loop since each recursion is serial.
 * @param {number} s @param {boolean} cascade @param {BankFilters} left @param {BankFilters} right
 * @param {BankFilters} rightValues holds the interpolated values for the right channel
 */
function playSection(s, cascade, left, right, rightValues) {
  const { g: lg, gain: lgain, scale: lscale, wet: yl } = left;
  const { g: rg, gain: rgain, scale: rscale } = rightValues;
  const yr = right.wet;
  const xl = cascade ? yl : left.dry;
  const xr = cascade ? yr : right.dry;
  let l1 = left.first[s];
  let l2 = left.second[s];
  let r1 = right.first[s];
  let r2 = right.second[s];
  for (let i = 0; i < QUANTUM; i++) {
    const vl = (l1 + lg[i] * (lgain[i] * xl[i] - l2)) * lscale[i];
    const vr = (r1 + rg[i] * (rgain[i] * xr[i] - r2)) * rscale[i];
    l1 = 2 * vl - l1;
    r1 = 2 * vr - r1;
    l2 += 2 * lg[i] * vl;
    r2 += 2 * rg[i] * vr;
    yl[i] += vl;
    yr[i] += vr;
  }
  left.first[s] = settled(l1);
  left.second[s] = settled(l2);
  right.first[s] = settled(r1);
  right.second[s] = settled(r2);
}

/** Flushes filter memory that has decayed to 0: arithmetic with subnormal numbers is many times slower. @param {number} value */
export function settled(value) {
  return Math.abs(value) < 1e-30 ? 0 : value;
}
