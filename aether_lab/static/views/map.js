// The map of a latent space: presets as buttons on a plane, and a ring that marks z.
import { readModel } from "../dsp/decoder.js";
import { signed } from "../text.js";
import { createBinding } from "../ui/binding.js";
import { button, element } from "../ui/elements.js";
import { createLatents } from "../ui/latents.js";
import { shape } from "../ui/svg.js";
import { showToggle } from "../ui/toggle.js";
import { createMapAxes, createMapGrid } from "./map_axes.js";
import { createMapLabels } from "./map_labels.js";
import { createMapLegend } from "./map_legend.js";
import { project } from "./map_plane.js";
import { createMapPoints } from "./map_points.js";
import { createSavedPresets } from "./map_presets.js";
import { createMapPreview } from "./map_preview.js";
import { createMapRing } from "./map_ring.js";
import { createMapThumbnail } from "./map_thumbnail.js";
import { createTake } from "./take.js";

const LISTEN_TITLE = "z follows the pointer, and with it the sound of a linked panel; both go back when it leaves the map";

/**
 * Shows the map in `el` and returns the clean-up.
 * @param {WidgetModel} model anywidget's interface to: `space`, as of the explorer, with `plane: {centre, axes, labels,
 *   terms, knobs}`, read once; `z0` …; `presets`, name -> z, those that the user has saved; both read and written
 *
 * After each drawing `el` emits "aether-drawn" with `{z}` in its detail.
 */
export function mountMap(el, model) {
  const { landmarks, landmark_kinds: kinds, plane, ...space } = model.get("space");
  const binding = createBinding(model);
  const { names, knobs, currentZ, move } = createLatents(model);
  const decoded = readModel(model.get("space"));
  const preview = createMapPreview(currentZ, move);
  const grid = createMapGrid(plane);
  const points = createMapPoints(preview.go, point);
  const labels = createMapLabels();
  const ring = createMapRing(plane, preview.home, preview.go, point);
  const thumbnail = createMapThumbnail(decoded);
  const legend = createMapLegend(landmarks, kinds);
  const saved = createSavedPresets(space, binding, currentZ, preview.go);

  const { root, chart, svg, side } = createMapFrame(space.name, plane);
  const position = element("p", "aether-map-where");
  const listen = button("Listen as I point", LISTEN_TITLE, () => {
    preview.listen(!preview.listening);
    showToggle(listen, preview.listening);
    svg.classList.toggle("aether-map-listening", preview.listening); // the ring comes under the pointer then
  });
  showToggle(listen, false);
  const take = createTake({ el, space: decoded, binding });
  const tools = element("div", "aether-map-tools", { role: "toolbar", "aria-label": "Map" });
  tools.append(listen, take.node);
  svg.append(grid.node, ring.field, points.node, labels.node, ring.node, thumbnail.node);
  side.append(position, legend.node, ...saved.nodes);
  root.append(tools);
  el.append(root);
  let pointed = null; // z under the pointer or the focus
  let entries = [];
  let axes;
  let frame = 0;

  function showPresets() {
    const own = createEntries(saved.current(), plane, () => "saved");
    entries = [...createEntries(landmarks, plane, (name) => kinds?.[name] ?? ""), ...own];
    points.replace(entries);
    legend.show(own.length);
    saved.show();
    layOut();
  }

  function layOut() {
    const width = chart.clientWidth;
    if (!width) return;
    axes = createMapAxes(plane, entries.map(({ at }) => at), width);
    const height = axes.box.bottom + 40;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    points.layOut(axes.pixels);
    ring.layOut(axes);
    grid.show(axes);
    schedule();
  }

  function point(z) {
    pointed = z;
    preview.point(z);
    schedule();
  }

  function schedule() {
    if (!frame) frame = requestAnimationFrame(update);
  }

  function update() {
    frame = 0;
    if (!axes) return;
    const z = currentZ();
    const at = project(plane, z);
    const label = knobs.map((name, i) => `${name} ${signed(z[i], 2)}`).join(", ");
    const pixel = ring.show(at, label);
    const { here, pointed: name, nearest } = points.show(z, at);
    labels.show(nearest, name, axes.box, { ...pixel, r: 11 });
    thumbnail.show(pointed, pointed && axes.pixels(project(plane, pointed)), preview.home(), axes.box);
    const text = describePosition(here, nearest[0], label, at.off);
    if (position.textContent !== text) position.textContent = text;
    take.show?.(z);
    el.dispatchEvent(new CustomEvent("aether-drawn", { detail: { z } }));
  }

  const observer = new ResizeObserver(layOut);
  observer.observe(chart);
  binding.follow(names, schedule);
  binding.follow(["presets"], showPresets);
  return () => {
    preview.listen(false);
    take.destroy?.();
    binding.destroy();
    cancelAnimationFrame(frame);
    observer.disconnect();
    root.remove();
  };
}

function createMapFrame(name, /** @type {Plane} */ { labels }) {
  const root = element("section", "aether-explorer aether-map", { role: "group", "aria-label": `Map of ${name}` });
  const chart = element("div", "aether-map-chart");
  const side = element("div", "aether-map-side");
  const svg = shape("svg", { role: "group", "aria-label": `Presets in the plane of ${labels.join(" and ")}` });
  chart.append(svg);
  root.append(chart, side);
  return { root, chart, svg, side };
}

function createEntries(presets, plane, familyFor) {
  return Object.entries(presets).map(([name, z]) => ({ name, z, at: project(plane, z), family: familyFor(name) }));
}

function describePosition(here, near, label, off) {
  const preset = here ? `At ${here}.` : near ? `Nearest: ${near.name}, ${near.away.toFixed(1)} away.` : label;
  return off < 0.05 ? preset : `${preset} The ring is ${off.toFixed(1)} off the plane shown.`;
}
