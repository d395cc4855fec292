// "Take this filter": the filter on screen, a fit of N sections, or the whole space, as a file or on the clipboard. Needs
// no kernel.
import { FITTING } from "../constants.js";
import { createDecoder } from "../dsp/decoder.js";
import { EXPORT_FORMATS } from "../dsp/export_formats.js";
import { filtersOf } from "../dsp/filter_rows.js";
import { cascadeSteps, describeDeviation, measurementSteps, needsCascade, seriesOfPeaks, takeFilter } from "../dsp/take_filter.js";
import { button, choice, element } from "../ui/elements.js";
import { rangeRow } from "../ui/fader.js";
import { createFormat } from "./take_format.js";
import { createInstruments } from "./take_instrument.js";
import { targetMeasurement } from "./target_measurement.js";

const SLICE_MS = 12; // of a fit at a time, so that the page keeps answering
const FILE_NAME = "aether_filter";
const WHAT = { screen: "the filter on screen", cascade: "the filter on screen, as a cascade", target: "a fit to the target" };

/** A tool of the explorer. @param {Pick<ExplorerHost, "el" | "space" | "binding">} host @returns {ExplorerTool} */
export function createTake(host) {
  const node = element("div", "aether-take");
  const menu = createMenu(host);
  const toggle = button("Take this filter", "Copy or download it for another program", () => show(menu.node.hidden));
  function show(open) {
    menu.node.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    if (open) menu.refresh();
  }
  show(false);
  node.append(toggle, menu.node);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.node.hidden) return;
    show(false);
    toggle.focus();
  });
  return { node, show: () => menu.node.hidden || menu.refresh(), destroy: menu.destroy };
}

/** What is taken, in how many sections, and a row of buttons for each format. @param {Pick<ExplorerHost, "el" | "space" | "binding">} host */
function createMenu(host) {
  const job = createJob(host);
  const node = element("div", "aether-tool-box aether-take-menu", { role: "group", "aria-label": "Take this filter" });
  const what = choice("Take", WHAT, () => {
    refresh();
    if (select.value !== "screen") fit();
  });
  const select = /** @type {HTMLSelectElement} */ (what.node.querySelector("select"));
  const target = /** @type {HTMLOptionElement} */ (select.querySelector("[value=target]"));
  const count = rangeRow("Sections of a fit", { min: 1, max: FITTING.most, step: 1, origin: FITTING.sections }, (value) => {
    count.show(value, String(value));
    fit();
  });
  count.show(FITTING.sections, String(FITTING.sections));
  count.node.classList.add("aether-take-count");
  const status = element("p", "aether-take-status", { role: "status" });
  const options = element("div", "aether-take-options");
  options.append(what.node, count.node);
  const formats = element("ul", "aether-take-formats");
  formats.append(...Object.entries(EXPORT_FORMATS).map(([name, format]) => createFormat(name, format, FILE_NAME, take)));
  node.append(options, formats, ...createInstruments(host.space, (text) => (status.textContent = text)), status);

  /** @param {string} name @param {string} title @param {(file: TakenFile) => Promise<string>} use what is done with the file, as words */
  async function take(name, title, use) {
    status.textContent = `${title}: working\u2026`;
    const number = count.position;
    try {
      const file = await job.run(name, select.value, number, (part) => {
        status.textContent = `${title}: fitting ${seriesOfPeaks(number)}, ${Math.round(100 * part)} %`;
      });
      if (file) status.textContent = `${title} ${await use(file)}: ${describeDeviation(file)}. ${file.notes.join(" ")}`;
    } catch (error) {
      status.textContent = `${title}: ${error.message}; take a cascade instead.`;
    }
  }

  /** Says how far a fit of so many sections is off; one that is not done gives way to that of the next number. */
  async function fit() {
    const [number, kind] = [count.position, select.value === "target" ? "target" : "cascade"];
    const file = await job.run("json", kind, number, (part) => {
      status.textContent = `${seriesOfPeaks(number)}: fitting, ${Math.round(100 * part)} %`;
    });
    if (file) status.textContent = kind === "target" ? file.notes[0] : `${seriesOfPeaks(number)}: ${describeDeviation(file)}.`;
  }

  function refresh() {
    const shown = host.binding.get("target");
    target.hidden = target.disabled = !shown?.level?.length;
    target.text = target.hidden ? WHAT.target : `a fit to ${shown.name || "the target"}`;
    if (target.hidden && select.value === "target") select.value = "screen";
    for (const item of formats.children) {
      const { format } = /** @type {HTMLElement} */ (item).dataset;
      item.classList.toggle("aether-take-refit", select.value === "screen" && job.refits(format));
    }
    count.node.hidden = select.value === "screen" && !Object.keys(EXPORT_FORMATS).some(job.refits);
  }
  return { node, refresh, destroy: job.destroy };
}

/** What is on screen as files; a later run ends the one before. @param {Pick<ExplorerHost, "el" | "space" | "binding">} host */
function createJob({ el, space, binding }) {
  const decode = createDecoder(space);
  const fits = new Map(); // of the last filter, by its values
  let z = Array(space.latent_dim).fill(0);
  let latest = 0;
  const drawn = (event) => (z = [...event.detail.z]);
  el.addEventListener("aether-drawn", drawn);

  const onScreen = () => filtersOf(space, decode(z), binding.get("residual"));

  async function fitted(key, steps, progress) {
    if (!fits.has(key)) {
      const fit = await inSlices(steps, progress, ++latest, (run) => run === latest);
      if (!fit) return null;
      fits.clear();
      fits.set(key, fit);
    }
    return fits.get(key);
  }

  async function run(name, what, count, progress) {
    const filters = onScreen();
    const about = `space ${space.name}, z = (${z.map((value) => Number(value.toFixed(4))).join(", ")})`;
    if (what === "target") {
      const measurement = targetMeasurement(binding.get("target"));
      const steps = measurementSteps(measurement, count, space.sample_rate);
      const fit = await fitted(JSON.stringify([count, measurement]), steps, progress);
      const notes = [`${seriesOfPeaks(count)}, fitted to ${measurement.name}: ${measurement.distance(fit ?? {}).toFixed(2)} dB away.`];
      return fit && takeFilter(name, [fit], { about: measurement.name, notes });
    }
    if (what === "screen" && !needsCascade(name, filters)) return takeFilter(name, filters, { about });
    const refit = await fitted(JSON.stringify([count, filters]), cascadeSteps(filters, count), progress);
    return refit && takeFilter(name, filters, { about, refit });
  }
  return {
    run,
    refits: (name) => needsCascade(name, /** @type {Filter[]} */ ([space, ...(binding.get("residual")?.sections ? [{}] : [])])),
    destroy() {
      latest++;
      el.removeEventListener("aether-drawn", drawn);
    },
  };
}

/** The result of a generator, run in slices; null once `current(run)` is false. */
async function inSlices(steps, progress, run, current) {
  for (let end = performance.now() + SLICE_MS; ; ) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() < end) continue;
    progress(value);
    await new Promise((resolve) => setTimeout(resolve));
    if (!current(run)) return null;
    end = performance.now() + SLICE_MS;
  }
}
