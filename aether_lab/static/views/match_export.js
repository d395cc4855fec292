// Buttons that download the fitted filter, one per format. The kernel writes the files.
import { button, element } from "../ui/elements.js";
import { saveFile } from "../ui/save_file.js";

export function createMatchExport(/** @type {WidgetModel} */ model) {
  const files = element("div", "aether-files", { role: "group", "aria-label": "Download the filter" });
  const status = element("p", "aether-export-status", { role: "status" });
  const heading = element("p", "aether-heading");
  heading.textContent = "Export the filter";
  const node = element("div", "aether-export");
  node.append(heading, files, status);
  const requested = new Map(); // title of the format by the id of the message
  let serial = 0;
  const buttons = model.get("about").formats.map(({ name, title, suffix }) => {
    const format = button(title, `Download the filter on screen as ${suffix}`, () => {
      const id = `${Math.random()}-${serial++}`;
      requested.set(id, title);
      status.textContent = `Writing ${title}\u2026`;
      try {
        model.send({ type: "export", id, format: name });
      } catch {
        status.textContent = "The kernel is out of reach; run the cell of this panel again.";
      }
    });
    format.dataset.format = name;
    return format;
  });
  files.append(...buttons);

  function receive(content, buffers) {
    if (content.type !== "export" || !requested.has(content.id)) return;
    const title = requested.get(content.id);
    requested.delete(content.id);
    status.textContent = content.error ? "" : [`${title}: ${content.words}`, ...content.notes].join(" ");
    if (!content.error) saveFile(content.file, buffers[0]);
  }

  model.on("msg:custom", receive);
  return {
    node,
    clear: () => (status.textContent = ""),
    disable(disabled) {
      for (const each of buttons) each.disabled = disabled;
    },
    destroy: () => model.off("msg:custom", receive),
  };
}
