// The recording of a motion: buttons to record and to replay it, and its files.
import { MIDI_FILE } from "../constants.js";
import { midiBytes } from "../dsp/midi_file.js";
import { motionTable, recordedRows, recordedSeconds } from "../dsp/recorded_motion.js";
import { button, element } from "../ui/elements.js";
import { saveFile } from "../ui/save_file.js";
import { showToggle } from "../ui/toggle.js";

const RECORD_TITLE = "Record how z moves while it sounds, quantum by quantum, whatever moves it";
const REPLAY_TITLE = "Move z as it was recorded, to the bit";
const MIDI_TITLE = "Standard MIDI file of 14-bit controllers, 16 to 19 with 48 to 51, for -2 to 2";

/** Nothing in a panel without sound. @param {ExplorerHost} host @returns {ExplorerTool} */
export function createMotionTool({ root, model, space, binding }) {
  const node = element("div", "aether-group", { role: "group", "aria-label": "Recorded motion" });
  node.hidden = model.get("record_motion") === undefined;
  if (node.hidden) return { node };
  const toggle = (name) => () => {
    // The sound begins with a click alone, which this one is.
    const play = /** @type {HTMLElement | null} */ (root.querySelector("button.aether-play"));
    if (!binding.get(name) && !binding.get("playing")) play?.click();
    binding.put(name, !binding.get(name));
  };
  const record = button("Record motion", RECORD_TITLE, toggle("record_motion"));
  const replay = button("Replay", REPLAY_TITLE, toggle("replay"));
  const rows = () => recordedRows(binding.get("recorded_motion"), space.latent_dim);
  const files = createFiles(space, rows);
  node.append(record, replay, ...files);
  binding.follow(["record_motion"], () => showToggle(record, binding.get("record_motion"), "Stop motion", "Record motion"));
  binding.follow(["replay"], () => showToggle(replay, binding.get("replay"), "Stop replay", "Replay"));
  binding.follow(["recorded_motion"], () => {
    const recorded = rows();
    for (const each of [replay, ...files]) each.hidden = !recorded;
    if (recorded) replay.title = `${REPLAY_TITLE}: ${recordedSeconds(recorded, space.latent_dim).toFixed(1)} s`;
  });
  return { node };
}

/** Buttons that save a motion. */
function createFiles({ latent_dim: dims, knobs }, rows) {
  const csv = button("Motion CSV", "A table of seconds and z, quantum by quantum", () => {
    saveFile("motion.csv", motionTable(rows(), dims));
  });
  const midi = button("Motion MIDI", MIDI_TITLE, () => {
    saveFile("motion.mid", midiBytes(rows(), dims, Math.min(knobs, MIDI_FILE.most)));
  });
  return [csv, midi];
}
