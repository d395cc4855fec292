// The axes of a plot: log frequency from 20 Hz to 20 kHz across, decibels up. Needs no DOM.
import { logSpaced } from "../dsp/numbers.js";

export const FREQUENCY_RANGE = [20, 20000]; // Hz
export const FREQUENCY_TICKS = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];

/** The smallest range of the axis, dB. It grows by tens with the curves, down to -80 and up to 60. */
const LEVEL_RANGE = [-40, 20];
const LEVEL_LIMITS = [-80, 60];

/** `count` frequencies in equal ratios over the axis, ends included, Hz. */
export function logFrequencies(count) {
  return logSpaced(FREQUENCY_RANGE[0], FREQUENCY_RANGE[1], count);
}

/** "20", "500", "2k": a tick of the frequency axis. */
export function frequencyLabel(hertz) {
  return hertz < 1000 ? String(hertz) : `${hertz / 1000}k`;
}

/** "85 Hz", "1.05 kHz": three digits. */
export function hertzText(hertz) {
  const [value, unit] = hertz < 1000 ? [hertz, "Hz"] : [hertz / 1000, "kHz"];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/** The smallest 1, 2 or 5 by a power of ten that leads over `span` in fewer than `count` steps. */
export function tickStep(span, count) {
  const power = 10 ** Math.floor(Math.log10(span / count));
  const multiple = [1, 2, 5, 10].find((each) => span / (each * power) < count) ?? 10;
  return Number((multiple * power).toPrecision(12));
}

const LEVEL_STEPS = [1, 2, 3, 6, 10, 20, 40]; // dB

/** Levels of at most `count` grid lines. */
export function levelTicks(low, high, count) {
  const step = LEVEL_STEPS.find((each) => (high - low) / each < count) ?? LEVEL_STEPS[LEVEL_STEPS.length - 1];
  const ticks = [];
  for (let level = Math.ceil(low / step) * step; level <= high; level += step) ticks.push(level + 0);
  return ticks;
}

/**
 * The dB range of these curves, `[low, high]`, whole tens.
 * @param {Iterable<ArrayLike<number>>} curves
 * @returns {Ends}
 */
export function levelRange(curves) {
  let [low, high] = LEVEL_RANGE;
  for (const curve of curves) {
    for (const level of Array.from(curve)) {
      if (level < low) low = level;
      if (level > high) high = level;
    }
  }
  return [
    Math.max(Math.floor(low / 10) * 10, LEVEL_LIMITS[0]),
    Math.min(Math.ceil(high / 10) * 10, LEVEL_LIMITS[1]),
  ];
}

/** Pixels around a plot, for its numbers and units. */
export const PLOT_MARGIN = { left: 44, right: 16, top: 12, bottom: 24 };

/**
 * The axes of a plot of `width` by `height` CSS pixels that shows `low` to `high` dB inside `margin`.
 * @returns `x(Hz)`, `y(dB)` to pixels, `hertz(x)`, `level(y)` back
 */
export function createAxes(width, height, [low, high], margin = PLOT_MARGIN) {
  const box = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
  const [across, up] = [box.right - box.left, box.bottom - box.top];
  const span = Math.log(FREQUENCY_RANGE[1] / FREQUENCY_RANGE[0]);
  return {
    box,
    x: (hertz) => box.left + (across * Math.log(hertz / FREQUENCY_RANGE[0])) / span,
    y: (level) => box.bottom - (up * (level - low)) / (high - low),
    hertz: (x) => FREQUENCY_RANGE[0] * Math.exp((span * (x - box.left)) / across),
    level: (y) => low + ((high - low) * (box.bottom - y)) / up,
  };
}
