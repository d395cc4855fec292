// The ring that marks z, and the empty field of the map: a drag of either moves z in the plane, and so do keys.
import { clamp } from "../dsp/numbers.js";
import { hundredths } from "../dsp/knobs.js";
import { consume, padStep } from "../ui/arrow_keys.js";
import { followPointer } from "../ui/pointer_drag.js";
import { shape, shapeText } from "../ui/svg.js";
import { moveInPlane, project } from "./map_plane.js";

/** @param {(z: number[] | null) => void} onPointed where a pointer is that is not pressed */
export function createMapRing(plane, currentZ, move, onPointed) {
  const field = shape("rect", { class: "aether-map-field" });
  field.append(shapeText("title", "Click or drag: z moves in this plane and keeps its distance from it"));
  const node = shape("g", { class: "aether-map-ring", tabindex: 0, role: "application" });
  node.setAttribute("aria-roledescription", "point on the map");
  node.append(shape("circle", { r: 10 }), shape("circle", { r: 1.5 }));
  let axes; // of `createMapAxes`
  const inside = ({ x, y }) => ({
    x: clamp(x, axes.box.left, axes.box.right),
    y: clamp(y, axes.box.top, axes.box.bottom),
  });
  const moveTo = (at) => move(moveInPlane(plane, currentZ(), ...at));

  function pointAt(event) {
    const { left, top } = node.ownerSVGElement.getBoundingClientRect();
    const { x, y } = inside({ x: event.clientX - left, y: event.clientY - top });
    return axes.plane(x, y).map(hundredths);
  }

  const drag = (event) => axes && moveTo(pointAt(event));
  const focus = () => node.focus({ preventScroll: true });
  const jump = (event) => {
    focus();
    drag(event);
  };
  followPointer(node, focus, drag);
  followPointer(field, jump, drag);
  field.addEventListener("pointermove", (event) => {
    if (axes && !event.buttons) onPointed(moveInPlane(plane, currentZ(), ...pointAt(event)));
  });
  field.addEventListener("pointerleave", () => onPointed(null));
  node.addEventListener("keydown", (event) => {
    const at = project(plane, currentZ());
    const next = padStep([at.x, at.y], event.key, event.shiftKey);
    if (!next) return;
    moveTo(next);
    consume(event);
  });

  return {
    field,
    node,
    layOut(next) {
      axes = next;
      const { left, right, top, bottom } = axes.box;
      const size = { x: left, y: top, width: right - left, height: bottom - top };
      for (const [key, value] of Object.entries(size)) field.setAttribute(key, value);
    },
    /** Marks the point `at` of the plane, or the edge of the map next to it; returns the pixel. */
    show(at, label) {
      const pixel = inside(axes.pixels(at));
      node.setAttribute("transform", `translate(${pixel.x} ${pixel.y})`);
      if (node.getAttribute("aria-label") !== label) node.setAttribute("aria-label", label);
      return pixel;
    },
  };
}
