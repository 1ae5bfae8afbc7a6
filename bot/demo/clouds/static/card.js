// One vendor: its account, its tasks, its incidents, the last requests.

import { el } from "/page/static/dom.js";
import { makeSwitches } from "./incidents.js";
import { write } from "./keyed.js";
import { showQuotas, showRequests } from "./requests.js";
import { showTasks } from "./tasks.js";

/** @typedef {import("./form.js").CloudState} CloudState */

/**
 * @param {CloudState} cloud
 * @param {import("./form.js").Playable[]} playable
 * @param {import("./form.js").Change} change
 * @returns {{node: HTMLElement, show: (now: CloudState) => true}}
 */
export function makeCard(cloud, playable, change) {
  const id = (/** @type {string} */ part) => `${cloud.name}-${part}`;
  const badge = el("span", { class: "badge" });
  const account = el("p", { class: "card-account" });
  const tasks = el("tbody");
  const quotas = el("ul", { class: "quotas" });
  const requests = el("ol", { class: "requests", tabindex: 0, "aria-labelledby": id("requests") });
  const nothing = el("p", { class: "nothing" }, "Nothing yet. Type a command in the workspace.");
  const switches = makeSwitches(cloud.name, playable, change);

  const node = el(
    "section",
    { class: "card", "aria-labelledby": id("title"), "data-cloud": cloud.name },
    el("header", { class: "card-head" }, el("h2", { id: id("title") }, cloud.title), badge, account),
    el("h3", { id: id("tasks") }, "Tasks"),
    el("table", { class: "tasks", "aria-labelledby": id("tasks") }, head(), tasks),
    el("h3", { id: id("incidents") }, "Play an incident"),
    switches.node,
    el("h3", { id: id("requests") }, "Last requests"),
    quotas,
    nothing,
    requests,
  );

  return {
    node,
    show(now) {
      const on = Object.keys(now.incidents).length;
      write(badge, on ? `${on} ${on === 1 ? "incident" : "incidents"} on` : "calm");
      badge.classList.toggle("on", on > 0);
      write(account, `key ${now.keys.join(", ")} · ${new URL(now.url).host}`);
      showTasks(tasks, now.tasks);
      showQuotas(quotas, now.quotas);
      showRequests(requests, now.requests);
      nothing.hidden = now.requests.length > 0;
      requests.hidden = !nothing.hidden;
      switches.show(now.incidents);
      return true;
    },
  };
}

function head() {
  const names = ["Task", "State"];
  return el("thead", null, el("tr", null, ...names.map((name) => el("th", { scope: "col" }, name))));
}
