// The notebook as the host of the match.
import { renderer } from "../ui/own_keys.js";
import { mountMatch } from "../views/match.js";

export default { render: renderer(mountMatch) };
