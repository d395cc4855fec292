import assert from "node:assert/strict";
import test from "node:test";
import { residualDb } from "../../aether_lab/static/dsp/bank.js";
import { readCurve } from "../../aether_lab/static/dsp/curve_reader.js";
import { float16From } from "../../aether_lab/static/dsp/decoder.js";
import { powerSpectrum, transform } from "../../aether_lab/static/dsp/fft.js";
import { deviation, filterRows, levelsOf } from "../../aether_lab/static/dsp/filter_rows.js";
import { finish, fitGrid, fitSections } from "../../aether_lab/static/dsp/fit_sections.js";
import { logSpaced } from "../../aether_lab/static/dsp/numbers.js";
import { inSeries } from "../../aether_lab/static/dsp/series.js";
import { measureCurve, measureResponse } from "../../aether_lab/static/dsp/spectrum.js";
import { describeDeviation, takeFilter } from "../../aether_lab/static/dsp/take_filter.js";
import { readWav, soundingChannel } from "../../aether_lab/static/dsp/wav_reader.js";
import { wavBytes } from "../../aether_lab/static/dsp/wav_writer.js";
import { remembered } from "../../aether_lab/static/hosts/page_memory.js";

const near = (ours, theirs, error) => assert.ok(Math.abs(ours - theirs) < error, `${ours}, not ${theirs}`);

test("the transform is the sum that defines it, and its inverse goes back", () => {
  const samples = Float64Array.from({ length: 16 }, (_, n) => Math.sin(n * n));
  const [re, im] = [samples.slice(), new Float64Array(16)];
  transform(re, im);
  for (let k = 0; k < 16; k++) {
    const angle = (n) => (-2 * Math.PI * k * n) / 16;
    near(re[k], samples.reduce((sum, value, n) => sum + value * Math.cos(angle(n)), 0), 1e-12);
    near(im[k], samples.reduce((sum, value, n) => sum + value * Math.sin(angle(n)), 0), 1e-12);
  }
  transform(re, im, true);
  near(deviation(re, samples).worst, 0, 1e-14);
  assert.equal(powerSpectrum([3], 8).length, 5);
});

test("the spectrum of a click is flat and that of a slope keeps its slope", () => {
  const click = new Float64Array(4800);
  click[600] = -0.5;
  assert.ok(measureResponse(click, 48000).spectrum.every((dB) => Math.abs(dB) < 1e-4));
  const hertz = [...logSpaced(20, 20000, 200)];
  const { spectrum, band } = measureCurve(hertz, hertz.map((each) => 3 * Math.log2(each / 1000)));
  assert.deepEqual(band, [100, 20000]);
  near(spectrum[256] - spectrum[128], 3, 0.05); // 12 and 6 kHz
});

test("a WAV file is read to the bit, and its first channel that sounds is found", () => {
  const [left, right] = [new Float32Array(300), Float32Array.from({ length: 300 }, (_, i) => Math.sin(i))];
  const { channels, sampleRate } = readWav(wavBytes([left, right], 44100));
  assert.equal(sampleRate, 44100);
  assert.deepEqual([...channels[1]], [...right]);
  assert.equal(soundingChannel(channels, sampleRate), 1);
});

test("half-precision numbers are read exactly, with their sign and below the normal ones", () => {
  const halves = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000];
  const text = String.fromCharCode(...halves.flatMap((bits) => [bits & 255, bits >> 8]));
  assert.deepEqual([...float16From(btoa(text))], [1, -2, 2 ** -24, 65504, -0]);
});

test("the columns of a curve are separated by one mark, and what is not plain is named with its line", () => {
  assert.deepEqual(readCurve("Hz, dB\n100, 1\n1000, -2.5\n"), { hertz: [100, 1000], level: [1, -2.5] });
  assert.throws(() => readCurve("100 0,5\n1000 3,5\n"), /line 1: "100 0,5"/);
  assert.throws(() => readCurve("100,0\n1000,x\n"), /line 2: "1000,x"/);
});

test("a bell is found by one section, and 12 do not lose it", () => {
  const grid = fitGrid(20, 20000, 48000);
  const bell = { topology: "cascade", sampleRate: 48000, sections: [{ type: "peaking", frequency: 900, Q: 2, gain: 7 }] };
  const target = residualDb(bell, grid.hertz);
  const { sections, preamp } = finish(fitSections(grid, target, 1));
  near(sections[0].frequency, 900, 0.01);
  near(sections[0].Q, 2, 1e-3);
  near(sections[0].gain, 7, 1e-3);
  near(preamp, 0, 1e-3);
  const many = finish(fitSections(grid, target, 12));
  assert.equal(many.sections.length, 12);
  assert.ok(deviation(residualDb(many, grid.hertz), target).worst < 0.1);
});

test("a parallel bank in series has its response to 1e-6 dB, whatever its signs", () => {
  for (const sign of [1, -1]) {
    const sections = [...logSpaced(60, 15000, 12)].map((frequency, k) => ({
      type: "bandpass",
      frequency,
      Q: 0.4 + k / 4,
      gain: 6 * Math.sin(3 * k),
      sign: k % 2 ? sign : 1,
    }));
    const bank = filterRows({ topology: "parallel", sampleRate: 48000, sections });
    const hertz = logSpaced(20, 20000, 400);
    assert.ok(deviation(levelsOf([inSeries(bank)], hertz), levelsOf([bank], hertz)).worst < 1e-6);
  }
});

test("a file in place of a filter states how far it is off", () => {
  const filter = (gain) => ({ topology: "cascade", sampleRate: 48000, sections: [{ type: "peaking", frequency: 1000, Q: 1, gain }] });
  const { worst, rms, notes } = takeFilter("json", [filter(6)], { refit: filter(5) });
  near(worst, 1, 1e-3);
  assert.ok(rms < worst && rms > 0.2);
  assert.deepEqual(notes, ["Refitted as 1 peaking section."]);
  assert.equal(describeDeviation({ worst: 0.512, rms: 1e-9 }), "worst 0.51 dB, rms less than 0.000001 dB from 20 Hz to 20 kHz");
});

test("a reload takes back only values of the same type", () => {
  const stored = { z0: 1.5, z1: "x", mix: null, target: [], source: "saw", unknown: 3 };
  globalThis.sessionStorage = { getItem: () => JSON.stringify(stored) };
  const state = { z0: 0, z1: 0, mix: 1, target: {}, source: "pink" };
  assert.deepEqual(remembered("page", Object.keys(state), state), { z0: 1.5, source: "saw" });
  globalThis.sessionStorage = { getItem: () => "{" };
  assert.deepEqual(remembered("page", Object.keys(state), state), {});
});
