// Plays a Voice in Node for tests/test_audio.py: a job as JSON on standard input, samples as files of float64.
// job: { space, sampleRate, options, changes: [[frame, message, value], …], input, output }, input left then right;
// with `recipe` instead of a voice: the bare bank, at rest, its level as it is.
import { readFileSync, writeFileSync } from "node:fs";
import { readModel } from "../../aether_lab/static/decoder.js";
import {
  createDesigner,
  createMemory,
  createRow,
  playCascade,
  playParallel,
  QUANTUM,
  Voice,
} from "../../aether_lab/static/voice.js";

const job = JSON.parse(readFileSync(0));
const space = readModel(job.space);
const bytes = readFileSync(job.input);
const samples = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
const frames = samples.length / 2;
const output = new Float64Array(samples.length);

if (job.recipe) {
  const { frequency, q, gain_db: gainDb } = job.recipe;
  const row = createDesigner(space, job.sampleRate, false)({ frequency, q, gainDb }, createRow(q.length));
  const memory = createMemory(q.length);
  const play = space.topology === "cascade" ? playCascade : playParallel;
  for (let n = 0; n < frames; n += QUANTUM) {
    play(row, row, memory, samples.subarray(n, n + QUANTUM), output.subarray(n, n + QUANTUM));
  }
} else {
  const voice = new Voice(space, job.sampleRate, job.options);
  const changes = job.changes ?? [];
  for (let n = 0; n < frames; n += QUANTUM) {
    while (changes.length && changes[0][0] <= n) {
      const [, message, value] = changes.shift();
      voice[message](value);
    }
    const [left, right] = [n, frames + n].map((start) => samples.subarray(start, start + QUANTUM));
    voice.render(left, right, output.subarray(n, n + QUANTUM), output.subarray(frames + n, frames + n + QUANTUM));
  }
}
writeFileSync(job.output, new Uint8Array(output.buffer));
