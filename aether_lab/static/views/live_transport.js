// The transport of the live panel, its sources and its levels.
import { VOLUME_RANGE } from "../constants.js";
import { signed } from "../text.js";
import { button, choice, element } from "../ui/elements.js";
import { fader } from "../ui/fader.js";
import { createMeter } from "../ui/meter.js";
import { showToggle } from "../ui/toggle.js";

const SOURCE_TITLES = {
  pink: "Pink noise",
  white: "White noise",
  pulses: "Pulse train",
  saw: "Saw chord",
  drums: "Drums",
  file: "Own file",
  microphone: "Microphone",
};

/** Play, record and bypass with the meter; the status of the sound; the link to the recording. */
export function createTransport(binding, /** @type {Sound} */ sound) {
  const play = button("Play", "", () => (binding.get("playing") ? sound.stop() : sound.play()));
  play.classList.add("aether-play");
  play.disabled = Boolean(sound.refusal);
  const toggle = (name) => () => binding.put(name, !binding.get(name));
  const record = button("Record", "Record what is heard", toggle("record"));
  const bypass = button("Bypass", "A/B: the dry sound, as loud as the filtered one", toggle("bypass"));
  const meter = createMeter();
  const status = element("p", "aether-sound-status", { role: "status" });
  status.textContent = sound.refusal;
  const download = element("a", "aether-download", { hidden: true, download: "aether_lab.wav" });

  binding.follow(["playing"], () => {
    const on = Boolean(binding.get("playing"));
    play.textContent = on ? "Stop" : "Play";
    play.title = on ? "Stop the sound" : "Start the sound";
    record.disabled = !on;
  });
  binding.follow(["record"], () => showToggle(record, binding.get("record"), "Stop recording", "Record"));
  binding.follow(["bypass"], () => showToggle(bypass, binding.get("bypass")));
  return {
    buttons: [play, bypass, record],
    meter: meter.node,
    status,
    download,
    show() {
      meter.show(sound.state);
      const text = sound.refusal || sound.message || (binding.get("source") === "file" ? sound.fileName : "");
      if (status.textContent !== text) status.textContent = text;
      const { recording } = sound;
      download.hidden = !recording;
      if (recording && download.href !== recording.url) {
        download.href = recording.url;
        download.textContent = `Download the recording (${recording.seconds.toFixed(1)} s, WAV)`;
      }
    },
  };
}

/** The list of sources, and a button for a sound file. */
export function createSourceControls(binding, /** @type {Sound} */ sound) {
  const source = choice("Source", SOURCE_TITLES, (kind) => binding.put("source", kind));
  const opener = element("label", "aether-file", { title: "WAV, MP3, FLAC, OGG or whatever else this browser reads" });
  const chooser = element("input", "", { type: "file", accept: "audio/*", "aria-label": "Sound file" });
  chooser.addEventListener("change", () => chooser.files[0] && sound.openFile(chooser.files[0]));
  opener.append(chooser);
  binding.follow(["source"], () => {
    source.show(binding.get("source"));
    opener.hidden = binding.get("source") !== "file";
  });
  return { node: source.node, opener };
}

/** Faders for the mix and the volume. */
export function createLevelControls(binding) {
  const mix = fader("Mix", { limit: 1, origin: 1, format: (part) => `${Math.round(100 * part)} %` }, (value) => binding.put("mix", value));
  const [lowest, limit] = VOLUME_RANGE;
  const volume = fader("Volume", { lowest, limit, origin: 0, format: (db) => `${signed(db, 0)} dB` }, (db) =>
    binding.put("volume_db", Math.round(db)),
  );
  binding.follow(["mix"], () => mix.show(binding.get("mix")));
  binding.follow(["volume_db"], () => volume.show(binding.get("volume_db")));
  return { mix: mix.node, volume: volume.node };
}
