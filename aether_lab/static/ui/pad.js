// An XY pad: two coordinates of z as a point on a square, moved by a drag or by arrow keys.
import { hundredths, KNOB_RANGE, clampToKnob } from "../dsp/knobs.js";
import { createMotion, motionAt } from "../dsp/motion.js";
import { clamp } from "../dsp/numbers.js";
import { consume, padStep } from "./arrow_keys.js";
import { followPointer } from "./pointer_drag.js";

/** Length of a trail in states of the worklet: about two seconds. */
export const TRAIL = 60;

/** The fastest motion with a trail, Hz: there are 30 points a second. */
export const TRAIL_LIMIT = 2;

/**
 * The figure that a motion draws on the pad of coordinates `first` and `first + 1`.
 * @param {Partial<MotionFields>} fields of a motion, `centre` among them
 * @returns {number[][]} points `[x, y]`, or [] for a motion that has no figure
 */
export function padFigure(fields, first, points = 128) {
  if (!["spiral", "orbit", "path"].includes(fields.kind ?? "")) return [];
  const motion = createMotion({ ...fields, rate: 1, slow_rate: 1, stereo_offset: 0 });
  return Array.from({ length: points + 1 }, (_, i) => [...motionAt(motion, i / points)].slice(first, first + 2));
}

/**
 * @param {number} first coordinate across; up is the next
 * @param {string[]} titles of all coordinates
 * @param {() => number[]} currentZ
 * @param {(pair: number[]) => void} move sets these two coordinates
 * @returns {{node: HTMLElement, show: (scene, theme) => void}} scene: `centre`, `z`, `zRight` (null: as z), `trail`, `figure`, `range`
 */
export function createPad(first, titles, currentZ, move) {
  const names = titles.slice(first, first + 2);
  const node = document.createElement("div");
  node.className = "aether-pad";
  const canvas = document.createElement("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "XY pad");
  const use = "drag, or use the arrow keys (with Shift: far). A second dot is the right channel.";
  canvas.title = `${names[0]} across, ${names[1]} up: ${use}`;
  node.append(canvas);

  const margin = { left: 22, top: 6, right: 6, bottom: 22 };
  const [low, high] = KNOB_RANGE;
  const inner = () => [node.clientWidth - margin.left - margin.right, node.clientHeight - margin.top - margin.bottom];
  const toPixels = ([x, y]) => {
    const [width, height] = inner();
    return [margin.left + (width * (x - low)) / (high - low), margin.top + (height * (high - y)) / (high - low)];
  };

  function point(event) {
    const { left, top } = canvas.getBoundingClientRect();
    const [width, height] = inner();
    const x = low + ((high - low) * (event.clientX - left - margin.left)) / width;
    const y = high - ((high - low) * (event.clientY - top - margin.top)) / height;
    move([x, y].map((value) => hundredths(clampToKnob(value))));
  }

  const begin = (event) => {
    canvas.focus();
    point(event);
  };
  followPointer(canvas, begin, point);
  canvas.addEventListener("keydown", (event) => {
    const next = padStep(currentZ().slice(first, first + 2), event.key, event.shiftKey);
    if (!next) return;
    move(next);
    consume(event);
  });

  function show(scene, theme) {
    const [x, y] = scene.centre.slice(first, first + 2);
    const { clientWidth: width, clientHeight: height } = node;
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    const size = [width, height].map((value) => Math.round(value * ratio));
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const label = `${names[0]} ${x.toFixed(2)}, ${names[1]} ${y.toFixed(2)}`;
    if (canvas.getAttribute("aria-label") !== label) canvas.setAttribute("aria-label", label);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    drawPad(context, scene, first, names, toPixels, theme);
  }
  return { node, show };
}

/** Grid, learned range, figure, trail, both channels, and the centre as a ring. Sizes in CSS pixels. */
function drawPad(context, { centre, z, zRight, trail, figure, range }, first, names, toPixels, theme) {
  const [low, high] = KNOB_RANGE;
  const pair = (z) => [z[first], z[first + 1]];
  const trace = (points, colour, width, alpha = 1) => {
    if (!points.length) return;
    context.beginPath();
    for (const point of points) context.lineTo(...toPixels(point));
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.globalAlpha = alpha;
    context.stroke();
    context.globalAlpha = 1;
  };
  const disc = (point, radius, fill, line) => {
    context.beginPath();
    context.arc(...toPixels(point.map((value) => clamp(value, low - 0.1, high + 0.1))), radius, 0, 7);
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    if (line) {
      context.strokeStyle = line;
      context.lineWidth = 2;
      context.stroke();
    }
  };
  if (range) {
    const [[left, right], [bottom, top]] = [range[first], range[first + 1]].map((ends) => ends.map(clampToKnob));
    const [[x0, y0], [x1, y1]] = [toPixels([left, top]), toPixels([right, bottom])];
    context.fillStyle = theme.plus;
    context.globalAlpha = 0.13;
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
    context.globalAlpha = 1;
  }
  for (let value = low; value <= high; value++) {
    trace([[value, low], [value, high]], theme.grid, 1, value ? 0.7 : 1);
    trace([[low, value], [high, value]], theme.grid, 1, value ? 0.7 : 1);
  }
  context.font = `12px ${theme.font}`;
  context.fillStyle = theme.ink;
  const text = (content, point, dx, dy, align) => {
    const [x, y] = toPixels(point);
    context.textAlign = align;
    context.fillText(content, x + dx, y + dy);
  };
  text("\u22122", [low, low], 0, 15, "left");
  text(names[0], [0, low], 0, 16, "center");
  text("2", [high, low], 0, 15, "right");
  text("2", [low, high], -6, 9, "right");
  context.save();
  const [edge, middle] = toPixels([low, 0]);
  context.translate(edge - 8, middle);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(names[1], 0, 0);
  context.restore();
  trace(figure, theme.ink, 1, 0.35);
  trace(trail.map(pair), theme.sum, 2, 0.6);
  disc(pair(centre), 7, null, theme.ink);
  if (zRight) disc(pair(zRight), 5, theme.minus, null);
  disc(pair(z), 5, theme.sum, null);
}
