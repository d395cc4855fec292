// Tabs above the plot: the magnitude, which is dragged, or the phase, the group delay or the impulse response.
import { groupDelayMs, impulseResponse, phaseDegrees } from "../dsp/complex_response.js";
import { filterSections } from "../dsp/filter_rows.js";
import { consume } from "../ui/arrow_keys.js";
import { logFrequencies } from "../ui/axes.js";
import { element } from "../ui/elements.js";
import { drawLine } from "../ui/line_plot.js";
import { createPlot } from "../ui/plot.js";

const TABS = { magnitude: "Magnitude", phase: "Phase", delay: "Group delay", impulse: "Impulse" };

/** Seconds of the impulse response that are drawn. */
const IMPULSE_SECONDS = 0.015;
const HERTZ = logFrequencies(400);

/** The `LineScene` of a tab. */
function lineScene(kind, space, recipe, residual) {
  const filter = filterSections(space, recipe, residual);
  const rate = space.sample_rate;
  if (kind === "phase") return { x: HERTZ, y: phaseDegrees(filter, HERTZ, rate), log: true, units: ["Hz", "\u00b0"], least: 180 };
  if (kind === "delay") return { x: HERTZ, y: groupDelayMs(filter, HERTZ, rate), log: true, units: ["Hz", "ms"], least: 2 };
  const y = impulseResponse(filter, Math.round(IMPULSE_SECONDS * rate));
  return { x: Float64Array.from(y, (_, i) => (1000 * i) / rate), y, log: false, units: ["ms", ""], least: 0.1 };
}

/** @param {HTMLElement} magnitude the plot of the first tab */
export function createResponseTabs(/** @type {LatentSpace} */ space, magnitude, schedule) {
  const node = element("div", "aether-tabs", { role: "tablist", "aria-label": "Response" });
  const box = element("div", "aether-plot", { hidden: true });
  /** @type {ReturnType<typeof createPlot> | null} made when its first tab is chosen */
  let plot = null;
  let kind = "magnitude";
  const tabs = Object.entries(TABS).map(([key, title]) => {
    const tab = element("button", "aether-tab", { type: "button", role: "tab" });
    tab.textContent = title;
    tab.addEventListener("click", () => choose(key));
    node.append(tab);
    return { key, tab };
  });

  function choose(/** @type {string} */ next) {
    kind = next;
    for (const { key, tab } of tabs) {
      tab.setAttribute("aria-selected", String(key === kind));
      tab.tabIndex = key === kind ? 0 : -1;
    }
    magnitude.hidden = kind !== "magnitude";
    box.hidden = !magnitude.hidden;
    schedule();
  }

  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    consume(event);
    const at = tabs.findIndex(({ key }) => key === kind);
    const { key, tab } = tabs[(at + step + tabs.length) % tabs.length];
    choose(key);
    tab.focus();
  });
  choose(kind);
  return {
    node,
    box,
    show(/** @type {BankRecipe} */ recipe, /** @type {Cascaded} */ residual) {
      if (kind === "magnitude") return;
      plot ??= createPlot(box, drawLine);
      plot.draw(lineScene(kind, space, recipe, residual));
      plot.canvas.setAttribute("aria-label", TABS[/** @type {keyof typeof TABS} */ (kind)]);
    },
    destroy: () => plot?.destroy(),
  };
}
