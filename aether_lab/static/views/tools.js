// What stands in the toolbar of the explorer, in order.
import { createByEarTool } from "./by_ear.js";
import { createHistoryTool } from "./history_tool.js";
import { createMidiTool } from "./midi_tool.js";
import { createMotionTool } from "./motion_tool.js";
import { createPermalinkTool } from "./permalink_tool.js";
import { createPresetTool } from "./preset_tool.js";
import { createSlots } from "./slots.js";
import { createTake } from "./take.js";

/** @type {((host: ExplorerHost) => ExplorerTool)[]} */
export const TOOLS = [
  createTake,
  createByEarTool,
  createHistoryTool,
  createSlots,
  createPresetTool,
  createPermalinkTool,
  createMotionTool,
  createMidiTool,
];
