// Plays an AudioEngine in Node for tests/audio/test_render.py: a job as JSON on standard input, samples as files of float64.
// job: { space, sampleRate, options, changes: [[frame, message, value], …], input, output }, input left then right;
// `options` may be a list, played one after the other from the same input; with `recipe` instead: the bare bank, at
// rest, its level as it is.
import { readFileSync, writeFileSync } from "node:fs";
import { QUANTUM } from "../../aether_lab/static/constants.js";
import { readModel } from "../../aether_lab/static/dsp/decoder.js";
import { createDesigner, createFilters, playBank } from "../../aether_lab/static/dsp/filters.js";
import { AudioEngine } from "../../aether_lab/static/worklet/engine.js";

const job = JSON.parse(readFileSync(0));
const space = readModel(job.space);
const bytes = readFileSync(job.input);
const samples = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
const frames = samples.length / 2;
const takes = [job.options].flat();
const output = new Float64Array(takes.length * samples.length);

/** Calls `render` for each quantum of take `index`, with the parts of input and output that it is about. */
function play(index, render) {
  const start = index * samples.length;
  for (let n = 0; n < frames; n += QUANTUM) {
    const [left, right] = [n, frames + n].map((at) => samples.subarray(at, at + QUANTUM));
    const [outLeft, outRight] = [start + n, start + frames + n].map((at) => output.subarray(at, at + QUANTUM));
    render(n, left, right, outLeft, outRight);
  }
}

if (job.recipe) {
  const { frequency, q, gain_db: gainDb } = job.recipe;
  const channels = [createFilters(q.length), createFilters(q.length)];
  const design = createDesigner(space, job.sampleRate, false);
  for (const row of channels.flatMap(({ rows }) => rows)) design({ frequency, q, gainDb }, row);
  play(0, (_, left, right, outLeft, outRight) => {
    channels[0].dry.set(left);
    channels[1].dry.set(right);
    playBank(space.topology === "cascade", ...channels, true);
    outLeft.set(channels[0].wet);
    outRight.set(channels[1].wet);
  });
} else {
  takes.forEach((options, index) => {
    const engine = new AudioEngine(space, job.sampleRate, options);
    const changes = [...(job.changes ?? [])];
    play(index, (n, ...parts) => {
      while (changes.length && changes[0][0] <= n) {
        const [, message, value] = changes.shift();
        engine[message](value);
      }
      engine.render(...parts);
    });
  });
}
writeFileSync(job.output, new Uint8Array(output.buffer));
