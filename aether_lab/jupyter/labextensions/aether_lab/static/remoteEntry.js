// An extension of JupyterLab without a build: the container that its module loader expects.
// JupyterLab marks a notebook as changed when it is opened: it writes which Python runs, and each widget that comes back
// from the stored state asks to be saved. Here a notebook is changed when its cells are, or its other metadata.

/** What of a notebook a user changes, as text. */
function contentOf(model) {
  const { widgets, kernelspec, language_info, ...metadata } = model.toJSON().metadata;
  return JSON.stringify([model.toJSON().cells, metadata]);
}

/** Takes the mark from a notebook as long as it is what was opened; returns the clean-up. */
function keepUnchanged(context) {
  const { model } = context;
  let opened = null;
  let waiting = false;

  function check() {
    waiting = false;
    if (model.isDisposed || !model.dirty) return;
    if (contentOf(model) === opened) model.dirty = false;
    else model.stateChanged.disconnect(schedule); // from now on JupyterLab decides
  }

  function schedule() {
    if (opened !== null && model.dirty && !waiting) {
      waiting = true;
      setTimeout(check, 100); // many widgets come at once
    }
  }

  context.ready.then(() => {
    opened = contentOf(model);
    schedule();
  });
  model.stateChanged.connect(schedule);
  return { isDisposed: false, dispose: () => model.stateChanged.disconnect(schedule) };
}

const plugin = {
  id: "aether_lab:unchanged",
  autoStart: true,
  activate: ({ docRegistry }) =>
    void docRegistry.addWidgetExtension("Notebook", { createNew: (_, context) => keepUnchanged(context) }),
};

window._JUPYTERLAB ??= {};
window._JUPYTERLAB.aether_lab = {
  init() {},
  get: async () => () => ({ __esModule: true, default: plugin }),
};
