// A recording of z, quantum by quantum, in chunks of a size. Needs no DOM and no worklet.

/** Quanta in a chunk: a third of a second. */
const MOTION_CHUNK = 128;

export class MotionRecording {
  /** @param {number} dims numbers of z */
  constructor(dims) {
    this.rows = new Float64Array(MOTION_CHUNK * dims);
    this.filled = 0;
  }

  /** Adds z of a quantum. @param {Float64Array} z @returns {Float64Array | null} a chunk that is full */
  add(z) {
    this.rows.set(z, this.filled);
    this.filled += z.length;
    return this.filled < this.rows.length ? null : this.take();
  }

  /** What has been added since the last chunk. @returns {Float64Array} */
  take() {
    const rows = this.rows.slice(0, this.filled);
    this.filled = 0;
    return rows;
  }
}
