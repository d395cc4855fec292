// Curves over log frequency as SVG, for results that change seldom. The colours are those of the style sheet, so a new
// theme needs no new drawing.
import { signed } from "../text.js";
import { createAxes, FREQUENCY_RANGE, FREQUENCY_TICKS, frequencyLabel, levelTicks } from "./axes.js";
import { shape, shapeText } from "./svg.js";

const MARGIN = { left: 52, right: 16, top: 10, bottom: 42 };
const LABEL_GAP = 28; // pixels between the middles of two labels
const NO_MARGIN = { left: 0, right: 0, top: 0, bottom: 0 };

/** The smallest of ±6, ±12 and ±24 dB that contains these levels. */
export function errorRange(levels) {
  const most = levels.reduce((top, level) => Math.max(top, Math.abs(level)), 0);
  const reach = [6, 12, 24].find((each) => most <= each) ?? 24;
  return [-reach, reach];
}

/** Whole tens that contain these curves, at least -20 to 10 dB and at most 80 dB below the highest. */
export function tightRange(curves) {
  const all = curves.flat();
  const high = Math.max(Math.ceil(all.reduce((top, level) => Math.max(top, level), 0) / 10) * 10, 10);
  const low = Math.min(Math.floor(all.reduce((least, level) => Math.min(least, level), 0) / 10) * 10, -20);
  return [Math.max(low, high - 80), high];
}

/** An SVG of the size of `container` that draws a `ChartScene`. A veil covers what is outside the band. */
export function createChart(container, label) {
  const svg = shape("svg", { role: "img" });
  container.append(svg);
  /** @type {ChartScene | null} */
  let scene = null;

  function draw() {
    const { clientWidth: width, clientHeight: height } = container;
    if (scene && width && height) drawChart(svg, scene, width, height, label);
  }

  const observer = new ResizeObserver(draw);
  observer.observe(container);
  return {
    draw(next) {
      scene = next;
      draw();
    },
    destroy() {
      observer.disconnect();
      svg.remove();
    },
  };
}

function drawChart(svg, /** @type {ChartScene} */ { areas = [], lines, range, band, description }, width, height, label) {
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const { x, y } = createAxes(inner.width, inner.height, range, NO_MARGIN);
  const bottom = range[0] - (range[1] - range[0]); // outside the frame, where a steep line keeps its slope

  svg.setAttribute("aria-label", description);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  const axes = shape("g", { transform: `translate(${MARGIN.left} ${MARGIN.top})`, "aria-hidden": "true" });
  let labelled = -Infinity; // pixels of the last label
  for (const hertz of FREQUENCY_TICKS) {
    axes.append(shape("line", { class: "aether-grid", x1: x(hertz), x2: x(hertz), y2: inner.height }));
    if (x(hertz) - labelled < LABEL_GAP) continue;
    labelled = x(hertz);
    axes.append(shapeText("text", frequencyLabel(hertz), { x: labelled, y: inner.height + 16, "text-anchor": "middle" }));
  }
  for (const level of levelTicks(...range, inner.height / 24)) {
    axes.append(
      shape("line", { class: level ? "aether-grid" : "aether-zero", x2: inner.width, y1: y(level), y2: y(level) }),
      shapeText("text", signed(level, 0), { x: -8, y: y(level) + 4, "text-anchor": "end" }),
    );
  }
  const middle = { x: -inner.height / 2, y: -39, transform: "rotate(-90)", "text-anchor": "middle" };
  axes.append(shapeText("text", label, middle));
  axes.append(shapeText("text", "Frequency (Hz)", { x: inner.width / 2, y: inner.height + 36, "text-anchor": "middle" }));

  const frame = shape("svg", { x: MARGIN.left, y: MARGIN.top, ...inner }); // a nested svg clips
  for (const [from, to] of [
    [FREQUENCY_RANGE[0], band[0]],
    [band[1], FREQUENCY_RANGE[1]],
  ]) {
    const veil = { class: "aether-veil", x: x(from), width: Math.max(x(to) - x(from), 0), height: inner.height };
    frame.append(shape("rect", veil));
  }
  const path = (/** @type {ArrayLike<number>} */ frequency, /** @type {ArrayLike<number>} */ level) =>
    Array.from(frequency, (hertz, i) => `${x(hertz).toFixed(1)} ${y(Math.max(level[i], bottom)).toFixed(1)}`);
  for (const { frequency, low, high } of areas) {
    const outline = [...path(frequency, high), ...path(frequency, low).reverse()];
    frame.append(shape("path", { class: "aether-area", d: `M${outline.join("L")}Z` }));
  }
  for (const { frequency, level, kind } of lines) {
    frame.append(shape("path", { class: `aether-line aether-line-${kind}`, d: `M${path(frequency, level).join("L")}` }));
  }
  svg.replaceChildren(axes, frame);
}
