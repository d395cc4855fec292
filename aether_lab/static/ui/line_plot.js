// One line over log frequency or over time, drawn on a canvas.
import { createAxes, FREQUENCY_RANGE, FREQUENCY_TICKS, frequencyLabel, tickStep } from "./axes.js";
import { drawGrid } from "./plot.js";

/** The ends of an axis that contains these values, at least `least` from one to the other, and the step of its ticks. */
export function lineRange(values, least, count) {
  let [low, high] = [0, 0];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const missing = Math.max(least - (high - low), 0) / 2;
  const step = tickStep(high - low + 2 * missing, count);
  return { step, range: [Math.floor((low - missing) / step) * step, Math.ceil((high + missing) / step) * step] };
}

/** Draws a `LineScene`: sizes in CSS pixels. */
export function drawLine(context, /** @type {LineScene} */ { x, y, log, units, least }, width, height, theme) {
  const { step, range } = lineRange(y, least, height / 40);
  const { box, x: frequency, y: vertical } = createAxes(width, height, /** @type {Ends} */ (range));
  const last = x[x.length - 1];
  const across = log ? frequency : (at) => box.left + ((box.right - box.left) * at) / last;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const rows = [];
  for (let value = range[0]; value <= range[1] + step / 2; value += step) rows.push({ at: value, label: value.toFixed(digits) });
  const gap = log ? 0 : tickStep(last, width / 80);
  const columns = log
    ? FREQUENCY_TICKS.map((hertz) => ({ at: hertz, label: frequencyLabel(hertz) }))
    : Array.from({ length: Math.floor(last / gap) + 1 }, (_, i) => ({ at: i * gap, label: String(+(i * gap).toFixed(3)) }));
  drawGrid(context, { box, x: across, y: vertical, columns, rows, units, first: log ? FREQUENCY_RANGE[0] : 0 }, theme);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  context.beginPath();
  for (let i = 0; i < x.length; i++) context.lineTo(across(x[i]), vertical(y[i]));
  context.lineJoin = "round";
  context.strokeStyle = theme.sum;
  context.lineWidth = 2;
  context.stroke();
  context.restore();
}
