// The curves of a match, their errors, and the legend.
import { createChart, errorRange, tightRange } from "../ui/chart.js";
import { element } from "../ui/elements.js";

const formatDb = (value) => `${value.toFixed(2)} dB`;

export function createMatchPlots() {
  const [curveBox, errorBox] = ["aether-chart", "aether-chart aether-chart-error"].map((name) => element("div", name));
  const curveChart = createChart(curveBox, "Magnitude (dB)");
  const errorChart = createChart(errorBox, "Error (dB)");
  const legend = createMatchLegend();
  return {
    nodes: [curveBox, errorBox, legend.node],
    show(shown) {
      const { frequency, curves, target, error, distance, sections, band } = shown;
      const line = (kind, level, at = target.frequency) => ({ kind, level, frequency: at });
      const fits = ["encoded", "refined", "fitted"].map((kind) => line(kind, curves[kind], frequency));
      const inside = (_, i) => target.frequency[i] >= band[0] && target.frequency[i] <= band[1];
      curveChart.draw({
        lines: [line("target", target.level), ...fits],
        range: tightRange([target.level.filter(inside), curves.fitted]),
        band,
        description: `Magnitude response of ${shown.name}; ${sections} come within ${formatDb(distance.fitted)}`,
      });
      errorChart.draw({
        lines: [line("refined", error.refined), line("fitted", error.fitted)],
        range: errorRange(error.fitted.filter(inside)),
        band,
        description: `What is left: the target less the filter, of ${shown.z.length} knobs and of ${sections}`,
      });
      legend.show(shown);
    },
    destroy() {
      curveChart.destroy();
      errorChart.destroy();
    },
  };
}

function createMatchLegend() {
  const node = element("ul", "aether-legend");
  const keys = ["target", "encoded", "refined", "fitted"].map((kind) => element("li", `aether-key aether-key-${kind}`));
  node.append(...keys);
  return {
    node,
    show({ name, z, distance, sections }) {
      const texts = [
        name,
        `${z.length} knobs, as encoded: ${formatDb(distance.mu)}`,
        `${z.length} knobs, refined: ${formatDb(distance.refined)}`,
        `${sections}: ${formatDb(distance.fitted)}`,
      ];
      keys.forEach((key, i) => (key.textContent = texts[i]));
    },
  };
}
