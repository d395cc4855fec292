import assert from "node:assert/strict";
import test from "node:test";
import { knobTitles } from "../../aether_lab/static/dsp/knobs.js";
import { sliderStep, stepped, touchIntent } from "../../aether_lab/static/ui/slider_steps.js";

const KNOB = { min: -2, max: 2, step: 0.01, arrow: 0.05, origin: 0 };
const key = (value, name, shift = false, range = KNOB) => sliderStep(range, value, name, shift);

test("keys move a slider by its steps, by less with Shift and by more with a page, within its ends", () => {
  assert.deepEqual([key(0, "ArrowRight"), key(0, "ArrowDown"), key(0, "ArrowUp", true)], [0.05, -0.05, 0.01]);
  assert.deepEqual([key(0.1, "PageUp"), key(0, "PageDown"), key(1.99, "PageUp")], [0.6, -0.5, 2]);
  assert.deepEqual([key(0.3, "Home"), key(0.3, "End"), key(0.3, "Delete")], [-2, 2, 0]);
  assert.deepEqual([key(0.3, "Tab"), key(0.3, "a")], [null, null]);
});

test("from a value between steps or beyond the ends a key leads to a step within them", () => {
  assert.deepEqual([key(0.1234, "ArrowRight"), key(3.5, "ArrowLeft"), key(-9, "ArrowLeft")], [0.17, 2, -2]);
});

test("thirty small steps are exactly their sum", () => {
  let value = 0;
  for (let i = 0; i < 30; i++) value = key(value, "ArrowRight", true);
  assert.equal(value, 0.3);
  assert.ok(Object.is(key(0.05, "ArrowLeft"), 0));
});

test("a slider of whole numbers moves by one, and one of a share by hundredths", () => {
  assert.equal(key(4, "ArrowLeft", false, { min: 1, max: 32, step: 1 }), 3);
  assert.equal(key(0, "ArrowRight", false, { min: 0, max: 1, step: 0.01 }), 0.01);
  assert.equal(stepped({ min: 1, max: 32, step: 1 }, 7.6), 8);
  assert.equal(key(4, "Delete", false, { min: 1, max: 32, step: 1 }), null);
});

test("a touch that goes up or down is a scroll, and one to the side a drag", () => {
  assert.deepEqual([touchIntent(3, -5), touchIntent(4, -20), touchIntent(-12, 5)], ["", "scroll", "drag"]);
});

test("a knob has its name, or its z where it has none", () => {
  const effect = "+6 dB per unit";
  assert.deepEqual(knobTitles({ knobs: 2, names: ["Bass"], captions: [effect] }), [
    { title: "Bass", effect },
    { title: "z1", effect: "" },
  ]);
});
