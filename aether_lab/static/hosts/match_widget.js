// The notebook as the host of the match.
import { mountMatch } from "../views/match.js";

export default { render: ({ model, el }) => mountMatch(el, model) };
