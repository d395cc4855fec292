// A zone for one file: dropped on it or chosen with its button, and sent to the kernel in pieces.
import { button, element } from "./elements.js";

/** Bytes of one message: a tenth of what Jupyter's own socket takes. */
const PIECE = 1 << 20;

/** "2.0 GB", "340 kB": a size in bytes, in powers of 1000 as file managers count. */
function formatSize(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let power = 0;
  while (power < units.length - 1 && bytes >= 1000 ** (power + 1)) power++;
  return `${power ? (bytes / 1000 ** power).toFixed(1) : bytes} ${units[power]}`;
}

/** Why this file is not sent, or "" if it is; nothing of it is read for that. */
function refusal({ name, size }, limit) {
  return size > limit ? `${name}: ${formatSize(size)}; a panel takes files of at most ${formatSize(limit)}` : "";
}

/**
 * @param {WidgetModel} model of a `FilePanel`: `about` holds `limit` (bytes) and `accept` (suffixes); `error` is written here
 *   for a file that is refused. The kernel gets `{type: "file", slot, name, size}`, `{type: "piece", slot}` with one
 *   buffer each, and `{type: "end", slot}`.
 * @param {string} slot which file of the panel this is
 * @param {string} title what the zone is for
 */
export function createFileDrop(model, slot, title) {
  const { limit, accept } = model.get("about");
  const node = element("div", "aether-drop", { role: "group", "aria-label": title });
  const input = element("input", "", { type: "file", hidden: true, accept: accept.join() });
  const choose = button("Choose a file\u2026", title, () => input.click());
  const words = element("span", "aether-drop-words");
  words.textContent = "or drop it here";
  const name = element("strong", "aether-drop-name");
  const heading = element("span", "aether-drop-title");
  heading.textContent = title;
  node.append(heading, choose, words, name, input);

  let turn = 0;
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
    const mine = ++turn; // a file dropped meanwhile takes the place of this one
    model.send({ type: "file", slot, name: file.name, size: file.size });
    try {
      for (let at = 0; at < file.size && mine === turn; at += PIECE) {
        const piece = await file.slice(at, at + PIECE).arrayBuffer();
        if (mine === turn) model.send({ type: "piece", slot }, undefined, [piece]);
      }
    } catch {
      return refuse(`${file.name}: this browser cannot read it; a folder, or a file that has gone, cannot be sent`);
    }
    if (mine === turn) model.send({ type: "end", slot });
  }

  input.addEventListener("change", () => {
    send([...input.files]);
    input.value = ""; // so that the same file, mended, can be chosen again
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

/** Leaves the arrow keys to the sliders and lists of `root`: in a notebook they would go from cell to cell. */
export function keepArrows(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow") && event.target.matches("input, select")) event.stopPropagation();
  });
}

/** What goes on and what went wrong: `busy` and `error` of a panel, in words. Returns `{ node, destroy }`. */
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
