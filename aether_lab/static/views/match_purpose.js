// What the sections of a match are for: a copy of the response, or its correction to a target.
import { signed } from "../text.js";
import { choice, element } from "../ui/elements.js";
import { createFileDrop } from "../ui/file_drop.js";
import { rangeRow } from "../ui/fader.js";
import { SETTLE_MS } from "./match_settings.js";

const MODES = { copy: "Copy the response", correct: "Correct it to a target" };
const GOALS = { flat: "Flat", tilt: "Tilted", file: "A file: a curve or another response" };

/**
 * The switch, and the controls of a correction. The model has `purpose`: `{mode, goal, tilt, boost, name}`, written here
 * (dB per octave, dB, and the name of the target's file), and the ranges `tilts` and `boosts` in `about`.
 */
export function createMatchPurpose(binding, /** @type {WidgetModel} */ model) {
  const { tilts, boosts } = model.get("about");
  const put = (changes) => binding.put("purpose", { ...binding.get("purpose"), ...changes });
  let timer = 0;
  const putLater = (changes) => {
    clearTimeout(timer);
    timer = setTimeout(() => put(changes), SETTLE_MS);
  };
  const mode = choice("The filter is to", MODES, (value) => put({ mode: value }));
  const goal = choice("Target", GOALS, (value) => put({ goal: value }));
  const tilt = rangeRow("Tilt", tilts, (value) => {
    tilt.show(value, formatTilt(value));
    putLater({ tilt: value });
  });
  const boost = rangeRow("Most boost", boosts, (value) => {
    boost.show(value, formatBoost(value));
    putLater({ boost: value });
  });
  const file = createFileDrop(model, "goal", "The target: a measured curve or an impulse response");
  const controls = element("div", "aether-faders aether-match-controls");
  const node = element("div", "aether-match-purpose");
  controls.append(mode.node, goal.node, tilt.node, boost.node);
  node.append(controls, file.node);
  return {
    node,
    show() {
      const purpose = binding.get("purpose");
      const corrects = purpose.mode === "correct";
      mode.show(purpose.mode);
      goal.show(purpose.goal);
      tilt.show(purpose.tilt, formatTilt(purpose.tilt));
      boost.show(purpose.boost, formatBoost(purpose.boost));
      for (const each of [goal, boost]) each.node.hidden = !corrects;
      tilt.node.hidden = !corrects || purpose.goal !== "tilt";
      file.node.hidden = !corrects || purpose.goal !== "file";
      file.show(purpose.name);
    },
    destroy: () => clearTimeout(timer),
  };
}

const formatTilt = (value) => `${signed(value, 1)} dB per octave`;
const formatBoost = (value) => `${signed(value, 0)} dB`;
