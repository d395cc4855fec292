// The knobs: for each a name, what it does, its value, a lock, and a slider with the learned range on its track.
import { Z_LIMIT } from "../constants.js";
import { KNOB_RANGE, KNOB_STEP, knobTitles } from "../dsp/knobs.js";
import { clamp } from "../dsp/numbers.js";
import { signed } from "../text.js";
import { consume } from "../ui/arrow_keys.js";
import { element } from "../ui/elements.js";
import { createSlider } from "../ui/slider.js";
import { createLock } from "./locks.js";

/** An arrow key moves a knob by this, and with Shift by `KNOB_STEP`. */
const KNOB_ARROW = 0.05;

/**
 * The knobs of a space in a grid, and `more` beside them.
 * @param {{ get: (name: string) => any, put: (name: string, value: unknown) => void }} binding its `locked` are the knobs that a drag of the curve leaves
 * @param {(changes: Record<number, number>) => void} change sets coordinates of z
 */
export function createKnobs(/** @type {LatentSpace} */ space, binding, change, ...more) {
  const node = element("div", "aether-knobs", { role: "group", "aria-label": "Knobs" });
  const locked = () => /** @type {number[]} */ (binding.get("locked") ?? []);
  const knobs = knobTitles(space).map(({ title, effect }, i) => {
    const lock = createLock(title, () => {
      const others = locked().filter((other) => other !== i);
      binding.put("locked", locked().includes(i) ? others : [...others, i].sort((a, b) => a - b));
    });
    const knob = createKnob({ title, effect, name: `z${i}`, learned: space.learned_range?.[i] }, (z) => change({ [i]: z }));
    knob.head.append(lock.node);
    node.append(knob.node);
    return { ...knob, lock };
  });
  node.append(...more);
  node.classList.toggle("aether-knobs-many", node.children.length > 4);
  return {
    node,
    /** @param {number[]} z @param {number[] | null} moving z of a motion @param {number[]} stray the knobs outside their learned range */
    show(z, moving, stray) {
      knobs.forEach((knob, i) => {
        knob.show(z[i], moving && Math.abs(moving[i] - z[i]) > KNOB_STEP / 2 ? moving[i] : null);
        knob.node.classList.toggle("aether-moving", moving !== null);
        knob.node.classList.toggle("aether-stray", stray.includes(i));
        knob.lock.show(locked().includes(i));
      });
    },
  };
}

function createKnob({ title, effect, name, learned }, put) {
  const node = element("div", "aether-knob");
  const head = element("div", "aether-knob-head");
  const heading = element("span", "aether-knob-name");
  const below = element("span", "aether-knob-effect");
  heading.textContent = title;
  below.textContent = effect;
  if (title !== name) {
    const small = element("span", "aether-knob-z");
    small.textContent = name;
    heading.append(" ", small);
  }
  const value = createValue(title, put);
  head.append(heading, value.node);
  const range = { min: KNOB_RANGE[0], max: KNOB_RANGE[1], step: KNOB_STEP, arrow: KNOB_ARROW, origin: 0, learned };
  const slider = createSlider(title, range, put);
  const reach = learned ? `Learned range ${signed(learned[0], 2)} to ${signed(learned[1], 2)}. ` : "";
  slider.node.title = `${reach}Shift: fine. Double-click or Delete: back to 0.`;
  if (effect) slider.input.setAttribute("aria-description", effect);
  slider.node.append(below);
  node.append(head, slider.node);
  return {
    node,
    head,
    show(z, moving) {
      const text = signed(z, 2);
      slider.show(z, text, moving);
      value.show(text);
    },
  };
}

/** The value of a knob as text that can be edited. */
function createValue(title, put) {
  const node = element("input", "aether-knob-value", { type: "text", inputMode: "decimal", "aria-label": `Value of ${title}` });
  let shown = "";
  function read() {
    const typed = node.value.trim().replace("\u2212", "-").replace(",", ".");
    const next = Number(typed);
    if (node.value !== shown && typed && Number.isFinite(next)) put(clamp(next, -Z_LIMIT, Z_LIMIT));
    node.value = shown;
  }
  node.addEventListener("focus", () => node.select());
  node.addEventListener("change", read);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape") node.value = shown;
    else if (event.key === "Enter") read();
    else return event.stopPropagation();
    consume(event);
    node.select();
  });
  return {
    node,
    show(text) {
      if (text === shown) return;
      if (node.value === shown || !node.matches(":focus")) node.value = text;
      shown = text;
    },
  };
}
