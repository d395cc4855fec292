// Files that are dropped on an element, or chosen: one at a time.
import { printable } from "../text.js";

/**
 * Passes on a single file.
 * @param {File[]} files none: nothing happens
 * @param {(file: File) => void} take
 * @param {(reason: string) => void} refuse
 * @param {boolean} folder whether the first is a folder
 */
export function takeOne(files, take, refuse, folder = false) {
  if (files.length > 1) return refuse(`${files.length} files; this zone takes one at a time`);
  const [file] = files;
  if (folder) return refuse(`${printable(file.name)}: a folder; this zone takes one file`);
  if (file) take(file);
}

/** Takes the file that is dropped on `node`; over it, `node` has the class `aether-drop-over`. */
export function receiveDrops(/** @type {HTMLElement} */ node, take, refuse) {
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
    const { files = [], items = [] } = event.dataTransfer ?? {};
    takeOne([...files], take, refuse, Boolean(items[0]?.webkitGetAsEntry?.()?.isDirectory));
  });
}
