// The drag of one point of the curve: by `solve_drag.js`, or only there, by `residual_bell.js`.
import { withBell } from "../dsp/residual_bell.js";
import { describeDrag, MISSING_DB, startDrag } from "../dsp/solve_drag.js";
import { levelAt, sceneRange } from "../ui/plot.js";

const DRAG_HINT = "Drag the curve: z follows. With Shift it moves only there.";

/** Octaves from the drag beyond which the curve is elsewhere. */
const ELSEWHERE_OCTAVES = 1;

/** The largest change of a curve since `ghost`, an octave or more from `hertz`, dB. */
export function changeElsewhere(/** @type {Curve} */ curve, /** @type {Curve} */ ghost, hertz) {
  let most = 0;
  for (let i = 0; i < curve.frequency.length; i += 4) {
    if (Math.abs(Math.log2(curve.frequency[i] / hertz)) < ELSEWHERE_OCTAVES) continue;
    most = Math.max(most, Math.abs(curve.level[i] - levelAt(ghost, curve.frequency[i])));
  }
  return most;
}

export function createDragSession(/** @type {LatentSpace} */ space, host, status) {
  const session = {
    /** @type {CurveDrag | null} */
    current: null,
    moving: false, // whether z or the residual changes because of the drag
    /** @type {any} the `PlotScene` that is drawn */
    scene: null,
    cursor: 1000, // Hz, of the keys
    /** @param {number} hertz @param {boolean} only whether the curve moves only there */
    begin(hertz, only = false) {
      const z = host.currentZ();
      const base = host.curveAt(z, hertz);
      const ghost = host.curveNow(z);
      const residual = host.residual();
      const solve = only ? null : startDrag(space, z, hertz, host.locked());
      session.cursor = hertz;
      session.current = { hertz, base, target: base, range: sceneRange(session.scene), solve, ghost, residual };
      return session.current;
    },
    /** Moves the curve to `target` dB at the frequency of the drag, by z or by a bell. */
    dragTo(/** @type {CurveDrag} */ drag, target) {
      drag.target = target;
      const displacement = target - drag.base;
      session.moving = true;
      if (drag.solve) moveZ(drag.solve, drag, displacement);
      else host.putResidual(withBell(drag.residual, drag.hertz, displacement, space.sample_rate));
      session.moving = false;
      host.schedule();
    },
    end() {
      session.current = null;
      status.textContent = DRAG_HINT;
      host.schedule();
    },
    /** What is said of a drag, or of a place on the curve. */
    describe({ hertz, target, ghost }, curve = host.curveNow(host.currentZ())) {
      const text = describeDrag(hertz, target, levelAt(curve, hertz));
      return ghost ? `${text} (elsewhere: ${changeElsewhere(curve, ghost, hertz).toFixed(1)} dB)` : text;
    },
  };

  function moveZ(solve, drag, displacement) {
    const before = host.currentZ();
    let { z, change } = solve(displacement);
    // The constraint is on a window of the curve. If the window follows, a second step corrects the point itself.
    const missing = drag.base + displacement - host.curveAt(z, drag.hertz);
    const follows = Math.abs(displacement - change) < MISSING_DB;
    if (follows && Math.abs(missing) > MISSING_DB / 2) ({ z } = solve(displacement + missing));
    host.move(z.map((value, i) => (value === before[i] ? value : Math.round(1e4 * value) / 1e4)));
  }

  status.textContent = DRAG_HINT;
  return session;
}
