// The recording of a motion: buttons to record and to replay it, and its files.
import { midiBytes } from "../dsp/midi_file.js";
import { motionTable, recordedRows, recordedSeconds } from "../dsp/recorded_motion.js";
import { button, element } from "../ui/elements.js";
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
  node.append(record, replay, ...files.nodes);
  binding.follow(["record_motion"], () => showToggle(record, binding.get("record_motion"), "Stop motion", "Record motion"));
  binding.follow(["replay"], () => showToggle(replay, binding.get("replay"), "Stop replay", "Replay"));
  binding.follow(["recorded_motion"], () => {
    const recorded = rows();
    replay.hidden = !recorded;
    files.show(recorded);
    if (recorded) replay.title = `${REPLAY_TITLE}: ${recordedSeconds(recorded, space.latent_dim).toFixed(1)} s`;
  });
  return { node, destroy: files.destroy };
}

/** Links to the files of a motion, which are made when they are asked for. */
function createFiles({ latent_dim: dims, knobs }, rows) {
  const makers = {
    CSV: { type: "text/csv", name: "motion.csv", make: (recorded) => motionTable(recorded, dims) },
    MIDI: { type: "audio/midi", name: "motion.mid", make: (recorded) => midiBytes(recorded, dims, Math.min(knobs, 16)) },
  };
  let url = "";
  const nodes = Object.entries(makers).map(([text, { type, name, make }]) => {
    const link = element("a", "aether-download", { href: "#", download: name, title: text === "MIDI" ? MIDI_TITLE : "A table of seconds and z" });
    link.textContent = text;
    link.addEventListener("click", () => {
      URL.revokeObjectURL(url);
      url = URL.createObjectURL(new Blob([make(rows())], { type }));
      link.href = url;
    });
    return link;
  });
  return {
    nodes,
    show: (recorded) => nodes.forEach((link) => (link.hidden = !recorded)),
    destroy: () => URL.revokeObjectURL(url),
  };
}
