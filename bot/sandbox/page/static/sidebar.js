// The channels, the people to be, and the way to other pages.

import { el, icon } from "./dom.js";
import { avatar } from "./message.js";

/**
 * @typedef {import("./state.js").State} State
 *
 * @typedef {object} View
 * @property {string} here id of the channel that is shown
 * @property {Record<string, string>} about
 * @property {(channel: string) => number} unread
 * @property {(channel: string) => void} go
 * @property {(person: string) => void} be
 * @property {(change: Record<string, string>) => string} addressWith this page's address, changed
 */

/**
 * @param {State} state
 * @param {View} view
 * @returns {HTMLElement[]}
 */
export function channelRows(state, view) {
  return [...state.channels.values()]
    .filter((channel) => channel.kind !== "direct")
    .map((channel) =>
      channelRow(channel, icon(channel.kind === "private" ? "lock" : "hash"), view),
    );
}

/**
 * @param {State} state
 * @param {View} view
 * @returns {HTMLElement[]}
 */
export function directRows(state, view) {
  return [...state.channels.values()]
    .filter((channel) => channel.kind === "direct")
    .map((channel) => channelRow(channel, avatar(state, otherIn(channel, state)), view));
}

/**
 * @param {State} state
 * @param {View} view
 * @returns {HTMLElement[]}
 */
export function peopleRows(state, view) {
  return [...state.people.values()].filter((one) => !one.bot).map((one) => {
    const mine = one.id === state.me;
    return el("li", { class: "person-row" },
      el("button", {
        type: "button", class: "side-row", "aria-pressed": String(mine), onclick: () => view.be(one.id),
      },
        avatar(state, one.id),
        el("span", { class: "side-names" },
          el("span", { class: "side-name" }, one.name),
          el("span", { class: "side-about" }, view.about[one.id] ?? ""))),
      !mine && el("a", {
        class: "icon-button side-link", target: "_blank", href: view.addressWith({ as: one.id }),
        "aria-label": `A second window as ${one.name}`, title: `A second window as ${one.name}`,
      }, icon("window")));
  });
}

/**
 * @param {import("./state.js").Channel} channel
 * @param {State} state
 * @returns {string}
 */
function otherIn(channel, state) {
  const other = [...state.people.values()].find((one) => one.name === channel.name);
  return other?.id ?? state.app.user;
}

/**
 * @param {import("./state.js").Channel} channel
 * @param {Node} sign
 * @param {View} view
 * @returns {HTMLElement}
 */
function channelRow(channel, sign, view) {
  const unread = view.unread(channel.id);
  const here = channel.id === view.here;
  return el("li", null,
    el("button", {
      type: "button",
      class: `side-row${unread ? " is-unread" : ""}`,
      "aria-current": here ? "page" : null,
      "data-channel": channel.id,
      onclick: () => view.go(channel.id),
    },
      el("span", { class: "side-sign" }, sign),
      el("span", { class: "side-name" }, channel.name),
      unread > 0 && el("span", { class: "count" }, String(unread),
        el("span", { class: "visually-hidden" }, " unread"))));
}
