// The kind of z, and how much of its details is heard.
import { detailShare, fullDetails, mainKind } from "../dsp/details.js";
import { choice, element } from "../ui/elements.js";
import { createSlider } from "../ui/slider.js";

const DETAIL_TITLE = "From what the knobs say to the response as it was measured, or as a landmark or a preset has it";
const DETAIL_RANGE = { min: 0, max: 1, step: 0.01, origin: 1 };

/**
 * `nodes` to stand beside the knobs: a list of kinds and a slider of details, where the space has them.
 * @param {{ get: (name: string) => any, put: (name: string, value: unknown) => void }} binding its `full_details` are the details at 100 %
 * @param {(changes: Record<number, number>) => void} change sets coordinates of z
 */
export function createKindBar(/** @type {LatentSpace} */ { knobs, details, kinds }, binding, change) {
  const size = knobs + details;
  const put = (start, values) => change(Object.fromEntries(values.map((value, i) => [start + i, value])));
  const kind = choice("Kind", Object.fromEntries(kinds.map((name, i) => [`kind${i}`, name])), (value) =>
    put(size, kinds.map((_, i) => (value === `kind${i}` ? 1 : 0))),
  );
  const select = /** @type {HTMLSelectElement} */ (kind.node.querySelector("select"));
  const mixture = new Option("", "mixture");
  mixture.disabled = mixture.hidden = true;
  select.append(mixture);
  const full = () => binding.get("full_details") ?? [];
  const detail = createDetail((share) => put(knobs, full().map((/** @type {number} */ value) => share * value)));
  kind.node.classList.add("aether-knob", "aether-kind");

  function showKind(/** @type {number[]} */ weights) {
    const { index, share } = mainKind(weights);
    if (share < 1) mixture.text = `mixture, ${Math.round(100 * share)} % ${kinds[index]}`;
    mixture.hidden = share === 1;
    kind.show(share < 1 ? "mixture" : `kind${index}`);
  }

  function showDetail(/** @type {number[]} */ now) {
    const whole = fullDetails(full(), now);
    if (whole !== full() && whole.some((value, i) => value !== full()[i])) binding.put("full_details", whole);
    detail.show(detailShare(whole, now) ?? 0, !whole.some((value) => value !== 0));
  }

  return {
    nodes: [...(kinds.length ? [kind.node] : []), ...(details ? [detail.node] : [])],
    show(/** @type {number[]} */ z) {
      if (kinds.length) showKind(z.slice(size));
      if (details) showDetail(z.slice(knobs, size));
    },
  };
}

function createDetail(onInput) {
  const node = element("div", "aether-knob aether-detail", { title: DETAIL_TITLE });
  const head = element("div", "aether-knob-head");
  const name = element("span", "aether-knob-name");
  name.textContent = "Detail";
  const text = element("span", "aether-knob-effect");
  const slider = createSlider("Detail", DETAIL_RANGE, onInput);
  slider.node.append(text);
  head.append(name);
  node.append(head, slider.node);
  return {
    node,
    show(/** @type {number} */ share, /** @type {boolean} */ none) {
      slider.input.disabled = none;
      text.textContent = describeDetail(share, none);
      slider.show(share, text.textContent);
    },
  };
}

/** The text of the slider. */
export function describeDetail(/** @type {number} */ share, /** @type {boolean} */ none) {
  if (none) return "nothing measured";
  const percent = `${Math.round(100 * share)} %`;
  return share === 0 ? `${percent}, the knobs alone` : share === 1 ? `${percent}, as measured` : percent;
}
