// The motion controls of the live panel.
import { FASTEST, RADIUS_LIMIT, SLOW_LIMIT } from "../dsp/motion.js";
import { button, choice, element } from "../ui/elements.js";
import { fader } from "../ui/fader.js";
import { showToggle } from "../ui/toggle.js";

const MOTION_TITLES = {
  manual: "Manual",
  spiral: "Spiral",
  orbit: "Orbit",
  walk: "Random walk",
  path: "Path",
};

/** Half the length of a rate's fader is for rates below an eighth of its limit. */
const CURVED = 3;

const formatHertz = (value) => `${value < 1 ? value.toFixed(3) : value.toFixed(2)} Hz`;
const formatPercent = (value) => `${Math.round(100 * value)} %`;
const formatZ = (value) => value.toFixed(2);
const limitedRate = (kind, rate, ratio) => (kind === "orbit" ? Math.min(rate, FASTEST / Math.max(...ratio)) : rate);

const FIGURES = "spiral orbit walk";

/** Faders of the motion: `kinds` are the motions that have it, `pairs` the pairs of coordinates that it needs. */
const MOTION_FADERS = [
  { field: "rate", title: "Rate", format: formatHertz, limit: FASTEST, curve: CURVED, kinds: `${FIGURES} path` },
  { field: "radius", title: "Radius", format: formatZ, limit: RADIUS_LIMIT, kinds: FIGURES },
  { field: "slow_rate", title: "Slow rate", format: formatHertz, limit: SLOW_LIMIT, curve: CURVED, kinds: FIGURES, pairs: 2 },
  { field: "slow_radius", title: "Slow radius", format: formatZ, limit: RADIUS_LIMIT, kinds: FIGURES, pairs: 2 },
  { field: "stereo_offset", title: "Stereo offset", format: formatPercent, limit: 1, kinds: `${FIGURES} path` },
];

/** The kind of motion; a row of buttons for its pairs and its path; and its faders. */
export function createMotionControls(binding, dims, currentZ) {
  const get = () => binding.get("motion");
  const put = (changes) => binding.put("motion", { ...get(), ...changes });
  const motion = choice("Motion", MOTION_TITLES, (kind) => {
    const { rate, ratio } = get();
    put({ kind, rate: limitedRate(kind, Math.min(rate, FASTEST), ratio) });
  });
  const swap = button("Swap pairs", "z2 and z3 move fast, z0 and z1 slowly; or the other way round", () =>
    put({ swap: !get().swap }),
  );
  const path = createPathControls(get, put, currentZ);
  const row = element("div", "aether-row");
  row.append(swap, ...path.nodes);
  const faders = createMotionFaders(get, put, dims);
  binding.follow(["motion"], () => {
    const fields = get();
    motion.show(fields.kind);
    swap.hidden = dims < 4 || fields.kind === "manual" || fields.kind === "path";
    showToggle(swap, fields.swap);
    path.show(fields);
    faders.show(fields);
  });
  return { choice: motion.node, row, faders: faders.node };
}

/** Buttons that add the current z to the path and clear it, and the number of its points. */
function createPathControls(get, put, currentZ) {
  const add = button("Add point", "Extend the path to the current z", () => put({ points: [...get().points, currentZ()] }));
  const clear = button("Clear", "Remove all points of the path", () => put({ points: [] }));
  const count = element("span", "aether-points");
  return {
    nodes: [add, clear, count],
    show({ kind, points }) {
      add.hidden = clear.hidden = count.hidden = kind !== "path";
      count.textContent = points.length < 2 ? `${points.length} of 2 points or more` : `${points.length} points`;
    },
  };
}

function createMotionFaders(get, put, dims) {
  const node = element("div", "aether-faders");
  const faders = MOTION_FADERS.filter(({ pairs = 1 }) => dims >= 2 * pairs).map((settings) => {
    const { field, title } = settings;
    const control = fader(title, settings, (value) => {
      const { kind, ratio } = get();
      put({ [field]: field === "rate" ? limitedRate(kind, value, ratio) : value });
    });
    node.append(control.node);
    return { ...settings, ...control };
  });
  return {
    node,
    show(fields) {
      for (const { field, kinds, node, show } of faders) {
        node.hidden = !kinds.split(" ").includes(fields.kind);
        show(fields[field]);
      }
    },
  };
}
