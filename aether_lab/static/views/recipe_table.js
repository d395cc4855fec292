// The table of the sections. It is filled only while it is open.
import { signed } from "../text.js";
import { element } from "../ui/elements.js";

export function createRecipeTable(/** @type {LatentSpace} */ { topology, polarity, num_filters }, signs, onOpen) {
  const node = element("details", "aether-recipe");
  const summary = element("summary", "");
  const kind = topology === "cascade" ? "peaking sections in series" : `band-passes in parallel, ${polarity} signs`;
  summary.textContent = `Sections: ${num_filters} ${kind}`;
  const frame = element("div", "aether-scroll", { role: "group", tabIndex: 0, "aria-label": "Sections of the filter" });
  const table = element("table", "");
  const head = table.createTHead().insertRow();
  for (const title of ["#", "Sign", "Frequency (Hz)", "Q", "Gain (dB)"]) {
    const cell = element("th", "", { scope: "col" });
    cell.textContent = title;
    head.append(cell);
  }
  const body = table.createTBody();
  const rows = signs.map((sign, k) => {
    const row = body.insertRow();
    const cells = Array.from({ length: 5 }, () => row.insertCell());
    cells[0].textContent = String(k + 1);
    cells[1].textContent = topology === "cascade" ? "" : sign < 0 ? "\u2212" : "+";
    return cells;
  });
  frame.append(table);
  node.append(summary, frame);
  node.addEventListener("toggle", onOpen);
  return {
    node,
    get open() {
      return node.open;
    },
    show(recipe, nyquist) {
      if (!node.open) return;
      rows.forEach((cells, k) => {
        cells[2].textContent = (recipe.frequency[k] * nyquist).toFixed(1);
        cells[3].textContent = recipe.q[k].toFixed(2);
        cells[4].textContent = signed(recipe.gainDb[k], 1);
      });
    },
  };
}
