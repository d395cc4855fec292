// A button that is pressed or not, with a text for each state if there are two.

export function showToggle(node, pressed, on = "", off = "") {
  node.setAttribute("aria-pressed", String(Boolean(pressed)));
  if (on) node.textContent = pressed ? on : off;
}
