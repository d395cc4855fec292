import assert from "node:assert/strict";
import test from "node:test";
import { clampToKnob, knobShows } from "../../aether_lab/static/dsp/knobs.js";
import { linkKnobs } from "../../aether_lab/static/ui/sliders.js";

/** anywidget's interface to a state, with the slider of `knob0`: it writes back what it gets, rounded and clipped. */
function createModel(state) {
  const handlers = {};
  const model = {
    saves: 0,
    get: (name) => state[name],
    set(name, value) {
      if (Object.is(state[name], value)) return;
      state[name] = value;
      for (const handler of handlers[`change:${name}`] ?? []) handler();
    },
    save_changes: () => model.saves++,
    on(event, handler) {
      handlers[event] ??= [];
      handlers[event].push(handler);
    },
    off(event, handler) {
      handlers[event] = handlers[event].filter((other) => other !== handler);
    },
  };
  model.on("change:knob0", () => model.set("knob0", Math.round(clampToKnob(state.knob0) * 100) / 100));
  return model;
}

const linked = () => {
  const state = { space: { knobs: 1 }, z0: 0, knob0: 0 };
  const model = createModel(state);
  return { state, model, stop: linkKnobs(model) };
};

test("a drag of the knob moves z", () => {
  const { state, model } = linked();
  model.set("knob0", 0.37);
  assert.deepEqual([state.z0, model.saves], [0.37, 1]);
});

test("a z between the knob's steps, or beyond its ends, is not rounded or clipped by the knob", () => {
  const { state, model } = linked();
  for (const [z, knob] of [[0.1234, 0.12], [3.5, 2], [-1e6, -2], [1.999, 2]]) {
    model.set("z0", z);
    assert.deepEqual([state.z0, state.knob0], [z, knob]);
  }
});

test("a knob at its end takes over a z beyond it when it is moved", () => {
  const { state, model } = linked();
  model.set("z0", 3.5);
  model.set("knob0", 1.99);
  assert.equal(state.z0, 1.99);
});

test("a knob shows z to half a step", () => {
  assert.ok(knobShows(0.12, 0.1249) && !knobShows(0.12, 0.126) && knobShows(2, 9) && knobShows(0, -0));
});

test("after the clean-up neither follows", () => {
  const { state, model, stop } = linked();
  stop();
  model.set("knob0", 1);
  assert.equal(state.z0, 0);
});
