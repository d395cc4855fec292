// Elements, buttons, lists and faders of the views.

/** An element with a class; names with a dash and `role` become attributes, the others properties. */
export function element(tag, className, settings = {}) {
  const node = document.createElement(tag);
  node.className = className;
  for (const [key, value] of Object.entries(settings)) {
    if (key === "role" || key === "scope" || key.includes("-")) node.setAttribute(key, value);
    else node[key] = value;
  }
  return node;
}

/** A push button with a tooltip. */
export function button(text, title, onClick) {
  const node = element("button", "aether-button", { type: "button", title });
  node.textContent = text;
  node.addEventListener("click", onClick);
  return node;
}

/** A labelled list to choose from. */
export function choice(title, options, onChoice) {
  const node = element("label", "aether-choice");
  const name = element("span", "aether-choice-name");
  const select = element("select", "", { "aria-label": title });
  name.textContent = title;
  for (const [value, text] of Object.entries(options)) select.append(new Option(text, value));
  select.addEventListener("change", () => onChoice(select.value));
  node.append(name, select);
  return { node, show: (value) => (select.value = value) };
}

/** A row of a title, perhaps with small text below, a range input with `min`, `max` and `step`, and its value as text. */
export function rangeRow(title, range, onInput, below = "") {
  const node = element("label", "aether-fader");
  const input = element("input", "", { type: "range", ...range, "aria-label": title });
  const name = element("span", "aether-fader-name");
  const output = element("output", "aether-fader-value");
  name.textContent = title;
  if (below) {
    const small = element("small", "aether-fader-below");
    small.textContent = below;
    name.append(small);
  }
  input.addEventListener("input", () => onInput(Number(input.value)));
  node.append(name, input, output);
  return {
    node,
    get position() {
      return Number(input.value);
    },
    show(position, text) {
      input.value = position;
      output.textContent = text;
      input.setAttribute("aria-valuetext", text);
    },
  };
}

/** A labelled fader from `lowest` to `limit`. Its position is the `curve`-th root of its value; `format` makes the text. */
export function fader(title, { lowest = 0, limit, curve = 1, format }, onInput) {
  const span = limit - lowest;
  const row = rangeRow(title, { min: 0, max: 1, step: 0.001 }, (at) => onInput(lowest + span * at ** curve));
  return { node: row.node, show: (value) => row.show(((value - lowest) / span) ** (1 / curve), format(value)) };
}
