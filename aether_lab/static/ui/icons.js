// Buttons with a picture in place of words; their names are for assistive technology and the tooltip.
import { button } from "./elements.js";
import { shape } from "./svg.js";

const ICONS = {
  undo: "M6 3L2.5 6.5L6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H7",
  redo: "M10 3L13.5 6.5L10 10M13.5 6.5H6a3.5 3.5 0 0 0 0 7H9",
  dots: "M3 8h.01M8 8h.01M13 8h.01",
};

/** @param {string} name @param {keyof typeof ICONS} icon @param {string} title @param {() => void} onClick */
export function iconButton(name, icon, title, onClick) {
  const node = button("", title, onClick);
  node.classList.add("aether-icon");
  node.setAttribute("aria-label", name);
  const picture = shape("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" });
  picture.append(shape("path", { d: ICONS[icon] }));
  node.append(picture);
  return node;
}
