// Frequencies as notes of equal temperament, A4 = 440 Hz. Needs no DOM.

const NOTES = ["C", "C\u266f", "D", "E\u266d", "E", "F", "F\u266f", "G", "A\u266d", "A", "B\u266d", "B"];

/** "A4", "C♯5 −12 ct": the nearest note and the cents from it. @param {number} hertz */
export function noteName(hertz) {
  const semitones = 69 + 12 * Math.log2(hertz / 440);
  const nearest = Math.round(semitones);
  const cents = Math.round(100 * (semitones - nearest));
  const name = `${NOTES[((nearest % 12) + 12) % 12]}${Math.floor(nearest / 12) - 1}`;
  return cents ? `${name} ${cents > 0 ? "+" : "\u2212"}${Math.abs(cents)} ct` : name;
}
