// What is under the pointer on the curve: frequency, note and level.
import { noteName } from "../dsp/notes.js";
import { clamp } from "../dsp/numbers.js";
import { signed } from "../text.js";
import { createAxes, FREQUENCY_RANGE, hertzText } from "../ui/axes.js";
import { levelAt, sceneRange } from "../ui/plot.js";

/** "1.05 kHz · C6 +4 ct · 3.2 dB". */
export function hoverText(hertz, level) {
  return `${hertzText(hertz)} \u00b7 ${noteName(hertz)} \u00b7 ${signed(level, 1)} dB`;
}

export function createHover(/** @type {HTMLCanvasElement} */ canvas, schedule) {
  /** @type {number | null} pixels from the left */
  let at = null;
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    at = event.clientX - canvas.getBoundingClientRect().left;
    schedule();
  });
  canvas.addEventListener("pointerleave", () => {
    at = null;
    schedule();
  });
  return {
    scene(/** @type {PlotScene} */ scene) {
      if (at === null || scene.ghost) return scene;
      const { hertz: hertzOf } = createAxes(canvas.clientWidth, canvas.clientHeight, sceneRange(scene));
      const hertz = clamp(hertzOf(at), FREQUENCY_RANGE[0], FREQUENCY_RANGE[1]);
      const level = levelAt(scene.sum, hertz);
      return { ...scene, hover: { hertz, level, label: hoverText(hertz, level) } };
    },
  };
}
