// The fast Fourier transform of a power of two of samples, in float64. Needs no DOM.

/** The smallest power of two that is not below `count`. @param {number} count */
export function powerOfTwo(count) {
  let size = 1;
  while (size < count) size *= 2;
  return size;
}

/**
 * Transforms `re + j im` in place: X[k] = sum of x[n] exp(-2 pi j k n / N); `inverse` has the other sign and divides by N.
 * @param {Float64Array} re @param {Float64Array} im of the same length, a power of two
 */
export function transform(re, im, inverse = false) {
  const size = re.length;
  swapBitReversed(re, im);
  const sign = inverse ? 1 : -1;
  const cos = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sin = Float64Array.from({ length: size / 2 }, (_, k) => sign * Math.sin((2 * Math.PI * k) / size));
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let begin = 0; begin < size; begin += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [a, b] = [begin + k, begin + k + half];
        const [c, s] = [cos[k * stride], sin[k * stride]];
        const real = re[b] * c - im[b] * s;
        const imag = re[b] * s + im[b] * c;
        re[b] = re[a] - real;
        im[b] = im[a] - imag;
        re[a] += real;
        im[a] += imag;
      }
    }
  }
  if (!inverse) return;
  for (let i = 0; i < size; i++) {
    re[i] /= size;
    im[i] /= size;
  }
}

/** @param {Float64Array} re @param {Float64Array} im */
function swapBitReversed(re, im) {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j], re[i]];
    [im[i], im[j]] = [im[j], im[i]];
  }
}

/**
 * |X|² of real samples, zero-padded, at the lines 0 to `size / 2`.
 * @param {ArrayLike<number>} samples @param {number} size a power of two
 */
export function powerSpectrum(samples, size) {
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  re.set(samples);
  transform(re, im);
  return Float64Array.from({ length: size / 2 + 1 }, (_, k) => re[k] * re[k] + im[k] * im[k]);
}
