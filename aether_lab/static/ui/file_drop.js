// A drop zone for one file, which is sent to the kernel in pieces.
import { printable } from "../text.js";
import { receiveDrops, takeOne } from "./drops.js";
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
  return size > limit ? `${printable(name)}: ${formatSize(size)}; a panel takes files of at most ${formatSize(limit)}` : "";
}

/** A piece of a file; null if the file has gone or has become shorter. @returns {Promise<ArrayBuffer | null>} */
async function readPiece(/** @type {File} */ file, at) {
  const piece = await file.slice(at, at + PIECE).arrayBuffer().catch(() => null);
  return piece?.byteLength === Math.min(PIECE, file.size - at) ? piece : null;
}

/**
 * @param {WidgetModel} model of a `FilePanel`: `about` holds `limit` (bytes) and `accept` (suffixes); `error` is written here
 *   for a file that is refused. The kernel gets `{type: "file", slot, name, size}`, `{type: "piece", slot}` with one
 *   buffer each, and `{type: "end", slot}`; or `{type: "stop", slot}` where the file cannot be read to its end.
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
  const post = (type, content = {}, buffers = []) => model.send({ type, slot, ...content }, undefined, buffers);
  function refuse(reason) {
    model.set("error", reason);
    model.save_changes();
  }

  async function send(/** @type {File} */ file) {
    const reason = refusal(file, limit);
    if (reason) return refuse(reason);
    const transfer = ++latest; // a later file cancels this transfer
    try {
      post("file", { name: file.name, size: file.size });
      for (let at = 0; at < file.size; at += PIECE) {
        const piece = await readPiece(file, at);
        if (transfer !== latest) return;
        if (!piece) {
          post("stop");
          return refuse(`${printable(file.name)}: this browser cannot read it; a folder, or a file that has gone, cannot be sent`);
        }
        post("piece", {}, [piece]);
      }
      post("end");
    } catch {
      refuse(`${printable(file.name)}: the kernel is out of reach; run the cell of this panel again`);
    }
  }

  input.addEventListener("change", () => {
    takeOne([...input.files], send, refuse);
    input.value = ""; // so that the same file can be chosen again
  });
  receiveDrops(node, send, refuse);
  return { node, show: (text) => (name.textContent = text) };
}

/** Keeps the arrow keys of the sliders and lists in `root`: a notebook would move to another cell. */
export function keepArrows(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow") && event.target.matches("input, select")) event.stopPropagation();
  });
}

/** The element with the `busy` and `error` messages of a panel. */
export function createNotice(binding, root) {
  const node = element("div", "aether-notice");
  const busy = element("p", "aether-busy", { role: "status" });
  const alert = element("p", "aether-alert", { role: "alert" });
  node.append(busy, alert);
  binding.follow(["busy", "error"], () => {
    busy.textContent = binding.get("busy");
    alert.textContent = binding.get("error");
    alert.hidden = !alert.textContent;
    root.setAttribute("aria-busy", String(Boolean(binding.get("busy"))));
  });
  return node;
}
