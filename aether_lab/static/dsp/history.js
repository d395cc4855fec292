// Undo and redo. Needs no DOM.

/** Seconds without a change after which the next change is a step of its own. */
const PAUSE = 0.6;

/** Steps that are kept. */
const LONGEST_HISTORY = 200;

/** The states of something that changes in gestures, each of which is one step. @template T */
export class History {
  /** @param {T} present @param {(a: T, b: T) => boolean} equal */
  constructor(present, equal) {
    this.present = present;
    this.equal = equal;
    /** @type {T[]} */
    this.past = [];
    /** @type {T[]} */
    this.future = [];
    this.changed = -Infinity; // the time of the last change, s
    this.held = false; // whether a pointer is down: one gesture, however long it rests
  }

  /** The next change begins a step. */
  separate() {
    this.changed = -Infinity;
  }

  /** Takes a new state, of the present step or of a new one. @param {T} state @param {number} time s */
  note(state, time) {
    if (this.equal(state, this.present)) return;
    const same = Number.isFinite(this.changed) && (this.held || time - this.changed < PAUSE);
    if (!same) {
      this.past.push(this.present);
      if (this.past.length > LONGEST_HISTORY) this.past.shift();
    }
    this.present = state;
    this.future = [];
    this.changed = time;
  }

  /** Goes one step back. @returns {T | null} the state to show, or null at the beginning */
  undo() {
    return this.step(this.past, this.future);
  }

  /** Goes one step forward. @returns {T | null} */
  redo() {
    return this.step(this.future, this.past);
  }

  /** @param {T[]} from @param {T[]} to @returns {T | null} */
  step(from, to) {
    const state = from.pop();
    if (state === undefined) return null;
    to.push(this.present);
    this.present = state;
    this.separate();
    return state;
  }
}
