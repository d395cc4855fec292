// The notebook as the host of the morph.
import { mountMorph } from "../views/morph.js";

export default { render: ({ model, el }) => mountMorph(el, model) };
