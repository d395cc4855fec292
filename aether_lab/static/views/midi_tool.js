// MIDI learn: each knob follows a controller, which the browser keeps for the next panel.
import { MidiInput } from "../audio/midi.js";
import { KNOB_RANGE, knobTitles } from "../dsp/knobs.js";
import { checkedLearned, ControllerReader, controllerText, withLearned } from "../dsp/midi_messages.js";
import { button, element } from "../ui/elements.js";
import { keep, readKept } from "../ui/kept.js";
import { showToggle } from "../ui/toggle.js";

const MIDI_KEPT = "midi";
const ASK = "Press Learn beside a knob, then move a controller.";

/** @param {ExplorerHost} host @returns {ExplorerTool} */
export function createMidiTool({ root, space, change }) {
  let learned = checkedLearned(readKept(MIDI_KEPT));
  let learning = ""; // the name of a knob
  const reader = new ControllerReader();
  const input = new MidiInput(receive, show);
  const knobs = knobTitles(space).map(({ title }, i) => createRow(title, `z${i}`));
  const status = element("p", "aether-midi-status", { role: "status" });
  const rows = element("div", "aether-midi-rows");
  rows.append(...knobs.map(({ node }) => node));
  const panel = element("div", "aether-midi-panel", { hidden: true, role: "group", "aria-label": "MIDI controllers" });
  panel.append(status, rows);
  const open = button("MIDI", "Let the knobs follow the controllers of a MIDI device", () => {
    panel.hidden = !panel.hidden;
    learning = "";
    show();
    if (!panel.hidden) input.connect();
  });
  const node = element("div", "aether-midi");
  node.append(open, panel);

  function createRow(title, name) {
    const row = element("div", "aether-midi-row");
    const text = element("span", "aether-midi-name");
    const small = element("small", "");
    text.append(title, small);
    const learn = button("Learn", "", () => {
      learning = learning === name ? "" : name;
      input.connect();
      show();
    });
    learn.setAttribute("aria-label", `Learn ${title}`);
    const forget = button("\u00d7", `Forget the controller of ${title}`, () => {
      const { [name]: _, ...others } = learned;
      store(others);
    });
    forget.setAttribute("aria-label", forget.title);
    row.append(text, learn, forget);
    return {
      node: row,
      show() {
        small.textContent = learned[name] ? controllerText(learned[name]) : "no controller";
        forget.disabled = !learned[name];
        showToggle(learn, learning === name, "Move it", "Learn");
      },
    };
  }

  function receive(/** @type {Uint8Array} */ message) {
    const said = reader.read(message, (key) => Object.values(learned).includes(key));
    if (!said) return;
    if (learning) {
      store(withLearned(learned, learning, said.key));
      learning = "";
      show();
    }
    const index = Number(Object.keys(learned).find((name) => learned[name] === said.key)?.slice(1) ?? Number.NaN);
    if (index < space.knobs) change({ [index]: KNOB_RANGE[0] + said.value * (KNOB_RANGE[1] - KNOB_RANGE[0]) });
  }

  function store(next) {
    learned = next;
    keep(MIDI_KEPT, learned);
    show();
  }

  function show() {
    open.setAttribute("aria-expanded", String(!panel.hidden));
    const text = input.refusal || `${input.status} ${ASK}`.trim();
    if (status.textContent !== text) status.textContent = text;
    for (const knob of knobs) knob.show();
  }

  const turn = () => input.turn();
  for (const event of ["pointerdown", "focusin"]) root.addEventListener(event, turn, true);
  if (Object.keys(learned).length) input.reconnect();
  show();
  return { node, destroy: () => input.dispose() };
}
