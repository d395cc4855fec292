// Drags of the curve by pointer and by keys; z follows.
import { clamp } from "../dsp/numbers.js";
import { MISSING_DB } from "../dsp/solve_drag.js";
import { consume } from "../ui/arrow_keys.js";
import { createAxes, FREQUENCY_RANGE } from "../ui/axes.js";
import { element } from "../ui/elements.js";
import { levelAt, sceneRange } from "../ui/plot.js";
import { createDragSession } from "./drag_session.js";

/** How near to the curve it can be dragged, CSS pixels. */
const REACH = { mouse: 14, touch: 28 };

/** Octaves of the left and right arrow keys, without and with Shift, and dB of the keys that move the curve. */
const KEY_OCTAVES = [1 / 6, 1];
const KEY_DB = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 };

/** The step of a key: `{hertz, dB, only}`, of which hertz or dB changes; `only` there with Shift; null for another key. */
export function dragStep(hertz, key, shift) {
  const side = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
  const dB = KEY_DB[key] ?? 0;
  if (!side && !dB) return null;
  const next = hertz * 2 ** (side * KEY_OCTAVES[shift ? 1 : 0]);
  return { hertz: clamp(next, FREQUENCY_RANGE[0], FREQUENCY_RANGE[1]), dB, only: shift && dB !== 0 };
}

/**
 * Makes the curve on a plot's canvas draggable.
 * @param {HTMLCanvasElement} canvas of `createPlot`
 * @param {LatentSpace} space from `readModel`
 * @param {{currentZ, curveAt, curveNow, locked, move, residual, putResidual, schedule}} host `curveAt(z, hertz)` in dB,
 *   `curveNow(z)` the whole curve; `locked()`: a boolean per z; `residual()` and `putResidual` of the model
 */
export function createCurveDrag(canvas, space, host) {
  const status = element("p", "aether-drag-status", { role: "status" });
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "response curve");
  canvas.title =
    "Drag the curve, or use the arrow keys: left and right to choose a frequency, up and down to move the curve. " +
    "With Shift the curve moves only there.";
  const session = createDragSession(space, host, status);
  let focused = false;
  dragByPointer(canvas, status, session, host);
  dragByKeys(canvas, status, session);
  canvas.addEventListener("focus", () => {
    focused = canvas.matches(":focus-visible");
    host.schedule();
  });
  canvas.addEventListener("blur", () => {
    focused = false;
    session.end();
  });

  return {
    status,
    /** Whether the curve is dragged. It is then drawn at the z of the knobs, not of a motion. */
    get active() {
      return session.current !== null;
    },
    /** To be called when z or a lock changes: a change from elsewhere ends the drag. */
    changed() {
      if (session.current && !session.moving) session.end();
    },
    scene(next) {
      const drag = session.current;
      session.scene = next;
      if (!drag && !focused) return next;
      const hertz = drag?.hertz ?? session.cursor;
      const level = levelAt(next.sum, hertz);
      const target = drag?.target ?? level;
      const missing = Math.abs(target - level);
      const label = missing < MISSING_DB ? "" : `${missing.toFixed(1)} dB missing`;
      const dragTarget = { hertz, target, level, label };
      session.scene = { ...next, range: drag?.range ?? next.range, dragTarget, ghost: drag?.ghost };
      if (drag) status.textContent = session.describe(drag, next.sum);
      return session.scene;
    },
  };
}

function dragByPointer(canvas, status, session, host) {
  /** Frequency and level under a pointer, and whether it is near the curve. */
  function locate(event) {
    const { left, top } = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const range = session.current?.range ?? sceneRange(session.scene);
    const { box, y: pixels, hertz, level } = createAxes(canvas.clientWidth, canvas.clientHeight, range);
    const at = clamp(hertz(x), FREQUENCY_RANGE[0], FREQUENCY_RANGE[1]);
    const reach = REACH[event.pointerType === "mouse" || !event.pointerType ? "mouse" : "touch"];
    const inside = x >= box.left - reach && x <= box.right + reach;
    return { hertz: at, level: level(y), near: inside && Math.abs(y - pixels(levelAt(session.scene.sum, at))) <= reach };
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!session.scene || event.button) return;
    const { hertz, level, near } = locate(event);
    if (!near) return;
    status.setAttribute("aria-live", "off"); // announced once, at the end of the drag
    const drag = session.begin(hertz, event.shiftKey);
    Object.assign(drag, { pointer: event.pointerId, offset: drag.base - level });
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    canvas.style.cursor = "grabbing";
    event.preventDefault();
    host.schedule();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!session.scene) return;
    const { level, near } = locate(event);
    const drag = session.current;
    if (drag && event.pointerId === drag.pointer) session.dragTo(drag, level + drag.offset);
    else canvas.style.cursor = near ? "grab" : "";
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(name, (event) => {
      const drag = session.current;
      if (!drag || event.pointerId !== drag.pointer) return;
      canvas.style.cursor = "";
      const text = session.describe(drag);
      session.end();
      status.setAttribute("aria-live", "polite");
      status.textContent = text;
    });
  }
  // A touch on the curve drags it. A touch elsewhere scrolls the page.
  canvas.addEventListener("touchstart", (event) => session.current && event.preventDefault(), { passive: false });
}

function dragByKeys(canvas, status, session) {
  function step({ hertz, dB, only }) {
    if (session.current && only !== !session.current.solve) session.end();
    const drag = dB ? (session.current ?? session.begin(session.cursor, only)) : { hertz, target: null };
    if (dB) session.dragTo(drag, drag.target + dB);
    else session.end();
    session.cursor = drag.hertz;
    status.textContent = session.describe(drag);
  }
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && session.current) session.end();
    else {
      const next = dragStep(session.cursor, event.key, event.shiftKey);
      if (!next || !session.scene) return;
      step(next);
    }
    consume(event);
  });
}
