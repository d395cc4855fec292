// The notebook as the host of BokehJS: a widget without a view, whose model holds the library for all figures of a kernel.
// A front end restores models after a reload, from the kernel or from the stored notebook; a script in the output of a
// cell would be gone once that cell ran again.

/** Runs the library in this page, unless it is there, and tells the figures that wait for it. */
async function loadBokeh(model) {
  if (!(/** @type {any} */ (window).Bokeh?.[model.get("version")])) {
    const packed = new Blob([model.get("gzip")]).stream();
    const script = document.createElement("script");
    script.textContent = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
    document.head.append(script);
  }
  document.dispatchEvent(new Event("aether-bokeh"));
}

export default { initialize: ({ model }) => void loadBokeh(model) };
