// A toggle per latent: a locked one does not move while the curve is dragged.
import { button, element } from "../ui/elements.js";

export function createLocks(names, onChoice) {
  const node = element("div", "aether-locks", { role: "group", "aria-label": "Locked while the curve is dragged" });
  const title = element("span", "aether-locks-title");
  title.textContent = "Lock";
  let chosen = [];
  const toggles = names.map((name, i) => {
    const toggle = button(name, `${name} stays where it is while the curve is dragged`, () =>
      onChoice(chosen.includes(i) ? chosen.filter((other) => other !== i) : [...chosen, i].sort((a, b) => a - b)),
    );
    toggle.classList.add("aether-lock");
    toggle.setAttribute("aria-label", `Lock ${name}`);
    return toggle;
  });
  node.append(title, ...toggles);
  return {
    node,
    show(locked) {
      chosen = locked;
      toggles.forEach((toggle, i) => toggle.setAttribute("aria-pressed", String(locked.includes(i))));
    },
  };
}
