// Response, phase, group delay and impulse response of biquads. Needs no DOM.

/** Relative step of frequency for the derivative of the phase. */
const STEP = 1e-4;

/** The complex response, `[re, im]`. @param {FilterSections} filter @param {number} w radians a sample */
export function responseAt({ parallel, series }, w) {
  let [re, im] = [0, 0];
  for (const section of parallel) {
    const [x, y] = sectionAt(section, w);
    re += x;
    im += y;
  }
  for (const section of series) {
    const [x, y] = sectionAt(section, w);
    [re, im] = [re * x - im * y, re * y + im * x];
  }
  return [re, im];
}

/** @param {number[]} section @param {number} w */
function sectionAt([b0, b1, b2, a1, a2], w) {
  const [c1, s1, c2, s2] = [Math.cos(w), Math.sin(w), Math.cos(2 * w), Math.sin(2 * w)];
  const [bRe, bIm] = [b0 + b1 * c1 + b2 * c2, -b1 * s1 - b2 * s2];
  const [aRe, aIm] = [1 + a1 * c1 + a2 * c2, -a1 * s1 - a2 * s2];
  const size = aRe * aRe + aIm * aIm;
  return [(bRe * aRe + bIm * aIm) / size, (bIm * aRe - bRe * aIm) / size];
}

/** Degrees at each frequency, without jumps. @param {FilterSections} filter @param {Float64Array} hertz @param {number} rate */
export function phaseDegrees(filter, hertz, rate) {
  let [turns, before] = [0, NaN];
  return Float64Array.from(hertz, (each) => {
    const [re, im] = responseAt(filter, (2 * Math.PI * each) / rate);
    const phase = Math.atan2(im, re) / (2 * Math.PI);
    if (Math.abs(phase - before) > 0.5) turns += phase > before ? -1 : 1;
    before = phase;
    return 360 * (phase + turns);
  });
}

/** Milliseconds at each frequency: the slope of the phase. @param {FilterSections} filter @param {Float64Array} hertz @param {number} rate */
export function groupDelayMs(filter, hertz, rate) {
  return Float64Array.from(hertz, (each) => {
    const w = (2 * Math.PI * each) / rate;
    const [[a, b], [c, d]] = [responseAt(filter, w * (1 - STEP)), responseAt(filter, w * (1 + STEP))];
    return (-1000 * Math.atan2(d * a - c * b, c * a + d * b)) / (2 * STEP * w * rate);
  });
}

/** `count` samples of the impulse response. @param {FilterSections} filter @param {number} count */
export function impulseResponse({ parallel, series }, count) {
  const impulse = new Float64Array(count);
  impulse[0] = 1;
  const sum = new Float64Array(count);
  for (const section of parallel) filtered(section, impulse).forEach((value, i) => (sum[i] += value));
  return series.reduce((samples, section) => filtered(section, samples), sum);
}

/** @param {number[]} section @param {Float64Array} samples */
function filtered([b0, b1, b2, a1, a2], samples) {
  let [first, second] = [0, 0]; // transposed direct form II
  return samples.map((x) => {
    const y = b0 * x + first;
    first = b1 * x - a1 * y + second;
    second = b2 * x - a2 * y;
    return y;
  });
}
