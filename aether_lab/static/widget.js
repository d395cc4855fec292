// The notebook is the host: anywidget calls `render` for each view, and what it returns when the view goes.
import { mount } from "./explorer.js";

export default { render: ({ model, el }) => mount(el, model) };
