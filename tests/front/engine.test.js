import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { MessageChannel } from "node:worker_threads";
import {
  bufferGain,
  createSource,
  SOURCE_KINDS,
  SOURCE_PEAK,
  SOURCE_RMS,
} from "../../aether_lab/static/audio/sources.js";
import { INPUT_LIMIT, LIMITER_KNEE, QUANTUM } from "../../aether_lab/static/constants.js";
import { createRecipe, readModel } from "../../aether_lab/static/dsp/decoder.js";
import { createDesigner, createRow } from "../../aether_lab/static/dsp/filters.js";
import { AudioEngine, softLimit } from "../../aether_lab/static/worklet/engine.js";

const RATE = 48000;
const space = readModel(JSON.parse(readFileSync(new URL("../reference/decoder_cases.json", import.meta.url))).model);
const decibels = (power) => 10 * Math.log10(power);

/** The number that 16 bits stand for. */
function half(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction;
  return bits >> 15 ? -size : size;
}

/** A shipped model, read from its file: eight bytes of length, a JSON header, and the numbers. */
function shipped(name) {
  const file = readFileSync(new URL(`../../aether_lab/models/${name}.safetensors`, import.meta.url));
  const length = Number(file.readBigUInt64LE());
  const { __metadata__, ...tensors } = JSON.parse(file.subarray(8, 8 + length));
  const numbers = (key) => {
    const { dtype, data_offsets: offsets } = tensors[`params/${key}`];
    const bytes = file.subarray(...offsets.map((offset) => 8 + length + offset));
    if (dtype === "F32") return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
    assert.equal(dtype, "F16");
    return Float32Array.from({ length: bytes.length / 2 }, (_, i) => half(bytes.readUInt16LE(2 * i)));
  };
  const layers = [0, 1, 2].map((i) => ({ kernel: numbers(`decoder_${i}/kernel`), bias: numbers(`decoder_${i}/bias`) }));
  const settings = JSON.parse(__metadata__.settings); // of files older than the setting without a gain limit
  return { gain_limit_db: 20, ...settings, knobs: settings.latent_dim, details: 0, kinds: [], layers, linear: null };
}

/** Samples of mono noise, -20 dBFS. */
function noise(frames, seed = 1) {
  const samples = new Float64Array(frames);
  createSource({ kind: "pink", seed }, RATE)(samples, new Float64Array(frames));
  return samples;
}

/** Plays `input` to both channels, calling `each(n)` before the quantum at frame n. */
function play(engine, input, each = () => {}) {
  const output = [new Float64Array(input.length), new Float64Array(input.length)];
  for (let n = 0; n + QUANTUM <= input.length; n += QUANTUM) {
    each(n);
    const [x, left, right] = [input, ...output].map((samples) => samples.subarray(n, n + QUANTUM));
    engine.render(x, x, left, right);
  }
  return output;
}

test("the limiter leaves -3 dBFS alone, is smooth there, and never passes full scale", () => {
  for (const x of [0, 0.1, -0.5, LIMITER_KNEE]) assert.equal(softLimit(x), x);
  const slope = (softLimit(LIMITER_KNEE + 1e-6) - LIMITER_KNEE) / 1e-6;
  assert.ok(Math.abs(slope - 1) < 1e-4);
  for (const x of [0.8, 1, 2, 1e9, Infinity]) {
    assert.ok(softLimit(x) > LIMITER_KNEE && softLimit(x) <= 1);
    assert.equal(softLimit(-x), -softLimit(x));
  }
});

for (const topology of ["parallel", "cascade"]) {
  test(`a minute of knobs thrown from end to end, of 1e6 and of NaN stays finite and within full scale, ${topology}`, () => {
    const engine = new AudioEngine({ ...shipped("4d"), topology }, RATE, { faded: false });
    const [x, left, right] = [noise(QUANTUM), new Float32Array(QUANTUM), new Float32Array(QUANTUM)];
    let random = 1;
    const odd = [1e6, -1e6, NaN, Infinity, undefined, null, "loud", 1e300];
    let peak = 0;
    for (let quantum = 0; quantum < (60 * RATE) / QUANTUM; quantum++) {
      if (quantum % 19 === 0) {
        const z = Array.from({ length: 4 }, () => {
          random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
          return quantum % 5 ? (random >>> 31 ? 2 : -2) : odd[random >>> 29];
        });
        engine.setZ(quantum % 95 ? z : undefined);
      }
      x[quantum % QUANTUM] = quantum % 7 ? 0.2 : [NaN, 1e6, -Infinity][quantum % 3];
      engine.render(x, x, left, right);
      for (let i = 0; i < QUANTUM; i++) {
        if (!(Math.abs(left[i]) <= peak)) peak = Math.abs(left[i]);
        if (!(Math.abs(right[i]) <= peak)) peak = Math.abs(right[i]);
      }
    }
    assert.ok(peak > 0.1 && peak <= 1, `peak ${peak}`);
  });
}

test("filters with NaN in their memory are cleared and the sound goes on", () => {
  const engine = new AudioEngine(space, RATE, { faded: false });
  engine.channels[1].first[3] = NaN;
  const [left, right] = play(engine, noise(50 * QUANTUM));
  assert.ok(right.every(Number.isFinite));
  assert.deepEqual(right.subarray(QUANTUM), play(replayed(), noise(50 * QUANTUM))[1].subarray(QUANTUM));
  assert.ok(left.some((value) => value !== 0));

  function replayed() {
    const again = new AudioEngine(space, RATE, { faded: false });
    again.channels[1].first[3] = NaN;
    return again;
  }
});

test("pink noise is as loud wet as dry, wherever z is", (t) => {
  const model = shipped("4d");
  const recipe = createRecipe(32);
  const grid = Array.from({ length: 2000 }, (_, i) => 40 * 400 ** (i / 1999));
  let worst = 0;
  for (const value of [-2, -1, 0, 1, 2]) {
    const engine = new AudioEngine(model, RATE);
    const row = createDesigner(model, RATE)(engine.decode(Array(4).fill(value), recipe), createRow(32));
    let power = 0;
    for (const hertz of grid) {
      const tan = Math.tan((Math.PI * hertz) / RATE);
      let [re, im] = [0, 0];
      for (let k = 0; k < 32; k++) {
        const [g, damping, gain] = row.subarray(3 * k);
        const v = (tan / g - g / tan) / damping;
        re += gain / damping / (1 + v * v);
        im -= (gain / damping / (1 + v * v)) * v;
      }
      power += (re * re + im * im) / grid.length;
    }
    worst = Math.max(worst, Math.abs(decibels(power)));
  }
  t.diagnostic(`largest difference ${worst.toFixed(2)} dB`);
  assert.ok(worst < 1);
});

test("a bypassed engine plays its input, and returns, without a step", () => {
  const engine = new AudioEngine(space, RATE, { faded: false });
  const x = Float64Array.from({ length: 200 * QUANTUM }, (_, n) => 0.1 * Math.sin((2 * Math.PI * 100 * n) / RATE));
  const [y] = play(engine, x, (n) => n === 50 * QUANTUM && engine.setBypass(true));
  for (let n = 190 * QUANTUM; n < x.length; n++) assert.ok(Math.abs(y[n] - x[n]) < 1e-8);
  for (let n = 1; n < x.length; n++) assert.ok(Math.abs(y[n] - y[n - 1]) < 0.02);
  engine.setMix(0.5);
  assert.equal(engine.mix.target, 0);
  engine.setBypass(false);
  assert.equal(engine.mix.target, 0.5);
});

test("an invalid residual is refused with a message and the previous one goes on", () => {
  const section = { type: "peaking", frequency: 1000, Q: 1, gain: 6 };
  const engine = new AudioEngine(space, RATE, { residual: { topology: "cascade", sections: [section] } });
  const cases = [
    [{ topology: "parallel", sections: [section] }, /topology "parallel"; it is a cascade/],
    [{ topology: "cascade", sections: [{ ...section, type: "notch" }] }, /type "notch"; allowed are peaking, lowshelf/],
    [{ topology: "cascade", sections: [{ ...section, Q: 0 }] }, /Q 0, gain 6; frequency and Q are above 0/],
    [{ topology: "cascade", sections: [{ ...section, gain: null }] }, /gain null/],
    [{ topology: "cascade", sections: Array(65).fill(section) }, /65 sections; at most 64/],
    [{ topology: "cascade", sections: [section], preamp: NaN }, /preamp NaN/],
  ];
  for (const [residual, words] of cases) assert.throws(() => engine.setResidual(residual), words);
  engine.setResidual({});
  play(engine, noise(60 * QUANTUM));
  assert.ok(engine.residual.part.still && engine.residual.current.idle);
});

test("sound starts and stops gently, and a restart repeats it exactly", () => {
  const engine = new AudioEngine(space, RATE, { motion: { kind: "spiral", rate: 3 } });
  const x = noise(100 * QUANTUM);
  const [first] = play(engine, x);
  assert.ok(Math.max(...first.subarray(0, 32).map(Math.abs)) < 0.01 * Math.max(...first.map(Math.abs)));
  engine.open = false;
  const [last] = play(engine, x);
  assert.ok(engine.silent && last.subarray(-QUANTUM).every((value) => value === 0));
  engine.restart();
  assert.deepEqual(play(engine, x)[0], first);
});

test("channels with a stereo offset are two banks, and join again without a click in either", () => {
  const engine = new AudioEngine(space, RATE, { faded: false, motion: { kind: "spiral", rate: 2, stereo_offset: 0.5 } });
  const x = noise(1000 * QUANTUM);
  const [left, right] = play(engine, x, (n) => n === 500 * QUANTUM && engine.setMotion({ stereo_offset: 0 }));
  const apart = (from, to) => Math.max(...left.subarray(from, to).map((value, i) => Math.abs(value - right[from + i])));
  assert.ok(apart(0, 500 * QUANTUM) > 0.01);
  assert.ok(apart(990 * QUANTUM, 1000 * QUANTUM) < 1e-4);
});

test("a device with half the model's rate plays what it can hold and mutes the rest", () => {
  const recipe = { frequency: [0.1, 0.42, 0.48, 0.7], q: [1, 1, 1, 1], gainDb: [0, 0, 0, 0] };
  const four = { ...space, num_filters: 4, topology: "parallel", polarity: "positive" };
  const gain = (row, k) => row[3 * k + 2];
  const narrow = createDesigner(four, 24000, false)(recipe, createRow(4));
  assert.ok(Math.abs(narrow[0] - Math.tan((Math.PI / 2) * 0.2)) < 1e-15);
  [1, 1, 0.4, 0].forEach((weight, k) => assert.ok(Math.abs(gain(narrow, k) - weight) < 1e-12));
  const wide = createDesigner(four, 96000, false)(recipe, createRow(4));
  assert.deepEqual([0, 1, 2, 3].map((k) => gain(wide, k)), [1, 1, 1, 1]);
  assert.ok(Math.abs(wide[9] - Math.tan((Math.PI / 2) * 0.35)) < 1e-15);
});

test("a motion of another space is refused and the previous one goes on", () => {
  const engine = new AudioEngine(space, RATE);
  assert.throws(() => engine.setMotion({ centre: [0, 0] }), /centre has 2 numbers; this space has 4 dimensions/);
  assert.throws(() => engine.setMotion({ rate: 99 }), /rate is 99/);
  assert.equal(engine.motion.kind, "manual");
});

for (const kind of SOURCE_KINDS.slice(0, 5)) {
  test(`the source "${kind}" is seeded, at its level and within its peak`, (t) => {
    const render = (seed) => {
      const left = new Float32Array(8 * RATE);
      createSource({ kind, seed }, RATE)(left, new Float32Array(left.length));
      return left;
    };
    const x = render(1);
    const rms = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length);
    const peak = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    t.diagnostic(`${decibels(rms * rms).toFixed(1)} dBFS RMS, peak ${peak.toFixed(2)}`);
    assert.deepEqual(render(1), x);
    if (["pink", "white", "drums"].includes(kind)) assert.notDeepEqual(render(2), x);
    assert.ok(peak <= SOURCE_PEAK + 1e-6);
    assert.ok(kind === "pulses" ? peak > 0.69 : Math.abs(decibels((rms / SOURCE_RMS) ** 2)) < 1);
  });
}

test("a file is brought to the level of the other sources and loops", () => {
  const channels = [new Float32Array(RATE).map((_, n) => 0.9 * Math.sin(n / 10)), new Float32Array(RATE).fill(-0.5)];
  const gain = bufferGain(channels);
  const [left, right] = [new Float32Array(2 * RATE), new Float32Array(2 * RATE)];
  createSource({ kind: "buffer", channels, gain }, RATE)(left, right);
  assert.deepEqual(left.subarray(RATE), left.subarray(0, RATE));
  assert.ok(Math.abs(right[RATE / 2] + 0.5 * gain) < 1e-7 && Math.abs(right[RATE - 1]) < 0.01);
  const square = [left, right].flatMap((samples) => [...samples]).reduce((sum, value) => sum + value * value, 0);
  assert.ok(Math.abs(decibels(square / (4 * RATE) / SOURCE_RMS ** 2)) < 0.2);
  assert.equal(bufferGain([new Float32Array(9)]), 0);
});

test("an unknown source is refused by name", () => {
  assert.throws(() => createSource({ kind: "whale" }, RATE), /source is "whale"; allowed are pink, white/);
  assert.throws(() => createSource({ kind: "buffer", channels: [] }, RATE), /empty buffer/);
});

/** The processor in a scope such as a worklet's, driven quantum by quantum. */
async function startProcessor(processorOptions) {
  const { port1, port2 } = new MessageChannel();
  let Processor;
  Object.assign(globalThis, {
    sampleRate: RATE,
    currentFrame: 0,
    AudioWorkletProcessor: class {
      port = port1;
    },
    registerProcessor: (_, registered) => {
      Processor = registered;
    },
  });
  await import(`../../aether_lab/static/worklet/processor.js?${Math.random()}`);
  const processor = new Processor({ processorOptions });
  const messages = [];
  let [posted, arrived, heard] = [0, 0, false];
  port1.on("message", () => arrived++);
  port2.on("message", (message) => {
    if (message === "heard") heard = true;
    else messages.push(message);
  });
  const until = async (/** @type {() => boolean} */ done) => {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const run = (quanta, input = []) => {
    const output = [new Float32Array(quanta * QUANTUM), new Float32Array(quanta * QUANTUM)];
    let alive = true;
    for (let n = 0; n < quanta; n++) {
      alive = processor.process([input], [output.map((channel) => channel.subarray(n * QUANTUM, (n + 1) * QUANTUM))]);
      globalThis.currentFrame += QUANTUM;
    }
    return { output, alive };
  };
  const send = async (...messages) => {
    for (const message of messages) port2.postMessage(message);
    posted += messages.length;
    await until(() => arrived === posted);
    heard = false;
    port1.postMessage("heard"); // after all that the processor has posted
    await until(() => heard);
  };
  return { processor, messages, run, send, close: () => port1.close() };
}

const silent = ({ output }) => output.every((channel) => channel.every((value) => value === 0));

test("the processor plays on request, posts z 30 times a second, records, and stops", async () => {
  const { messages, run, send, close } = await startProcessor({ model: space, source: { kind: "white", seed: 4 } });
  assert.ok(silent(run(10)));
  await send({ type: "motion", motion: { kind: "spiral", rate: 1 } }, { type: "record", on: true }, { type: "play", id: 7 });
  const { output } = run(375);
  await send({ type: "record", on: false }, { type: "stop" });
  run(40);
  assert.ok(silent(run(10)));
  await send();
  const of = (type) => messages.filter((message) => message.type === type);
  assert.deepEqual(of("applied"), [{ type: "applied", id: 7, frame: 10 * QUANTUM }]);
  const states = of("state").filter(({ time }) => time <= 1);
  assert.ok(states.length >= 28 && states.length <= 33);
  const { time, z, peak, rms } = states.at(-1);
  assert.ok(Math.abs(z[0] - 1.5 * Math.sin(2 * Math.PI * time)) < 1e-6);
  assert.ok(peak[0] > rms[0] && rms[0] > 0.01);
  const chunks = of("chunk").map(({ channels }) => channels[0]);
  assert.deepEqual(Float32Array.from(chunks.flatMap((chunk) => [...chunk])), output[0]);
  assert.deepEqual(of("recorded"), [{ type: "recorded", frames: 375 * QUANTUM }]);
  assert.equal(of("stopped").length, 1);
  assert.deepEqual(of("error"), []);
  close();
});

test("the processor records a motion and replays it to the bit, with the source from its beginning", async () => {
  const { messages, run, send, close } = await startProcessor({ model: space, source: { kind: "white", seed: 4 } });
  const recorded = async (quanta) => {
    messages.length = 0;
    await send({ type: "record_motion", on: true });
    run(quanta);
    await send({ type: "record_motion", on: false });
    assert.equal(messages.at(-1).type, "motion_recorded");
    return messages.filter(({ type }) => type === "motion_chunk").flatMap(({ rows }) => [...rows]);
  };
  await send({ type: "motion", motion: { kind: "spiral", rate: 5 } }, { type: "play" });
  run(100);
  const first = await recorded(300);
  assert.equal(first.length, 300 * 4);
  await send({ type: "motion", motion: { kind: "manual" } }, { type: "replay", rows: Float64Array.from(first) });
  const second = await recorded(400); // the fade-out of the sound before it is in it
  const at = second.findIndex((_, i) => i % 4 === 0 && first.slice(0, 8).every((value, k) => value === second[i + k]));
  assert.ok(at > 0 && at < 30 * 4);
  assert.deepEqual(second.slice(at, at + 1200), first);
  await send({ type: "replay", rows: new Float64Array(3) }, { type: "stop" });
  run(40);
  await send();
  assert.match(messages.find(({ type }) => type === "error").message, /a recorded motion of 3 numbers/);
  const states = messages.filter(({ type }) => type === "state").map(({ replaying }) => replaying);
  assert.ok(states.includes(true) && !states.at(-1));
  await send({ type: "replay", rows: Float64Array.from(first) }, { type: "play" }, { type: "record", on: true });
  const once = run(300).output;
  await send({ type: "stop" });
  run(40);
  await send({ type: "replay", rows: Float64Array.from(first) }, { type: "play" });
  assert.deepEqual(run(300).output, once);
  close();
});

test("the processor changes source and model behind a fade, and refuses what it cannot do", async () => {
  const { processor, messages, run, send, close } = await startProcessor({ model: space, playing: true });
  run(100);
  const two = shipped("2d");
  await send({ type: "source", source: { kind: "saw" } }, { type: "model", model: two }, { type: "mix", mix: 0.25 });
  assert.equal(processor.engine.space.latent_dim, 4); // until the fade-out has ended
  run(100);
  assert.equal(processor.engine.space.latent_dim, 2);
  assert.equal(processor.engine.mix.target, 0.25);
  assert.ok(!silent(run(10)));
  const bad = [{ type: "source", source: { kind: "whale" } }, { type: "motion", motion: { rate: -1 } }, { type: "sing" }];
  await send(...bad);
  assert.deepEqual(
    messages.filter(({ type }) => type === "error").map(({ message }) => message.slice(0, 17)),
    ['source is "whale"', "rate is -1; allow", '"sing" is no mess'],
  );
  assert.ok(!silent(run(10)));
  await send({ type: "dispose" });
  assert.equal(run(1).alive, false);
  close();
});

test("a processor without a model is silent and posts why it does not play", async () => {
  const { messages, run, send, close } = await startProcessor({});
  await send({ type: "play" });
  assert.ok(silent(run(10)));
  await send({ type: "model", model: space }, { type: "play" });
  assert.ok(!silent(run(100)));
  assert.deepEqual(messages.filter(({ type }) => type === "error").map(({ message }) => message), ['"play" came before a model']);
  close();
});

test("the input of the node is filtered, and silence stays silence", async () => {
  const { run, close } = await startProcessor({ model: space, source: { kind: "input" }, playing: true, faded: false });
  assert.ok(silent(run(10)));
  assert.ok(!silent(run(10, [new Float32Array(QUANTUM).fill(INPUT_LIMIT)])));
  close();
});
