// The tasks of a vendor, with their states as they move.

import { el } from "/page/static/dom.js";
import { keyed, write } from "./keyed.js";
import { stateOf, taskKey } from "./news.js";

/** @typedef {import("./form.js").TaskState} TaskState */

const LOOKS = {
  running: "good",
  degraded: "warn",
  "no stream": "warn",
  stopped: "warn",
  ended: "over",
  "not found": "over",
};

/**
 * @param {HTMLElement} body
 * @param {TaskState[]} tasks
 */
export function showTasks(body, tasks) {
  keyed(body, tasks, taskKey, makeRow, updateRow);
}

function makeRow() {
  return el(
    "tr",
    { class: "task" },
    el(
      "th",
      { scope: "row" },
      el("code", null),
      el("span", { class: "task-name" }),
      el("span", { class: "task-where" }),
    ),
    el("td", null, el("span", { class: "state" }), " ", el("span", { class: "state-word" })),
  );
}

/**
 * @param {HTMLElement} row
 * @param {TaskState} task
 * @param {boolean} isNew
 */
function updateRow(row, task, isNew) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (row.querySelector(name));
  const says = stateOf(task);
  write(part("code"), task.id);
  write(part(".task-name"), task.name);
  write(part(".task-where"), [task.kind, task.region, task.app].filter(Boolean).join(" · "));
  if (!isNew && part(".state").textContent !== says) flash(row);
  write(part(".state"), says);
  part(".state").dataset.look = LOOKS[/** @type {keyof LOOKS} */ (says)] ?? "plain";
  write(part(".state-word"), task.means && task.means !== task.state ? task.state : "");
}

/** @param {HTMLElement} row catches the eye for a moment */
function flash(row) {
  row.classList.remove("moved");
  void row.offsetWidth; // the browser has to notice that it was gone
  row.classList.add("moved");
}
