// A slider with its title and its value in a row.
import { element } from "./elements.js";
import { createSlider } from "./slider.js";

/** A row of a title, a slider and its value as text. */
export function rangeRow(title, /** @type {SliderRange} */ range, onInput) {
  const node = element("div", "aether-fader");
  const name = element("span", "aether-fader-name", { "aria-hidden": "true" });
  const output = element("output", "aether-fader-value");
  name.textContent = title;
  const slider = createSlider(title, range, onInput);
  node.append(name, slider.node, output);
  return {
    node,
    input: slider.input,
    get position() {
      return slider.value;
    },
    show(position, text) {
      slider.show(position, text);
      output.textContent = text;
    },
  };
}

/**
 * A labelled fader from `lowest` to `limit`, and `origin` at a double-click. Its position is the `curve`-th root of its
 * value; `format` makes the text.
 */
export function fader(title, { lowest = 0, limit, curve = 1, origin = lowest, format }, onInput) {
  const span = limit - lowest;
  const place = (value) => ((value - lowest) / span) ** (1 / curve);
  const range = { min: 0, max: 1, step: 0.001, origin: place(origin) };
  const row = rangeRow(title, range, (at) => onInput(lowest + span * at ** curve));
  return { node: row.node, input: row.input, show: (value) => row.show(place(value), format(value)) };
}
