// The notebook as the host of the map.
import { mountMap } from "../views/map.js";

export default { render: ({ model, el }) => mountMap(el, model) };
