// Labels of the nearest points on the map.
import { clamp } from "../dsp/numbers.js";
import { shape, shapeText } from "../ui/svg.js";

const LABELS = 4;

/**
 * Positions of labels that cover no other label and no mark: `[{x, y, width, must}]` in pixels, the most important
 * first, become `{x, y, anchor}`, or null without room. Marks are `[{x, y, r}]`; a label that `must` be shown may cover them.
 */
export function layoutLabels(points, box, marks = [], height = 15, gap = 13) {
  const dots = marks.map(({ x, y, r = 5 }) => [x - r, y - r, x + r, y + r]);
  const taken = [];
  return points.map(({ x, y, width, must }) => {
    const middle = clamp(x, box.left + width / 2 + 2, box.right - width / 2 - 2);
    const tries = [
      { x: x + gap, y, anchor: "start", left: x + gap },
      { x: x - gap, y, anchor: "end", left: x - gap - width },
      { x: middle, y: y - gap - 4, anchor: "middle", left: middle - width / 2 },
      { x: middle, y: y + gap + 4, anchor: "middle", left: middle - width / 2 },
    ];
    for (const obstacles of must ? [[...taken, ...dots], taken] : [[...taken, ...dots]]) {
      for (const { left, ...label } of tries) {
        const rect = [left - 2, label.y - height / 2, left + width + 2, label.y + height / 2];
        const inside = rect[0] >= box.left && rect[2] <= box.right && rect[1] >= box.top && rect[3] <= box.bottom;
        const free = obstacles.every((at) => rect[2] < at[0] || rect[0] > at[2] || rect[3] < at[1] || rect[1] > at[3]);
        if (!inside || !free) continue;
        taken.push(rect);
        return label;
      }
    }
    return null;
  });
}

export function createMapLabels() {
  const node = shape("g", { class: "aether-map-labels", "aria-hidden": "true" });
  return {
    node,
    /** Labels the first `points`, and the one called `pointed` with its full name. */
    show(points, pointed, box, ring) {
      const first = points.find(({ name }) => name === pointed);
      const chosen = points.slice(0, LABELS).filter((each) => each !== first);
      if (first) chosen.unshift(first);
      const texts = chosen.map((each) => {
        const short = each.name.split(" \u00b7 ").at(-1);
        return each === first ? shapeText("text", each.name, { class: "aether-map-pointed" }) : shapeText("text", short);
      });
      node.replaceChildren(...texts);
      const boxes = chosen.map(({ x, y, name }, i) => {
        return { x, y, width: texts[i].getComputedTextLength(), must: name === pointed };
      });
      layoutLabels(boxes, box, [...points, ring]).forEach((label, i) => {
        if (!label) return texts[i].remove();
        texts[i].setAttribute("x", label.x);
        texts[i].setAttribute("y", label.y + 4);
        texts[i].setAttribute("text-anchor", label.anchor);
      });
    },
  };
}
