// "Find by ear": two equally loud filters, A and B, are heard and compared; each answer narrows a belief over the knobs and
// the kind, which is drawn, until a filter is taken. Needs no kernel.
import { BY_EAR } from "../constants.js";
import { ByEar } from "../dsp/by_ear.js";
import { knobTitles } from "../dsp/knobs.js";
import { signed } from "../text.js";
import { consume } from "../ui/arrow_keys.js";
import { button, element } from "../ui/elements.js";
import { earKey } from "../ui/shortcuts.js";
import { showToggle } from "../ui/toggle.js";
import { createBeliefPicture } from "./belief_picture.js";

const EAR_HELP =
  "Play your own sound, hear A and B, and say which is closer to what you want. Both are equally loud for pink noise. " +
  "Keys: A and B to hear, 1 and 2 to answer, 3 and 4 where it is clear, 0 for cannot tell, Backspace to undo, Space to play.";
const PLAY_BUTTON = "button.aether-play";
const TAKE_BUTTON = ".aether-take > button";

/**
 * A tool of a live panel, whose model has `ear`: the JSON of Python's `ByEar.to_json`, `{}` before the first answer, and
 * `open` in it where it is to be seen at once.
 * @param {ExplorerHost} host @returns {ExplorerTool}
 */
export function createByEarTool(host) {
  const { root, binding } = host;
  if (!binding.get("ear")) return { node: element("span", "", { hidden: true }) };
  const box = createBox(host);
  const node = element("div", "aether-ear-tool");
  const toggle = button("Find by ear", "Compare two filters again and again: the knobs are found by your answers", () => open(box.node.hidden));
  node.append(toggle, box.node);

  function open(/** @type {boolean} */ wanted) {
    box.node.hidden = !wanted;
    toggle.setAttribute("aria-expanded", String(wanted));
    if (wanted) box.begin();
  }

  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const action = box.node.hidden || event.defaultPrevented ? "" : earKey(event);
    if (!action) return;
    consume(event);
    box.act(action);
  };
  root.addEventListener("keydown", onKey);
  open(Boolean(binding.get("ear").open));
  binding.follow(["ear"], () => box.node.hidden || box.begin());
  return {
    node,
    show: () => box.node.hidden || box.show(),
    destroy() {
      root.removeEventListener("keydown", onKey);
      box.destroy();
    },
  };
}

/** @param {ExplorerHost} host */
function createBox({ root, space, binding, currentZ, move }) {
  /** @type {ByEar | null} */
  let search = null;
  let refused = "";
  const node = element("div", "aether-tool-box aether-ear", { role: "group", "aria-label": "Find by ear" });
  const help = element("p", "aether-ear-help");
  help.textContent = EAR_HELP;
  const status = element("p", "aether-ear-status", { role: "status" });
  const picture = createBeliefPicture(knobTitles(space).map(({ title }) => title), space.kinds);
  const actions = {
    hearA: () => hear("a"),
    hearB: () => hear("b"),
    a: () => answer("a"),
    b: () => answer("b"),
    clearlyA: () => answer("clearly a"),
    clearlyB: () => answer("clearly b"),
    same: () => answer("same"),
    undo: () => search?.answers.length && change((search) => search.undo()),
    best: () => search && play(search.z),
    take() {
      actions.best();
      const take = /** @type {HTMLElement | null} */ (root.querySelector(TAKE_BUTTON));
      if (take?.getAttribute("aria-expanded") === "false") take.click();
      take?.focus();
    },
    again: () => search && put({ seed: (search.seed + 1) % 2 ** 32, noise_db: search.noiseDb, answers: [], open: true }),
  };
  const make = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ act, keys = "") => {
    const made = button(text, title, act);
    if (keys) made.setAttribute("aria-keyshortcuts", keys);
    return made;
  };
  const hears = {
    a: make("Hear A", "Hear the first filter (A)", actions.hearA, "A"),
    b: make("Hear B", "Hear the second filter (B)", actions.hearB, "B"),
  };
  const answers = [
    make("A is closer", "A is closer to what you want (1)", actions.a, "1"),
    make("Cannot tell", "Neither is closer, or you cannot tell (0)", actions.same, "0"),
    make("B is closer", "B is closer to what you want (2)", actions.b, "2"),
  ];
  const clear = [
    make("A, clearly", "A is much closer to what you want (3)", actions.clearlyA, "3"),
    make("B, clearly", "B is much closer to what you want (4)", actions.clearlyB, "4"),
  ];
  const undo = make("Undo answer", "Take back the last answer (Backspace)", actions.undo, "Backspace");
  const rest = [
    make("Hear the best", "The filter that fits your answers best so far", actions.best),
    make("Take the best", "Go to the best filter so far, and copy or download it", actions.take),
    make("Start again", "Forget the answers and ask other questions", actions.again),
  ];
  node.append(help, row("aether-ear-hear", hears.a, hears.b), row("", ...answers), row("", ...clear), status);
  node.append(row("aether-ear-rest", undo, ...rest), picture.node);
  for (const each of [hears.a, hears.b, ...answers]) each.classList.add("aether-ear-large");

  /** The search of the model, from its beginning or from its answers. */
  function begin() {
    const state = binding.get("ear") ?? {};
    if (search && sameAnswers(search.state, state)) return;
    try {
      search = new ByEar(space, state);
      refused = "";
    } catch (error) {
      search = null;
      refused = `These answers cannot be used: ${error.message}.`;
    }
    draw();
  }

  function hear(/** @type {"a" | "b"} */ name) {
    if (search) play(search.question[name]);
  }

  function play(/** @type {number[]} */ z) {
    const motion = binding.get("motion");
    if (motion && motion.kind !== "manual") binding.put("motion", { ...motion, kind: "manual" });
    if (binding.get("bypass")) binding.put("bypass", false);
    move(z);
    if (!binding.get("playing")) /** @type {HTMLElement | null} */ (root.querySelector(PLAY_BUTTON))?.click();
  }

  function answer(/** @type {string} */ given) {
    if (!search || search.full) return;
    change((search) => search.answer(given));
    if (binding.get("playing")) hear("a");
  }

  function change(/** @type {(search: ByEar) => void} */ act) {
    if (!search) return;
    act(search);
    put({ ...search.state, open: true });
    draw();
  }

  function put(/** @type {EarState} */ state) {
    binding.put("ear", state);
  }

  function draw() {
    status.textContent = search ? progressText(search.answers.length, search.spreadDb) : refused;
    if (search) picture.draw(search);
    show();
  }

  function show() {
    const z = currentZ();
    const at = (/** @type {number[]} */ point) => point.every((value, i) => Math.abs(value - z[i]) < 1e-9);
    for (const name of /** @type {const} */ (["a", "b"])) showToggle(hears[name], search && at(search.question[name]));
    for (const each of [hears.a, hears.b, ...rest]) each.disabled = !search;
    for (const each of [...answers, ...clear]) each.disabled = !search || search.full;
    undo.disabled = !search?.answers.length;
  }

  return { node, begin, show, act: (/** @type {string} */ name) => actions[name](), destroy: picture.destroy };
}

/** @param {string} name @param {HTMLElement[]} nodes */
function row(name, ...nodes) {
  const node = element("div", `aether-ear-row ${name}`);
  node.append(...nodes);
  return node;
}

/** What is known, in a sentence, as `ByEar.progress` of Python. @param {number} count @param {number} spread dB */
export function progressText(count, spread) {
  const said = count ? `${count} answer${count > 1 ? "s" : ""}` : "No answer yet";
  const rest = spread < BY_EAR.enough_db ? " Further answers change little." : "";
  return `${said}: the filter is known to about ${signed(spread, 1)} dB.${rest}`;
}

/** @param {EarState} a @param {EarState} b */
function sameAnswers(a, b) {
  const { seed = 0, noise_db = BY_EAR.noise_db, answers = [] } = b;
  if (a.seed !== seed || a.noise_db !== noise_db || a.answers?.length !== answers.length) return false;
  return JSON.stringify(a.answers) === JSON.stringify(answers);
}
