// The match of a measured response by the latent space and by sections, or its correction, and the export of that filter.
import { signed } from "../text.js";
import { createBinding } from "../ui/binding.js";
import { element } from "../ui/elements.js";
import { createFileDrop, createNotice, keepArrows } from "../ui/file_drop.js";
import { createMatchDevice } from "./match_device.js";
import { createMatchExport } from "./match_export.js";
import { createMatchLosses } from "./match_losses.js";
import { createMatchPlots } from "./match_plots.js";
import { createMatchPurpose } from "./match_purpose.js";
import { createMatchSettings } from "./match_settings.js";

/**
 * Shows a `MatchPanel` in `el` and returns the clean-up. The model has, besides the traits for `file_drop.js`:
 *   `settings`: `{count, topology, low, high, rate}`, the values of the sliders and lists (Hz), written here;
 *   `purpose`: what the sections are for, see `match_purpose.js`;
 *   `device_name`: of one of the devices in `about`, or "" for sections, written here;
 *   `shown`: the match as curves and numbers, see `match_panel.py`; `{}` before there is one. Its
 *     `correction`, see `correction_state.py`, is null while the filter is a copy.
 * Asks for files with `{type: "export", id, format}`; the kernel answers `{type: "export", id, …}`.
 * After each drawing `el` emits "aether-drawn" with `shown` in its detail.
 */
export function mountMatch(el, model) {
  const binding = createBinding(model);
  const root = element("section", "aether-explorer aether-match", { role: "group", "aria-label": "Match a response" });
  const drop = createFileDrop(model, "target", "An impulse response or a measured curve");
  const notice = createNotice(binding, root);
  const read = element("p", "aether-read");
  const plots = createMatchPlots();
  const refined = element("p", "aether-z");
  const purpose = createMatchPurpose(binding, model);
  const settings = createMatchSettings(binding);
  const explained = element("p", "aether-explained aether-corrected");
  const device = createMatchDevice(binding, model);
  const losses = createMatchLosses();
  const files = createMatchExport(model);
  const results = element("div", "aether-results");
  settings.node.prepend(device.node);
  results.append(read, purpose.node, ...plots.nodes, explained, refined, settings.node, device.list);
  results.append(losses.node, files.node);
  root.append(drop.node, notice, results);
  keepArrows(root);
  el.append(root);

  function show() {
    const shown = binding.get("shown");
    results.hidden = !shown.frequency;
    if (results.hidden) return;
    drop.show(shown.name);
    files.clear(); // its text is about the filter before
    read.textContent = shown.notes.length ? `As read: ${shown.notes.join("; ")}.` : "";
    plots.show(shown);
    const corrected = shown.correction;
    for (const node of [refined, losses.node]) node.hidden = Boolean(corrected);
    explained.hidden = !corrected;
    explained.textContent = corrected ? [corrected.explained, ...corrected.notes].join(" ") : "";
    const kind = shown.kind ? `, ${shown.kind}` : "";
    refined.textContent = `Refined z = (${shown.z.map((value) => signed(value, 2)).join(", ")})${kind}`;
    device.showSettings(shown.device);
    losses.show(shown);
    el.dispatchEvent(new CustomEvent("aether-drawn", { detail: shown }));
  }

  binding.follow(["purpose"], purpose.show);
  binding.follow(["settings", "device_name", "shown"], () => {
    settings.show();
    device.show();
  });
  binding.follow(["shown"], show);
  binding.follow(["busy"], () => files.disable(Boolean(binding.get("busy"))));
  return () => {
    for (const part of [purpose, settings, binding, files, plots]) part.destroy();
    root.remove();
  };
}
