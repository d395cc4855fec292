// The live panel: sources, levels, motion and XY pads above the curve of `explorer.js`, all of them views of one model.
import { createBinding } from "../ui/binding.js";
import { receiveDrops } from "../ui/drops.js";
import { element } from "../ui/elements.js";
import { createLatents } from "../ui/latents.js";
import { createExplorer } from "./explorer.js";
import { createMotionControls } from "./live_motion.js";
import { createLivePads } from "./live_pads.js";
import { createLevelControls, createSourceControls, createTransport } from "./live_transport.js";

/**
 * Shows the live panel in `el` and returns the clean-up. The state is that of `explorer.js`, and
 *   `playing`: bool; `source`: a name of `SOURCE_TITLES`; `motion`: fields of a motion without centre and phases;
 *   `mix`: 0 dry to 1 wet; `bypass`: bool; `volume_db`: -60 to 12; `record`: bool; `processor`: the worklet's text.
 * @param {Sound} sound from `createSound`, for the same model
 */
export function mountLive(el, model, sound) {
  const binding = createBinding(model);
  const { knobs, currentZ } = createLatents(model);
  const transport = createTransport(binding, sound);
  const pads = createLivePads(model, sound, currentZ);
  const controls = element("div", "aether-controls");
  controls.append(
    ...transport.nodes,
    createSourceControls(binding, sound),
    createLevelControls(binding),
    ...createMotionControls(binding, knobs.length, currentZ),
  );
  const node = element("div", "aether-live", { role: "group", "aria-label": "Sound and motion" });
  node.append(controls, pads.node);
  receiveDrops(node, (file) => sound.openFile(file), (reason) => sound.report(reason));

  const view = createExplorer(el, model, { node, z: () => sound.state?.z ?? null, show: pads.show });
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
