// A slider: a native range input for focus, keys and assistive technology, under a track that handles the pointer.
import { clamp } from "../dsp/numbers.js";
import { consume } from "./arrow_keys.js";
import { element } from "./elements.js";
import { arrowStep, FINE, sliderStep, stepped, touchIntent } from "./slider_steps.js";

/** Half a thumb: the ends of the range are this far inside the slider, CSS pixels. */
const INSET = 9;

/** The distance from an end of the slider as a style. @param {number} share */
function inset(share) {
  return `calc(${INSET}px + (100% - ${2 * INSET}px) * ${share})`;
}

/** A mouse that presses this near to the thumb does not move it. */
const GRIP = 11;

/**
 * @param {string} title its accessible name
 * @param {SliderRange} range
 * @param {(value: number) => void} onInput
 */
export function createSlider(title, range, onInput) {
  const { min, max, step, learned = null } = range;
  const node = element("span", "aether-slider");
  const input = element("input", "", { type: "range", min, max, step, "aria-label": title });
  const track = element("span", "aether-slider-track", { "aria-hidden": "true" });
  const [band, fill, thumb, mark] = ["band", "fill", "thumb", "mark"].map((part) => element("span", `aether-slider-${part}`));
  const share = (value) => clamp((value - min) / (max - min), 0, 1);
  band.hidden = !learned;
  if (learned) {
    band.style.left = inset(share(learned[0]));
    band.style.right = inset(1 - share(learned[1]));
  }
  track.append(band, fill, thumb, mark);
  node.append(input, track);
  const zero = share(clamp(0, min, max));
  let value = min;
  const control = {
    node,
    input,
    get value() {
      return value;
    },
    /** @param {number} next @param {string} text @param {number | null} moving where a mark is besides the thumb */
    show(next, text, moving = null) {
      value = next;
      const nearest = String(stepped(range, next));
      if (input.value !== nearest) input.value = nearest;
      if (input.getAttribute("aria-valuetext") !== text) input.setAttribute("aria-valuetext", text);
      const at = share(next);
      thumb.style.left = inset(at);
      fill.style.left = inset(Math.min(at, zero));
      fill.style.right = inset(1 - Math.max(at, zero));
      mark.hidden = moving === null;
      if (moving !== null) mark.style.left = inset(share(moving));
    },
  };
  const put = (/** @type {number | null} */ next) => {
    if (next === null || input.disabled) return;
    value = next; // keys may come faster than drawings
    onInput(next);
  };
  input.addEventListener("input", () => put(Number(input.value)));
  followKeys(control, range, put);
  followTrack(control, range, put);
  return control;
}

function followKeys(control, range, put) {
  const { node, input } = control;
  input.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = sliderStep(range, control.value, event.key, event.shiftKey);
    if (next === null) return;
    consume(event);
    put(next);
  });
  // Only while focused: else the wheel scrolls the page past the slider.
  node.addEventListener(
    "wheel",
    (event) => {
      const turn = -Math.sign(event.deltaY || event.deltaX);
      if (!turn || event.ctrlKey || !input.matches(":focus")) return;
      consume(event);
      put(stepped(range, control.value + turn * (event.shiftKey ? range.step : arrowStep(range))));
    },
    { passive: false },
  );
}

function followTrack(control, range, put) {
  const { node, input } = control;
  const { min, max, origin = null } = range;
  const length = () => node.clientWidth - 2 * INSET;
  const valueAt = (event) => min + ((max - min) * (event.clientX - node.getBoundingClientRect().left - INSET)) / length();
  /** @type {{ id: number, x: number, y: number, value: number, waits: boolean } | null} */
  let drag = null; // `waits`: a touch that may yet become a scroll

  node.addEventListener("pointerdown", (event) => {
    if (event.button || input.disabled) return;
    const touch = event.pointerType === "touch";
    const [here, there] = [clamp(control.value, min, max), valueAt(event)];
    const grips = touch || event.shiftKey || (Math.abs(there - here) * length()) / (max - min) <= GRIP;
    drag = { id: event.pointerId, x: event.clientX, y: event.clientY, value: grips ? here : there, waits: touch };
    if (touch) return;
    event.preventDefault();
    node.setPointerCapture(event.pointerId);
    input.focus({ preventScroll: true });
    if (!grips) put(stepped(range, there));
  });
  node.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    if (drag.waits) {
      const intent = touchIntent(event.clientX - drag.x, event.clientY - drag.y);
      if (!intent) return;
      if (intent === "scroll") drag = null;
      else Object.assign(drag, { x: event.clientX, waits: false });
      return;
    }
    drag.value += ((event.clientX - drag.x) * (event.shiftKey ? FINE : 1) * (max - min)) / length();
    drag.x = event.clientX;
    put(stepped(range, drag.value));
  });
  node.addEventListener("pointerup", (event) => {
    if (drag?.waits && event.pointerId === drag.id) put(stepped(range, valueAt(event))); // a tap
    drag = null;
  });
  node.addEventListener("pointercancel", () => (drag = null));
  node.addEventListener("dblclick", () => put(origin));
}
