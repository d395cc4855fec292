// The error of each part of a model: a table with bars, and a sentence.
import { element } from "../ui/elements.js";

/** Parts of the distance, dB, as in `describe_errors` of analysis/reconstruction.py. */
function lossRows({ mu, refined, direct }) {
  return [
    { title: "Encoder", db: Math.max(mu - refined, 0) },
    { title: "Latent space", db: Math.max(refined - direct, 0) },
    { title: "Bank", db: direct },
  ];
}

export function createMatchLosses() {
  const node = element("div", "aether-losses");
  const table = element("table", "");
  const caption = table.createCaption();
  const body = table.createTBody();
  const sentence = element("p", "aether-explained");
  node.append(table, sentence);
  return {
    node,
    show({ distance, z, explained }) {
      caption.textContent = `What the ${z.length} knobs lose`;
      sentence.textContent = explained;
      const rows = lossRows(distance);
      const most = Math.max(...rows.map(({ db }) => db), 1);
      body.replaceChildren(...rows.map((row) => createLossRow(row, most)));
    },
  };
}

function createLossRow({ title, db }, most) {
  const row = element("tr", "");
  const head = element("th", "", { scope: "row" });
  const [bar, number] = ["bar", "number"].map((name) => element("td", `aether-loss-${name}`));
  const fill = element("div", "aether-loss-fill");
  fill.style.width = `${(100 * db) / most}%`;
  bar.setAttribute("aria-hidden", "true");
  head.textContent = title;
  bar.append(fill);
  number.textContent = `${db.toFixed(2)} dB`;
  row.append(head, bar, number);
  return row;
}
