// The notebook as the host of a listening test: A, B and X to hear, and after the last trial what the result says.
import { button, element } from "../ui/elements.js";
import { renderer } from "../ui/own_keys.js";

const NAMES = ["A", "B", "X"];

/**
 * @param {HTMLElement} el
 * @param {WidgetModel} model
 */
function mountTest(el, model) {
  const players = model.get("sounds").map((address) => new Audio(address));
  let order = model.get("order");
  let answers = [];

  const silence = () => {
    for (const player of players) player.pause();
  };
  const play = (which) => {
    silence();
    const player = players[which === 2 ? order[answers.length] : which];
    player.currentTime = 0;
    player.play();
  };
  const answer = (which) => {
    silence();
    answers = [...answers, which === order[answers.length]];
    publish();
  };
  const again = () => {
    order = order.map(() => Math.floor(2 * Math.random()));
    answers = [];
    publish();
  };
  const publish = () => {
    model.set("answers", answers);
    model.save_changes();
    show();
  };

  const names = model.get("names");
  const node = element("section", "aether-explorer aether-abx", { role: "group", "aria-label": "listening test" });
  const status = element("p", "", { role: "status" });
  const legend = element("p", "", { textContent: `A is ${names[0]}, B is ${names[1]}; X is one of the two.` });
  const hear = NAMES.map((name, which) => button(`▶ ${name}`, `Play ${name} from its beginning`, () => play(which)));
  const say = [0, 1].map((which) => button(`X is ${NAMES[which]}`, names[which], () => answer(which)));
  const restart = button("Start again", "Ten new trials", again);
  const row = element("div", "aether-abx-row");
  row.append(...hear, ...say, restart);
  node.append(legend, row, status);
  el.append(node);

  function show() {
    const done = answers.length === order.length;
    for (const each of [hear[2], ...say]) each.disabled = done;
    restart.hidden = !answers.length;
    restart.title = `${order.length} new trials`;
    status.textContent = done
      ? model.get("verdicts")[answers.filter(Boolean).length]
      : `Trial ${answers.length + 1} of ${order.length}. Hear A, B and X as often as you like, then say which X is.`;
  }
  show();
  return silence;
}

export default { render: renderer(mountTest) };
