// A drop zone for one file, which is sent to the kernel in pieces.
import { button, element } from "./elements.js";

/** Bytes of one message: a tenth of what Jupyter's own socket takes. */
const PIECE = 1 << 20;

/** "2.0 GB", "340 kB": a size in bytes, in powers of 1000. */
function formatSize(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let power = 0;
  while (power < units.length - 1 && bytes >= 1000 ** (power + 1)) power++;
  return `${power ? (bytes / 1000 ** power).toFixed(1) : bytes} ${units[power]}`;
}

/** Why this file is refused before it is read, or "". */
function refusal({ name, size }, limit) {
  return size > limit ? `${name}: ${formatSize(size)}; a panel takes files of at most ${formatSize(limit)}` : "";
}

/**
 * @param {WidgetModel} model of a `FilePanel`: `about` holds `limit` (bytes) and `accept` (suffixes); `error` is written here
 *   for a file that is refused. The kernel gets `{type: "file", slot, name, size}`, `{type: "piece", slot}` with one
 *   buffer each, and `{type: "end", slot}`.
 * @param {string} slot the name of the file in the panel
 */
export function createFileDrop(model, slot, title) {
  const { limit, accept } = model.get("about");
  const node = element("div", "aether-drop", { role: "group", "aria-label": title });
  const input = element("input", "", { type: "file", hidden: true, accept: accept.join() });
  const choose = button("Choose a file\u2026", title, () => input.click());
  const hint = element("span", "aether-drop-hint");
  hint.textContent = "or drop it here";
  const name = element("strong", "aether-drop-name");
  const heading = element("span", "aether-drop-title");
  heading.textContent = title;
  node.append(heading, choose, hint, name, input);

  let latest = 0;
  function refuse(reason) {
    model.set("error", reason);
    model.save_changes();
  }

  async function send(files) {
    if (!files.length) return;
    if (files.length > 1) return refuse(`${files.length} files; this zone takes one at a time`);
    const [file] = files;
    const reason = refusal(file, limit);
    if (reason) return refuse(reason);
    const transfer = ++latest; // a later file cancels this transfer
    model.send({ type: "file", slot, name: file.name, size: file.size });
    try {
      for (let at = 0; at < file.size && transfer === latest; at += PIECE) {
        const piece = await file.slice(at, at + PIECE).arrayBuffer();
        if (transfer === latest) model.send({ type: "piece", slot }, undefined, [piece]);
      }
    } catch {
      return refuse(`${file.name}: this browser cannot read it; a folder, or a file that has gone, cannot be sent`);
    }
    if (transfer === latest) model.send({ type: "end", slot });
  }

  input.addEventListener("change", () => {
    send([...input.files]);
    input.value = ""; // so that the same file can be chosen again
  });
  const over = (inside) => (event) => {
    event.preventDefault();
    event.stopPropagation(); // JupyterLab has drops of its own
    node.classList.toggle("aether-drop-over", inside);
  };
  node.addEventListener("dragenter", over(true));
  node.addEventListener("dragover", over(true));
  node.addEventListener("dragleave", over(false));
  node.addEventListener("drop", (event) => {
    over(false)(event);
    send([...event.dataTransfer.files]);
  });
  return { node, show: (text) => (name.textContent = text) };
}

/** Keeps the arrow keys of the sliders and lists in `root`: a notebook would move to another cell. */
export function keepArrows(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow") && event.target.matches("input, select")) event.stopPropagation();
  });
}

/** The `busy` and `error` messages of a panel. */
export function createNotice(model, root) {
  const node = element("div", "aether-notice");
  const busy = element("p", "aether-busy", { role: "status" });
  const alert = element("p", "aether-alert", { role: "alert" });
  node.append(busy, alert);
  const show = () => {
    busy.textContent = model.get("busy");
    alert.textContent = model.get("error");
    alert.hidden = !alert.textContent;
    root.setAttribute("aria-busy", String(Boolean(model.get("busy"))));
  };
  const events = ["change:busy", "change:error"];
  for (const event of events) model.on(event, show);
  show();
  return { node, destroy: () => events.forEach((event) => model.off(event, show)) };
}
