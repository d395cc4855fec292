// Drags the curve, and evaluates a cascade, in Node for tests/panels/test_drag.py: a job as JSON on standard input, the
// result as JSON on standard output. job: { space, holds: [[from, hertz, change, locked], …] } or
// { series: [[recipe, hertz], …] }.
import { readFileSync } from "node:fs";
import { residualDb } from "../../aether_lab/static/dsp/bank.js";
import { readModel } from "../../aether_lab/static/dsp/decoder.js";
import { startDrag } from "../../aether_lab/static/dsp/solve_drag.js";

const { space, holds = [], series = [] } = JSON.parse(readFileSync(0));
const model = space && readModel(space);
const result = {
  holds: holds.map(([from, hertz, change, locked]) => startDrag(model, from, hertz, locked)(change).z),
  series: series.map(([recipe, hertz]) => [...residualDb(recipe, hertz)]),
};
process.stdout.write(JSON.stringify(result));
