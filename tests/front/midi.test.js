import assert from "node:assert/strict";
import test from "node:test";
import { checkedLearned, ControllerReader, controllerText, withLearned } from "../../aether_lab/static/dsp/midi_messages.js";
import { keep, readKept } from "../../aether_lab/static/ui/kept.js";

test("a controller of 7 bits and a pitch bend reach both ends", () => {
  const reader = new ControllerReader();
  assert.deepEqual(reader.read([0xb0, 21, 0]), { key: "1:21", value: 0 });
  assert.deepEqual(reader.read([0xbf, 21, 127]), { key: "16:21", value: 1 });
  assert.deepEqual(reader.read([0xe2, 0, 0]), { key: "3:bend", value: 0 });
  assert.deepEqual(reader.read([0xe2, 127, 127]), { key: "3:bend", value: 1 });
});

test("a controller of 14 bits is one, named by its upper bits", () => {
  const reader = new ControllerReader();
  reader.read([0xb0, 16, 64]);
  assert.deepEqual(reader.read([0xb0, 48, 1]), { key: "1:16", value: (64 * 128 + 1) / 16383 });
  assert.deepEqual(reader.read([0xb1, 48, 127]), { key: "2:48", value: 1 }); // of another channel: by itself
  assert.deepEqual(reader.read([0xb0, 48, 127], (key) => key === "1:48"), { key: "1:48", value: 1 }); // in use by itself
});

test("notes, clock, channel modes and damaged messages are passed over", () => {
  const reader = new ControllerReader();
  for (const message of [[0x90, 60, 100], [0xf8], [0xb0, 123, 0], [0xb0, 21], [0xb0, 200, 1], []]) {
    assert.equal(reader.read(message), null);
  }
});

test("a controller belongs to one knob, and a knob has one", () => {
  const learned = withLearned(withLearned(withLearned({}, "z0", "1:21"), "z1", "1:22"), "z1", "1:21");
  assert.deepEqual(learned, { z1: "1:21" });
  assert.equal(controllerText("3:bend"), "pitch bend, channel 3");
});

test("what a browser has kept is checked, and a page that may keep nothing works", () => {
  assert.deepEqual(checkedLearned({ z0: "1:21", z1: "x", __proto: "1:2", z2: 7 }), { z0: "1:21" });
  assert.deepEqual([checkedLearned(null), checkedLearned("z0"), readKept("nothing")], [{}, {}, null]);
  keep("anything", 1);
});
