// Where a person types: completes, remembers, sends. Enter sends, Shift+Enter is a new line.

import { complete, commandOf } from "./completion.js";
import { el, icon } from "./dom.js";
import { Refused } from "./link.js";

/**
 * @typedef {object} Options
 * @property {string} name unique on the page
 * @property {import("./state.js").State} state
 * @property {() => Record<string, import("./completion.js").Word[]>} words
 * @property {(text: string) => Promise<string>} send what Slack then says, or ""
 * @property {import("./memory.js").Memory} memory
 */

const KEYS = "Enter sends · Shift + Enter for a new line · ↑ for the last one";
/** Characters. Slack takes no longer message, and says so without losing it. */
const LONGEST = 40_000;

export class Composer {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.key = "";
    /** @type {import("./completion.js").Completion | null} */
    this.completion = null;
    this.picked = -1;
    this.recalled = 0;
    const { name } = options;
    this.input = el("textarea", {
      id: name, rows: "1", autocomplete: "off", spellcheck: "false", role: "combobox",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${name}-words`,
      "aria-describedby": `${name}-hint`, enterkeyhint: "send",
      oninput: () => this.typed(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.pressed(event),
      onblur: () => this.close(),
    });
    this.words = el("ul", {
      id: `${name}-words`, class: "words", role: "listbox", "aria-label": "Suggestions", hidden: true,
    });
    this.notice = el("p", { class: "notice", role: "alert", hidden: true });
    this.hint = el("p", { id: `${name}-hint`, class: "hint" });
    this.button = el("button", {
      type: "button", class: "send", "aria-label": "Send", disabled: true,
      onclick: () => this.send(),
    }, icon("send"));
    this.root = el("div", { class: "composer" },
      this.words, this.notice,
      el("div", { class: "composer-box" }, this.input, this.button),
      this.hint);
    this.hinted();
  }

  /**
   * Type somewhere else from now on; what was not sent there before is there again.
   *
   * @param {string} key of the place
   * @param {string} label
   */
  moveTo(key, label) {
    this.key = key;
    this.input.setAttribute("aria-label", label);
    this.input.placeholder = label;
    this.put(this.options.memory.draft(key));
    this.say("");
  }

  /** @param {string} text */
  put(text) {
    this.input.value = text;
    this.input.setSelectionRange(text.length, text.length);
    this.close();
    this.kept();
  }

  typed() {
    this.recalled = 0;
    this.say("");
    this.kept();
    this.open();
  }

  kept() {
    this.options.memory.keepDraft(this.key, this.input.value);
    this.button.disabled = !this.input.value.trim();
    this.hinted();
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    const over = [...text].length - LONGEST;
    if (over > 0) {
      this.say(`Your message is too long, by ${over.toLocaleString("en")} characters (msg_too_long).`);
      return;
    }
    const { key } = this;
    this.options.memory.keepSent(text);
    this.recalled = 0;
    this.put("");
    this.input.focus();
    try {
      this.say(await this.options.send(text));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (key === this.key && !this.input.value) this.put(text); // nothing typed is lost
      this.say(error.message);
    }
  }

  /** @param {string} text */
  say(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  hinted() {
    const command = commandOf(this.input.value, this.options.state);
    if (command?.usage) {
      this.hint.replaceChildren(el("code", null, `${command.name} ${command.usage}`));
    } else {
      this.hint.textContent = KEYS;
    }
  }

  // Keys

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.isComposing) return;
    const plain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    const done = plain && this.handled(event.key);
    if (done) event.preventDefault();
  }

  /**
   * @param {string} key
   * @returns {boolean}
   */
  handled(key) {
    switch (key) {
      case "Enter":
        if (!this.take(this.picked)) this.send();
        return true;
      case "Tab":
        return this.take(Math.max(this.picked, 0));
      case "Escape":
        return this.close();
      case "ArrowDown":
        return this.pick(1) || this.recall(-1);
      case "ArrowUp":
        return this.pick(-1) || this.recall(1);
      default:
        return false;
    }
  }

  /**
   * Arrow-up: what was sent last, and what before that.
   *
   * @param {1 | -1} step further back, or nearer
   * @returns {boolean}
   */
  recall(step) {
    const { memory } = this.options;
    const here = this.recalled ? memory.sent(this.recalled) : "";
    if (this.input.value !== here) return false;
    const back = this.recalled + step;
    if (back < 0 || back > memory.sentCount()) return false;
    this.put(back ? memory.sent(back) : "");
    this.recalled = back;
    return true;
  }

  // Suggestions

  open() {
    const typed = this.input.value.slice(0, this.input.selectionStart);
    this.completion = complete(typed, this.options.state, this.options.words());
    if (!this.completion) {
      this.close();
      return;
    }
    this.picked = -1;
    this.words.replaceChildren(...this.completion.items.map((item, place) => this.row(item, place)));
    this.words.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** @returns {boolean} whether it was open */
  close() {
    const was = this.completion !== null;
    this.completion = null;
    this.picked = -1;
    this.words.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    return was;
  }

  /**
   * @param {{text: string, about: string}} item
   * @param {number} place
   * @returns {HTMLElement}
   */
  row(item, place) {
    return el("li", {
      id: `${this.options.name}-word-${place}`, role: "option", "aria-selected": "false",
      onmousedown: (/** @type {Event} */ event) => event.preventDefault(), // keeps the focus
      onclick: () => this.take(place),
    }, el("span", { class: "word" }, item.text), el("span", { class: "word-about" }, item.about));
  }

  /**
   * @param {1 | -1} step
   * @returns {boolean}
   */
  pick(step) {
    if (!this.completion) return false;
    const count = this.completion.items.length;
    this.picked = this.picked < 0 && step < 0 ? count - 1 : (this.picked + step + count) % count;
    [...this.words.children].forEach((row, place) => {
      row.setAttribute("aria-selected", String(place === this.picked));
      if (place === this.picked) row.scrollIntoView({ block: "nearest" });
    });
    this.input.setAttribute("aria-activedescendant", `${this.options.name}-word-${this.picked}`);
    return true;
  }

  /**
   * @param {number} place
   * @returns {boolean}
   */
  take(place) {
    const item = this.completion?.items[place];
    if (!this.completion || !item) return false;
    const { value, selectionStart } = this.input;
    const before = `${value.slice(0, this.completion.from)}${item.text} `;
    this.input.value = before + value.slice(selectionStart).trimStart();
    this.input.setSelectionRange(before.length, before.length);
    this.input.focus();
    this.typed();
    return true;
  }
}
