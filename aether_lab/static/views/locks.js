// A toggle beside a knob: a locked knob does not move while the curve is dragged.
import { button } from "../ui/elements.js";
import { shape } from "../ui/svg.js";

const BODY = "M3 7h10v7H3z";
const SHACKLES = { open: "M5 7V4a3 3 0 0 1 5.8-1", closed: "M5 7V5a3 3 0 0 1 6 0v2" };

export function createLock(title, onToggle) {
  const node = button("", `${title} stays where it is while the curve is dragged`, onToggle);
  node.className = "aether-lock";
  node.setAttribute("aria-label", `Lock ${title}`);
  const picture = shape("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" });
  const shackle = shape("path", { class: "aether-lock-shackle" });
  picture.append(shape("path", { class: "aether-lock-body", d: BODY }), shackle);
  node.append(picture);
  return {
    node,
    show(locked) {
      node.setAttribute("aria-pressed", String(locked));
      shackle.setAttribute("d", locked ? SHACKLES.closed : SHACKLES.open);
    },
  };
}
