// Takes filters and fits measurements in Node for tests/panels/test_taking.py: a job as JSON on standard input, the
// result as JSON on standard output. job: { space, points, residual, fits: [{ spectrum, band, count }, …], programs: suffixes }.
import { readFileSync } from "node:fs";
import { createDecoder, readModel } from "../../aether_lab/static/dsp/decoder.js";
import { EXPORT_FORMATS } from "../../aether_lab/static/dsp/export_formats.js";
import { filtersOf } from "../../aether_lab/static/dsp/filter_rows.js";
import { instrumentText } from "../../aether_lab/static/dsp/instrument.js";
import { finish } from "../../aether_lab/static/dsp/fit_sections.js";
import { cascadeSteps, measurementSteps, needsCascade, takeFilter } from "../../aether_lab/static/dsp/take_filter.js";

const { space, points = [], residual, fits = [], programs = [] } = JSON.parse(readFileSync(0));
const model = space && readModel(space);
const files = points.map((z) => {
  const filters = filtersOf(model, createDecoder(model)(z), residual);
  const taken = Object.keys(EXPORT_FORMATS).map((name) => {
    const refit = needsCascade(name, filters) ? finish(cascadeSteps(filters, 10)) : null;
    const file = takeFilter(name, filters, { about: "a test", refit });
    const content = Buffer.from(typeof file.content === "string" ? file.content : new Uint8Array(file.content)).toString("base64");
    return [name, { ...file, content }];
  });
  return Object.fromEntries(taken);
});
process.stdout.write(
  JSON.stringify({
    files,
    fits: fits.map(({ spectrum, band, count }) => finish(measurementSteps({ spectrum, band }, count, 48000))),
    programs: programs.map((suffix) => instrumentText(model, suffix)),
  }),
);
