// The first minute: a strip with commands to try. Once it is hidden it stays so.

import { byId, el } from "./dom.js";

const KEY = "tour-hidden";

/**
 * @param {{text: string, about: string}[]} suggestions
 * @param {(text: string) => void} put where a suggestion goes
 */
export function showTour(suggestions, put) {
  const strip = byId("tour");
  if (!suggestions.length || localStorage.getItem(KEY)) return;
  byId("tour-list").replaceChildren(...suggestions.map(({ text, about }) =>
    el("li", null,
      el("button", { type: "button", class: "try", onclick: () => put(text) },
        el("code", null, text), el("span", null, about)))));
  byId("tour-close").addEventListener("click", () => {
    localStorage.setItem(KEY, "yes");
    strip.hidden = true;
  });
  strip.hidden = false;
}
