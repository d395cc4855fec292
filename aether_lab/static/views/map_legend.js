// One symbol per family of presets, and the legend of the map.
import { element } from "../ui/elements.js";
import { families } from "../ui/presets.js";
import { shape } from "../ui/svg.js";

const SYMBOLS = {
  room: "M5.5 0A5.5 5.5 0 1 1-5.5 0A5.5 5.5 0 1 1 5.5 0Z",
  "plate or spring": "M-5-5H5V5H-5Z",
  cabinet: "M0-6.5L6.2 4.8H-6.2Z",
  microphone: "M0-6.8L5.6 0L0 6.8L-5.6 0Z",
  ear: "M0 6.5L6.2-4.8H-6.2Z",
  headphone: "M-1.9-6H1.9V-1.9H6V1.9H1.9V6H-1.9V1.9H-6V-1.9H-1.9Z",
  loudspeaker: "M-5.6 0L0-6.8L5.6 0L0 6.8ZM-1.6 0L0 1.9L1.6 0L0-1.9Z",
  gear: "M-5.5-5.5H5.5L-5.5 5.5H5.5Z",
  object: "M-5.5 5.5V-5.5L5.5 5.5V-5.5Z",
  saved: "M0-8L2.2-2.7L7.6-2.5L3.4 1L4.8 6.5L0 3.4L-4.8 6.5L-3.4 1L-7.6-2.5L-2.2-2.7Z",
  other: "M-2.5-5.5H2.5L5.5-2.5V2.5L2.5 5.5H-2.5L-5.5 2.5V-2.5Z",
};

export function createSymbol(family, attributes = {}, ...below) {
  const kind = SYMBOLS[family] ? family : "other";
  const style = `--aether-family: var(--aether-${kind.split(" ")[0]})`; // a colour of map.css
  const node = shape("g", { class: "aether-map-point", style, ...attributes });
  node.append(...below, shape("path", { d: SYMBOLS[kind] }));
  return node;
}

export function createMapLegend(landmarks, kinds) {
  const node = element("ul", "aether-map-legend");
  const counts = families(Object.keys(landmarks), kinds).map(([family, names]) => [family || "others", names.length]);
  return {
    node,
    show(saved) {
      const rows = saved ? [...counts, ["saved", saved]] : counts;
      node.replaceChildren(
        ...rows.map(([family, count]) => {
          const item = element("li", "");
          const mark = shape("svg", { viewBox: "-9 -9 18 18", width: 16, height: 16, "aria-hidden": "true" });
          mark.append(createSymbol(family));
          item.append(mark, `${family} (${count})`);
          return item;
        }),
      );
    },
  };
}
