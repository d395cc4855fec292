// A figure in the output of a cell. The output holds this text, as a module, and the call that `plots/notebook.py` adds.

/**
 * Draws a figure as soon as BokehJS is in the page.
 * @param {object} item what `bokeh.embed.json_item` returns
 * @param {string} id of the element to draw in
 * @param {string} version of BokehJS
 * @param {string} library the id of the model that holds it (`bokeh_widget.js`)
 */
export function drawFigure(item, id, version, library) {
  const draw = () => {
    const bokeh = /** @type {any} */ (window).Bokeh;
    const box = document.getElementById(id);
    if (!bokeh || !box) return false;
    document.removeEventListener("aether-bokeh", draw);
    box.replaceChildren();
    (bokeh[version] ?? bokeh).embed.embed_item(item, box);
    return true;
  };
  if (draw()) return;
  document.addEventListener("aether-bokeh", draw);
  void loadStored(library);
}

/** A page that a notebook was exported to holds the states of its widgets, and no one restores them without a network. */
async function loadStored(library) {
  const states = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
  const stored = JSON.parse(states?.textContent ?? "{}").state?.[library];
  if (!stored) return;
  const [gzip] = stored.buffers.map(({ data }) => Uint8Array.from(atob(data), (each) => each.charCodeAt(0)));
  const values = { ...stored.state, gzip };
  const host = await import(`data:text/javascript,${encodeURIComponent(stored.state._esm)}`);
  host.default.initialize({ model: { get: (name) => values[name] } });
}
