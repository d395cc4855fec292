// The cascade that stands after the voice: its response, so that the curve shows what is heard. Closed forms of the
// cookbook's peaking sections and shelves (Bristow-Johnson). Imports nothing and needs no DOM.

/**
 * @param {object} series a cascade in the words of `Recipe.to_json`, or {} for none
 * @param {ArrayLike<number>} hertz
 * @returns {Float64Array} dB at each frequency; 0 where there is no cascade
 */
export function seriesDb(series, hertz) {
  const sum = new Float64Array(hertz.length).fill(series?.preamp ?? 0);
  const { sections = [], sampleRate } = series ?? {};
  const tan = (at) => Math.tan((Math.PI / 2) * Math.min(at / (sampleRate / 2), 0.999999));
  for (const { type, frequency, Q, gain } of sections) {
    const centre = tan(frequency);
    for (let i = 0; i < sum.length; i++) sum[i] += seriesSectionDb(type, tan(hertz[i]) / centre, Q, gain);
  }
  return sum;
}

/** dB of one section at `u = tan(w/2) / tan(w0/2)`, the frequency of its analogue prototype. */
export function seriesSectionDb(type, u, Q, gain) {
  const A = 10 ** (gain / 40);
  const [square, slope] = [u * u, (A * u * u) / (Q * Q)];
  const [near, far] = [(1 - A * square) ** 2 + slope, (A - square) ** 2 + slope];
  if (type === "lowshelf") return 10 * Math.log10((A * A * far) / near);
  if (type === "highshelf") return 10 * Math.log10((A * A * near) / far);
  const wide = (1 - square) ** 2;
  const narrow = square / (Q * Q);
  return 10 * Math.log10((wide + narrow * A * A) / (wide + narrow / (A * A)));
}
