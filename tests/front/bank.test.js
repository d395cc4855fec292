import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { createGrid, respond, sectionSign } from "../../aether_lab/static/dsp/bank.js";

const cases = JSON.parse(readFileSync(new URL("../reference/response_cases.json", import.meta.url)));
const recipeOf = ({ frequency, q, gain_db }) => ({
  frequency: Float64Array.from(frequency),
  q: Float64Array.from(q),
  gainDb: Float64Array.from(gain_db),
});

for (const topology of ["parallel", "cascade"]) {
  test(`a ${topology} bank responds as SciPy's freqz_sos in float64, to 1e-6 dB`, (t) => {
    const mine = cases.filter((each) => each.topology === topology);
    let worst = 0;
    for (const each of mine) {
      const { sumDb } = respond(each, recipeOf(each), createGrid(each.fractions));
      each.response_db.forEach((level, i) => {
        worst = Math.max(worst, Math.abs(sumDb[i] - level));
      });
    }
    t.diagnostic(`largest error ${worst.toExponential(1)} dB over ${mine.length} banks`);
    assert.ok(worst < 1e-6, `${worst} dB`);
  });
}

test("a section reaches its gain at its centre, in either bank", () => {
  const recipe = { frequency: new Float64Array([0.1]), q: new Float64Array([3]), gainDb: new Float64Array([-7]) };
  for (const topology of ["parallel", "cascade"]) {
    const { sumDb, sectionDb } = respond({ topology, polarity: "positive" }, recipe, createGrid([0.1]));
    assert.ok(Math.abs(sumDb[0] + 7) < 1e-9);
    assert.ok(Math.abs(sectionDb[0][0] + 7) < 1e-9);
  }
});

test("at DC and Nyquist a parallel bank is silent and a cascade is flat", () => {
  const recipe = recipeOf(cases[0]);
  const ends = createGrid([0, 1]);
  assert.deepEqual([...respond({ topology: "parallel", polarity: "positive" }, recipe, ends).sumDb], [-120, -120]);
  for (const level of respond({ topology: "cascade" }, recipe, ends).sumDb) assert.ok(Math.abs(level) < 1e-9);
});

test("the decibels of a cascade's sections add up to the cascade", () => {
  const { sumDb, sectionDb } = respond({ topology: "cascade" }, recipeOf(cases[0]), createGrid(cases[0].fractions));
  sumDb.forEach((level, i) => {
    const sum = sectionDb.reduce((total, section) => total + section[i], 0);
    assert.ok(Math.abs(level - sum) < 1e-9);
  });
});

test("two equal neighbours cancel when their signs alternate and add when they do not", () => {
  const recipe = { frequency: new Float64Array([0.3, 0.3]), q: new Float64Array([1, 1]), gainDb: new Float64Array(2) };
  const at = (polarity) => respond({ topology: "parallel", polarity }, recipe, createGrid([0.2])).sumDb[0];
  const one = respond({ topology: "parallel" }, recipe, createGrid([0.2])).sectionDb[0][0];
  assert.equal(at("alternating"), -120);
  assert.ok(Math.abs(at("positive") - one - 20 * Math.log10(2)) < 1e-6);
});

test("an alternating bank starts with plus", () => {
  assert.deepEqual([0, 1, 2].map((k) => sectionSign("alternating", k)), [1, -1, 1]);
  assert.deepEqual([0, 1, 2].map((k) => sectionSign("positive", k)), [1, 1, 1]);
});

test("a response stays finite for any recipe", () => {
  const recipe = { frequency: [0, 1, -3, 9], q: [0, 1e9, -1, 1], gainDb: [20, -20, 20, -20] };
  for (const topology of ["parallel", "cascade"]) {
    const { sumDb } = respond({ topology, polarity: "alternating" }, recipe, createGrid([0, 1e-4, 0.5, 0.9995, 1]));
    assert.ok(sumDb.every(Number.isFinite));
  }
});
