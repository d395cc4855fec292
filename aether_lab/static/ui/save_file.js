// Files that leave the page.
import { element } from "./elements.js";

/** Downloads a file. @param {string} name @param {BlobPart} content */
export function saveFile(name, content) {
  const link = element("a", "", { download: name });
  link.href = URL.createObjectURL(new Blob([content]));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
