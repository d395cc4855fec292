// The XY pads of the live panel, one per pair of coordinates, with a trail of the z that is heard.
import { knobTitles } from "../dsp/knobs.js";
import { element } from "../ui/elements.js";
import { createPad, padFigure, TRAIL, TRAIL_LIMIT } from "../ui/pad.js";
import { readTheme } from "../ui/plot.js";

export function createLivePads(/** @type {WidgetModel} */ model, /** @type {Sound} */ sound, currentZ) {
  const space = model.get("space");
  const { knobs: dims, learned_range: range } = space;
  const titles = knobTitles(space).map(({ title }) => title);
  const node = element("div", "aether-pads");
  const pads = [0, 2].filter((first) => first + 1 < dims).map((first) =>
    createPad(first, titles, currentZ, (target) => {
      model.set(`z${first}`, target[0]);
      model.set(`z${first + 1}`, target[1]);
      model.save_changes();
    }),
  );
  node.append(...pads.map((pad) => pad.node));
  let trail = [];
  /** @type {SoundState | null} */
  let last = null;

  function extendTrail({ kind, rate, slow_rate }) {
    const { state } = sound;
    if (state === last) return;
    last = state;
    const slow = Math.max(rate, slow_rate) <= TRAIL_LIMIT && kind !== "manual";
    trail = state && slow ? [...trail, state.z].slice(-TRAIL) : [];
  }

  return {
    node,
    show() {
      const { state } = sound;
      const centre = currentZ();
      const fields = { ...model.get("motion"), centre };
      extendTrail(fields);
      const theme = readTheme(node);
      const zRight = state?.z.some((value, i) => value !== state.zRight[i]) ? state.zRight : null;
      const drawable = fields.kind !== "path" || fields.points.length > 1;
      pads.forEach((pad, i) => {
        const figure = drawable ? padFigure(fields, 2 * i) : [];
        pad.show({ centre, z: state?.z ?? centre, zRight, trail, figure, range }, theme);
      });
    },
  };
}
