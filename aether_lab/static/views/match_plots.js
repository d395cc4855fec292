// The curves of a match or a correction, their errors, and the legend.
import { createChart, errorRange, tightRange } from "../ui/chart.js";
import { element } from "../ui/elements.js";

const FAN_KEY = ["fan", "90 % of the curves that the measurement allows"];
const formatDb = (value) => `${value.toFixed(2)} dB`;

export function createMatchPlots() {
  const [curveBox, errorBox] = ["aether-chart", "aether-chart aether-chart-error"].map((name) => element("div", name));
  const curveChart = createChart(curveBox, "Magnitude (dB)");
  const errorChart = createChart(errorBox, "Error (dB)");
  const legend = createMatchLegend();
  return {
    nodes: [curveBox, errorBox, legend.node],
    show(shown) {
      const { curves, errors, keys } = shown.correction ? correctionScenes(shown) : matchScenes(shown);
      curveChart.draw(curves);
      errorChart.draw(errors);
      legend.show(keys);
    },
    destroy() {
      curveChart.destroy();
      errorChart.destroy();
    },
  };
}

/** What a match shows: two `ChartScene`, and the legend as pairs of a kind of line and its text. */
function matchScenes(shown) {
  const { frequency, curves, target, error, distance, sections, band, fan = [] } = shown;
  const line = (kind, level, at = target.frequency) => ({ kind, level, frequency: at });
  const fits = ["encoded", "refined", "fitted"].map((kind) => line(kind, curves[kind], frequency));
  const inside = (_, i) => target.frequency[i] >= band[0] && target.frequency[i] <= band[1];
  const knobs = `${shown.z.length} knobs`;
  return {
    curves: {
      areas: fan,
      lines: [line("target", target.level), ...fits],
      range: tightRange([target.level.filter(inside), curves.fitted, ...fanEnds(fan)]),
      band,
      description: `Magnitude response of ${shown.name}; ${sections} come within ${formatDb(distance.fitted)}`,
    },
    errors: {
      lines: [line("refined", error.refined), line("fitted", error.fitted)],
      range: errorRange(error.fitted.filter(inside)),
      band,
      description: `What is left: the target less the filter, of ${knobs} and of ${sections}`,
    },
    keys: [
      ["target", shown.name],
      ["encoded", `${knobs}, as encoded: ${formatDb(distance.mu)}`],
      ["refined", `${knobs}, refined: ${formatDb(distance.refined)}`],
      ["fitted", `${sections}: ${formatDb(distance.fitted)}`],
      ...(fan.length ? [FAN_KEY] : []),
    ],
  };
}

/** As `matchScenes`, of a correction. */
function correctionScenes({ name, sections, correction, fan = [] }) {
  const { frequency, curves, residual, band, target_name: target, before, after } = correction;
  const line = (kind, level) => ({ kind, level, frequency });
  const inside = (_, i) => frequency[i] >= band[0] && frequency[i] <= band[1];
  return {
    curves: {
      areas: fan,
      lines: [
        line("target", curves.measured),
        line("encoded", curves.goal),
        line("refined", curves.gain),
        line("fitted", curves.corrected),
      ],
      range: tightRange([...["measured", "corrected", "gain"].map((kind) => curves[kind].filter(inside)), ...fanEnds(fan)]),
      band,
      description: `${name} corrected to ${target}: ${formatDb(before)} off before, ${formatDb(after)} after`,
    },
    errors: {
      lines: [line("fitted", residual)],
      range: errorRange(residual.filter(inside)),
      band,
      description: "What is left: the corrected response less the target",
    },
    keys: [
      ["target", `${name}: ${formatDb(before)} off`],
      ["encoded", `Target: ${target}`],
      ["refined", `The filter, ${sections}`],
      ["fitted", `Corrected: ${formatDb(after)} off`],
      ...(fan.length ? [FAN_KEY] : []),
    ],
  };
}

/** The lower and the upper ends of the pieces of a fan. @param {ChartArea[]} fan */
function fanEnds(fan) {
  return fan.flatMap(({ low, high }) => [low, high]);
}

function createMatchLegend() {
  const node = element("ul", "aether-legend");
  return {
    node,
    show(keys) {
      node.replaceChildren(
        ...keys.map(([kind, text]) => {
          const key = element("li", `aether-key aether-key-${kind}`);
          key.textContent = text;
          return key;
        }),
      );
    },
  };
}
