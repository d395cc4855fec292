// The notebook as the host of the morph.
import { renderer } from "../ui/own_keys.js";
import { mountMorph } from "../views/morph.js";

export default { render: renderer(mountMorph) };
