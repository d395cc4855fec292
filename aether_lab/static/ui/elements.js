// Elements, buttons and lists of the views.

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
