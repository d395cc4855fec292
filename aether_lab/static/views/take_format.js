// A format of the take menu: what it is, and buttons to copy and to download it.
import { button, element } from "../ui/elements.js";
import { copyText, saveFile } from "../ui/save_file.js";

/** Of a sound there is no text to copy. */
const WITHOUT_TEXT = ["fir"];

/**
 * @param {string} name @param {{ title: string, about: string, suffix: string }} format @param {string} fileName
 * @param {(name: string, title: string, use: (file: Pick<TakenFile, "content" | "copied">) => Promise<string>) => void} take
 * makes the file; `use` copies or downloads it and returns which, as a word
 */
export function createFormat(name, { title, about, suffix }, fileName, take) {
  const node = element("li", "aether-take-format");
  node.dataset.format = name;
  const words = element("div", "aether-take-words");
  const heading = element("strong", "");
  heading.textContent = title;
  const note = element("small", "");
  note.textContent = about;
  words.append(heading, note);
  const copy = button("Copy", `Copy ${title}`, () =>
    take(name, title, async ({ copied }) => ((await copyText(copied ?? "")) ? "copied" : "not copied: the browser refused")),
  );
  copy.setAttribute("aria-label", `Copy ${title}`);
  const download = button("Download", `Download ${title} as ${suffix}`, () =>
    take(name, title, async ({ content }) => {
      saveFile(`${fileName}${suffix}`, content);
      return "downloaded";
    }),
  );
  download.setAttribute("aria-label", `Download ${title}`);
  node.append(words, ...(WITHOUT_TEXT.includes(name) ? [] : [copy]), download);
  return node;
}
