// Slots A to D, versions of z side by side, and a slider that morphs through those in use.
import { SLOT_NAMES } from "../constants.js";
import { between, chosenSlot, filledSlots, keptSlots, positionText } from "../dsp/slots.js";
import { button, element } from "../ui/elements.js";
import { rangeRow } from "../ui/fader.js";

const SLOTS_TITLE = "Versions of the filter side by side, equally loud for pink noise";
const MORPH_TITLE = "On a straight line in z from version to version";

/** @param {ExplorerHost} host @returns {ExplorerTool} */
export function createSlots({ binding, currentZ, move }) {
  const slots = () => binding.get("slots") ?? {};
  const slot = () => binding.get("slot") ?? "";
  const set = (next) => {
    binding.put("slot", next.slot); // before the slots, or the morph would be shown where the old one was chosen
    binding.put("slots", next.slots);
    if (next.z) move(next.z);
  };
  const node = element("div", "aether-slots", { role: "group", "aria-label": "Versions", title: SLOTS_TITLE });
  const buttons = [...SLOT_NAMES].map((name) => {
    const choose = button(name, "", () => name !== slot() && set(chosenSlot(slots(), slot(), currentZ(), name)));
    choose.classList.add("aether-slot");
    choose.addEventListener("keydown", (event) => event.key === "Delete" && forget(name));
    return choose;
  });
  const clear = button("Clear", "Empty every version but the chosen one", () => set({ slots: {}, slot: slot() || "A" }));
  const morph = createMorph((position) => {
    const kept = keptSlots(slots(), slot(), currentZ());
    const names = filledSlots(kept, "");
    set({ slots: kept, slot: "", z: between(names.map((name) => kept[name]), position) });
  });
  const letters = element("div", "aether-group");
  letters.append(...buttons, clear);
  node.append(letters, morph.node);

  function forget(name) {
    const { [name]: _, ...others } = slots();
    if (name !== slot()) binding.put("slots", others);
  }

  function show() {
    const filled = filledSlots(slots(), slot());
    buttons.forEach((choose, i) => {
      const name = SLOT_NAMES[i];
      const [chosen, empty] = [name === slot(), !filled.includes(name)];
      choose.setAttribute("aria-pressed", String(chosen));
      choose.dataset.empty = String(empty);
      choose.setAttribute("aria-label", `Version ${name}${empty ? ", empty" : ""}`);
      choose.title = chosen
        ? `Version ${name}: it keeps what you change`
        : empty
          ? `Begin version ${name} as a copy of this filter`
          : `Go to version ${name} (Delete empties it)`;
    });
    clear.hidden = morph.node.hidden = filled.length < 2;
    if (filled.length >= 2) morph.show(filled, slot());
  }

  binding.follow(["slots", "slot"], show);
  return { node };
}

/** The slider through the slots in use. */
function createMorph(onMorph) {
  let position = 0; // 0 at the first slot in use, 1 at the second
  let last = 1;
  const row = rangeRow("Morph", { min: 0, max: 1, step: 0.001 }, (share) => {
    position = snapped(share * last);
    onMorph(position);
  });
  row.node.classList.add("aether-morph");
  row.node.title = MORPH_TITLE;
  return {
    node: row.node,
    show(names, slot) {
      last = names.length - 1;
      position = slot ? names.indexOf(slot) : Math.min(position, last);
      row.show(position / last, positionText(names, position));
    },
  };
}

/** A third of the way is no step of the slider, and z of a slot is to be met to the bit. */
function snapped(position) {
  const whole = Math.round(position);
  return Math.abs(position - whole) < 0.005 ? whole : position;
}
