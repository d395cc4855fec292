// A filter found by ear: the questions, the answers, and the best filter so far; the counterpart of `model/by_ear.py`.
// Needs no DOM.
import { BY_EAR } from "../constants.js";
import { answered, beliefBefore, bestFilter, kindShares, nextQuestion, quantiles, spreadDb, withCurves } from "./belief.js";
import { createEarCurves } from "./ear_curves.js";

/** A search in a space, from the state of another or from its beginning. */
export class ByEar {
  /** @param {LatentSpace} space from `readModel` @param {EarState} state */
  constructor(space, { seed = 0, noise_db = BY_EAR.noise_db, answers = [] } = {}) {
    this.space = space;
    this.seed = seed;
    this.noiseDb = noise_db;
    /** @type {EarAnswer[]} */
    this.answers = [];
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) throw new Error(`seed is ${seed}; allowed is 0 to ${2 ** 32 - 1}`);
    this.family = createEarCurves(space);
    this.beliefs = [beliefBefore(this.family, seed, noise_db)];
    /** @type {{ a: number[], b: number[] } | null} */
    this.asked = null;
    for (const each of answers) this.take(each);
  }

  /** What is believed after the answers so far. */
  get belief() {
    return this.beliefs[this.beliefs.length - 1];
  }

  /** The next two filters to compare, as latent points. */
  get question() {
    if (!this.asked) {
      const [a, b] = nextQuestion(this.belief).map((each) => this.point(each));
      this.asked = { a, b };
    }
    return this.asked;
  }

  /** Takes the answer to `question`. @param {string} answer */
  answer(answer) {
    this.take({ ...this.question, answer });
  }

  /** Takes back the last answer; its question is asked again. */
  undo() {
    const last = this.answers.pop();
    if (!last) throw new Error("there is no answer to undo");
    this.beliefs.pop();
    this.asked = { a: last.a, b: last.b };
  }

  /** The best latent point so far. */
  get z() {
    return this.point(bestFilter(this.belief));
  }

  /** Whether no further answer is taken. */
  get full() {
    return this.answers.length >= BY_EAR.most_answers;
  }

  /** dB: how far the wanted filter is from the mean of the belief, in expectation. */
  get spreadDb() {
    return spreadDb(this.belief);
  }

  /** The 5, 50 and 95 percentiles of each knob. */
  get knobRanges() {
    return Array.from({ length: this.space.knobs }, (_, i) => quantiles(this.belief, i, [0.05, 0.5, 0.95]));
  }

  /** The probability of each kind; none in a space without kinds. */
  get kindShares() {
    return this.space.kinds.length ? [...kindShares(this.belief)] : [];
  }

  /** @returns {EarState} */
  get state() {
    return { model: this.space.name, seed: this.seed, noise_db: this.noiseDb, answers: [...this.answers] };
  }

  /** @param {EarAnswer} given */
  take(given) {
    if (!BY_EAR.answers.includes(given.answer)) throw new Error(`answer is "${given.answer}"; allowed are ${BY_EAR.answers.join(", ")}`);
    if (this.full) throw new Error(`there are ${BY_EAR.most_answers} answers already`);
    const [a, b] = [given.a, given.b].map((z) => this.curve(z));
    this.beliefs.push(answered(this.belief, a, b, given.answer));
    this.answers.push(given);
    this.asked = null;
  }

  /** dB of a latent point of one kind, as the belief has it. @param {number[]} z */
  curve(z) {
    const { knobs, details, kinds } = this.space;
    const weights = z.slice(knobs + details);
    const kind = Int32Array.of(kinds.length ? weights.indexOf(Math.max(...weights)) : 0);
    return withCurves(this.family, Float64Array.from(z.slice(0, knobs)), kind).curves;
  }

  /** @param {Particles} one @returns {number[]} */
  point({ numbers, kind }) {
    const { details, kinds } = this.space;
    return [...numbers, ...Array(details).fill(0), ...kinds.map((_, k) => (k === kind[0] ? 1 : 0))];
  }
}
