// The notebook is the host: anywidget calls `initialize` once for the model, `render` for each view of it.
import { renderer } from "../ui/own_keys.js";
import { linkKnobs } from "../ui/sliders.js";
import { mount } from "../views/explorer.js";

export default { initialize: ({ model }) => linkKnobs(model), render: renderer(mount) };
