// A button that copies z as a permalink: with the address of a page, alone in a notebook.
import { permalink } from "../dsp/permalink.js";
import { copyText } from "../ui/save_file.js";
import { button, element } from "../ui/elements.js";

/** Seconds for which the button says what it has done. */
const SAID = 2;

/** @param {ExplorerHost} host its model may have the `address` of a page @returns {ExplorerTool} */
export function createPermalinkTool({ model, space, currentZ }) {
  const node = element("div", "aether-group");
  const status = element("span", "aether-said", { role: "status" });
  let timer = 0;
  const title = "Copy an address of this very filter; Python reads it as panel.permalink";
  const copy = button("Copy link", title, async () => {
    const copied = await copyText(`${model.get("address") ?? ""}${permalink(space, currentZ())}`);
    status.textContent = copied ? "copied" : "the browser refused";
    clearTimeout(timer);
    timer = window.setTimeout(() => (status.textContent = ""), 1000 * SAID);
  });
  node.append(copy, status);
  return { node, destroy: () => clearTimeout(timer) };
}
