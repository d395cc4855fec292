// From the traits of the model to the messages of the worklet (`worklet/processor.js`).
import { safeLatent } from "../dsp/decoder.js";
import { latentNames } from "../dsp/knobs.js";

/** z of the model. @param {WidgetModel} model @param {LatentSpace} space */
function latentPoint(model, space) {
  return latentNames(space).map((name) => safeLatent(model.get(name)));
}

/**
 * What the worklet starts with. Bypass and residual follow as messages: a residual that cannot be played is refused
 * and the rest sounds.
 * @param {WidgetModel} model
 * @param {LatentSpace} space
 * @param {SourceFields} source
 * @returns {ProcessorOptions}
 */
export function startOptions(model, space, source) {
  const motion = { ...playableMotion(model.get("motion")), centre: latentPoint(model, space) };
  return { model: space, motion, source, mix: model.get("mix"), volumeDb: model.get("volume_db"), playing: true };
}

/** @param {WidgetModel} model */
export function residualMessage(model) {
  return { type: "residual", residual: model.get("residual") ?? {} };
}

/**
 * Sends every change of z, motion, mix, bypass, volume and residual to the worklet.
 * @param {WidgetModel} model
 * @param {LatentSpace} space
 * @param {(message: object) => void} post
 * @returns {() => void} takes the listeners off the model
 */
export function forwardChanges(model, space, post) {
  let pending = false;
  function postZ() {
    if (pending) return;
    pending = true; // the dimensions of z change one by one: send them together
    queueMicrotask(() => {
      pending = false;
      post({ type: "z", z: latentPoint(model, space) });
    });
  }
  return listenAll(model, {
    ...Object.fromEntries(latentNames(space).map((name) => [name, postZ])),
    motion: () => post({ type: "motion", motion: playableMotion(model.get("motion")) }),
    mix: () => post({ type: "mix", mix: model.get("mix") }),
    bypass: () => post({ type: "bypass", bypass: model.get("bypass") }),
    volume_db: () => post({ type: "volume", db: model.get("volume_db") }),
    residual: () => post(residualMessage(model)),
  });
}

/**
 * Listens to changes of several traits.
 * @param {WidgetModel} model
 * @param {Record<string, () => void>} listeners by trait
 * @returns {() => void} takes the listeners off the model
 */
export function listenAll(model, listeners) {
  const entries = Object.entries(listeners);
  for (const [name, listener] of entries) model.on(`change:${name}`, listener);
  return () => {
    for (const [name, listener] of entries) model.off(`change:${name}`, listener);
  };
}

/** The motion, at rest if it is a path with fewer than two points. @param {MotionFields} motion */
export function playableMotion(motion) {
  return motion.kind === "path" && motion.points.length < 2 ? { ...motion, kind: "manual" } : motion;
}
