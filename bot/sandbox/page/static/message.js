// One message as it is now.

import { drawBlocks } from "./blocks.js";
import { el, fragment, icon } from "./dom.js";
import { unknown } from "./elements.js";
import { mrkdwn } from "./mrkdwn.js";
import { SLACKBOT } from "./state.js";

/**
 * @typedef {import("./state.js").Message} Message
 * @typedef {import("./state.js").State} State
 *
 * @typedef {object} Deeds what can be done with a message
 * @property {(message: Message, use: import("./elements.js").Use) => Promise<string>} press
 * @property {((message: Message) => void) | null} openThread null in a thread
 */

const HUES = 6;
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/**
 * @param {Message} message
 * @returns {Date}
 */
export function momentOf(message) {
  return new Date(Number(message.ts) * 1000);
}

/**
 * What goes into the list item of a message.
 *
 * @param {Message} message
 * @param {State} state
 * @param {Deeds} deeds
 * @returns {DocumentFragment}
 */
export function drawMessage(message, state, deeds) {
  return fragment(
    avatar(state, message.author),
    el("div", { class: "message-body" },
      message.private && privately(),
      heading(message, state),
      content(message, state, deeds),
      deeds.openThread && repliesLine(message, state, deeds.openThread),
    ),
    deeds.openThread && !message.private && !message.refusal && tools(message, deeds.openThread),
  );
}

/**
 * @param {State} state
 * @param {string} id of a person
 * @returns {HTMLElement}
 */
export function avatar(state, id) {
  if (id === state.app.user) {
    return el("span", { class: "avatar avatar-app", "aria-hidden": "true" }, icon("app"));
  }
  const name = state.nameOf(id);
  const hue = id === SLACKBOT ? "slack" : [...state.people.keys()].indexOf(id) % HUES;
  return el("span", { class: "avatar", "data-hue": hue, "aria-hidden": "true" },
    [...name][0]?.toUpperCase() ?? "?");
}

/** @returns {HTMLElement} */
function privately() {
  return el("p", { class: "private" }, icon("eye"), "Only visible to you");
}

/**
 * @param {Message} message
 * @param {State} state
 * @returns {HTMLElement}
 */
function heading(message, state) {
  const at = momentOf(message);
  const robot = message.author === state.app.user || message.author === SLACKBOT;
  return el("div", { class: "message-head" },
    el("span", { class: "author" }, state.nameOf(message.author)),
    robot && el("span", { class: "badge" }, "APP"),
    el("time", { datetime: at.toISOString(), title: WHOLE.format(at) }, CLOCK.format(at)),
  );
}

/**
 * @param {Message} message
 * @param {State} state
 * @param {Deeds} deeds
 * @returns {HTMLElement}
 */
function content(message, state, deeds) {
  const scene = {
    names: state.names,
    press: (/** @type {import("./elements.js").Use} */ use) => deeds.press(message, use),
  };
  const edited = message.edited && el("span", { class: "edited" }, " (edited)");
  if (!message.blocks.length) {
    return el("div", { class: "content" },
      el("div", { class: "text" }, mrkdwn(message.text, state.names), edited),
      ...attachments(message));
  }
  return el("div", { class: "content" }, ...drawBlocks(message.blocks, scene), edited,
    ...attachments(message));
}

/**
 * @param {Message} message
 * @returns {Node[]}
 */
function attachments(message) {
  return message.attachments.map((one) => unknown("attachment", one));
}

/**
 * @param {Message} message
 * @param {State} state
 * @param {(message: Message) => void} open
 * @returns {HTMLElement | null}
 */
function repliesLine(message, state, open) {
  if (message.thread) {
    return el("button", { type: "button", class: "replies", onclick: () => open(message) },
      icon("reply"), "Also in a thread");
  }
  const replies = state.repliesTo(message.channel, message.ts);
  if (!replies.size) return null;
  const words = replies.size === 1 ? "1 reply" : `${replies.size} replies`;
  return el("button", { type: "button", class: "replies", onclick: () => open(message) },
    icon("reply"), words);
}

/**
 * @param {Message} message
 * @param {(message: Message) => void} open
 * @returns {HTMLElement}
 */
function tools(message, open) {
  return el("div", { class: "tools" },
    el("button", {
      type: "button",
      class: "icon-button",
      "aria-label": "Reply in thread",
      title: "Reply in thread",
      onclick: () => open(message),
    }, icon("reply")));
}
