// The sound of a live model: one AudioContext with the worklet of `processor.js`, from the first click on Play on until
// the last view is gone. It obeys the model's traits, whoever sets them; it knows no element of the page.
import { SOUND_RATE } from "../constants.js";
import { readModel, safeLatent } from "../dsp/decoder.js";
import { BROUGHT_KINDS, bufferGain } from "./sources.js";
import { joinChunks, wavBytes } from "./wav.js";

/** A recording ends by itself after this many seconds; a sound file may have so many bytes. */
const LONGEST_RECORDING = 600;
const LARGEST_FILE = 200e6;

const NO_WORKLET =
  "No sound here: browsers allow it only on pages from https:// or from localhost. Open this notebook by an address " +
  "that begins with http://localhost, or save the instrument with aether_lab.write_page and open that file.";
const NEEDS_CLICK = "Python asked for sound: press Play, since a browser starts it only on a click.";

/**
 * @param {WidgetModel} model anywidget's interface to the state of `mountLive`
 * @returns {Sound} what the views use; `close` ends the sound for good and takes the listeners off the model
 */
export function createSound(model) {
  const space = readModel(model.get("space"));
  const latents = Array.from({ length: space.latent_dim }, (_, i) => `z${i}`);
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const off = [];
  /** @type {AudioContext | null} */
  let context = null;
  /** @type {AudioWorkletNode | null} */
  let node = null;
  let wanted = false; // whether it plays, or is about to
  let asked = false; // whether z is about to be sent
  /** @type {string | object | null} what the worklet plays: the name of a source, or a file */
  let heard = null;
  /** @type {{ name: string, channels: Float32Array[], gain: number } | null} */
  let file = null;
  /** @type {{ stream: MediaStream, input: AudioNode } | null} */
  let microphone = null;
  /** @type {Float32Array[][] | null} */
  let chunks = null;

  /** @type {Sound} */
  const sound = {
    /** Why there can be no sound, or "". */
    refusal: globalThis.AudioWorkletNode && globalThis.isSecureContext !== false ? "" : NO_WORKLET,
    /** What is to be told to the user, or "". */
    message: "",
    /** The last state of the worklet, or null. */
    state: null,
    /** `{ url, seconds }` of the last recording, or null. */
    recording: null,
    get fileName() {
      return file?.name ?? "";
    },
    play,
    stop: () => put("playing", false),
    openFile,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Ends the sound and frees what it holds; `play` may begin again. */
    close() {
      end();
      put("playing", false);
      put("record", false);
    },
    dispose() {
      sound.close();
      off.splice(0).forEach((remove) => remove());
      if (sound.recording) URL.revokeObjectURL(sound.recording.url);
    },
  };

  function tell(message = sound.message) {
    sound.message = message;
    for (const listener of listeners) listener();
  }

  function put(name, value) {
    if (model.get(name) === value) return;
    model.set(name, value);
    model.save_changes();
  }

  /** Puts back what cannot be, after the change that is being told is over: inside it the kernel would not hear. */
  function takeBack(name, message) {
    queueMicrotask(() => put(name, false));
    tell(message);
  }

  function place() {
    return latents.map((name) => safeLatent(model.get(name)));
  }

  /** To be called from a click. */
  async function play() {
    if (wanted || sound.refusal) return;
    wanted = true;
    try {
      context ??= new AudioContext({ sampleRate: SOUND_RATE, latencyHint: "interactive" });
      const mine = context;
      tell("");
      await mine.resume();
      if (!node) await createNode(mine);
      else post({ type: "play" });
      if (context !== mine) return;
      if (!wanted) return post({ type: "stop" });
      await bringSource();
      put("playing", true);
    } catch (error) {
      fail(`The sound could not be started: ${error.message}`);
    }
  }

  async function createNode(mine) {
    await mine.audioWorklet.addModule(dataAddress(model.get("processor")));
    if (context !== mine) return;
    const motion = { ...playableMotion(model.get("motion")), centre: place() };
    const settings = { mix: model.get("mix"), volumeDb: model.get("volume_db"), playing: true };
    const kind = model.get("source");
    const source = { kind: BROUGHT_KINDS[kind] ? "input" : kind }; // an input with nothing at it is silent
    heard = BROUGHT_KINDS[kind] ? null : kind;
    node = new AudioWorkletNode(mine, "aether-lab", {
      outputChannelCount: [2],
      processorOptions: { model: space, motion, source, ...settings },
    });
    node.onprocessorerror = () => fail("The sound engine has failed: press Play to start it again.");
    node.port.onmessage = ({ data }) => receive(data);
    node.connect(mine.destination);
    if (model.get("bypass")) post({ type: "bypass", bypass: true });
    sendResidual(); // as a message, so that one that cannot be played is refused and the rest sounds
  }

  function post(message) {
    node?.port.postMessage(message);
  }

  function receive(data) {
    if (data.type === "state") {
      sound.state = data;
      tell();
    } else if (data.type === "stopped") {
      if (wanted) return;
      releaseMicrophone();
      sound.state = null;
      context?.suspend();
      tell();
    } else if (data.type === "chunk") {
      keep(data.channels);
    } else if (data.type === "recorded") {
      finishRecording();
    } else if (data.type === "error") {
      tell(data.message);
    }
  }

  function stop() {
    wanted = false;
    put("record", false);
    post({ type: "stop" });
  }

  function fail(message) {
    end();
    put("playing", false);
    put("record", false);
    tell(message);
  }

  function end() {
    wanted = false;
    releaseMicrophone();
    post({ type: "dispose" });
    node?.disconnect();
    if (node) node.onprocessorerror = node.port.onmessage = null;
    context?.close();
    context = node = heard = sound.state = null;
    if (chunks) finishRecording();
  }

  // Sources that the page brings to the worklet.

  async function bringSource() {
    const kind = model.get("source");
    if (kind !== "microphone") releaseMicrophone();
    if (kind === "file" && !file) return tell("Choose a sound file, or drop one here.");
    if (kind === "microphone" && wanted) await connectMicrophone();
    const next = kind === "file" ? file : kind;
    if (!node || model.get("source") !== kind || heard === next) return;
    heard = next;
    const { channels, gain } = (kind === "file" && file) || {};
    post({ type: "source", source: { kind: BROUGHT_KINDS[kind] ?? kind, channels, gain } });
  }

  async function openFile(chosen) {
    try {
      if (chosen.size > LARGEST_FILE) throw new Error(`it is larger than ${LARGEST_FILE / 1e6} MB`);
      tell(`Reading ${chosen.name} …`);
      const decoder = new OfflineAudioContext(1, 1, SOUND_RATE); // resamples, and needs no device
      const buffer = await decoder.decodeAudioData(await chosen.arrayBuffer());
      const count = Math.min(buffer.numberOfChannels, 2);
      const channels = Array.from({ length: count }, (_, k) => buffer.getChannelData(k));
      file = { name: chosen.name, channels, gain: bufferGain(channels) };
    } catch (error) {
      return tell(`${chosen.name} cannot be read as sound: ${error.message}`);
    }
    tell("");
    if (model.get("source") === "file") bringSource();
    else put("source", "file");
  }

  async function connectMicrophone() {
    if (microphone) return;
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const mine = context;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: raw });
      if (!mine || !node || context !== mine || !wanted || model.get("source") !== "microphone") {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      const input = mine.createMediaStreamSource(stream);
      input.connect(node);
      microphone = { stream, input };
      tell("Microphone on: wear headphones, or it hears itself.");
    } catch (error) {
      tell(`There is no microphone: ${error.message}`);
    }
  }

  function releaseMicrophone() {
    if (!microphone) return;
    microphone.input.disconnect();
    microphone.stream.getTracks().forEach((track) => track.stop());
    microphone = null;
    tell("");
  }

  // Recording: sent to the kernel as it comes in, and kept for the download.

  function record() {
    const on = model.get("record");
    if (on === Boolean(chunks)) return;
    if (!on) return post({ type: "record", on: false });
    if (!node || !wanted) return takeBack("record", "Nothing is playing that could be recorded: press Play first.");
    chunks = [];
    model.send({ type: "begin", sample_rate: SOUND_RATE });
    post({ type: "record", on: true });
  }

  function keep(channels) {
    if (!chunks) return;
    chunks.push(channels);
    model.send({ type: "chunk" }, undefined, channels.map((channel) => channel.slice().buffer));
    if (chunks.length * channels[0].length > LONGEST_RECORDING * SOUND_RATE) put("record", false);
  }

  function finishRecording() {
    const channels = joinChunks(chunks ?? []);
    chunks = null;
    put("record", false);
    model.send({ type: "recorded" });
    if (!channels[0].length) return;
    if (sound.recording) URL.revokeObjectURL(sound.recording.url);
    const url = URL.createObjectURL(new Blob([wavBytes(channels, SOUND_RATE)], { type: "audio/wav" }));
    sound.recording = { url, seconds: channels[0].length / SOUND_RATE };
    tell();
  }

  // What the model says.

  function sendZ() {
    if (asked) return;
    asked = true; // the dimensions of z change one by one: send them together
    queueMicrotask(() => {
      asked = false;
      post({ type: "z", z: place() });
    });
  }

  function sendResidual() {
    post({ type: "residual", residual: model.get("residual") ?? {} });
  }

  function follow(name, act) {
    model.on(`change:${name}`, act);
    off.push(() => model.off(`change:${name}`, act));
  }

  for (const name of latents) follow(name, sendZ);
  follow("motion", () => post({ type: "motion", motion: playableMotion(model.get("motion")) }));
  follow("mix", () => post({ type: "mix", mix: model.get("mix") }));
  follow("bypass", () => post({ type: "bypass", bypass: model.get("bypass") }));
  follow("volume_db", () => post({ type: "volume", db: model.get("volume_db") }));
  follow("residual", sendResidual);
  follow("source", () => {
    tell("");
    bringSource();
  });
  follow("record", record);
  follow("playing", () => {
    if (!model.get("playing")) {
      if (wanted) stop();
    } else if (context) {
      play(); // a click has allowed it before
    } else {
      takeBack("playing", sound.refusal || NEEDS_CLICK);
    }
  });
  // A state that was stored, or left by a page that was reloaded, does not sound.
  put("playing", false);
  put("record", false);
  return sound;
}

/** A path that has too few points yet rests. */
export function playableMotion(motion) {
  return motion.kind === "path" && motion.points.length < 2 ? { ...motion, kind: "manual" } : motion;
}

/** A module's text as an address; a page from disk may load no blob: one. */
export function dataAddress(text) {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return `data:text/javascript;base64,${btoa(bytes.join(""))}`;
}
