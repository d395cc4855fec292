// The explorer: decodes z, draws the bank's response, reads out the recipe, and says where z stands.
import { createGrid, respond, sectionSign, residualDb } from "../dsp/bank.js";
import { createDecoder, createRecipe, readModel, safeLatent } from "../dsp/decoder.js";
import { KNOB_RANGE, clampToKnob } from "../dsp/knobs.js";
import { logFrequencies } from "../ui/axes.js";
import { button, element, signed } from "../ui/elements.js";
import { createPlot } from "../ui/plot.js";
import { createPresetList } from "../ui/presets.js";
import { createCurveDrag } from "./drag_curve.js";

/** Frequencies of the curve, besides every section's centre, which it never misses. */
const CURVE_POINTS = 480;

/**
 * Shows a model in `el` and returns the clean-up.
 *
 * @param {HTMLElement} el
 * @param {WidgetModel} model anywidget's interface (get, set, save_changes, on, off) to this state:
 *   `space`: the description of a model (`page.model_state`), read once;
 *   `z0` … `z{latent_dim - 1}`: the place in the latent space, read and written;
 *   `target`: `{frequency, level, name}`, a curve in Hz and dB to draw behind, or `{}`;
 *   `residual`: a cascade after the bank in the words of `Recipe.to_json`, drawn with it, or `{}`;
 *   `locked`: the dimensions that stay where they are while the curve is dragged, `[0, 3]`, read and written.
 *
 * After each drawing `el` emits "aether-drawn" with `{z, recipe, frequency, level}` in its detail (Hz, dB).
 */
export function mount(el, model) {
  return createExplorer(el, model).destroy;
}

/**
 * What `mount` shows, as `{ schedule, destroy }`; `schedule` draws again in the next frame.
 * @param {LiveView | null} live of an instrument, or null: `node` stands above the curve; `z()` is where the sound is now, null
 *   for where the model is; `show()` is called after each drawing
 */
export function createExplorer(el, model, live = null) {
  const space = readModel(model.get("space"));
  const names = Array.from({ length: space.latent_dim }, (_, i) => `z${i}`);
  const nyquist = space.sample_rate / 2;
  const decode = createDecoder(space);
  const recipe = createRecipe(space.num_filters);
  const curve = logFrequencies(CURVE_POINTS);
  const signs = Array.from({ length: space.num_filters }, (_, k) => sectionSign(space.polarity, k));

  const root = element("section", "aether-explorer", { role: "group", "aria-label": `Filter of ${space.name}` });
  const plotBox = element("div", "aether-plot");
  const plot = createPlot(plotBox);
  const legend = createLegend(space);
  const place = createRangeRails(space, names);
  const table = createRecipeTable(space, signs, schedule);
  const reset = button("Reset", "Back to the centre of the space: every z is 0", () => move(names.map(() => 0)));
  const random = button("Random", "Somewhere in the learned range", () => move(randomZ(space)));
  const goTo = createPresetList(space.landmarks ?? {}, move);
  const locks = createLocks(names, (chosen) => {
    model.set("locked", chosen);
    model.save_changes();
  });
  const hold = createCurveDrag(plot.canvas, space, {
    place: knobs,
    curveAt(z, hertz) {
      const { sumDb } = respond(space, decode(z, recipe), createGrid([hertz / nyquist]));
      return sumDb[0] + series([hertz])[0];
    },
    locked: () => names.map((_, i) => locked().includes(i)),
    move,
    schedule,
  });
  const hand = element("div", "aether-bar aether-hand");
  hand.append(hold.status, locks.node);
  const bar = element("div", "aether-bar");
  const buttons = element("div", "aether-buttons");
  buttons.append(goTo.node, reset, random);
  bar.append(place.status, buttons);
  if (live) root.append(live.node);
  root.append(plotBox, legend.node, hand, place.rails, bar, table.node);
  el.append(root);

  function knobs() {
    return names.map((name) => safeLatent(model.get(name)));
  }

  function locked() {
    return model.get("locked") ?? [];
  }

  function series(hertz) {
    return residualDb(model.get("residual"), hertz);
  }

  function move(z) {
    names.forEach((name, i) => model.set(name, z[i]));
    model.save_changes();
  }

  let frame = 0;
  function schedule() {
    if (!frame) frame = requestAnimationFrame(update);
  }

  function update() {
    frame = 0;
    const still = knobs();
    const z = (hold.active ? null : live?.z()) ?? still;
    decode(z, recipe);
    const frequency = withCentres(curve, recipe.frequency, nyquist);
    const response = respond(space, recipe, createGrid(frequency.map((hertz) => hertz / nyquist)));
    const level = response.sumDb;
    series(frequency).forEach((dB, i) => (level[i] += dB));
    const target = model.get("target");
    const shown = target?.level?.length ? target : null;
    const sections = { frequency, levels: response.sectionDb, signs };
    plot.draw(hold.scene({ target: shown, sections, sum: { frequency, level } }));
    plot.canvas.setAttribute("aria-label", describeCurve(names, z, frequency, level));
    legend.show(shown, Boolean(model.get("residual")?.sections));
    place.show(still);
    goTo.show(still);
    locks.show(locked());
    table.show(recipe, nyquist);
    live?.show();
    el.dispatchEvent(new CustomEvent("aether-drawn", { detail: { z, recipe, frequency, level } }));
  }

  // A new theme arrives in two steps, in either order: the page's colours, seen by a transition of 1 ms in explorer.css,
  // and the attribute of <body> by which ours are chosen. JupyterLab hides the page meanwhile: draw in the next frame.
  root.addEventListener("transitionend", schedule);
  const theme = new MutationObserver(schedule);
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  const events = [...names, "target", "residual", "locked"].map((name) => `change:${name}`);
  function follow() {
    hold.changed();
    schedule();
  }
  for (const event of events) model.on(event, follow);
  schedule();

  function destroy() {
    for (const event of events) model.off(event, follow);
    cancelAnimationFrame(frame);
    theme.disconnect();
    plot.destroy();
    root.remove();
  }
  return { schedule, destroy };
}

/** A place drawn evenly from the learned range, as far as the knobs reach, on their steps of 0.01. */
export function randomZ(/** @type {{ latent_dim: number, learned_range?: Ends[] }} */ { latent_dim, learned_range }) {
  return Array.from({ length: latent_dim }, (_, i) => {
    const [low, high] = learned_range?.[i] ?? KNOB_RANGE;
    const [from, to] = [Math.max(low, KNOB_RANGE[0]), Math.min(high, KNOB_RANGE[1])];
    return Math.round(100 * (from + Math.random() * (to - from))) / 100 + 0; // + 0: never -0
  });
}

/** The curve's frequencies and the centres among them, rising, Hz: a peak is drawn at its full height. */
export function withCentres(curve, fractions, nyquist) {
  const centres = Array.from(fractions, (fraction) => fraction * nyquist);
  const inside = centres.filter((hertz) => hertz > curve[0] && hertz < curve[curve.length - 1]);
  return Float64Array.from([...curve, ...inside]).sort();
}

/** The latents outside the learned range, as `{name, value, range}`; none when the card knows no range. */
export function strayLatents(names, z, ranges) {
  return names
    .map((name, i) => ({ name, value: z[i], range: ranges?.[i] }))
    .filter(({ value, range }) => range && (value < range[0] || value > range[1]));
}

/** What the picture shows, for those who hear it. */
export function describeCurve(names, z, frequency, level) {
  const [top, bottom] = [level.indexOf(Math.max(...level)), level.indexOf(Math.min(...level))];
  const at = (i) => `${signed(level[i], 1)} dB at ${Number(frequency[i].toPrecision(3))} Hz`;
  const where = names.map((name, i) => `${name} ${signed(z[i], 2)}`).join(", ");
  return `Magnitude response at ${where}: highest ${at(top)}, lowest ${at(bottom)}`;
}

/** What each line is. */
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
  entry("plus", split ? "sections added" : "sections");
  if (split) entry("minus", "sections subtracted");
  const target = entry("target", "");
  return {
    node,
    show(shown, corrected) {
      sum.textContent = corrected ? "filter with its residual cascade" : "filter";
      target.hidden = !shown;
      target.textContent = shown?.name || "impulse response";
    },
  };
}

/** One rail for each latent, with its learned range and where it stands, and one line that says so in words. */
function createRangeRails(/** @type {LatentSpace} */ { learned_range: ranges, captions }, names) {
  const rails = element("div", "aether-rails", { hidden: !ranges });
  const percent = (z) => `${(100 * (clampToKnob(z) - KNOB_RANGE[0])) / (KNOB_RANGE[1] - KNOB_RANGE[0])}%`;
  const parts = names.map((name, i) => {
    if (!ranges?.[i]) return null;
    const [low, high] = ranges[i];
    const row = element("div", "aether-rail");
    const [label, track, band, tick, text] = ["name", "track", "band", "tick", "range"].map((part) =>
      element("span", `aether-rail-${part}`),
    );
    label.textContent = name;
    if (captions?.[i]) row.title = captions[i];
    const learned = `learned ${signed(low, 2)} to ${signed(high, 2)}`;
    track.setAttribute("aria-hidden", "true");
    band.style.left = percent(low);
    band.style.right = `calc(100% - ${percent(high)})`;
    track.append(band, tick);
    row.append(label, track, text);
    rails.append(row);
    return {
      show(z, stray) {
        tick.style.left = percent(z);
        row.classList.toggle("aether-stray", stray);
        text.textContent = stray ? `at ${signed(z, 2)}, ${learned}` : learned;
      },
    };
  });
  const status = element("p", "aether-status", { role: "status", hidden: !ranges });
  return {
    rails,
    status,
    show(z) {
      const stray = strayLatents(names, z, ranges);
      names.forEach((name, i) => parts[i]?.show(z[i], stray.some((other) => other.name === name)));
      status.classList.toggle("aether-stray", stray.length > 0);
      // Written only when it changes, or a screen reader would repeat it at every step of a knob.
      const list = stray.map(({ name }) => name).join(", ");
      const words = stray.length
        ? `\u25b2 ${list} outside the learned range: here the decoder extrapolates`
        : "\u2713 Inside the learned range";
      if (status.textContent !== words) status.textContent = words;
    },
  };
}

/** A toggle for each z that shall stay where it is while the curve is dragged. */
function createLocks(names, onChoice) {
  const node = element("div", "aether-locks", { role: "group", "aria-label": "Locked while the curve is dragged" });
  const title = element("span", "aether-locks-title");
  title.textContent = "Lock";
  let chosen = [];
  const toggles = names.map((name, i) => {
    const toggle = button(name, `${name} stays where it is while the curve is dragged`, () =>
      onChoice(chosen.includes(i) ? chosen.filter((other) => other !== i) : [...chosen, i].sort((a, b) => a - b)),
    );
    toggle.classList.add("aether-lock");
    toggle.setAttribute("aria-label", `Lock ${name}`);
    return toggle;
  });
  node.append(title, ...toggles);
  return {
    node,
    show(locked) {
      chosen = locked;
      toggles.forEach((toggle, i) => toggle.setAttribute("aria-pressed", String(locked.includes(i))));
    },
  };
}

/** The sections in numbers, folded away; filled only while it is open. */
function createRecipeTable(/** @type {LatentSpace} */ { topology, polarity, num_filters }, signs, onOpen) {
  const node = element("details", "aether-recipe");
  const summary = element("summary", "");
  const kind = topology === "cascade" ? "peaking sections in series" : `band-passes in parallel, ${polarity} signs`;
  summary.textContent = `Recipe: ${num_filters} ${kind}`;
  const frame = element("div", "aether-scroll", { role: "region", tabIndex: 0, "aria-label": "Sections of the filter" });
  const table = element("table", "");
  const head = table.createTHead().insertRow();
  for (const title of ["#", "Sign", "Frequency (Hz)", "Q", "Gain (dB)"]) {
    const cell = element("th", "", { scope: "col" });
    cell.textContent = title;
    head.append(cell);
  }
  const body = table.createTBody();
  const rows = signs.map((sign, k) => {
    const row = body.insertRow();
    const cells = Array.from({ length: 5 }, () => row.insertCell());
    cells[0].textContent = String(k + 1);
    cells[1].textContent = topology === "cascade" ? "" : sign < 0 ? "\u2212" : "+";
    return cells;
  });
  frame.append(table);
  node.append(summary, frame);
  node.addEventListener("toggle", onOpen);
  return {
    node,
    show(recipe, nyquist) {
      if (!node.open) return;
      rows.forEach((cells, k) => {
        cells[2].textContent = (recipe.frequency[k] * nyquist).toFixed(1);
        cells[3].textContent = recipe.q[k].toFixed(2);
        cells[4].textContent = signed(recipe.gainDb[k], 1);
      });
    },
  };
}
