// The panel beside the channel: one message and its replies.

import { byId } from "./dom.js";
import { MessageList } from "./list.js";

/**
 * @typedef {import("./state.js").Message} Message
 */

export class Thread {
  /**
   * @param {any} page
   * @param {import("./composer.js").Composer} composer
   */
  constructor(page, composer) {
    this.page = page;
    this.composer = composer;
    this.channel = "";
    /** @type {string | null} */
    this.ts = null;
    /** @type {MessageList | null} */
    this.list = null;
    /** @type {Element | null} */
    this.from = null;
    byId("thread-composer").append(composer.root);
    byId("thread-close").addEventListener("click", () => this.close());
    byId("thread").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.close();
    });
  }

  /** @param {Message} message the parent, or a reply that the channel shows as well */
  open(message) {
    this.from = document.activeElement;
    this.channel = message.channel;
    this.ts = message.thread ?? message.ts;
    const { state } = this.page;
    this.list = new MessageList("Thread", state, {
      press: (/** @type {Message} */ pressed, /** @type {any} */ use) => this.page.press(pressed, use),
      openThread: null,
    }, "");
    byId("thread-stage").replaceChildren(this.list.root);
    byId("thread-about").textContent = state.labelOf(this.channel);
    byId("thread").hidden = false;
    byId("frame").classList.add("with-thread");
    for (const said of state.said(this.channel).values()) this.show(said);
    this.composer.moveTo(`${this.channel} ${this.ts}`, "Reply in this thread");
    this.composer.input.focus();
  }

  close() {
    if (!this.ts) return;
    this.ts = null;
    this.list = null;
    byId("thread").hidden = true;
    byId("frame").classList.remove("with-thread");
    if (this.from instanceof HTMLElement && this.from.isConnected) this.from.focus();
  }

  /** @param {Message} message any message; shown if it belongs here */
  show(message) {
    if (!this.list || message.channel !== this.channel) return;
    if (message.deleted) this.list.remove(message.ts);
    else if (message.ts === this.ts || message.thread === this.ts) this.list.put(message);
  }
}
