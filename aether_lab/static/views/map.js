// A map of the space: a plane of z with named presets on it, to be clicked, and a ring where z is.
import { hundredths, KNOB_RANGE } from "../dsp/knobs.js";
import { padStep } from "../ui/arrow_keys.js";
import { button, element, signed } from "../ui/elements.js";
import { families, familyOf, presetAt } from "../ui/presets.js";
import { shape } from "../ui/svg.js";

/** Labels that stand there unasked: those of the presets nearest to z. */
const LABELS = 4;

/** z, how far beyond the outermost place the map goes on. */
const MAP_MARGIN = 0.35;

const SHAPES = {
  rooms: "M5.5 0A5.5 5.5 0 1 1-5.5 0A5.5 5.5 0 1 1 5.5 0Z",
  plates: "M-5-5H5V5H-5Z",
  cabinets: "M0-6.5L6.2 4.8H-6.2Z",
  microphones: "M0-6.8L5.6 0L0 6.8L-5.6 0Z",
  hrtf: "M0 6.5L6.2-4.8H-6.2Z",
  headphones: "M-1.9-6H1.9V-1.9H6V1.9H1.9V6H-1.9V1.9H-6V-1.9H-1.9Z",
  saved: "M0-8L2.2-2.7L7.6-2.5L3.4 1L4.8 6.5L0 3.4L-4.8 6.5L-3.4 1L-7.6-2.5L-2.2-2.7Z",
  other: "M-2.5-5.5H2.5L5.5-2.5V2.5L2.5 5.5H-2.5L-5.5 2.5V-2.5Z",
};

/** Coordinates of a place in a plane `{centre, axes}`, and its distance from the plane. */
export function project({ centre, axes }, z) {
  const from = z.map((value, i) => value - centre[i]);
  const [x, y] = axes.map((axis) => axis.reduce((sum, part, i) => sum + part * from[i], 0));
  const off = from.map((value, i) => value - x * axes[0][i] - y * axes[1][i]);
  return { x, y, off: Math.hypot(...off) };
}

/** The place at `(x, y)` of the plane through `z` that is parallel to `{centre, axes}`: what is off it stays so. */
export function moveInPlane(plane, z, x, y) {
  const at = project(plane, z);
  const [dx, dy] = [x - at.x, y - at.y];
  return z.map((value, i) => Math.round(1e4 * (value + dx * plane.axes[0][i] + dy * plane.axes[1][i])) / 1e4 + 0);
}

/** How far two presets are apart in z. */
function distance(a, b) {
  return Math.hypot(...a.map((value, i) => value - b[i]));
}

/**
 * Where labels go so that none covers another or a mark: `[{x, y, width, must}]` in order of importance, pixels; for
 * each `{x, y, anchor}`, or null where there is no room. Marks are `[{x, y, r}]`, 5 pixels wide either way without an r.
 * One label that `must` be there may cover marks.
 */
export function layoutLabels(points, box, marks = [], height = 15, gap = 13) {
  const dots = marks.map(({ x, y, r = 5 }) => [x - r, y - r, x + r, y + r]);
  const taken = [];
  return points.map(({ x, y, width, must }) => {
    const middle = Math.min(Math.max(x, box.left + width / 2 + 2), box.right - width / 2 - 2);
    const tries = [
      { x: x + gap, y, anchor: "start", left: x + gap },
      { x: x - gap, y, anchor: "end", left: x - gap - width },
      { x: middle, y: y - gap - 4, anchor: "middle", left: middle - width / 2 },
      { x: middle, y: y + gap + 4, anchor: "middle", left: middle - width / 2 },
    ];
    for (const obstacles of must ? [[...taken, ...dots], taken] : [[...taken, ...dots]]) {
      for (const { left, ...label } of tries) {
        const mine = [left - 2, label.y - height / 2, left + width + 2, label.y + height / 2];
        const inside = mine[0] >= box.left && mine[2] <= box.right && mine[1] >= box.top && mine[3] <= box.bottom;
        const free = obstacles.every((at) => mine[2] < at[0] || mine[0] > at[2] || mine[3] < at[1] || mine[1] > at[3]);
        if (!inside || !free) continue;
        taken.push(mine);
        return label;
      }
    }
    return null;
  });
}

/** Which of `points` `{x, y}` an arrow key leads to from `from`: the nearest within 45 degrees of it, or -1. */
export function neighbour(points, from, key) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
  let [best, least] = [-1, Infinity];
  points.forEach(({ x, y }, i) => {
    const along = (x - from.x) * dx + (y - from.y) * dy;
    const across = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
    if (along <= 0 || across > along) return;
    if (along + across < least) [best, least] = [i, along + across];
  });
  return best;
}

/** The text of saved presets as Python's `Presets` reads it. */
export function presetsText(model, latent_dim, presets) {
  return `${JSON.stringify({ model, latent_dim, presets }, null, 1)}\n`;
}

/**
 * Shows the map in `el` and returns the clean-up.
 * @param {WidgetModel} model anywidget's interface to: `space` `{name, latent_dim, landmarks, plane: {centre, axes, labels,
 *   knobs}}`, read once; `z0` …; `presets`, name -> z, those that the user has saved; both read and written
 */
export function mountMap(el, model) {
  const { name, latent_dim: dims, landmarks, plane } = model.get("space");
  const names = Array.from({ length: dims }, (_, i) => `z${i}`);
  const root = element("section", "aether-explorer aether-map", { role: "group", "aria-label": `Map of ${name}` });
  const chart = element("div", "aether-map-chart");
  const side = element("div", "aether-map-side");
  const svg = shape("svg", { role: "group", "aria-label": `Places in the plane of ${plane.labels.join(" and ")}` });
  chart.append(svg);
  root.append(chart, side);
  el.append(root);

  const grid = shape("g", { class: "aether-map-grid", "aria-hidden": "true" });
  const field = shape("rect", { class: "aether-map-field" });
  const hint = shape("title", {});
  hint.textContent = "Click or drag: z moves in this plane, and what is off it stays";
  field.append(hint);
  const dots = shape("g", {});
  const texts = shape("g", { class: "aether-map-labels", "aria-hidden": "true" });
  const ring = shape("g", { class: "aether-map-ring", tabindex: 0, role: "application" });
  ring.setAttribute("aria-roledescription", "place on the map");
  ring.append(shape("circle", { r: 10 }), shape("circle", { r: 1.5 }));
  svg.append(grid, field, dots, texts, ring);

  const legend = element("ul", "aether-map-legend");
  const where = element("p", "aether-map-where");
  const saved = element("ul", "aether-map-saved", { "aria-label": "Saved presets" });
  const form = element("form", "aether-map-form");
  const input = element("input", "", { type: "text", maxLength: 80, placeholder: "Name of this place" });
  input.setAttribute("aria-label", "Name of this place");
  const save = element("button", "aether-button", { type: "submit", title: "Keep where z is now under this name" });
  save.textContent = "Save this place";
  const download = element("a", "aether-download", { download: `${name}_places.json` });
  form.append(input, save);
  side.append(where, legend, form, saved, download);

  const place = () => names.map((key) => model.get(key));
  const savedPresets = () => model.get("presets") ?? {};
  let points = []; // { name, z, x, y, node, family } of landmarks and saved presets; x and y in pixels
  /** @type {MapAxes | null} */
  let axes = null;
  let pointed = ""; // the name under the pointer or the focus
  let tabbed = 0;
  let frame = 0;

  function move(z) {
    names.forEach((key, i) => model.set(key, z[i]));
    model.save_changes();
  }

  function keep(presets) {
    model.set("presets", presets);
    model.save_changes();
  }

  /** Makes the points anew: when presets were saved or forgotten. */
  function build() {
    const entries = [
      ...Object.entries(landmarks).map(([key, z]) => ({ name: key, z, family: familyOf(key) })),
      ...Object.entries(savedPresets()).map(([key, z]) => ({ name: key, z, family: "saved" })),
    ];
    const focused = points.find(({ node }) => node === document.activeElement)?.name;
    points = entries.map(({ family, ...entry }, i) => {
      const kind = SHAPES[family] ? family : "other";
      const node = shape("g", { class: `aether-map-point aether-family-${kind}`, role: "button", tabindex: -1 });
      const title = shape("title", {});
      title.textContent = entry.name;
      node.append(title, shape("circle", { r: 11, class: "aether-map-reach" }), shape("path", { d: SHAPES[kind] }));
      node.addEventListener("click", () => move(entry.z));
      node.addEventListener("pointerenter", () => point(entry.name));
      node.addEventListener("pointerleave", () => point(""));
      node.addEventListener("focus", () => {
        tabbed = i;
        point(entry.name);
      });
      node.addEventListener("blur", () => point(""));
      node.addEventListener("keydown", (event) => keyOn(event, i));
      return { ...entry, family: kind, node };
    });
    tabbed = Math.min(tabbed, Math.max(points.length - 1, 0));
    dots.replaceChildren(...points.map(({ node }) => node));
    points.find((each) => each.name === focused)?.node.focus();
    showLegend();
    showSaved();
    layOut();
  }

  function point(key) {
    pointed = key;
    schedule();
  }

  function keyOn(event, i) {
    if (event.key === "Enter" || event.key === " ") move(points[i].z);
    else {
      const next = neighbour(points, points[i], event.key);
      if (next < 0) {
        if (!event.key.startsWith("Arrow")) return;
      } else points[next].node.focus();
    }
    event.preventDefault();
    event.stopPropagation(); // or the notebook would leave the cell
  }

  function showLegend() {
    const kinds = families(Object.keys(landmarks)).map(([family, all]) => [family || "others", all.length]);
    if (Object.keys(savedPresets()).length) kinds.push(["saved", Object.keys(savedPresets()).length]);
    legend.replaceChildren(
      ...kinds.map(([kind, count]) => {
        const item = element("li", "");
        const mark = shape("svg", { viewBox: "-9 -9 18 18", width: 16, height: 16, "aria-hidden": "true" });
        const known = SHAPES[kind] ? kind : "other";
        const body = shape("g", { class: `aether-map-point aether-family-${known}` });
        body.append(shape("path", { d: SHAPES[known] }));
        mark.append(body);
        item.append(mark, `${kind} (${count})`);
        return item;
      }),
    );
  }

  function showSaved() {
    const all = savedPresets();
    saved.replaceChildren(
      ...Object.entries(all).map(([key, z]) => {
        const item = element("li", "");
        const forget = button("\u00d7", `Forget ${key}`, () =>
          keep(Object.fromEntries(Object.entries(savedPresets()).filter(([other]) => other !== key))),
        );
        forget.setAttribute("aria-label", `Forget ${key}`);
        item.append(button(key, "Go to this place", () => move(z)), forget);
        return item;
      }),
    );
    saved.hidden = download.hidden = !Object.keys(all).length;
    download.textContent = "Download presets (JSON)";
    download.href = `data:application/json;charset=utf-8,${encodeURIComponent(presetsText(name, dims, all))}`;
  }

  /** Gives every point its pixels: when the width or the points change. */
  function layOut() {
    const width = chart.clientWidth;
    if (!width) return;
    const flat = points.map(({ z }) => project(plane, z));
    const corners = plane.knobs ? KNOB_RANGE.map((end) => ({ x: end, y: end })) : [{ x: -1, y: -1 }, { x: 1, y: 1 }];
    const span = (key) => {
      const all = [...flat, ...corners].map((each) => each[key]);
      return [Math.min(...all) - MAP_MARGIN, Math.max(...all) + MAP_MARGIN];
    };
    const [[left, right], [low, high]] = [span("x"), span("y")];
    const [start, end, top] = [48, width - 10, 8];
    const scale = (end - start) / (right - left); // pixels per unit of z, both ways alike
    const box = { left: start, right: end, top, bottom: top + scale * (high - low) };
    const height = box.bottom + 40;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    /** @type {MapAxes} */
    const made = {
      box,
      pixels: ({ x, y }) => ({ x: box.left + scale * (x - left), y: box.bottom - scale * (y - low) }),
      plane: (x, y) => ({ x: left + (x - box.left) / scale, y: low + (box.bottom - y) / scale }),
    };
    flat.forEach((at, i) => {
      Object.assign(points[i], made.pixels(at), { flat: at });
      points[i].node.setAttribute("transform", `translate(${points[i].x} ${points[i].y})`);
    });
    const frameSize = { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top };
    for (const [key, value] of Object.entries(frameSize)) field.setAttribute(key, value);
    axes = made;
    drawGrid(made, [left, right], [low, high]);
    schedule();
  }

  /** @param {MapAxes} axes @param {Ends} across @param {Ends} up */
  function drawGrid({ box, pixels }, [left, right], [low, high]) {
    const parts = [];
    const line = (x1, y1, x2, y2, kind = "") => parts.push(shape("line", { x1, y1, x2, y2, class: kind }));
    const text = (words, x, y, anchor, more = {}) => {
      const node = shape("text", { x, y, "text-anchor": anchor, ...more });
      node.textContent = words;
      parts.push(node);
    };
    if (plane.knobs) {
      const [least, most] = KNOB_RANGE;
      const [from, to] = [pixels({ x: least, y: most }), pixels({ x: most, y: least })];
      parts.push(shape("rect", { ...from, width: to.x - from.x, height: to.y - from.y, class: "aether-map-knobs" }));
    }
    for (let value = Math.ceil(left); value <= right; value++) {
      const { x } = pixels({ x: value, y: 0 });
      line(x, box.top, x, box.bottom, value ? "" : "aether-map-zero");
      text(signed(value, 0), x, box.bottom + 15, "middle");
    }
    for (let value = Math.ceil(low); value <= high; value++) {
      const { y } = pixels({ x: 0, y: value });
      line(box.left, y, box.right, y, value ? "" : "aether-map-zero");
      text(signed(value, 0), box.left - 7, y + 4, "end");
    }
    const [across, up] = plane.labels;
    text(across, (box.left + box.right) / 2, box.bottom + 33, "middle");
    const middle = (box.top + box.bottom) / 2;
    text(up, 13, middle, "middle", { transform: `rotate(-90 13 ${middle})` });
    grid.replaceChildren(...parts);
  }

  function schedule() {
    if (!frame) frame = requestAnimationFrame(update);
  }

  function update() {
    frame = 0;
    if (!axes) return;
    const z = place();
    const at = project(plane, z);
    const pixel = axes.pixels(at);
    const inside = (value, from, to) => Math.min(Math.max(value, from), to);
    const { box } = axes;
    const [x, y] = [inside(pixel.x, box.left, box.right), inside(pixel.y, box.top, box.bottom)];
    ring.setAttribute("transform", `translate(${x} ${y})`);
    const ways = points.map((each) => distance(each.z, z));
    const order = points.map((_, i) => i).sort((a, b) => ways[a] - ways[b]);
    const here = presetAt(Object.fromEntries(points.map((each) => [each.name, each.z])), z);
    points.forEach((each, i) => {
      const { node } = each;
      // Faded: far from z in the directions that the map does not show.
      const apart = Math.sqrt(Math.max(ways[i] ** 2 - (each.flat.x - at.x) ** 2 - (each.flat.y - at.y) ** 2, 0));
      node.setAttribute("opacity", Math.max(1 - 0.22 * apart, 0.35).toFixed(2));
      node.setAttribute("tabindex", i === tabbed ? 0 : -1);
      node.setAttribute("aria-label", `${each.name}, ${ways[i].toFixed(1)} away`);
      node.setAttribute("aria-pressed", String(each.name === here));
    });
    drawLabels(box, order, { x, y, r: 11 });
    const words = names.map((key, i) => `${key} ${signed(z[i], 2)}`).join(", ");
    if (ring.getAttribute("aria-label") !== words) ring.setAttribute("aria-label", words);
    const near = order.length ? points[order[0]] : null;
    const far = near && ways[order[0]].toFixed(1);
    const nearest = near ? (here ? `At ${here}.` : `Nearest: ${near.name}, ${far} away.`) : words;
    const off = at.off >= 0.05 ? ` The ring is ${at.off.toFixed(1)} off the plane shown.` : "";
    const told = `${nearest}${off}`;
    if (where.textContent !== told) where.textContent = told;
  }

  /** The names of the nearest presets, and of the one that is pointed at, first and in full. */
  function drawLabels(box, order, here) {
    const chosen = order.slice(0, LABELS).filter((i) => points[i].name !== pointed);
    const first = points.findIndex((each) => each.name === pointed);
    if (first >= 0) chosen.unshift(first);
    const nodes = chosen.map((i) => {
      const node = shape("text", { class: i === first ? "aether-map-pointed" : "" });
      node.textContent = i === first ? points[i].name : points[i].name.split(" \u00b7 ").at(-1);
      return node;
    });
    texts.replaceChildren(...nodes);
    const boxes = chosen.map((i, k) => {
      const { x, y } = points[i];
      return { x, y, width: nodes[k].getComputedTextLength(), must: i === first };
    });
    layoutLabels(boxes, box, [...points, here]).forEach((label, k) => {
      if (!label) return nodes[k].remove();
      nodes[k].setAttribute("x", label.x);
      nodes[k].setAttribute("y", label.y + 4);
      nodes[k].setAttribute("text-anchor", label.anchor);
    });
  }

  // A drag over what is empty
  let dragged = null;
  function drag(event) {
    if (!axes) return;
    const { left, top } = svg.getBoundingClientRect();
    const { box } = axes;
    const x = Math.min(Math.max(event.clientX - left, box.left), box.right);
    const y = Math.min(Math.max(event.clientY - top, box.top), box.bottom);
    const to = axes.plane(x, y);
    move(moveInPlane(plane, place(), hundredths(to.x), hundredths(to.y)));
  }
  for (const target of [field, ring]) {
    target.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      dragged = event.pointerId;
      target.setPointerCapture(dragged);
      ring.focus({ preventScroll: true });
      if (target === field) drag(event);
      event.preventDefault();
    });
    target.addEventListener("pointermove", (event) => event.pointerId === dragged && drag(event));
    for (const end of ["pointerup", "pointercancel"]) target.addEventListener(end, () => (dragged = null));
  }
  ring.addEventListener("keydown", (event) => {
    const at = project(plane, place());
    const next = padStep([at.x, at.y], event.key, event.shiftKey);
    if (!next) return;
    move(moveInPlane(plane, place(), ...next));
    event.preventDefault();
    event.stopPropagation();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const key = input.value.trim();
    if (!key) return input.focus();
    input.value = "";
    keep({ ...savedPresets(), [key]: place() });
  });
  input.addEventListener("keydown", (event) => event.stopPropagation()); // letters are the notebook's shortcuts

  const observer = new ResizeObserver(layOut);
  observer.observe(chart);
  const events = names.map((key) => `change:${key}`);
  for (const event of events) model.on(event, schedule);
  model.on("change:presets", build);
  build();

  return () => {
    for (const event of events) model.off(event, schedule);
    model.off("change:presets", build);
    cancelAnimationFrame(frame);
    observer.disconnect();
    root.remove();
  };
}
