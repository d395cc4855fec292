// The instrument: sources, motion, levels and XY pads above the curve of `explorer.js`, all of them views of a model.
import { FASTEST, RADIUS_LIMIT, SLOW_LIMIT } from "../dsp/motion.js";
import { button, choice, element, fader, signed } from "../ui/elements.js";
import { createPad, padFigure, TRAIL, TRAIL_LIMIT } from "../ui/pad.js";
import { readTheme } from "../ui/plot.js";
import { createExplorer } from "./explorer.js";

/** What the user calls the sources. */
const SOURCE_TITLES = {
  pink: "Pink noise",
  white: "White noise",
  pulses: "Pulse train",
  saw: "Saw chord",
  drums: "Drums",
  file: "Own file",
  microphone: "Microphone",
};

const MOTION_TITLES = {
  manual: "By hand",
  spiral: "Spiral",
  orbit: "Orbit",
  walk: "Random walk",
  path: "Path",
};

/** A rate's fader gives half its way to what is below an eighth of its limit. */
const CURVED = 3;

const percent = (value) => `${Math.round(100 * value)} %`;
const hertz = (value) => `${value < 1 ? value.toFixed(3) : value.toFixed(2)} Hz`;
const plain = (value) => value.toFixed(2);

const FIGURES = "spiral orbit walk";

/** Faders of the motion; `kinds` are those that have it, `pairs` how many pairs of coordinates it needs. */
const MOTION_FADERS = [
  { field: "rate", title: "Rate", format: hertz, limit: FASTEST, curve: CURVED, kinds: `${FIGURES} path` },
  { field: "radius", title: "Radius", format: plain, limit: RADIUS_LIMIT, kinds: FIGURES },
  { field: "slow_rate", title: "Slow rate", format: hertz, limit: SLOW_LIMIT, curve: CURVED, kinds: FIGURES, pairs: 2 },
  { field: "slow_radius", title: "Slow radius", format: plain, limit: RADIUS_LIMIT, kinds: FIGURES, pairs: 2 },
  { field: "stereo_offset", title: "Width", format: percent, limit: 1, kinds: `${FIGURES} path` },
];

/**
 * Shows the instrument in `el` and returns the clean-up. The state is that of `explorer.js`, and
 *   `playing`: bool; `source`: a name of `SOURCE_TITLES`; `motion`: fields of a motion without centre and phases;
 *   `mix`: 0 dry to 1 wet; `bypass`: bool; `volume_db`: -60 to 12; `record`: bool; `processor`: the worklet's text.
 * @param {Sound} sound from `createSound`, for the same model
 */
export function mountLive(el, model, sound) {
  const { latent_dim: dims, captions, learned_range: range } = model.get("space");
  const off = [];
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const setMotion = (changes) => put("motion", { ...model.get("motion"), ...changes });
  const follow = (names, show) => {
    for (const name of names) {
      model.on(`change:${name}`, show);
      off.push(() => model.off(`change:${name}`, show));
    }
    show();
  };

  // Transport
  const play = button("Play", "", () => (model.get("playing") ? sound.stop() : sound.play()));
  play.classList.add("aether-play");
  play.disabled = Boolean(sound.refusal);
  const recorder = button("Record", "Record what is heard", () => put("record", !model.get("record")));
  const bypass = button("Bypass", "A/B: the dry sound, as loud as the filtered one", () =>
    put("bypass", !model.get("bypass")),
  );
  const source = choice("Source", SOURCE_TITLES, (kind) => put("source", kind));
  const opener = element("label", "aether-file", { title: "WAV, MP3, FLAC, OGG or whatever else this browser reads" });
  const chooser = element("input", "", { type: "file", accept: "audio/*", "aria-label": "Sound file" });
  chooser.addEventListener("change", () => chooser.files[0] && sound.openFile(chooser.files[0]));
  opener.append(chooser);
  const meter = createMeter();
  const transport = element("div", "aether-row");
  transport.append(play, recorder, bypass, meter.node);
  const sourceRow = element("div", "aether-row");
  sourceRow.append(source.node, opener);
  const status = element("p", "aether-sound-status", { role: "status" });
  const download = element("a", "aether-download", { hidden: true, download: "aether_lab.wav" });

  follow(["playing"], () => {
    const on = Boolean(model.get("playing"));
    play.textContent = on ? "Stop" : "Play";
    play.title = on ? "Stop the sound" : "Start the sound";
    recorder.disabled = !on;
  });
  follow(["record"], () => press(recorder, model.get("record"), "Stop recording", "Record"));
  follow(["bypass"], () => press(bypass, model.get("bypass")));
  follow(["source"], () => {
    source.show(model.get("source"));
    opener.hidden = model.get("source") !== "file";
  });

  // Levels
  const mix = fader("Wet", { limit: 1, format: percent }, (value) => put("mix", value));
  const volume = fader("Volume", { lowest: -60, limit: 12, format: (db) => `${signed(db, 0)} dB` }, (db) =>
    put("volume_db", Math.round(db)),
  );
  const levels = element("div", "aether-faders");
  levels.append(mix.node, volume.node);
  follow(["mix"], () => mix.show(model.get("mix")));
  follow(["volume_db"], () => volume.show(model.get("volume_db")));

  // Motion
  const motion = choice("Motion", MOTION_TITLES, (kind) => {
    const { rate, ratio } = model.get("motion");
    const limit = kind === "orbit" ? FASTEST / Math.max(...ratio) : FASTEST;
    setMotion({ kind, rate: Math.min(rate, limit) });
  });
  const swap = button("Swap pairs", "z2 and z3 move fast, z0 and z1 slowly; or the other way round", () =>
    setMotion({ swap: !model.get("motion").swap }),
  );
  const add = button("Add place", "The path goes on to where the knobs are now", () =>
    setMotion({ points: [...model.get("motion").points, place()] }),
  );
  const clear = button("Clear", "Forget all points of the path", () => setMotion({ points: [] }));
  const points = element("span", "aether-points");
  const motionRow = element("div", "aether-row");
  motionRow.append(motion.node, swap, add, clear, points);
  const motionFaders = element("div", "aether-faders");
  const faders = MOTION_FADERS.filter(({ pairs = 1 }) => dims >= 2 * pairs).map((settings) => {
    const made = fader(settings.title, settings, (value) => {
      const { kind, ratio } = model.get("motion");
      const orbit = settings.field === "rate" && kind === "orbit";
      setMotion({ [settings.field]: orbit ? Math.min(value, FASTEST / Math.max(...ratio)) : value });
    });
    motionFaders.append(made.node);
    return { ...settings, ...made };
  });
  follow(["motion"], () => {
    const fields = model.get("motion");
    motion.show(fields.kind);
    swap.hidden = dims < 4 || fields.kind === "manual" || fields.kind === "path";
    press(swap, fields.swap);
    add.hidden = clear.hidden = points.hidden = fields.kind !== "path";
    const count = fields.points.length;
    points.textContent = count < 2 ? `${count} of 2 points or more` : `${count} points`;
    for (const { field, kinds, node, show } of faders) {
      node.hidden = !kinds.split(" ").includes(fields.kind);
      show(fields[field]);
    }
  });

  // Pads
  const pads = element("div", "aether-pads");
  const squares = [0, 2].filter((first) => first + 1 < dims).map((first) =>
    createPad(first, captions ?? [], place, (target) => {
      model.set(`z${first}`, target[0]);
      model.set(`z${first + 1}`, target[1]);
      model.save_changes();
    }),
  );
  pads.append(...squares.map(({ node }) => node));

  const controls = element("div", "aether-controls");
  controls.append(transport, status, download, sourceRow, levels, motionRow, motionFaders);
  const node = element("div", "aether-live", { role: "group", "aria-label": "Sound and motion" });
  node.append(controls, pads);
  node.addEventListener("dragover", (event) => event.preventDefault());
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) sound.openFile(file);
  });

  function place() {
    return Array.from({ length: dims }, (_, i) => model.get(`z${i}`));
  }

  let trail = [];
  /** @type {SoundState | null} */
  let heard = null;
  /** @type {LiveView} */
  const live = {
    node,
    /** z as it sounds, or null where nothing does. */
    z: () => sound.state?.z ?? null,
    /** Draws the pads; called with every drawing of the curve. */
    show() {
      const { state } = sound;
      if (state !== heard) {
        heard = state;
        const fields = model.get("motion");
        const slow = Math.max(fields.rate, fields.slow_rate) <= TRAIL_LIMIT && fields.kind !== "manual";
        trail = state && slow ? [...trail, state.z].slice(-TRAIL) : [];
      }
      const centre = place();
      const fields = { ...model.get("motion"), centre };
      const theme = readTheme(node);
      const right = state?.z.some((value, i) => value !== state.zRight[i]) ? state.zRight : null;
      squares.forEach((pad, i) => {
        const drawable = fields.kind !== "path" || fields.points.length > 1;
        const figure = drawable ? padFigure(fields, 2 * i) : [];
        pad.show({ centre, z: state?.z ?? centre, zRight: right, trail, figure, range }, theme);
      });
    },
  };

  const view = createExplorer(el, model, live);
  off.push(
    sound.listen(() => {
      meter.show(sound.state);
      const words = sound.refusal || sound.message || (sound.fileName && !opener.hidden ? sound.fileName : "");
      if (status.textContent !== words) status.textContent = words;
      const { recording } = sound;
      download.hidden = !recording;
      if (recording && download.href !== recording.url) {
        download.href = recording.url;
        download.textContent = `Download the recording (${recording.seconds.toFixed(1)} s, WAV)`;
      }
      view.schedule();
    }),
  );
  status.textContent = sound.refusal;
  follow(["motion"], () => view.schedule());

  return () => {
    off.splice(0).forEach((remove) => remove());
    view.destroy();
  };
}

/** A toggle: whether it is pressed, and what it is called then. */
function press(node, pressed, words, otherwise) {
  node.setAttribute("aria-pressed", String(Boolean(pressed)));
  if (words) node.textContent = pressed ? words : otherwise;
}

/** The level of both ears, -60 to 0 dBFS: a bar of what the ear sums, a line at the peak. */
function createMeter() {
  const node = element("div", "aether-meter", { role: "meter", "aria-label": "Output level, dB of full scale" });
  node.setAttribute("aria-valuemin", "-60");
  node.setAttribute("aria-valuemax", "0");
  const bars = ["left", "right"].map((side) => {
    const [track, fill, peak] = ["track", "fill", "peak"].map((part) => element("div", `aether-meter-${part}`));
    track.title = side;
    track.append(fill, peak);
    node.append(track);
    return { fill, peak };
  });
  const place = (level) => 100 * Math.min(Math.max(1 + meterDb(level) / 60, 0), 1);
  return {
    node,
    show(state) {
      bars.forEach(({ fill, peak }, i) => {
        fill.style.width = `${place(state?.rms[i] ?? 0)}%`;
        peak.style.left = `${place(state?.peak[i] ?? 0)}%`;
      });
      node.setAttribute("aria-valuenow", String(Math.round(Math.max(...(state?.rms ?? [0]).map(meterDb)))));
    },
  };
}

/** dB of full scale, at least -60. */
export function meterDb(level) {
  return Math.max(20 * Math.log10(Math.max(level, 1e-9)), -60);
}
