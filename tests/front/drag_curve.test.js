import assert from "node:assert/strict";
import test from "node:test";
import { residualDb, residualSectionDb } from "../../aether_lab/static/dsp/bank.js";
import { createAxes } from "../../aether_lab/static/ui/axes.js";
import { families, presetAt } from "../../aether_lab/static/ui/presets.js";
import { dragStep, levelAt } from "../../aether_lab/static/views/drag_curve.js";

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
  assert.deepEqual(dragStep(1000, "ArrowUp", false), { hertz: 1000, dB: 1 });
  assert.deepEqual(dragStep(1000, "ArrowDown", true), { hertz: 1000, dB: -5 });
  assert.equal(dragStep(1000, "Enter", false), null);
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
