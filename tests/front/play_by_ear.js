// Searches by ear in Node for tests/panels/test_by_ear.py: a job as JSON on standard input, the result as JSON on standard
// output. job: { space, state, answers: ["a", …] }: the questions in turn, and what is known after the last answer.
import { readFileSync } from "node:fs";
import { ByEar } from "../../aether_lab/static/dsp/by_ear.js";
import { readModel } from "../../aether_lab/static/dsp/decoder.js";

const { space, state, answers } = JSON.parse(readFileSync(0));
const search = new ByEar(readModel(space), state);
const questions = [];
const seconds = [];
for (const answer of answers) {
  const start = process.cpuUsage();
  questions.push({ ...search.question });
  if (answer === "undo") search.undo();
  else search.answer(answer);
  const { user, system } = process.cpuUsage(start); // others may use the processor too
  seconds.push((user + system) / 1e6);
}
const { z, spreadDb, knobRanges, kindShares } = search;
process.stdout.write(JSON.stringify({ questions, seconds, z, spreadDb, knobRanges, kindShares, state: search.state }));
