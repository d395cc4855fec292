// The words, the keys and the maps of a search by ear.
import assert from "node:assert/strict";
import test from "node:test";
import { earKey } from "../../aether_lab/static/ui/shortcuts.js";
import { kindText, pairs } from "../../aether_lab/static/views/belief_picture.js";
import { progressText } from "../../aether_lab/static/views/by_ear.js";

const press = (key, more = {}) => earKey({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, target: null, ...more });

test("keys hear, answer and undo, but not while text is typed or with a modifier", () => {
  const keys = ["a", "B", "1", "2", "3", "4", "0", "Backspace", "c"];
  assert.deepEqual(keys.map((key) => press(key)), ["hearA", "hearB", "a", "b", "clearlyA", "clearlyB", "same", "undo", ""]);
  assert.equal(press("a", { ctrlKey: true }), "");
  assert.equal(press("1", { repeat: true }), "");
  assert.equal(press("1", { target: { closest: (selector) => selector.includes("select") } }), "");
});

test("knobs stand on maps two by two, the last of an odd number beside the one before it", () => {
  assert.deepEqual([1, 2, 3, 4].map(pairs), [[[0, 0]], [[0, 1]], [[0, 1], [1, 2]], [[0, 1], [2, 3]]]);
});

test("progress and kinds are told in words", () => {
  assert.equal(progressText(0, 5.04), "No answer yet: the filter is known to about 5.0 dB.");
  assert.equal(progressText(1, 1.2), "1 answer: the filter is known to about 1.2 dB. Further answers change little.");
  assert.equal(kindText(["room", "ear", "gear"], [0.2, 0.797, 0.003]), "Kind: ear 80 %, room 20 %");
});
