// A belief over filters, drawn: the curves that nine in ten of them lie between, and the filters on maps of pairs of knobs.
import { BY_EAR, KNOB, SPECTRUM } from "../constants.js";
import { curveQuantiles, drawnRows, meanCurve } from "../dsp/belief.js";
import { clamp } from "../dsp/numbers.js";
import { signed } from "../text.js";
import { createChart, tightRange } from "../ui/chart.js";
import { element } from "../ui/elements.js";
import { shape, shapeText } from "../ui/svg.js";

const BELIEF_LEGEND =
  "Shaded: nine in ten of the filters that fit your answers. Dots: such filters, by their knobs. The ring is the best of " +
  "them, A and B are the question.";
const DOTS = 240;
const MAP_SIZE = { side: 190, left: 40, top: 8, bottom: 42, right: 8 }; // units of the drawing
const MAP_REACH = 1.6 * KNOB.limit; // of a map, in z

/** @typedef {import("../dsp/by_ear.js").ByEar} Search */

/** @param {string[]} titles of the knobs @param {string[]} kinds */
export function createBeliefPicture(titles, kinds) {
  const node = element("div", "aether-ear-picture");
  const box = element("div", "aether-chart aether-ear-chart");
  const chart = createChart(box, "Level (dB)");
  const maps = pairs(titles.length).map((pair) => createMap(pair, titles));
  const shares = element("p", "aether-ear-kinds", { hidden: !kinds.length });
  const column = element("div", "aether-ear-maps");
  column.append(...maps.map((map) => map.node));
  const legend = element("p", "aether-ear-help");
  legend.textContent = BELIEF_LEGEND;
  node.append(box, column, shares, legend);
  return {
    node,
    draw(/** @type {Search} */ search) {
      const [low, high] = curveQuantiles(search.belief, [0.05, 0.95]);
      const mean = [...meanCurve(search.belief)];
      chart.draw({
        areas: [{ frequency: BY_EAR.hertz, low, high }],
        lines: [{ frequency: BY_EAR.hertz, level: mean, kind: "sum" }],
        range: /** @type {Ends} */ (tightRange([low, high])),
        band: /** @type {Ends} */ (SPECTRUM.band),
        description: describeFan(low, high),
      });
      const rows = drawnRows(search.belief, DOTS);
      for (const map of maps) map.draw(search, rows);
      shares.textContent = kindText(kinds, search.kindShares);
    },
    destroy: chart.destroy,
  };
}

/** Knobs two by two; the last of an odd number stands beside the one before it. @param {number} count */
export function pairs(count) {
  const firsts = Array.from({ length: Math.ceil(count / 2) }, (_, i) => Math.min(2 * i, Math.max(count - 2, 0)));
  return firsts.map((first) => [first, Math.min(first + 1, count - 1)]);
}

/** @param {number[]} pair @param {string[]} titles */
function createMap([across, up], titles) {
  const node = element("div", "aether-ear-map");
  const { side, left, top, bottom, right } = MAP_SIZE;
  const svg = shape("svg", { role: "img", viewBox: `0 0 ${left + side + right} ${top + side + bottom}` });
  node.append(svg);
  const x = (/** @type {number} */ value) => left + (side * (clamp(value, -MAP_REACH, MAP_REACH) + MAP_REACH)) / (2 * MAP_REACH);
  const y = (/** @type {number} */ value) => top + (side * (MAP_REACH - clamp(value, -MAP_REACH, MAP_REACH))) / (2 * MAP_REACH);

  function axes() {
    const group = shape("g", { "aria-hidden": "true" });
    for (const value of [-KNOB.limit, 0, KNOB.limit]) {
      const kind = value ? "aether-grid" : "aether-zero";
      group.append(
        shape("line", { class: kind, x1: x(value), x2: x(value), y1: top, y2: top + side }),
        shape("line", { class: kind, x1: left, x2: left + side, y1: y(value), y2: y(value) }),
        shapeText("text", signed(value, 0), { x: x(value), y: top + side + 16, "text-anchor": "middle" }),
        shapeText("text", signed(value, 0), { x: left - 5, y: y(value) + 4, "text-anchor": "end" }),
      );
    }
    const middle = top + side / 2;
    group.append(
      shapeText("text", titles[across], { x: left + side / 2, y: top + side + 36, "text-anchor": "middle" }),
      shapeText("text", titles[up], { x: -middle, y: 13, transform: "rotate(-90)", "text-anchor": "middle" }),
    );
    return group;
  }

  return {
    node,
    draw(/** @type {Search} */ search, /** @type {ArrayLike<number>} */ rows) {
      const { numbers } = search.belief.particles;
      const size = search.belief.family.size;
      const dots = shape("g", { class: "aether-ear-dots", "aria-hidden": "true" });
      for (const row of Array.from(rows)) {
        dots.append(shape("circle", { cx: x(numbers[row * size + across]), cy: y(numbers[row * size + up]), r: 2.2 }));
      }
      const z = search.z;
      dots.append(shape("circle", { class: "aether-ear-best", cx: x(z[across]), cy: y(z[up]), r: 7 }));
      for (const [name, point] of Object.entries(search.question)) {
        const at = { x: x(point[across]), y: y(point[up]) + 5, class: "aether-ear-letter", "text-anchor": "middle" };
        dots.append(shapeText("text", name.toUpperCase(), at));
      }
      const ranges = search.knobRanges;
      svg.setAttribute("aria-label", [across, up].map((knob) => rangeText(titles[knob], ranges[knob])).join("; "));
      svg.replaceChildren(axes(), dots);
    },
  };
}

/** "Treble −0.50 to 0.80". @param {string} title @param {number[]} range */
function rangeText(title, range) {
  return `${title} ${signed(range[0], 2)} to ${signed(range[range.length - 1], 2)}`;
}

/** The likeliest kinds, in words. @param {string[]} kinds @param {number[]} shares of sum 1 */
export function kindText(kinds, shares) {
  const order = shares.map((share, k) => ({ share, name: kinds[k] })).sort((a, b) => b.share - a.share);
  const likeliest = order.slice(0, 3).filter(({ share }) => share >= 0.005);
  return `Kind: ${likeliest.map(({ share, name }) => `${name} ${Math.round(100 * share)} %`).join(", ")}`;
}

/** @param {number[]} low @param {number[]} high dB */
function describeFan(low, high) {
  const widths = low.map((level, i) => high[i] - level);
  const widest = widths.indexOf(Math.max(...widths));
  const hertz = Number(BY_EAR.hertz[widest].toPrecision(3));
  return `The curves that nine in ten wanted filters lie between; widest at ${hertz} Hz, ${widths[widest].toFixed(1)} dB`;
}
