import assert from "node:assert/strict";
import test from "node:test";
import { History } from "../../aether_lab/static/dsp/history.js";
import { between, chosenSlot, filledSlots, keptSlots, positionText } from "../../aether_lab/static/dsp/slots.js";
import { shortcut } from "../../aether_lab/static/ui/shortcuts.js";

const numbers = () => new History(0, (a, b) => a === b);

test("changes in quick succession are one step, and a pause begins another", () => {
  const history = numbers();
  for (const [state, time] of [[1, 0], [2, 0.1], [3, 0.2], [4, 5], [5, 5.1]]) history.note(state, time);
  assert.deepEqual([history.undo(), history.undo(), history.undo()], [3, 0, null]);
  assert.deepEqual([history.redo(), history.redo(), history.redo()], [3, 5, null]);
});

test("a gesture is one step however long it rests, and what follows it another", () => {
  const history = numbers();
  history.separate();
  history.held = true;
  for (const [state, time] of [[1, 0], [2, 10]]) history.note(state, time);
  history.held = false;
  history.separate();
  history.note(3, 10.1);
  assert.deepEqual([history.undo(), history.undo()], [2, 0]);
});

test("a gesture right after an undo is a step of its own, and ends what could be done again", () => {
  const history = numbers();
  history.note(1, 0);
  history.undo();
  history.note(0, 0.1); // what the undo itself has set
  assert.equal(history.future.length, 1);
  history.note(7, 0.2);
  assert.deepEqual([history.redo(), history.undo(), history.undo()], [null, 0, null]);
});

test("the history has an end", () => {
  const history = numbers();
  for (let n = 1; n <= 500; n++) history.note(n, 2 * n);
  assert.equal(history.past.length, 200);
});

test("a slot keeps what is changed while it is chosen, and an empty one begins as a copy", () => {
  const first = chosenSlot({}, "A", [1], "B");
  assert.deepEqual(first, { slots: { A: [1], B: [1] }, slot: "B", z: [1] });
  const back = chosenSlot(first.slots, "B", [2], "A");
  assert.deepEqual(back, { slots: { A: [1], B: [2] }, slot: "A", z: [1] });
  assert.deepEqual(filledSlots(back.slots, ""), ["A", "B"]);
  assert.deepEqual(filledSlots({}, "C"), ["C"]);
  assert.deepEqual(keptSlots({ A: [1] }, "", [9]), { A: [1] });
});

test("a morph passes through every slot to the bit, in straight lines", () => {
  const points = [[0.1, 1], [0.7, -1], [1 / 3, 0]];
  for (const [i, point] of points.entries()) assert.deepEqual(between(points, i), point);
  assert.deepEqual(between([[0], [2], [4]], 1.25), [2.5]);
  assert.deepEqual([0, 0.3, 1, 2].map((at) => positionText(["A", "B", "D"], at)), ["A", "30 % from A to B", "B", "D"]);
});

test("keys: undo, redo, and Space where nothing else takes it", () => {
  const plain = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, repeat: false };
  const inside = (/** @type {string} */ tag) => ({ closest: (/** @type {string} */ selector) => selector.includes(tag) });
  const key = (name, changes = {}, target = {}) => shortcut({ ...plain, key: name, target, ...changes });
  assert.equal(key("z", { ctrlKey: true }), "undo");
  assert.equal(key("Z", { metaKey: true, shiftKey: true }), "redo");
  assert.equal(key("y", { ctrlKey: true }), "redo");
  assert.equal(key("z", { ctrlKey: true }, inside("textarea")), "");
  assert.equal(key("z"), "");
  assert.equal(key(" "), "play");
  assert.equal(key(" ", { repeat: true }), "");
  assert.equal(key(" ", {}, inside("button")), "");
});
