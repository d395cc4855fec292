// What is used more seldom, behind one button, so that the toolbar keeps to a line: presets, the permalink, recorded motion
// and MIDI.
import { element } from "../ui/elements.js";
import { iconButton } from "../ui/icons.js";
import { createMidiTool } from "./midi_tool.js";
import { createMotionTool } from "./motion_tool.js";
import { createPermalinkTool } from "./permalink_tool.js";
import { createPresetTool } from "./preset_tool.js";

/** @type {((host: ExplorerHost) => ExplorerTool)[]} */
const FURTHER = [createPresetTool, createPermalinkTool, createMotionTool, createMidiTool];
const FURTHER_TITLE = "Presets, a link to this filter, recorded motion and MIDI";

/** @param {ExplorerHost} host @returns {ExplorerTool} */
export function createFurtherTools(host) {
  const tools = FURTHER.map((create) => create(host));
  const box = element("div", "aether-further-box", { hidden: true, role: "group", "aria-label": "Further tools" });
  box.append(...tools.map((tool) => tool.node));
  const toggle = iconButton("Further tools", "dots", FURTHER_TITLE, () => open(box.hidden));
  toggle.setAttribute("aria-expanded", "false");
  const node = element("div", "aether-further");
  node.append(toggle, box);

  function open(/** @type {boolean} */ wanted) {
    box.hidden = !wanted;
    toggle.setAttribute("aria-expanded", String(wanted));
  }

  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || box.hidden) return;
    open(false);
    toggle.focus();
  });
  return {
    node,
    show: (z) => tools.forEach((tool) => tool.show?.(z)),
    destroy: () => tools.forEach((tool) => tool.destroy?.()),
  };
}
