// A hand on the curve: pointer and keys hold a point of the plot, and z follows by `solve_drag.js`.
import { describeDrag, MISSING_DB, startDrag } from "../dsp/solve_drag.js";
import { createAxes, FREQUENCY_RANGE } from "../ui/axes.js";
import { sceneRange } from "../ui/plot.js";

/** CSS pixels within which the curve is taken hold of, by a mouse and by a finger. */
const REACH = { mouse: 14, touch: 28 };

/** What an arrow key moves, and with Shift: octaves to the side, dB up and down. */
const KEY_OCTAVES = [1 / 6, 1];
const KEY_DB = [1, 5];

const DRAG_HINT = "Drag the curve, or focus it and use the arrow keys: z follows.";

/** The level of a curve at one frequency, dB, on the straight line between its points on log frequency. */
export function levelAt({ frequency, level }, hertz) {
  const next = frequency.findIndex((other) => other >= hertz);
  const i = next < 0 ? frequency.length - 1 : Math.max(next, 1);
  const part = Math.log(hertz / frequency[i - 1]) / Math.log(frequency[i] / frequency[i - 1]);
  return level[i - 1] + (level[i] - level[i - 1]) * Math.min(Math.max(part, 0), 1);
}

/** Where an arrow key leads on the plot: `{hertz, dB}`, of which one changes; null for another key. */
export function dragStep(hertz, key, shift) {
  const side = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
  const up = { ArrowDown: -1, ArrowUp: 1 }[key] ?? 0;
  if (!side && !up) return null;
  const next = hertz * 2 ** (side * KEY_OCTAVES[shift ? 1 : 0]);
  return { hertz: Math.min(Math.max(next, FREQUENCY_RANGE[0]), FREQUENCY_RANGE[1]), dB: up * KEY_DB[shift ? 1 : 0] };
}

/**
 * Makes a plot's canvas something to hold.
 *
 * @param {HTMLCanvasElement} canvas of `createPlot`
 * @param {LatentSpace} space from `readModel`
 * @param {{place, curveAt, locked, move, schedule}} host `place()`: z of the knobs; `curveAt(z, hertz)`: dB of the
 *   whole filter there; `locked()`: one truth for each z; `move(z)`; `schedule()` draws again
 */
export function createCurveDrag(canvas, space, host) {
  const status = document.createElement("p");
  status.className = "aether-hold-status";
  status.setAttribute("role", "status");
  status.textContent = DRAG_HINT;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "response curve");
  canvas.title = "Drag the curve, or use the arrow keys: left and right to choose a frequency, up and down to pull";
  /** @type {PlotScene | null} what is drawn */
  let scene = null;
  /** @type {Held | null} */
  let held = null;
  let cursor = 1000; // Hz, of the keys
  let focused = false;
  let moving = false;

  function begin(hertz) {
    const from = host.place();
    const base = host.curveAt(from, hertz);
    const range = sceneRange(/** @type {PlotScene} */ (scene)); // nothing is held before there is one
    held = { hertz, base, wanted: base, pull: startDrag(space, from, hertz, host.locked()), range };
    return held;
  }

  /** @param {Held} held @param {number} wanted dB */
  function pull(held, wanted) {
    held.wanted = wanted;
    const before = host.place();
    const wish = wanted - held.base;
    let { z, change } = held.pull(wish);
    // The hold is on a window; where that follows, a second pull brings the very point under the finger.
    const left = wanted - host.curveAt(z, held.hertz);
    const follows = Math.abs(wish - change) < MISSING_DB;
    if (follows && Math.abs(left) > MISSING_DB / 2) ({ z } = held.pull(wish + left));
    moving = true;
    host.move(z.map((value, i) => (value === before[i] ? value : Math.round(1e4 * value) / 1e4)));
    moving = false;
    host.schedule();
  }

  function letGo() {
    held = null;
    status.textContent = DRAG_HINT;
    host.schedule();
  }

  /** @param {PlotScene} scene @param {PointerEvent} event */
  function pointAt(scene, event) {
    const { left, top } = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const range = held?.range ?? sceneRange(scene);
    const { box, y: pixels, hertz, level } = createAxes(canvas.clientWidth, canvas.clientHeight, range);
    const at = Math.min(Math.max(hertz(x), FREQUENCY_RANGE[0]), FREQUENCY_RANGE[1]);
    const reach = REACH[event.pointerType === "mouse" || !event.pointerType ? "mouse" : "touch"];
    const inside = x >= box.left - reach && x <= box.right + reach;
    const near = inside && Math.abs(y - pixels(levelAt(scene.sum, at))) <= reach;
    return { hertz: at, level: level(y), near };
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!scene || event.button) return;
    const { hertz, level, near } = pointAt(scene, event);
    if (!near) return;
    status.setAttribute("aria-live", "off"); // said once, when the finger has stopped
    const begun = begin(hertz);
    Object.assign(begun, { pointer: event.pointerId, offset: begun.base - level });
    cursor = hertz;
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    canvas.style.cursor = "grabbing";
    event.preventDefault();
    host.schedule();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!scene) return;
    const { level, near } = pointAt(scene, event);
    if (held && event.pointerId === held.pointer) pull(held, level + (held.offset ?? 0));
    else canvas.style.cursor = near ? "grab" : "";
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    canvas.addEventListener(end, (event) => {
      if (!held || event.pointerId !== held.pointer) return;
      canvas.style.cursor = "";
      const words = said(held);
      letGo();
      status.setAttribute("aria-live", "polite");
      status.textContent = words;
    });
  }
  // A touch on the curve drags it; a touch beside it scrolls the page.
  canvas.addEventListener("touchstart", (event) => held && event.preventDefault(), { passive: false });

  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && held) letGo();
    else {
      const next = dragStep(cursor, event.key, event.shiftKey);
      if (!next || !scene) return;
      if (next.dB) {
        const now = held ?? begin(cursor);
        pull(now, now.wanted + next.dB);
        status.textContent = said(now);
      } else {
        letGo();
        cursor = next.hertz;
        status.textContent = describeDrag(cursor, null, host.curveAt(host.place(), cursor));
      }
    }
    event.preventDefault();
    event.stopPropagation(); // or the notebook would leave the cell
  });
  canvas.addEventListener("focus", () => {
    focused = canvas.matches(":focus-visible");
    host.schedule();
  });
  canvas.addEventListener("blur", () => {
    focused = false;
    letGo();
  });

  /** @param {Held} held */
  function said(held) {
    return describeDrag(held.hertz, held.wanted, host.curveAt(host.place(), held.hertz));
  }

  return {
    status,
    /** Whether a point is held: the curve is then drawn where the knobs are, and not where a motion is. */
    get active() {
      return held !== null;
    },
    /** To be called when z or a lock changes: what else moves z takes it out of the hand. */
    changed() {
      if (held && !moving) letGo();
    },
    /** What the scene shows of the hand. */
    scene(next) {
      scene = next;
      if (!held && !focused) return next;
      const hertz = held?.hertz ?? cursor;
      const level = levelAt(next.sum, hertz);
      const missing = (held?.wanted ?? level) - level;
      const shown = Math.abs(missing) >= MISSING_DB;
      const words = shown ? `${Math.abs(missing).toFixed(1)} dB missing` : "";
      scene = { ...next, range: held?.range, finger: { hertz, wanted: level + missing, level, words } };
      return scene;
    },
  };
}
