// The drag of one point of the curve, by `solve_drag.js`.
import { describeDrag, MISSING_DB, startDrag } from "../dsp/solve_drag.js";
import { sceneRange } from "../ui/plot.js";

const DRAG_HINT = "Drag the curve, or focus it and use the arrow keys: z follows.";

export function createDragSession(/** @type {LatentSpace} */ space, host, status) {
  const session = {
    /** @type {CurveDrag | null} */
    current: null,
    moving: false, // whether z moves because of the drag
    /** @type {any} the `PlotScene` that is drawn */
    scene: null,
    cursor: 1000, // Hz, of the keys
    begin(hertz) {
      const z = host.currentZ();
      const base = host.curveAt(z, hertz);
      const solve = startDrag(space, z, hertz, host.locked());
      session.cursor = hertz;
      session.current = { hertz, base, target: base, range: sceneRange(session.scene), solve };
      return session.current;
    },
    /** Moves z so that the curve is at `target` dB. */
    dragTo(/** @type {CurveDrag} */ drag, target) {
      drag.target = target;
      const before = host.currentZ();
      const displacement = target - drag.base;
      let { z, change } = drag.solve(displacement);
      // The constraint is on a window of the curve. If the window follows, a second step corrects the point itself.
      const missing = target - host.curveAt(z, drag.hertz);
      const follows = Math.abs(displacement - change) < MISSING_DB;
      if (follows && Math.abs(missing) > MISSING_DB / 2) ({ z } = drag.solve(displacement + missing));
      session.moving = true;
      host.move(z.map((value, i) => (value === before[i] ? value : Math.round(1e4 * value) / 1e4)));
      session.moving = false;
      host.schedule();
    },
    end() {
      session.current = null;
      status.textContent = DRAG_HINT;
      host.schedule();
    },
    describe: ({ hertz, target }) => describeDrag(hertz, target, host.curveAt(host.currentZ(), hertz)),
  };
  status.textContent = DRAG_HINT;
  return session;
}
