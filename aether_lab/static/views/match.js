// The match of a measured response: what a space reaches, what N sections reach, and the filter to take home.
import { frequencyLabel } from "../ui/axes.js";
import { createChart, errorRange, tightRange } from "../ui/chart.js";
import { button, choice, element, signed } from "../ui/elements.js";
import { createFileDrop, createNotice, keepArrows } from "../ui/file_drop.js";

/** Nominal third octaves of IEC 61260, Hz: where a band may begin and end. */
const THIRDS = [
  20, 25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150,
  4000, 5000, 6300, 8000, 10000, 12500, 16000, 20000,
];
const MOST_SECTIONS = 32;
const SETTLED = 250; // ms without a movement before a slider's position is fitted

const TOPOLOGIES = { cascade: "Peaking, in series", shelves: "Peaking and shelves, in series", parallel: "Parallel" };
const RATES = { 44100: "44.1 kHz", 48000: "48 kHz", 96000: "96 kHz" };

/** The index of the third octave nearest to `hertz`. */
function nearestThird(hertz) {
  const apart = THIRDS.map((third) => Math.abs(Math.log(third / hertz)));
  return apart.indexOf(Math.min(...apart));
}

/** What of the distance of the encoded place each part costs, dB, as `ladder.explained` counts it. */
function lossRows({ mu, refined, direct }) {
  return [
    { title: "Encoder", db: Math.max(mu - refined, 0) },
    { title: "Latent space", db: Math.max(refined - direct, 0) },
    { title: "Bank", db: direct },
  ];
}

/**
 * Shows a `MatchPanel` in `el` and returns the clean-up. The model holds, besides what `file_drop.js` says:
 *   `settings`: `{count, topology, low, high, rate}`, what the sliders and lists say (Hz), written here;
 *   `shown`: the match as curves and numbers, see `match.py`; `{}` before there is one.
 * Asks for files with `{type: "export", id, format}`; the kernel answers `{type: "export", id, …}`.
 * After each drawing `el` emits "aether-drawn" with `shown` in its detail.
 */
export function mountMatch(el, model) {
  const about = model.get("about");
  const root = element("section", "aether-explorer aether-match", { role: "group", "aria-label": "Match a response" });
  const drop = createFileDrop(model, "target", "An impulse response or a measured curve");
  const notice = createNotice(model, root);

  const results = element("div", "aether-results");
  const [plotBox, errorBox] = ["aether-chart", "aether-chart aether-chart-error"].map((name) => element("div", name));
  const plot = createChart(plotBox, "Magnitude (dB)");
  const errors = createChart(errorBox, "Error (dB)");
  const legend = element("ul", "aether-legend");
  const keys = Object.fromEntries(
    ["target", "encoded", "refined", "fitted"].map((kind) => {
      const key = element("li", `aether-key aether-key-${kind}`);
      legend.append(key);
      return [kind, key];
    }),
  );
  const losses = createLosses();
  const place = element("p", "aether-place");

  // Sliders
  const put = (changes) => {
    model.set("settings", { ...model.get("settings"), ...changes });
    model.save_changes();
  };
  let waiting = 0;
  const settle = (changes) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => put(changes()), SETTLED);
  };
  const last = THIRDS.length - 1;
  const count = slider("Sections", { min: 1, max: MOST_SECTIONS, words: String }, () =>
    settle(() => ({ count: count.value })),
  );
  const bandWords = (index) => `${frequencyLabel(THIRDS[index])} Hz`.replace("k Hz", " kHz");
  const low = slider("From", { min: 0, max: last - 1, words: bandWords }, () => {
    if (high.value <= low.value) high.show(low.value + 1);
    settle(band);
  });
  const high = slider("To", { min: 1, max: last, words: bandWords }, () => {
    if (low.value >= high.value) low.show(high.value - 1);
    settle(band);
  });
  const band = () => ({ low: THIRDS[low.value], high: THIRDS[high.value] });
  const topology = choice("Filter", TOPOLOGIES, (kind) => put({ topology: kind }));
  const controls = element("div", "aether-faders aether-match-controls");
  const rate = choice("Sample rate", RATES, (hertz) => put({ rate: Number(hertz) }));
  controls.append(count.node, topology.node, low.node, high.node, rate.node);

  // Files to take home
  const files = element("div", "aether-files", { role: "group", "aria-label": "Download the filter" });
  const asked = new Map();
  let serial = 0;
  const buttons = about.formats.map(({ name, title, suffix }) => {
    const made = button(title, `Download the filter on screen as ${suffix}`, () => {
      const id = `${Math.random()}-${serial++}`;
      asked.set(id, title);
      said.textContent = `Writing ${title}\u2026`;
      model.send({ type: "export", id, format: name });
    });
    made.dataset.format = name;
    files.append(made);
    return made;
  });
  const said = element("p", "aether-said", { role: "status" });
  const take = element("div", "aether-take");
  const takeTitle = element("p", "aether-heading");
  takeTitle.textContent = "Take the filter home";
  take.append(takeTitle, files, said);

  results.append(plotBox, errorBox, legend, place, controls, losses.node, take);
  root.append(drop.node, notice.node, results);
  keepArrows(root);
  el.append(root);

  function showSettings() {
    const settings = model.get("settings");
    count.show(settings.count);
    topology.show(settings.topology);
    rate.show(String(settings.rate));
    low.show(Math.min(nearestThird(settings.low), last - 1));
    high.show(Math.max(nearestThird(settings.high), 1));
  }

  function show() {
    const shown = model.get("shown");
    results.hidden = !shown.frequency;
    if (results.hidden) return;
    drop.show(shown.name);
    said.textContent = ""; // that was of another filter
    const { frequency, curves, target, error, distance, sections } = shown;
    const knobs = shown.z.length;
    const line = (kind, level, at = frequency) => ({ kind, level, frequency: at });
    const lines = [
      line("target", target.level, target.frequency),
      line("encoded", curves.encoded),
      line("refined", curves.refined),
      line("fitted", curves.fitted),
    ];
    const db = (value) => `${value.toFixed(2)} dB`;
    const inside = (_, i) => target.frequency[i] >= shown.band[0] && target.frequency[i] <= shown.band[1];
    plot.draw({
      lines,
      range: tightRange([target.level.filter(inside), curves.fitted]),
      band: shown.band,
      description: `Magnitude response of ${shown.name}; ${sections} come within ${db(distance.fitted)}`,
    });
    errors.draw({
      lines: [line("refined", error.refined, target.frequency), line("fitted", error.fitted, target.frequency)],
      range: errorRange(error.fitted.filter(inside)),
      band: shown.band,
      description: `What is left: the target less the filter, of ${knobs} knobs and of ${sections}`,
    });
    keys.target.textContent = shown.name;
    keys.encoded.textContent = `${knobs} knobs, as encoded: ${db(distance.mu)}`;
    keys.refined.textContent = `${knobs} knobs, refined: ${db(distance.refined)}`;
    keys.fitted.textContent = `${sections}: ${db(distance.fitted)}`;
    place.textContent = `Refined z = (${shown.z.map((value) => signed(value, 2)).join(", ")})`;
    losses.show(lossRows(distance), `What the ${knobs} knobs lose`, shown.explained);
    el.dispatchEvent(new CustomEvent("aether-drawn", { detail: shown }));
  }

  function showBusy() {
    const busy = Boolean(model.get("busy"));
    for (const each of buttons) each.disabled = busy; // the picture is about to change
  }

  function receive(content, buffers) {
    if (content.type !== "export" || !asked.has(content.id)) return;
    const title = asked.get(content.id);
    asked.delete(content.id);
    said.textContent = content.error ? "" : [`${title}: ${content.words}`, ...content.notes].join(" ");
    if (content.error) return;
    const link = element("a", "", { download: content.file });
    link.href = URL.createObjectURL(new Blob([buffers[0]]));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  const handlers = { "change:settings": showSettings, "change:shown": show, "change:busy": showBusy };
  for (const [event, handler] of Object.entries(handlers)) {
    model.on(event, handler);
    handler();
  }
  model.on("msg:custom", receive);
  return () => {
    clearTimeout(waiting);
    for (const [event, handler] of Object.entries(handlers)) model.off(event, handler);
    model.off("msg:custom", receive);
    notice.destroy();
    plot.destroy();
    errors.destroy();
    root.remove();
  };
}

/** Which part of the way from file to knobs loses how much: a table with bars, and a sentence. */
function createLosses() {
  const node = element("div", "aether-losses");
  const table = element("table", "");
  const caption = table.createCaption();
  const body = table.createTBody();
  const sentence = element("p", "aether-place");
  node.append(table, sentence);
  return {
    node,
    show(rows, title, words) {
      caption.textContent = title;
      sentence.textContent = words;
      const most = Math.max(...rows.map(({ db }) => db), 1);
      body.replaceChildren(
        ...rows.map(({ title: part, db }) => {
          const row = element("tr", "");
          const head = element("th", "", { scope: "row" });
          const [bar, number] = ["bar", "number"].map((name) => element("td", `aether-loss-${name}`));
          const fill = element("div", "aether-loss-fill");
          fill.style.width = `${(100 * db) / most}%`;
          bar.setAttribute("aria-hidden", "true");
          head.textContent = part;
          bar.append(fill);
          number.textContent = `${db.toFixed(2)} dB`;
          row.append(head, bar, number);
          return row;
        }),
      );
    },
  };
}

/** A labelled slider over whole numbers. */
function slider(title, { min, max, words }, onInput) {
  const node = element("label", "aether-fader");
  const input = element("input", "", { type: "range", min, max, step: 1, "aria-label": title });
  const name = element("span", "aether-fader-name");
  const output = element("output", "aether-fader-value");
  name.textContent = title;
  node.append(name, input, output);
  const tell = () => {
    output.textContent = words(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    tell();
    onInput();
  });
  return {
    node,
    get value() {
      return Number(input.value);
    },
    show(value) {
      input.value = value;
      tell();
    },
  };
}
