// The target of an explorer, as what sections are fitted to. Needs no DOM.
import { SPECTRUM } from "../constants.js";
import { residualDb } from "../dsp/bank.js";
import { BIN_HZ, erbWeights, spectralDistance, weightedMean } from "../dsp/spectrum.js";

/**
 * @param {Curve & { weights?: number[] }} target of the bins but the first
 * @returns its spectrum, band and name, and `distance(cascade)` in dB
 */
export function targetMeasurement({ level, name, weights = [...erbWeights()].slice(1) }) {
  const measured = weights.map((weight, i) => (weight > 0 ? BIN_HZ[i + 1] : 0)).filter(Boolean);
  const band = measured.length ? [measured[0], measured[measured.length - 1]] : [...SPECTRUM.band];
  if (band[0] < SPECTRUM.band[0] + SPECTRUM.bin_width) band[0] = SPECTRUM.band[0]; // the first bin above 100 Hz
  const bins = BIN_HZ.subarray(1);
  /** @param {Cascaded} cascade */
  function distance(cascade) {
    const apart = residualDb(cascade, bins).map((dB, i) => dB - level[i]);
    const mean = weightedMean(apart, weights);
    return spectralDistance(apart.map((dB) => dB - mean), new Float64Array(apart.length), weights);
  }
  return { spectrum: [level[0], ...Array.from(level)], band, name: name || "the target", distance };
}
