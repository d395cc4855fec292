// Pseudo-random numbers that Python computes alike: the counterpart of `signals/pseudo_random.py`. Needs no DOM.

/** A random number from 0 to 2**32 - 1 for each whole number, modulo 2**32 (Wellons' lowbias32). @param {number} x */
export function scramble(x) {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}
