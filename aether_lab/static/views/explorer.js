// The explorer: the response of the filter at z, its recipe, its knobs, and the learned range.
import { readModel, safeLatent } from "../dsp/decoder.js";
import { hundredths, KNOB_RANGE, knobTitles } from "../dsp/knobs.js";
import { signed } from "../text.js";
import { createBinding } from "../ui/binding.js";
import { button, element } from "../ui/elements.js";
import { createLatents } from "../ui/latents.js";
import { createPlot } from "../ui/plot.js";
import { createPresetList } from "../ui/presets.js";
import { createCurveDrag } from "./drag_curve.js";
import { createFilterCurve } from "./filter_curve.js";
import { createHover } from "./hover.js";
import { createKindBar } from "./kind_bar.js";
import { createKnobs } from "./knobs.js";
import { createRangeStatus, strayLatents } from "./learned_range.js";
import { createLevelZoom } from "./level_zoom.js";
import { createRecipeTable } from "./recipe_table.js";
import { createResidualButton } from "./residual_button.js";
import { createResponseTabs } from "./response_tabs.js";
import { targetDistance } from "./target_distance.js";
import { TOOLS } from "./tools.js";

/**
 * Shows a model in `el` and returns the clean-up.
 *
 * @param {HTMLElement} el
 * @param {WidgetModel} model anywidget's interface to this state:
 *   `space`: the description of a model (`state.model_state`), read once;
 *   `z0` … `z{latent_dim - 1}`: the latent point, read and written;
 *   `target`: `{frequency, level, name}`, a curve in Hz and dB to draw behind, or `{}`;
 *   `references`: `[{frequency, level, name}]`, curves to draw as thin lines behind, at most two;
 *   `residual`: a cascade after the bank in the format of `Recipe.to_json`, drawn with it, or `{}`;
 *   `locked`: the knobs that do not move while the curve is dragged, `[0, 3]`, read and written;
 *   `full_details`: the details of z at 100 % of their slider, read and written;
 *   `slots`, a letter -> z, and `slot`, the letter of the chosen one or "": versions of z, read and written;
 *   `presets`, name -> z: those that the user has saved, read and written.
 *
 * After each drawing `el` emits "aether-drawn" with `{z, recipe, frequency, level}` in its detail (Hz, dB).
 */
export function mount(el, model) {
  return createExplorer(el, model).destroy;
}

/**
 * The explorer of `mount`, as `{ schedule, destroy }`; `schedule` draws again in the next frame.
 * @param {LiveView | null} live of a live panel, or null: `bar` is above the curve and `drawer` below the knobs; `z()` is z
 *   of the sound, or null for that of the model; `show()` is called after each drawing
 */
export function createExplorer(el, model, live = null) {
  const space = readModel(model.get("space"));
  const binding = createBinding(model);
  const { names, move, change, ...latents } = createLatents(model);
  let frame = 0; // the next drawing, if one is scheduled
  const titles = knobTitles(space).map(({ title }) => title);
  const currentZ = () => latents.currentZ().map(safeLatent);
  const locked = () => binding.get("locked") ?? [];
  const curve = createFilterCurve(space, () => binding.get("residual"));
  const plotBox = element("div", "aether-plot");
  const plot = createPlot(plotBox);
  const legend = createLegend(space);
  const rangeStatus = createRangeStatus(space, titles);
  const table = createRecipeTable(space, curve.signs, schedule);
  const goTo = createPresetList(space.landmarks ?? {}, space.landmark_kinds, move);
  const drag = createCurveDrag(plot.canvas, space, {
    currentZ,
    curveAt: curve.levelAt,
    curveNow: curve.sum,
    residual: () => binding.get("residual") ?? {},
    putResidual: (residual) => binding.put("residual", residual),
    locked: () => names.map((_, i) => i >= space.knobs || locked().includes(i)),
    move,
    schedule,
  });
  const hover = createHover(plot.canvas, schedule);
  const zoom = createLevelZoom(plot.canvas, schedule);
  const tabs = createResponseTabs(space, plotBox, schedule);
  plotBox.append(zoom.node);
  const kindBar = createKindBar(space, binding, change);
  const knobs = createKnobs(space, binding, change, ...kindBar.nodes);
  const root = element("section", "aether-explorer", { role: "group", "aria-label": `Filter of ${space.name}` });
  const host = { el, root, model, space, binding, curve, currentZ, move, change, schedule };
  const tools = createTools(host, goTo.node);
  if (live) root.append(live.bar);
  const statuses = element("div", "aether-statuses");
  statuses.append(rangeStatus.node, drag.status);
  root.append(bar("aether-plot-bar", tabs.node, legend.node), plotBox, tabs.box, knobs.node);
  root.append(bar("", statuses, tools.node));
  if (live) root.append(live.drawer);
  root.append(table.node);
  el.append(root);

  function schedule() {
    if (!frame) frame = requestAnimationFrame(update);
  }

  function update() {
    frame = 0;
    const centre = currentZ();
    const moving = drag.active ? null : (live?.z() ?? null);
    const z = moving ?? centre;
    const { frequency, level, sections } = curve.at(z);
    const target = binding.get("target");
    const shown = target?.level?.length ? target : null;
    const sum = { frequency, level };
    const spectra = live?.spectra(sum) ?? [];
    const references = binding.get("references") ?? [];
    const scene = { target: shown, references, sections: table.open ? sections : null, sum, spectra, range: zoom.range(level) };
    plot.draw(hover.scene(drag.scene(scene)));
    tabs.show(curve.recipe, binding.get("residual"));
    plot.canvas.setAttribute("aria-label", describeCurve(titles, z, frequency, level));
    legend.show(shown, targetDistance(sum, shown), {
      references,
      corrected: Boolean(binding.get("residual")?.sections),
      divided: table.open,
      heard: spectra.length > 0,
    });
    for (const part of [kindBar, goTo, tools]) part.show(centre);
    const stray = strayLatents(z.slice(0, space.knobs), space.learned_range);
    knobs.show(centre, moving, stray);
    rangeStatus.show(stray, moving !== null);
    table.show(curve.recipe, curve.nyquist);
    live?.show();
    el.dispatchEvent(new CustomEvent("aether-drawn", { detail: { z, recipe: curve.recipe, frequency, level } }));
  }

  const unwatch = watchTheme(root, schedule);
  binding.follow([...names, "target", "references", "residual", "locked", "full_details"], () => {
    drag.changed();
    schedule();
  });
  function destroy() {
    binding.destroy();
    cancelAnimationFrame(frame);
    unwatch();
    tools.destroy();
    tabs.destroy();
    plot.destroy();
    root.remove();
  }
  return { schedule, destroy };
}

function bar(name, ...nodes) {
  const node = element("div", `aether-bar ${name}`.trim());
  node.append(...nodes);
  return node;
}

/**
 * The toolbar. Another file adds its buttons in one line of `additions`: `createIt(host)` gives its `node`, and perhaps
 * `show(z)`, called at each drawing, and `destroy()`.
 * @param {ExplorerHost} host
 * @param {HTMLElement[]} before
 */
function createTools(host, ...before) {
  /** @type {ExplorerTool[]} */
  const additions = [createResidualButton, ...TOOLS].map((create) => create(host));
  const node = element("div", "aether-tools", { role: "toolbar", "aria-label": "Filter" });
  node.append(...before, ...createMoveButtons(host.space, host.move), ...additions.map((each) => each.node));
  return {
    node,
    show: (/** @type {number[]} */ z) => additions.forEach((each) => each.show?.(z)),
    destroy: () => additions.forEach((each) => each.destroy?.()),
  };
}

function createMoveButtons(space, move) {
  const origin = () => move(Array(space.knobs + space.details).fill(0));
  const rest = space.kinds.length ? "every knob and detail is 0, the kind stays" : "every z is 0";
  const reset = button("Reset", `Back to the centre of the space: ${rest}`, origin);
  return [reset, button("Random", "Somewhere in the learned range", () => move(randomZ(space)))];
}

/** A theme changes in two steps, in either order: the page's colours, by a transition of 1 ms, and an attribute. */
function watchTheme(root, onChange) {
  root.addEventListener("transitionend", onChange);
  const observer = new MutationObserver(onChange);
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  return () => observer.disconnect();
}

/** Knobs drawn evenly from the learned range within theirs, in steps of 0.01, and details of 0. */
export function randomZ(/** @type {{ knobs: number, details: number, learned_range?: Ends[] }} */ { knobs, details, learned_range }) {
  const drawn = Array.from({ length: knobs }, (_, i) => {
    const [low, high] = learned_range?.[i] ?? KNOB_RANGE;
    const [from, to] = [Math.max(low, KNOB_RANGE[0]), Math.min(high, KNOB_RANGE[1])];
    return hundredths(from + Math.random() * (to - from));
  });
  return [...drawn, ...Array(details).fill(0)];
}

export function describeCurve(names, z, frequency, level) {
  const [top, bottom] = [level.indexOf(Math.max(...level)), level.indexOf(Math.min(...level))];
  const at = (i) => `${signed(level[i], 1)} dB at ${Number(frequency[i].toPrecision(3))} Hz`;
  const where = names.map((name, i) => `${name} ${signed(z[i], 2)}`).join(", ");
  return `Magnitude response at ${where}: highest ${at(top)}, lowest ${at(bottom)}`;
}

function createLegend(/** @type {BankKind} */ { topology, polarity }) {
  const node = element("ul", "aether-legend");
  const entry = (kind, text) => {
    const item = element("li", `aether-key aether-key-${kind}`);
    item.textContent = text;
    node.append(item);
    return item;
  };
  const sum = entry("sum", "filter");
  const split = topology === "parallel" && polarity === "alternating";
  const sections = [entry("plus", split ? "sections added" : "sections")];
  if (split) sections.push(entry("minus", "sections subtracted"));
  const spectra = [entry("input", "source"), entry("output", "heard")];
  const target = entry("target", "");
  const references = [entry("first", ""), entry("second", "")];
  return {
    node,
    show(shown, distance, { references: ends, corrected, divided, heard }) {
      for (const each of spectra) each.hidden = !heard;
      for (const each of sections) each.hidden = !divided;
      sum.textContent = corrected ? "filter with its residual cascade" : "filter";
      references.forEach((each, k) => {
        each.hidden = !ends[k];
        each.textContent = ends[k]?.name ?? "";
      });
      target.hidden = !shown;
      const name = shown?.name || "impulse response";
      target.textContent = distance === null ? name : `${name}: ${distance.toFixed(2)} dB away`;
    },
  };
}
