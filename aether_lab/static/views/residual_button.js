// A button that takes the residual cascade away, such as the bells of drags that moved the curve only there.
import { button } from "../ui/elements.js";

/** @param {ExplorerHost} host @returns {ExplorerTool} */
export function createResidualButton({ binding }) {
  const node = button("Remove bells", "Take the residual cascade away: the curve is that of z again", () =>
    binding.put("residual", {}),
  );
  return {
    node,
    show() {
      node.hidden = !binding.get("residual")?.sections?.length;
    },
  };
}
