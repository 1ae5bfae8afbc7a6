// A list of messages that stays at its end. New ones are appended and changed ones drawn again in
// their place, so that thousands cost nothing while somebody types.

import { el, icon } from "./dom.js";
import { drawMessage, momentOf } from "./message.js";

/**
 * @typedef {import("./state.js").Message} Message
 * @typedef {import("./state.js").State} State
 * @typedef {import("./message.js").Deeds} Deeds
 */

const TOGETHER_SECONDS = 300;
/** Pixels from the end within which one is at the end. */
const AT_END = 48;
/** Milliseconds in which the history comes, which is not read out. */
const HISTORY_MS = 1500;
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

export class MessageList {
  /**
   * @param {string} label for screen readers
   * @param {State} state
   * @param {Deeds} deeds
   * @param {string} empty what stands there while nothing was said
   */
  constructor(label, state, deeds, empty) {
    this.state = state;
    this.deeds = deeds;
    /** @type {Map<string, HTMLLIElement>} */
    this.items = new Map();
    /** @type {Map<string, Message>} */
    this.shown = new Map();
    this.list = el("ol", { class: "messages" });
    this.empty = el("p", { class: "empty" }, empty);
    this.scroller = el("div", {
      class: "scroller", role: "log", "aria-live": "off", "aria-label": label, tabindex: "0",
    }, this.empty, this.list);
    this.newer = el("button", {
      type: "button", class: "newer", hidden: true, onclick: () => this.toEnd(),
    }, icon("down"), "New messages");
    this.root = el("div", { class: "list" }, this.scroller, this.newer);
    this.atEnd = true;
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.watch = new ResizeObserver(() => this.atEnd && this.toEnd());
    this.watch.observe(this.list);
    this.watch.observe(this.scroller);
    setTimeout(() => this.scroller.setAttribute("aria-live", "polite"), HISTORY_MS);
  }

  /**
   * Show a message as it is now, in its place by time.
   *
   * @param {Message} message
   */
  put(message) {
    if (message.deleted) return this.remove(message.ts);
    this.empty.hidden = true;
    const known = this.items.get(message.ts);
    const item = known ?? this.placed(message.ts);
    const focused = known?.contains(document.activeElement) ?? false;
    this.shown.set(message.ts, message);
    item.replaceChildren(drawMessage(message, this.state, this.deeds));
    item.classList.toggle("is-private", message.private);
    item.classList.toggle("is-refusal", Boolean(message.refusal));
    this.join(item);
    if (focused && !item.contains(document.activeElement)) item.focus({ preventScroll: true });
    if (!known) this.arrived();
  }

  /** @param {string} ts */
  again(ts) {
    const message = this.shown.get(ts);
    if (message) this.put(message);
  }

  /** @param {string} ts */
  remove(ts) {
    const item = this.items.get(ts);
    const next = item?.nextElementSibling;
    item?.remove();
    this.items.delete(ts);
    this.shown.delete(ts);
    if (next instanceof HTMLLIElement) this.join(next);
    this.empty.hidden = this.items.size > 0;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.atEnd = true;
    this.newer.hidden = true;
  }

  /**
   * A new item where its time belongs: nearly always at the end.
   *
   * @param {string} ts
   * @returns {HTMLLIElement}
   */
  placed(ts) {
    const item = el("li", { class: "message", "data-ts": ts, tabindex: "-1" });
    let before = /** @type {HTMLElement | null} */ (this.list.lastElementChild);
    while (before && String(before.dataset.ts) > ts) {
      before = /** @type {HTMLElement | null} */ (before.previousElementSibling);
    }
    if (before) before.after(item);
    else this.list.prepend(item);
    this.items.set(ts, item);
    const next = item.nextElementSibling;
    if (next instanceof HTMLLIElement) this.join(next);
    return item;
  }

  /**
   * Whether a message goes on from the one above, and whether a day begins with it.
   *
   * @param {HTMLLIElement} item
   */
  join(item) {
    const message = this.shown.get(String(item.dataset.ts));
    const above = /** @type {HTMLElement | null} */ (item.previousElementSibling);
    const before = this.shown.get(String(above?.dataset.ts));
    if (!message) return;
    const day = DAY.format(momentOf(message));
    const new_day = !before || DAY.format(momentOf(before)) !== day;
    if (new_day) item.dataset.day = day;
    else delete item.dataset.day;
    item.classList.toggle("goes-on", !new_day && goesOn(message, before));
  }

  /** At the end, the observer of the list's size follows, once for however many came. */
  arrived() {
    if (!this.atEnd) this.newer.hidden = false;
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.atEnd = scrollHeight - scrollTop - clientHeight < AT_END;
    if (this.atEnd) this.newer.hidden = true;
  }
}

/**
 * @param {Message} message
 * @param {Message} before
 * @returns {boolean}
 */
function goesOn(message, before) {
  return (
    message.author === before.author &&
    !message.private && !before.private && !message.blocks.length && !before.blocks.length &&
    Number(message.ts) - Number(before.ts) < TOGETHER_SECONDS
  );
}
