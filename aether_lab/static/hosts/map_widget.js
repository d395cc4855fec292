// The notebook as the host of the map.
import { renderer } from "../ui/own_keys.js";
import { mountMap } from "../views/map.js";

export default { render: renderer(mountMap) };
