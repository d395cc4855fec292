import assert from "node:assert/strict";
import test from "node:test";
import { createModel } from "../../aether_lab/static/hosts/model.js";
import { createBinding } from "../../aether_lab/static/ui/binding.js";
import { createKeptPresets } from "../../aether_lab/static/ui/kept_presets.js";

const space = { name: "two", latent_dim: 2 };

/** A browser that keeps text, and a panel of `space` in it. */
function browser() {
  const kept = new Map();
  globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) };
  return kept;
}
const panel = (presets = {}, of = space) => createKeptPresets(of, createBinding(createModel({ presets })));

test("a panel begins with the presets that were saved in another, unless it has its own", () => {
  browser();
  panel().save("dark", [1, -1]);
  assert.deepEqual(panel().current(), { dark: [1, -1] });
  assert.deepEqual(panel({ mine: [0, 0] }).current(), { mine: [0, 0] });
  assert.deepEqual(panel({}, { name: "three", latent_dim: 2 }).current(), {});
});

test("what two panels save is kept beside each other, and what is forgotten is gone", () => {
  browser();
  const [first, second] = [panel(), panel({ given: [2, 2] })];
  first.save("a", [1, 1]);
  second.save("b", [0, 1]);
  assert.deepEqual(panel().current(), { a: [1, 1], b: [0, 1] });
  assert.deepEqual(second.current(), { given: [2, 2], b: [0, 1] });
  first.forget("a");
  assert.deepEqual([first.current(), panel().current()], [{}, { b: [0, 1] }]);
});

test("what is kept but is no preset of the space is passed over, and a page that may keep nothing saves", () => {
  const kept = browser();
  kept.set("aether_lab.presets.two.2", JSON.stringify({ a: [1], b: [1, null], c: "x", ["d".repeat(81)]: [0, 0], e: [1, 2] }));
  assert.deepEqual(panel().current(), { e: [1, 2] });
  kept.set("aether_lab.presets.two.2", "{broken");
  assert.deepEqual(panel().current(), {});
  globalThis.localStorage = undefined;
  const alone = panel();
  alone.save("a", [1, 1]);
  assert.deepEqual(alone.current(), { a: [1, 1] });
});
