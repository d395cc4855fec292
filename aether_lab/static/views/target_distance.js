// How far the curve is from the target: the log-spectral distance (`spectrum.lsd` of Python).
import { levelAt } from "../ui/plot.js";

/**
 * dB; null for a target without weights.
 * @param {Curve} curve @param {(Curve & { weights?: number[] }) | null} target its weights have the sum 1
 */
export function targetDistance(curve, target) {
  if (!target?.weights?.length) return null;
  let sum = 0;
  target.weights.forEach((weight, i) => {
    if (weight) sum += weight * (levelAt(curve, target.frequency[i]) - target.level[i]) ** 2;
  });
  return Math.sqrt(sum);
}
