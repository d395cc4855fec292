// Hands the theme of the site to the panels as JupyterLab hands over its own.
const root = document.documentElement;

function tell() {
  document.body.dataset.jpThemeLight = String(root.dataset.theme !== "dark");
}

new MutationObserver(tell).observe(root, { attributeFilter: ["data-theme"] });

// What the theme leaves without a name, or outside of every landmark, for a screen reader.
function name() {
  document.querySelector(".bd-sidebar-primary")?.setAttribute("role", "navigation");
  document.querySelector(".bd-sidebar-primary")?.setAttribute("aria-label", "Site");
  for (const button of document.querySelectorAll(".search-button-field")) button.removeAttribute("aria-label");
  for (const head of document.querySelectorAll("th")) if (!head.textContent?.trim()) head.setAttribute("role", "presentation");
  for (const summary of document.querySelectorAll(".toctree-l1 > details > summary")) {
    summary.setAttribute("aria-label", `Pages of ${summary.closest("li")?.querySelector("a")?.textContent}`);
  }
}

// Printed lines with three columns or more, two spaces or more apart, are a table: it scrolls where it is too wide.
function findTables() {
  for (const pre of document.querySelectorAll(".cell_output pre")) {
    const rows = pre.textContent?.split("\n").filter((line) => /\S {2,}\S.*\S {2,}\S/.test(line)) ?? [];
    pre.classList.toggle("printed-table", rows.length > 1);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  tell();
  name();
  findTables();
});
