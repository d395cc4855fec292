import assert from "node:assert/strict";
import test from "node:test";
import { permalink, readPermalink } from "../../aether_lab/static/dsp/permalink.js";

// That Python writes and reads the same texts is tested in tests/model/test_permalink.py.
const space = { name: "two", knobs: 2, details: 1, kinds: ["room", "plate or spring"] };

test("a point comes back to the bit, from the fragment alone or from a whole address", () => {
  for (const z of [[0.1, -0, 0, 1, 0], [1e-300, -3.25, 0.2, 3, 0.1], [0, 1e22, 0, 0, 0]]) {
    const text = permalink(space, z);
    assert.deepEqual(readPermalink(space, text), z.map((value) => value + 0));
    assert.deepEqual(readPermalink(space, `file:///a#b/explorer.html${text}`), readPermalink(space, text));
  }
});

test("an address without a point is none, and details and kind may be left out", () => {
  assert.equal(readPermalink(space, ""), null);
  assert.equal(readPermalink(space, "page.html#top"), null);
  assert.deepEqual(readPermalink(space, "#z=0.5,-1"), [0.5, -1, 0, 1, 0]);
});

for (const [text, words] of [
  ["#z=1", /needs 2 finite numbers/],
  ["#z=1,", /needs 2 finite numbers/],
  ["#z=1,Infinity", /needs 2 finite numbers/],
  ["#z=1,2&kind=ear", /kind is "ear"; allowed are room, plate or spring/],
  ["#z=1,2&kind=%E0%A4%A", /kind is "%E0%A4%A"/],
  ["#z=1,2&model=4d", /of the model "4d"; this space is "two"/],
]) {
  test(`refused: ${text}`, () => assert.throws(() => readPermalink(space, text), words));
}
