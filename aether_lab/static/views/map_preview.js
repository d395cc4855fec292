// Points of the map under the pointer or the focus. While listening, z is there, and goes back when the pointer leaves.
// Needs no DOM.

/**
 * @param {() => number[]} currentZ
 * @param {(z: number[]) => void} move
 */
export function createMapPreview(currentZ, move) {
  /** @type {number[] | null} z before the preview */
  let home = null;
  /** @type {number[]} the last z that a preview has set */
  let sent = [];
  const undisturbed = () => currentZ().every((value, i) => value === sent[i]); // no one else has moved z since
  const preview = {
    listening: false,
    /** z without the preview. */
    home: () => (home && undisturbed() ? home : currentZ()),
    /** @param {number[] | null} z of the point, or null where there is none */
    point(z) {
      const before = preview.home();
      if (z && preview.listening) {
        home = before;
        sent = z;
        move(z);
      } else if (home) {
        home = null;
        if (undisturbed()) move(before);
      }
    },
    /** Moves z for good. @param {number[]} z */
    go(z) {
      home = null;
      move(z);
    },
    listen(/** @type {boolean} */ on) {
      preview.listening = on;
      if (!on) preview.point(null);
    },
  };
  return preview;
}
