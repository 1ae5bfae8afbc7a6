// The switches that play incidents.

import { el } from "/page/static/dom.js";
import { keyed, write } from "./keyed.js";

const TIMES = [
  ["", "until switched off"],
  ["1", "for the next request"],
  ["3", "for the next 3 requests"],
];

/**
 * @param {string} cloud
 * @param {import("./form.js").Playable[]} playable
 * @param {import("./form.js").Change} change
 * @returns {{node: HTMLElement, show: (on: Record<string, number | null>) => void}}
 */
export function makeSwitches(cloud, playable, change) {
  const times = el(
    "select",
    { id: `${cloud}-times`, class: "times" },
    ...TIMES.map(([value, says]) => el("option", { value }, says)),
  );
  /** @type {Map<string, HTMLButtonElement>} */
  const switches = new Map();

  /** @param {string} incident */
  async function flip(incident) {
    const isOn = switches.get(incident)?.getAttribute("aria-checked") === "true";
    if (isOn) return change("/clouds/calm", { cloud, incident });
    const counted = times.value ? Number(times.value) : null;
    return change("/clouds/incident", { cloud, incident, times: counted });
  }

  const rows = playable.map(({ incident, title, about }) => {
    const button = makeSwitch(title, about, () => flip(incident));
    switches.set(incident, button);
    return el("li", { "data-incident": incident }, button);
  });
  const effects = el("ul", { class: "effects" });

  return {
    node: el(
      "div",
      null,
      el("label", { for: times.id, class: "times-label" }, "A switch plays it ", times),
      el("ul", { class: "incidents", "aria-labelledby": `${cloud}-incidents` }, ...rows),
      effects,
    ),
    show(on) {
      for (const [incident, button] of switches) showSwitch(button, incident in on, on[incident]);
      const playing = playable.filter(({ incident }) => incident in on);
      const make = () => el("li", null);
      keyed(effects, playing, (one) => one.incident, make, (row, one) => {
        write(row, `${one.title}: ${one.about}.`);
      });
    },
  };
}

/**
 * @param {string} title
 * @param {string} about a sentence that says more
 * @param {() => void} onclick
 */
function makeSwitch(title, about, onclick) {
  return el(
    "button",
    {
      type: "button",
      class: "switch",
      role: "switch",
      "aria-checked": "false",
      "aria-description": about,
      title: about,
      onclick,
    },
    el("span", { class: "switch-track", "aria-hidden": "true" }),
    el("span", null, title),
    el("span", { class: "switch-left" }),
  );
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} isOn
 * @param {number | null | undefined} left how many times more
 */
function showSwitch(button, isOn, left) {
  button.setAttribute("aria-checked", String(isOn));
  const counted = button.querySelector(".switch-left");
  if (counted) write(counted, left ? `${left} left` : "");
}
