// The kind of z, and how much of its details is heard.
import { detailShare, fullDetails, mainKind } from "../dsp/details.js";
import { choice, element, rangeRow } from "../ui/elements.js";

const DETAIL_TITLE = "From what the knobs say to the response as it was measured, or as a landmark or a preset has it";

/**
 * A list of kinds and a slider of details; hidden in a space that has neither.
 * @param {{ get: (name: string) => any, put: (name: string, value: unknown) => void }} binding its `full_details` are the details at 100 %
 * @param {(changes: Record<number, number>) => void} change sets coordinates of z
 */
export function createKindBar(/** @type {LatentSpace} */ { knobs, details, kinds }, binding, change) {
  const size = knobs + details;
  const node = element("div", "aether-kind-bar", { hidden: !details && !kinds.length });
  const put = (start, values) => change(Object.fromEntries(values.map((value, i) => [start + i, value])));
  const kind = choice("Kind", Object.fromEntries(kinds.map((name, i) => [`kind${i}`, name])), (value) =>
    put(size, kinds.map((_, i) => (value === `kind${i}` ? 1 : 0))),
  );
  const select = /** @type {HTMLSelectElement} */ (kind.node.querySelector("select"));
  const mixture = new Option("", "mixture");
  mixture.disabled = mixture.hidden = true;
  select.append(mixture);
  const full = () => binding.get("full_details") ?? [];
  const detail = rangeRow("Detail", { min: 0, max: 1, step: 0.01 }, (share) =>
    put(knobs, full().map((/** @type {number} */ value) => share * value)),
  );
  const slider = /** @type {HTMLInputElement} */ (detail.node.querySelector("input"));
  detail.node.title = DETAIL_TITLE;
  kind.node.hidden = !kinds.length;
  detail.node.hidden = !details;
  node.append(kind.node, detail.node);

  function showKind(/** @type {number[]} */ weights) {
    const { index, share } = mainKind(weights);
    if (share < 1) mixture.text = `mixture, ${Math.round(100 * share)} % ${kinds[index]}`;
    mixture.hidden = share === 1;
    kind.show(share < 1 ? "mixture" : `kind${index}`);
  }

  function showDetail(/** @type {number[]} */ now) {
    const whole = fullDetails(full(), now);
    if (whole !== full() && whole.some((value, i) => value !== full()[i])) binding.put("full_details", whole);
    slider.disabled = !whole.some((value) => value !== 0);
    const share = detailShare(whole, now) ?? 0;
    detail.show(share, describeDetail(share, slider.disabled));
  }

  return {
    node,
    show(/** @type {number[]} */ z) {
      if (kinds.length) showKind(z.slice(size));
      if (details) showDetail(z.slice(knobs, size));
    },
  };
}

/** The text of the slider. */
export function describeDetail(/** @type {number} */ share, /** @type {boolean} */ none) {
  if (none) return "nothing measured";
  const percent = `${Math.round(100 * share)} %`;
  return share === 0 ? `${percent}, the knobs alone` : share === 1 ? `${percent}, as measured` : percent;
}
