import assert from "node:assert/strict";
import test from "node:test";
import { printable } from "../../aether_lab/static/text.js";

test("every character of a name is visible on one line, in the form of Python's names.printable", () => {
  assert.equal(printable("\x1b[2J\u202egpj.wav"), "\\x1b[2J\\u202egpj.wav");
  assert.equal(printable("a\nb\0\x9b\u2028\ufeff\u2066"), "a\\x0ab\\x00\\x9b\\u2028\\ufeff\\u2066");
  assert.equal(printable("a\ud800b\u{e0041}"), "a\\ud800b\\U000e0041");
  for (const name of ["K\u00fcche 3,5 m \u2013 \u5de6.wav", "\u{1f469}\u200d\u{1f52c}.wav", "<b>&amp;</b>"]) {
    assert.equal(printable(name), name);
  }
});
