// What stands in the toolbar of the explorer, in order.
import { createByEarTool } from "./by_ear.js";
import { createFurtherTools } from "./further_tools.js";
import { createHistoryTool } from "./history_tool.js";
import { createSlots } from "./slots.js";
import { createTake } from "./take.js";

/** @type {((host: ExplorerHost) => ExplorerTool)[]} */
export const TOOLS = [createTake, createByEarTool, createHistoryTool, createSlots, createFurtherTools];
