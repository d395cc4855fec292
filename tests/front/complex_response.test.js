import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { createGrid, residualDb, respond } from "../../aether_lab/static/dsp/bank.js";
import {
  groupDelayMs,
  impulseResponse,
  phaseDegrees,
  responseAt,
} from "../../aether_lab/static/dsp/complex_response.js";
import { createDecoder, readModel } from "../../aether_lab/static/dsp/decoder.js";
import { sectionCoefficients } from "../../aether_lab/static/dsp/coefficients.js";
import { filterSections } from "../../aether_lab/static/dsp/filter_rows.js";

const { model } = JSON.parse(readFileSync(new URL("../reference/decoder_cases.json", import.meta.url)));
const sections = JSON.parse(readFileSync(new URL("../reference/section_cases.json", import.meta.url)));
const RATE = 48000;
const HERTZ = [50, 200, 1000, 3000, 12000];
const RESIDUAL = {
  topology: "cascade",
  sampleRate: RATE,
  preamp: -2,
  sections: [{ type: "lowshelf", frequency: 200, Q: Math.SQRT1_2, gain: 4 }, { type: "peaking", frequency: 3000, Q: 2, gain: -6 }],
};

/** The filter of a topology at a latent point, and its recipe and space. */
function example(topology, residual = RESIDUAL) {
  const space = readModel({ ...model, topology, polarity: "alternating" });
  const recipe = createDecoder(space)([0.5, -1, 0.3, 1]);
  return { space, recipe, filter: filterSections(space, recipe, residual) };
}

for (const topology of ["parallel", "cascade"]) {
  test(`the biquads of a ${topology} bank have its magnitude response`, () => {
    const { space, recipe, filter } = example(topology);
    const expected = respond(space, recipe, createGrid(HERTZ.map((hertz) => hertz / (RATE / 2)))).sumDb;
    residualDb(RESIDUAL, HERTZ).forEach((dB, i) => (expected[i] += dB));
    HERTZ.forEach((hertz, i) => {
      const level = 20 * Math.log10(Math.hypot(...responseAt(filter, (2 * Math.PI * hertz) / RATE)));
      assert.ok(Math.abs(level - expected[i]) < 1e-3, `${hertz}: ${level} ${expected[i]}`);
    });
  });

  test(`the Fourier transform of the impulse response of a ${topology} bank is its response`, () => {
    const { filter } = example(topology);
    const samples = impulseResponse(filter, 48000);
    for (const hertz of HERTZ) {
      const w = (2 * Math.PI * hertz) / RATE;
      let [re, im] = [0, 0];
      samples.forEach((x, n) => {
        re += x * Math.cos(w * n);
        im -= x * Math.sin(w * n);
      });
      const expected = responseAt(filter, w);
      assert.ok(Math.hypot(re - expected[0], im - expected[1]) < 1e-6 * Math.hypot(...expected) + 1e-9);
    }
  });
}

test("sections of any type and Q, drawn and played, respond as the cookbook filtered by SciPy, to 1e-6 dB", () => {
  for (const { hertz, response_db: expected, ...section } of sections) {
    const drawn = residualDb({ sampleRate: RATE, sections: [section] }, hertz);
    const played = { parallel: [[1, 0, 0, 0, 0]], series: [sectionCoefficients(section, RATE)] };
    expected.forEach((dB, i) => {
      const level = 20 * Math.log10(Math.hypot(...responseAt(played, (2 * Math.PI * hertz[i]) / RATE)));
      const where = `${section.type}, Q ${section.Q}, ${hertz[i]} Hz: drawn ${drawn[i]}, played ${level}, expected ${dB}`;
      assert.ok(Math.abs(drawn[i] - dB) < 1e-6 && Math.abs(level - dB) < 1e-6, where);
    });
  }
});

test("a delay of one sample has its phase and its group delay", () => {
  const filter = { parallel: [[0, 1, 0, 0, 0]], series: [] };
  const hertz = Float64Array.from({ length: 200 }, (_, i) => 100 * (i + 1));
  phaseDegrees(filter, hertz, RATE).forEach((degrees, i) => assert.ok(Math.abs(degrees + (360 * hertz[i]) / RATE) < 1e-9));
  groupDelayMs(filter, hertz, RATE).forEach((ms) => assert.ok(Math.abs(ms - 1000 / RATE) < 1e-6));
});

test("the group delay is the slope of the phase without jumps", () => {
  const { filter } = example("parallel");
  const hertz = Float64Array.from({ length: 2000 }, (_, i) => 1000 + i);
  const phase = phaseDegrees(filter, hertz, RATE);
  const delay = groupDelayMs(filter, hertz, RATE);
  for (let i = 1; i < 1999; i += 100) {
    const slope = (-1000 * (phase[i + 1] - phase[i - 1])) / (360 * 2);
    assert.ok(Math.abs(slope - delay[i]) < 1e-3 + 1e-2 * Math.abs(delay[i]), `${hertz[i]}: ${slope} ${delay[i]}`);
  }
});
