// The live panel: a bar of sound and motion above the curve of `explorer.js`, and below the knobs a drawer with the
// settings of the motion and the XY pads; all of them views of one model.
import { createBinding } from "../ui/binding.js";
import { receiveDrops } from "../ui/drops.js";
import { button, element } from "../ui/elements.js";
import { createLatents } from "../ui/latents.js";
import { showToggle } from "../ui/toggle.js";
import { createExplorer } from "./explorer.js";
import { createMotionControls } from "./live_motion.js";
import { createLivePads } from "./live_pads.js";
import { createLevelControls, createSourceControls, createTransport } from "./live_transport.js";
import { createSpectra } from "./spectra.js";

/**
 * Shows the live panel in `el` and returns the clean-up. The state is that of `explorer.js`, and
 *   `playing`: bool; `source`: a name of `SOURCE_TITLES`; `motion`: fields of a motion without centre and phases;
 *   `mix`: 0 dry to 1 wet; `bypass`: bool; `volume_db`: -60 to 12; `record`: bool; `processor`: the worklet's text;
 *   `ear`: the answers of a search by ear (`by_ear.js`); `record_motion`, `replay`: bool; `recorded_motion`: `{dims, rows}`, z quantum by quantum as a DataView of float64.
 * @param {Sound} sound from `createSound`, for the same model
 */
export function mountLive(el, model, sound) {
  const binding = createBinding(model);
  const { knobs, currentZ } = createLatents(model);
  const transport = createTransport(binding, sound);
  const source = createSourceControls(binding, sound);
  const levels = createLevelControls(binding);
  const motion = createMotionControls(binding, knobs.length, currentZ);
  const pads = createLivePads(model, sound, currentZ);
  const spectra = createSpectra(sound);
  const spectrum = createSpectrumToggle();
  motion.row.append(spectrum.node);
  const drawer = createDrawer(motion.row, motion.faders, levels.mix, pads.node);
  const bar = element("div", "aether-live", { role: "group", "aria-label": "Sound and motion" });
  bar.append(...transport.buttons, source.node, motion.choice, levels.volume, transport.meter, drawer.toggle);
  const node = element("div", "aether-sound");
  node.append(bar, source.opener, transport.status, transport.download);
  receiveDrops(node, (file) => sound.openFile(file), (reason) => sound.report(reason));

  const view = createExplorer(el, model, {
    bar: node,
    drawer: drawer.node,
    z: () => sound.state?.z ?? null,
    spectra: (sum) => (spectrum.shown ? spectra.curves(sum) : []),
    show: pads.show,
  });
  drawer.onToggle(view.schedule); // a canvas that was hidden has not been drawn
  const unlisten = sound.listen(() => {
    transport.show();
    view.schedule();
  });
  binding.follow(["motion"], view.schedule);
  return () => {
    binding.destroy();
    unlisten();
    view.destroy();
  };
}

/** A button that hides the spectra behind the curve, and shows them again. */
function createSpectrumToggle() {
  const toggle = {
    shown: true,
    node: button("Spectrum", "The spectra of the source and of what is heard, behind the curve", () => {
      toggle.shown = !toggle.shown;
      showToggle(toggle.node, toggle.shown);
    }),
  };
  showToggle(toggle.node, true);
  return toggle;
}

/** What a button shows and hides. */
function createDrawer(...nodes) {
  const node = element("div", "aether-drawer", { hidden: true, role: "group", "aria-label": "Motion and XY pads" });
  node.append(...nodes);
  const listeners = [];
  const toggle = button("More", "The settings of the motion, how much is filtered, and XY pads", () => {
    node.hidden = !node.hidden;
    toggle.setAttribute("aria-expanded", String(!node.hidden));
    for (const listener of listeners) listener();
  });
  toggle.classList.add("aether-drawer-toggle");
  toggle.setAttribute("aria-expanded", "false");
  return { node, toggle, onToggle: (listener) => listeners.push(listener) };
}
