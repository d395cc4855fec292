// A morph between two responses: one slider moves z along the straight line between their latent points.
import { createBinding } from "../ui/binding.js";
import { element } from "../ui/elements.js";
import { fader } from "../ui/fader.js";
import { createFileDrop, createNotice, keepArrows } from "../ui/file_drop.js";

/** The latent point at the fraction `t` between `a` and `b`; null if one of them is missing. */
function between(a, b, t) {
  return a.length && b.length ? a.map((value, i) => (1 - t) * value + t * b[i]) : null;
}

/**
 * Shows the drop zones and the slider of a `MorphPanel`. The model has, besides the traits for `file_drop.js`, `a` and `b`:
 * `{name, z}` or `{}`; `t`, 0 at a and 1 at b; `z0`, `z1`, …, written here whenever `t` is moved.
 */
export function mountMorph(el, model) {
  const binding = createBinding(model);
  const root = element("section", "aether-explorer aether-match", { role: "group", "aria-label": "Morph" });
  const zones = element("div", "aether-zones");
  const drops = { a: createFileDrop(model, "a", "A"), b: createFileDrop(model, "b", "B") };
  zones.append(drops.a.node, drops.b.node);
  const notice = createNotice(binding, root);
  const format = (t) => `${Math.round(100 * t)} % B`;
  const slider = fader("A to B", { limit: 1, format }, (t) => {
    model.set("t", t);
    between(model.get("a").z ?? [], model.get("b").z ?? [], t)?.forEach((value, i) => model.set(`z${i}`, value));
    model.save_changes();
  });
  root.append(zones, notice, slider.node);
  keepArrows(root);
  el.append(root);

  binding.follow(["a", "b", "t"], () => {
    for (const [slot, drop] of Object.entries(drops)) drop.show(model.get(slot).name ?? "");
    slider.show(model.get("t"));
    slider.input.disabled = !(model.get("a").z && model.get("b").z);
  });
  return () => {
    binding.destroy();
    root.remove();
  };
}
