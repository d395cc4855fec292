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

document.addEventListener("DOMContentLoaded", () => {
  tell();
  name();
});
