// Landmarks and saved presets as buttons on the map.
import { consume } from "../ui/arrow_keys.js";
import { presetAt } from "../ui/presets.js";
import { shape, shapeText } from "../ui/svg.js";
import { createSymbol } from "./map_legend.js";
import { distance, neighbour } from "./map_plane.js";

/** @param {(z: number[]) => void} move @param {(z: number[] | null) => void} onPointed where the pointer or the focus is */
export function createMapPoints(move, onPointed) {
  const group = shape("g", {});
  let points = []; // { name, z, at, node, x, y, away }: `at` in the plane, x and y in pixels
  let pointed = ""; // the name of the point under the pointer or the focus
  let tabbed = 0;

  function point(name) {
    pointed = name;
    onPointed(points.find((each) => each.name === name)?.z ?? null);
  }

  function onKey(event, i) {
    const next = neighbour(points, points[i], event.key);
    if (event.key === "Enter" || event.key === " ") move(points[i].z);
    else if (next >= 0) points[next].node.focus();
    else if (!event.key.startsWith("Arrow")) return;
    consume(event);
  }

  function createPoint({ family, ...entry }, i) {
    const reach = shape("circle", { r: 11, class: "aether-map-reach" });
    const below = [shapeText("title", entry.name), reach];
    const node = createSymbol(family, { role: "button", tabindex: -1 }, ...below);
    node.addEventListener("click", () => move(entry.z));
    node.addEventListener("pointerenter", () => point(entry.name));
    node.addEventListener("pointerleave", () => point(""));
    node.addEventListener("focus", () => {
      tabbed = i;
      point(entry.name);
    });
    node.addEventListener("blur", () => point(""));
    node.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press listens, as a pointer does
    node.addEventListener("keydown", (event) => onKey(event, i));
    return { ...entry, node };
  }

  return {
    node: group,
    replace(entries) {
      const focused = points.find(({ node }) => node === document.activeElement)?.name;
      points = entries.map(createPoint);
      tabbed = Math.min(tabbed, Math.max(points.length - 1, 0));
      group.replaceChildren(...points.map(({ node }) => node));
      points.find(({ name }) => name === focused)?.node.focus();
    },
    layOut(pixels) {
      for (const each of points) {
        Object.assign(each, pixels(each.at));
        each.node.setAttribute("transform", `translate(${each.x} ${each.y})`);
      }
    },
    /** Shows each distance from z, which is at `{x, y}` in the plane; returns the points, the nearest first. */
    show(z, { x, y }) {
      const here = presetAt(Object.fromEntries(points.map((each) => [each.name, each.z])), z);
      points.forEach((each, i) => {
        const { name, at, node } = each;
        each.away = distance(each.z, z);
        // The distance in the directions that the map does not show.
        const depth = Math.sqrt(Math.max(each.away ** 2 - (at.x - x) ** 2 - (at.y - y) ** 2, 0));
        node.setAttribute("opacity", Math.max(1 - 0.22 * depth, 0.35).toFixed(2));
        node.setAttribute("tabindex", i === tabbed ? 0 : -1);
        node.setAttribute("aria-label", `${name}, ${each.away.toFixed(1)} away`);
        node.setAttribute("aria-pressed", String(name === here));
      });
      return { here, pointed, nearest: [...points].sort((a, b) => a.away - b.away) };
    },
  };
}
