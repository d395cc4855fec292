// Drags of the curve by pointer and by keys; z follows.
import { clamp } from "../dsp/numbers.js";
import { MISSING_DB } from "../dsp/solve_drag.js";
import { consume } from "../ui/arrow_keys.js";
import { createAxes, FREQUENCY_RANGE } from "../ui/axes.js";
import { element } from "../ui/elements.js";
import { sceneRange } from "../ui/plot.js";
import { createDragSession } from "./drag_session.js";

/** How near to the curve it can be dragged, CSS pixels. */
const REACH = { mouse: 14, touch: 28 };

/** Steps of the arrow keys without and with Shift: octaves to the side, dB up and down. */
const KEY_OCTAVES = [1 / 6, 1];
const KEY_DB = [1, 5];

/** The level of a curve at one frequency, dB: linear on log frequency between its points. */
export function levelAt({ frequency, level }, hertz) {
  const next = frequency.findIndex((other) => other >= hertz);
  const i = next < 0 ? frequency.length - 1 : Math.max(next, 1);
  const part = Math.log(hertz / frequency[i - 1]) / Math.log(frequency[i] / frequency[i - 1]);
  return level[i - 1] + (level[i] - level[i - 1]) * clamp(part, 0, 1);
}

/** The step of an arrow key: `{hertz, dB}`, of which one changes; null for another key. */
export function dragStep(hertz, key, shift) {
  const side = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
  const up = { ArrowDown: -1, ArrowUp: 1 }[key] ?? 0;
  if (!side && !up) return null;
  const next = hertz * 2 ** (side * KEY_OCTAVES[shift ? 1 : 0]);
  return { hertz: clamp(next, FREQUENCY_RANGE[0], FREQUENCY_RANGE[1]), dB: up * KEY_DB[shift ? 1 : 0] };
}

/**
 * Makes the curve on a plot's canvas draggable.
 * @param {HTMLCanvasElement} canvas of `createPlot`
 * @param {LatentSpace} space from `readModel`
 * @param {{currentZ, curveAt, locked, move, schedule}} host `curveAt(z, hertz)` in dB; `locked()`: a boolean per z
 */
export function createCurveDrag(canvas, space, host) {
  const status = element("p", "aether-drag-status", { role: "status" });
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "response curve");
  canvas.title = "Drag the curve, or use the arrow keys: left and right to choose a frequency, up and down to move the curve";
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
      session.scene = { ...next, range: drag?.range, dragTarget: { hertz, target, level, label } };
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
    const drag = session.begin(hertz);
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
  function step({ hertz, dB }) {
    const drag = dB ? (session.current ?? session.begin(session.cursor)) : { hertz, target: null };
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
