// The output level of both channels, -60 to 0 dBFS: a bar at the RMS and a line at the peak.
import { clamp } from "../dsp/numbers.js";
import { element } from "./elements.js";

export function createMeter() {
  const node = element("div", "aether-meter", { role: "meter", "aria-label": "Output level, dB of full scale" });
  node.setAttribute("aria-valuemin", "-60");
  node.setAttribute("aria-valuemax", "0");
  node.setAttribute("aria-valuenow", "-60");
  const bars = ["left", "right"].map((channel) => {
    const [track, fill, peak] = ["track", "fill", "peak"].map((part) => element("div", `aether-meter-${part}`));
    track.title = channel;
    track.append(fill, peak);
    node.append(track);
    return { fill, peak };
  });
  const position = (level) => 100 * clamp(1 + meterDb(level) / 60, 0, 1);
  return {
    node,
    show(/** @type {SoundState | null} */ state) {
      bars.forEach(({ fill, peak }, i) => {
        fill.style.width = `${position(state?.rms[i] ?? 0)}%`;
        peak.style.left = `${position(state?.peak[i] ?? 0)}%`;
      });
      node.setAttribute("aria-valuenow", String(Math.round(Math.max(...(state?.rms ?? [0]).map(meterDb)))));
    },
  };
}

/** dB of full scale, at least -60. */
export function meterDb(level) {
  return Math.max(20 * Math.log10(Math.max(level, 1e-9)), -60);
}
