// The dialog that asks a person again before a button acts.

import { el } from "./dom.js";

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {Node | string} text
 * @property {string} yes
 * @property {string} no
 * @property {boolean} danger
 */

/**
 * Ask; Escape and a click beside it mean no.
 *
 * @param {Question} question
 * @returns {Promise<boolean>}
 */
export function confirmed(question) {
  return new Promise((resolve) => {
    const yes = el(
      "button",
      { type: "button", class: `button ${question.danger ? "danger" : "primary"}` },
      question.yes,
    );
    const no = el("button", { type: "button", class: "button" }, question.no);
    const dialog = el(
      "dialog",
      { class: "dialog", "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
      el("h2", { id: "dialog-title" }, question.title),
      el("p", { id: "dialog-text" }, question.text),
      el("div", { class: "dialog-buttons" }, no, yes),
    );
    yes.addEventListener("click", () => dialog.close("yes"));
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
