// A magnitude response on a canvas: log frequency from 20 Hz to 20 kHz across, decibels up.
// It knows no filter, only curves.
import { clamp } from "../dsp/numbers.js";
import { createAxes, FREQUENCY_TICKS, frequencyLabel, levelRange, levelTicks } from "./axes.js";

/** Of the reference curves, in their order: `explorer.css` draws the same in the legend. */
const REFERENCE_DASHES = [[9, 4], [2, 3]];

/**
 * Puts a canvas into `container` and draws a `PlotScene` on it, or what else `draw` takes, again when the container changes its size. Colours and
 * font are the container's `--aether-…` variables at each drawing.
 */
export function createPlot(container, draw = drawScene) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  container.append(canvas);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {any} */
  let scene = null;

  function redraw() {
    const { clientWidth: width, clientHeight: height } = container;
    if (!scene || !width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
      canvas.width = pixelWidth;
      canvas.height = pixelHeight;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, scene, width, height, readTheme(container));
  }

  const observer = new ResizeObserver(redraw);
  observer.observe(container);
  return {
    canvas,
    redraw,
    draw(next) {
      scene = next;
      redraw();
    },
    destroy() {
      observer.disconnect();
      canvas.remove();
    },
  };
}

/** Colours and font as the page's theme has them now. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue(`--aether-${name}`).trim();
  return {
    font: style.fontFamily,
    ink: colour("ink"),
    faint: colour("faint"),
    grid: colour("grid"),
    sum: colour("sum"),
    plus: colour("plus"),
    minus: colour("minus"),
    target: colour("target"),
    paper: colour("paper"),
    warn: colour("warn"),
  };
}

/**
 * The dB that the axis of a scene shows.
 * @param {PlotScene} scene
 * @returns {Ends}
 */
export function sceneRange({ target, references = [], sum, range }) {
  return range ?? levelRange([sum, ...(target ? [target] : []), ...references].map(({ level }) => level));
}

/** The level of a curve at one frequency, dB: linear on log frequency between its points. */
export function levelAt(/** @type {Curve} */ { frequency, level }, hertz) {
  let [below, above] = [0, frequency.length - 1]; // halved until they are neighbours
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (frequency[middle] < hertz) below = middle;
    else above = middle;
  }
  const part = Math.log(hertz / frequency[below]) / Math.log(frequency[above] / frequency[below]);
  return level[below] + (level[above] - level[below]) * clamp(part, 0, 1);
}

/** Axes, then the target, the sections and their sum over it, then the drag target. Sizes in CSS pixels. */
function drawScene(context, scene, width, height, theme) {
  const { target, sections, sum, dragTarget, ghost } = scene;
  const [low, high] = sceneRange(scene);
  const { box, x, y } = createAxes(width, height, [low, high]);

  const columns = FREQUENCY_TICKS.map((hertz) => ({ at: hertz, label: frequencyLabel(hertz) }));
  const rows = levelTicks(low, high, (box.bottom - box.top) / 26).map((at) => ({ at, label: String(at) }));
  drawGrid(context, { box, x, y, columns, rows, units: ["Hz", "dB"], first: FREQUENCY_TICKS[0] }, theme);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  context.lineJoin = "round";
  const bottom = low - (high - low); // below the clip: a steep section leaves the plot at its true slope
  const trace = (frequency, level) => {
    context.beginPath();
    for (let i = 0; i < frequency.length; i++) context.lineTo(x(frequency[i]), y(Math.max(level[i], bottom)));
  };

  for (const { kind, frequency, level } of scene.spectra ?? []) {
    trace(frequency, level);
    context.lineTo(box.right, box.bottom);
    context.lineTo(box.left, box.bottom);
    context.fillStyle = kind === "input" ? theme.faint : theme.plus;
    context.globalAlpha = 0.2;
    context.fill();
  }
  context.globalAlpha = 1;
  if (target) {
    trace(target.frequency, target.level);
    context.strokeStyle = theme.target;
    context.globalAlpha = 0.9;
    context.lineWidth = 6;
    context.stroke();
  }
  context.lineWidth = 1.5;
  context.strokeStyle = theme.ink;
  context.globalAlpha = 0.7;
  scene.references?.forEach(({ frequency, level }, k) => {
    trace(frequency, level);
    context.setLineDash(REFERENCE_DASHES[k % REFERENCE_DASHES.length]);
    context.stroke();
  });
  context.setLineDash([]);
  context.lineWidth = 1;
  context.globalAlpha = 0.4;
  sections?.levels.forEach((level, k) => {
    trace(sections.frequency, level);
    context.strokeStyle = sections.signs[k] < 0 ? theme.minus : theme.plus;
    context.setLineDash(sections.signs[k] < 0 ? [4, 3] : []);
    context.stroke();
  });
  context.setLineDash([]);
  context.globalAlpha = 1;
  if (ghost) {
    trace(ghost.frequency, ghost.level);
    context.strokeStyle = theme.faint;
    context.lineWidth = 1.5;
    context.setLineDash([6, 4]);
    context.stroke();
    context.setLineDash([]);
  }
  trace(sum.frequency, sum.level);
  context.strokeStyle = theme.sum;
  context.lineWidth = 2.5;
  context.stroke();
  context.restore();
  if (dragTarget) drawDragTarget(context, dragTarget, box, x, y, theme);
  if (scene.hover) drawHover(context, scene.hover, box, x, y, theme);
}

/** A line across the plot at the pointer, a dot on the curve, and what is there. */
function drawHover(context, { hertz, level, label }, box, x, y, theme) {
  const at = x(hertz);
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(at, box.top);
  context.lineTo(at, box.bottom);
  context.stroke();
  context.beginPath();
  context.arc(at, clamp(y(level), box.top, box.bottom), 4, 0, 7);
  context.fillStyle = theme.sum;
  context.fill();
  context.fillStyle = theme.ink;
  const right = at < (box.left + box.right) / 2;
  haloText(context, label, at + (right ? 8 : -8), box.top + 10, right, theme);
}

/** Text with a halo, for curves that pass behind it. */
function haloText(context, text, x, y, right, theme) {
  context.font = `600 12px ${theme.font}`;
  context.textAlign = right ? "left" : "right";
  context.textBaseline = "middle";
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = theme.paper;
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

/** A ring on the curve. If the target is elsewhere, also a disc there, a dotted line between them, and the label. */
function drawDragTarget(context, { hertz, target, level, label }, box, x, y, theme) {
  const inside = (dB) => clamp(y(dB), box.top, box.bottom);
  const [at, ring, disc] = [x(hertz), inside(level), inside(target)];
  if (label) {
    context.strokeStyle = theme.warn;
    context.lineWidth = 2;
    context.setLineDash([2, 4]);
    context.beginPath();
    context.moveTo(at, ring);
    context.lineTo(at, disc);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = theme.warn;
    context.beginPath();
    context.arc(at, disc, 5, 0, 7);
    context.fill();
    const right = at < box.right - 130;
    haloText(context, label, at + (right ? 12 : -12), (ring + disc) / 2, right, theme);
  }
  context.beginPath();
  context.arc(at, ring, 6, 0, 7);
  context.fillStyle = theme.paper;
  context.fill();
  context.strokeStyle = theme.sum;
  context.lineWidth = 2.5;
  context.stroke();
}

/** The grid, its numbers (`columns` and `rows` are of type `Tick`) and their units; `first` is the left end. */
export function drawGrid(context, { box, x, y, columns, rows, units, first }, theme) {
  context.lineWidth = 1;
  context.font = `12px ${theme.font}`;
  const line = (x0, y0, x1, y1) => {
    context.beginPath();
    context.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
    context.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
    context.stroke();
  };
  context.textAlign = "center";
  context.textBaseline = "top";
  context.strokeStyle = theme.grid;
  context.fillStyle = theme.ink;
  for (const { at, label } of columns) {
    line(x(at), box.top, x(at), box.bottom);
    context.fillText(label, x(at), box.bottom + 6);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { at, label } of rows) {
    context.globalAlpha = at === 0 ? 1 : 0.6;
    line(box.left, y(at), box.right, y(at));
    context.globalAlpha = 1;
    const unit = at === rows[rows.length - 1].at ? ` ${units[1]}` : "";
    context.fillText(label.replace("-", "\u2212") + unit, box.left - 6, y(at));
  }
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillText(units[0], x(first) + 12, box.bottom + 6);
}
