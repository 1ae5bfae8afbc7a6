// Before anything is drawn: the theme that was chosen last. No module, so that nothing flashes.
(() => {
  "use strict";
  const KEY = "theme";
  const root = document.documentElement;

  /** @returns {"light" | "dark"} what is shown now */
  function shown() {
    if (root.dataset.theme === "light" || root.dataset.theme === "dark") return root.dataset.theme;
    return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  const chosen = localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-theme-toggle]");
    if (!button) return;
    root.dataset.theme = shown() === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, root.dataset.theme);
  });
})();
