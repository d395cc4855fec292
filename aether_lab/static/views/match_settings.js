// Settings of a match: sections, band, topology and sample rate.
import { FITTING } from "../constants.js";
import { frequencyLabel } from "../ui/axes.js";
import { choice, element } from "../ui/elements.js";
import { rangeRow } from "../ui/fader.js";

/** Nominal third octaves of IEC 61260, Hz: the possible ends of a band. */
const THIRDS = [
  20, 25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150,
  4000, 5000, 6300, 8000, 10000, 12500, 16000, 20000,
];
/** ms from the last movement of a slider to the fit. */
export const SETTLE_MS = 250;

const TOPOLOGIES = { cascade: "Peaking, in series", shelves: "Peaking and shelves, in series", parallel: "Parallel" };
const RATES = { 44100: "44.1 kHz", 48000: "48 kHz", 96000: "96 kHz" };

function nearestThird(hertz) {
  const apart = THIRDS.map((third) => Math.abs(Math.log(third / hertz)));
  return apart.indexOf(Math.min(...apart));
}

const formatThird = (index) => `${frequencyLabel(THIRDS[index])} Hz`.replace("k Hz", " kHz");

/** The sliders and lists, which write `settings`; the slider of sections also says what is left, as in `shown`. */
export function createMatchSettings(binding) {
  /** "12 · 0.24 dB" once that many are on screen. */
  const withDistance = (number) => {
    const { count: fitted, distance, correction } = binding.get("shown");
    const away = correction ? correction.after : distance?.fitted;
    return number === fitted && away !== undefined ? `${number} \u00b7 ${away.toFixed(2)} dB` : String(number);
  };
  const put = (changes) => binding.put("settings", { ...binding.get("settings"), ...changes });
  let timer = 0;
  const putLater = (changes) => {
    clearTimeout(timer);
    timer = setTimeout(() => put(changes()), SETTLE_MS);
  };
  const band = () => ({ low: THIRDS[low.value], high: THIRDS[high.value] });
  const last = THIRDS.length - 1;
  // At once, since any number is fitted without a wait: a drag shows the curve of where it is.
  const count = slider("Sections", { min: 1, max: FITTING.most, format: withDistance }, () => {
    const { topology: kind } = binding.get("settings");
    if (kind === "shelves" && count.value < 2) count.show(2); // one for each end
    put({ count: count.value });
  });
  const low = slider("From", { min: 0, max: last - 1, format: formatThird }, () => {
    if (high.value <= low.value) high.show(low.value + 1);
    putLater(band);
  });
  const high = slider("To", { min: 1, max: last, format: formatThird }, () => {
    if (low.value >= high.value) low.show(high.value - 1);
    putLater(band);
  });
  const topology = choice("Filter", TOPOLOGIES, (kind) => put({ topology: kind }));
  const rate = choice("Sample rate", RATES, (hertz) => put({ rate: Number(hertz) }));
  const node = element("div", "aether-faders aether-match-controls");
  node.append(count.node, topology.node, low.node, high.node, rate.node);
  return {
    node,
    show() {
      const settings = binding.get("settings");
      for (const each of [count, topology, rate]) each.node.hidden = Boolean(binding.get("device_name"));
      count.show(settings.count);
      topology.show(settings.topology);
      rate.show(String(settings.rate));
      low.show(Math.min(nearestThird(settings.low), last - 1));
      high.show(Math.max(nearestThird(settings.high), 1));
    },
    destroy: () => clearTimeout(timer),
  };
}

/** A slider over whole numbers. */
function slider(title, { min, max, format }, onInput) {
  const row = rangeRow(title, { min, max, step: 1 }, (value) => {
    show(value);
    onInput();
  });
  const show = (value) => row.show(value, format(value));
  return {
    node: row.node,
    get value() {
      return row.position;
    },
    show,
  };
}
