// Spectra of the source and of what is heard, in sixths of an octave, to draw behind the curve.
import { BAND_CENTRES, bandLevels, meanDifference } from "../dsp/band_levels.js";
import { levelAt } from "../ui/plot.js";

/** Share of the way to the present loudness that a shift goes at each drawing. */
const FOLLOW = 0.15;

/**
 * Loudness says nothing here: the source is shown about 0 dB, and the output where the curve takes it.
 * @param {Sound} sound
 */
export function createSpectra(sound) {
  /** @type {number[] | null} dB that are taken from source and output */
  let shifts = null;
  const buffers = [new Float32Array(0), new Float32Array(0)];

  function read(/** @type {0 | 1} */ output) {
    const analyser = sound.analyser(output);
    if (!analyser) return null;
    if (buffers[output].length !== analyser.frequencyBinCount) buffers[output] = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(buffers[output]);
    return bandLevels(buffers[output], analyser.context.sampleRate / analyser.fftSize);
  }

  return {
    /** The spectra beside the curve `sum`; none while nothing plays. */
    curves(/** @type {Curve} */ sum) {
      const [output, input] = [read(0), read(1)];
      if (!output || !input || Math.max(...input) < -150) {
        shifts = null;
        return [];
      }
      const wanted = Array.from(BAND_CENTRES, (hertz) => levelAt(sum, hertz));
      const now = [
        meanDifference(input, new Float64Array(input.length), input),
        meanDifference(output, wanted, input),
      ];
      shifts = shifts ? shifts.map((shift, i) => shift + FOLLOW * (now[i] - shift)) : now;
      return [input, output].map((level, i) => ({
        kind: ["input", "output"][i],
        frequency: BAND_CENTRES,
        level: level.map((dB) => dB - /** @type {number[]} */ (shifts)[i]),
      }));
    },
  };
}
