import assert from "node:assert/strict";
import test from "node:test";
import { residualDb, residualSectionDb } from "../../aether_lab/static/dsp/bank.js";
import { createAxes } from "../../aether_lab/static/ui/axes.js";
import { families, presetAt } from "../../aether_lab/static/ui/presets.js";
import { levelAt } from "../../aether_lab/static/ui/plot.js";
import { withBell } from "../../aether_lab/static/dsp/residual_bell.js";
import { dragStep } from "../../aether_lab/static/views/drag_curve.js";
import { changeElsewhere } from "../../aether_lab/static/views/drag_session.js";

test("pixels lead to frequencies and levels and back", () => {
  const axes = createAxes(1000, 340, [-40, 20]);
  assert.ok(Math.abs(axes.hertz(axes.x(440)) - 440) < 1e-9 && Math.abs(axes.level(axes.y(-7)) + 7) < 1e-9);
  assert.deepEqual([axes.x(20), axes.x(20000)].map(Math.round), [axes.box.left, axes.box.right]);
  assert.deepEqual([axes.y(-40), axes.y(20)], [axes.box.bottom, axes.box.top]);
});

test("between its points a curve is a line on log frequency, and beyond them level", () => {
  const curve = { frequency: [100, 400, 1600], level: [0, 8, -8] };
  for (const [hertz, level] of [[50, 0], [100, 0], [200, 4], [400, 8], [800, 0], [9000, -8]]) {
    assert.ok(Math.abs(levelAt(curve, hertz) - level) < 1e-12);
  }
});

test("arrow keys choose a frequency inside the plot, or drag by whole decibels", () => {
  const near = (hertz, octaves) => assert.ok(Math.abs(Math.log2(hertz / 1000) - octaves) < 1e-12);
  near(dragStep(1000, "ArrowRight", false).hertz, 1 / 6);
  near(dragStep(1000, "ArrowLeft", true).hertz, -1);
  assert.equal(dragStep(19000, "ArrowRight", true).hertz, 20000);
  assert.deepEqual(dragStep(1000, "ArrowUp", false), { hertz: 1000, dB: 1, only: false });
  assert.deepEqual(dragStep(1000, "PageDown", false), { hertz: 1000, dB: -5, only: false });
  assert.deepEqual(dragStep(1000, "ArrowDown", true), { hertz: 1000, dB: -1, only: true });
  assert.equal(dragStep(1000, "Enter", false), null);
});

test("a bell is added to a residual, moved where there is one, and taken away at 0 dB", () => {
  const one = withBell({}, 1000, 3, 48000);
  assert.deepEqual(one.sections, [{ type: "peaking", frequency: 1000, Q: 2, gain: 3 }]);
  const [there, octaves] = residualDb(one, [1000, 4000]);
  assert.ok(Math.abs(there - 3) < 1e-9 && octaves < 0.3);
  assert.deepEqual(withBell(one, 1030, 2, 48000).sections, [{ type: "peaking", frequency: 1000, Q: 2, gain: 5 }]);
  assert.equal(withBell(one, 2000, 2, 48000).sections.length, 2);
  assert.deepEqual(withBell(one, 1000, -3, 48000), {});
  const shelf = { type: "highshelf", frequency: 3000, Q: 0.7, gain: 2 };
  const measured = { topology: "cascade", sampleRate: 48000, preamp: -1, sections: [shelf] };
  const both = withBell(measured, 500, -40, 48000);
  assert.deepEqual([both.preamp, both.sections[0].gain, both.sections[1]], [-1, -24, shelf]);
  const full = { ...measured, sections: Array(64).fill(shelf) };
  assert.equal(withBell(full, 500, 3, 48000), full);
});

test("what changes elsewhere is the most an octave or more away", () => {
  const frequency = Array.from({ length: 41 }, (_, i) => 20 * 2 ** (i / 4));
  const curve = (level) => ({ frequency, level: frequency.map(level) });
  const ghost = curve(() => 0);
  assert.equal(changeElsewhere(curve((hertz) => (Math.abs(Math.log2(hertz / 1280)) < 0.9 ? 9 : 0)), ghost, 1280), 0);
  assert.equal(changeElsewhere(curve((hertz) => (hertz < 100 ? -4 : 1)), ghost, 1280), 4);
});

test("no cascade changes nothing, and a preamp changes all alike", () => {
  assert.deepEqual([...residualDb({}, [20, 1000])], [0, 0]);
  assert.deepEqual([...residualDb(undefined, [20])], [0]);
  assert.deepEqual([...residualDb({ sampleRate: 48000, preamp: -3, sections: [] }, [20, 20000])], [-3, -3]);
});

test("a shelf gives its gain on its side, nothing on the other and half at its centre; a bell its gain there", () => {
  const at = (type, u) => residualSectionDb(type, u, Math.SQRT1_2, 9);
  const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-6, `${found} ${expected}`);
  near(at("lowshelf", 1e-6), 9);
  near(at("lowshelf", 1e6), 0);
  near(at("lowshelf", 1), 4.5);
  near(at("highshelf", 1e6), 9);
  near(at("highshelf", 1e-6), 0);
  near(at("highshelf", 1), 4.5);
  near(at("peaking", 1), 9);
  near(at("peaking", 1e-6), 0);
  near(at("peaking", 1e6), 0);
});

test("presets are in groups by their kind, in order of their first names", () => {
  assert.deepEqual(families(["a", "b", "c"], { a: "room", b: "ear", c: "room" }), [["room", ["a", "c"]], ["ear", ["b"]]]);
  assert.deepEqual(families(["mine"], undefined), [["", ["mine"]]]);
  const presets = { here: [0.1234, 3], there: [1, 1] };
  assert.deepEqual([presetAt(presets, [0.12, 3]), presetAt(presets, [1, 1]), presetAt(presets, [0, 3])], ["here", "there", ""]);
});
