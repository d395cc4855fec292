// The notebook is the host: anywidget calls `initialize` once for the model, `render` for each view of it.
import { mount } from "../views/explorer.js";
import { linkKnobs } from "../ui/sliders.js";

export default { initialize: ({ model }) => linkKnobs(model), render: ({ model, el }) => mount(el, model) };
