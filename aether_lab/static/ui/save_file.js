// Files and text that leave the page.
import { element } from "./elements.js";

/** Downloads a file. @param {string} name @param {BlobPart} content */
export function saveFile(name, content) {
  const link = element("a", "", { download: name });
  link.href = URL.createObjectURL(new Blob([content]));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Copies text; whether the browser let it. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("textarea", "", { value: text, readOnly: true, "aria-hidden": "true" });
    field.style.position = "fixed"; // a page from http:// has no clipboard but this
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}
