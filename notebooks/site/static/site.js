// The theme of the site, told to the panels in the way in which JupyterLab tells its own.
const root = document.documentElement;

function tell() {
  document.body.dataset.jpThemeLight = String(root.dataset.theme !== "dark");
}

new MutationObserver(tell).observe(root, { attributeFilter: ["data-theme"] });
document.addEventListener("DOMContentLoaded", tell);
