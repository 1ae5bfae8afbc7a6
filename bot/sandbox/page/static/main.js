// The page: one window, one person at a time, one channel at a time.

import { Composer } from "./composer.js";
import { byId, el, icon } from "./dom.js";
import { address, ask, listen, Refused, token } from "./link.js";
import { MessageList } from "./list.js";
import { Memory } from "./memory.js";
import { avatar } from "./message.js";
import { channelRows, directRows, peopleRows } from "./sidebar.js";
import { SLACKBOT, State } from "./state.js";
import { Thread } from "./thread.js";
import { showTour } from "./tour.js";

/**
 * @typedef {import("./state.js").Message} Message
 */

const NARROW = matchMedia("(max-width: 720px)");

class Page {
  constructor() {
    this.state = new State();
    this.memory = new Memory(() => this.state.me);
    this.here = address().get("in") ?? "";
    /** @type {any} what the scene told: title, about, links, tour, words */
    this.extras = { title: "Workspace", about: {}, links: [], tour: [], words: {} };
    /** @type {Map<string, MessageList>} */
    this.lists = new Map();
    this.stop = () => {};
    this.composer = this.newComposer("composer", (text) => this.sent(text, null));
    this.thread = new Thread(this, this.newComposer("reply", (text) => this.sent(text, this.thread.ts)));
    byId("composer-place").append(this.composer.root);
  }

  start() {
    if (!token()) {
      this.trouble("This address lacks its token. Open the one that the terminal shows.");
      return;
    }
    this.listenForHands();
    this.learnExtras();
    this.look(address().get("as"));
  }

  /**
   * @param {string} name
   * @param {(text: string) => Promise<string>} send
   * @returns {Composer}
   */
  newComposer(name, send) {
    const { state, memory } = this;
    return new Composer({ name, state, memory, send, words: () => this.extras.words });
  }

  async learnExtras() {
    try {
      this.extras = await ask("/page/hints");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return; // the socket says the same in a moment
    }
    byId("title").textContent = this.extras.title;
    showTour(this.extras.tour, (text) => {
      this.composer.put(text);
      this.composer.input.focus();
    });
    const channel = this.state.channels.get(this.here);
    if (channel) byId("channel-about").textContent = this.aboutOf(channel);
    this.drawSidebar();
  }

  // What the server tells

  /**
   * See the workspace as this person, from the beginning.
   *
   * @param {string | null} person
   */
  look(person) {
    this.stop();
    this.stop = listen("/page/socket", { person }, (news) => this.heard(news), (how) => this.connected(how));
  }

  /** @param {any} news */
  heard(news) {
    if (news.directory) this.learn(news.directory);
    const touched = new Set();
    for (const message of news.messages) {
      if (this.state.put(message)) this.show(message);
      touched.add(message.channel);
    }
    for (const refusal of news.refusals ?? []) {
      const message = refused(refusal);
      if (this.state.put(message)) this.show(message);
      touched.add(refusal.channel);
    }
    if (touched.has(this.here)) this.markRead();
    if (touched.size || news.directory) this.drawSidebar();
  }

  /** @param {any} told */
  learn(told) {
    if (told.me !== this.state.me) this.forget();
    this.state.learn(told);
    const place = this.state.channels.has(this.here) ? this.here : (told.channels[0]?.id ?? "");
    if (place !== this.composer.key) this.go(place);
    this.remember();
    byId("me").replaceChildren(avatar(this.state, told.me), this.state.nameOf(told.me));
  }

  forget() {
    this.lists.clear();
    this.state.messages.clear();
    this.state.replies.clear();
    this.thread.close();
    this.composer.key = "";
  }

  /** @param {Message} message */
  show(message) {
    const list = this.listOf(message.channel);
    if (!message.thread || message.broadcast) list.put(message);
    if (message.deleted) list.remove(message.ts);
    if (message.thread) list.again(message.thread);
    this.thread.show(message);
  }

  /** @param {"open" | "lost" | "refused"} how */
  connected(how) {
    const words = { open: "connected", lost: "connecting again", refused: "another start" };
    const sign = byId("connection");
    if (sign.dataset.how !== how) {
      sign.dataset.how = how;
      sign.textContent = words[how];
    }
    if (how === "open") this.trouble("");
    if (how === "lost") this.trouble("The demo does not answer. Trying again; nothing is lost.");
    if (how === "refused") {
      this.trouble("This address is of an earlier start. Open the one that the terminal shows.");
    }
  }

  /** @param {string} says */
  trouble(says) {
    const place = byId("trouble");
    if (place.textContent !== says) place.textContent = says;
    place.hidden = !says;
  }

  // What a person does

  /**
   * @param {string} text
   * @param {string | null} thread
   * @returns {Promise<string>}
   */
  async sent(text, thread) {
    const what = text.startsWith("/") ? "slash" : "say";
    const body = { person: this.state.me, channel: this.here, text, thread };
    this.lists.get(this.here)?.toEnd();
    return (await ask(`/page/${what}`, body)).shown;
  }

  /**
   * @param {Message} message
   * @param {import("./elements.js").Use} use
   * @returns {Promise<string>}
   */
  async press(message, use) {
    const { channel, ts } = message;
    try {
      return (await ask("/page/press", { person: this.state.me, channel, ts, ...use })).shown;
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
  }

  /** @param {string} channel */
  go(channel) {
    const known = this.state.channels.get(channel);
    if (!known) return;
    if (channel !== this.thread.channel) this.thread.close();
    this.here = channel;
    const label = this.state.labelOf(channel);
    byId("channel-name").textContent = label;
    byId("channel-about").textContent = this.aboutOf(known);
    byId("channel").replaceChildren(this.listOf(channel).root);
    this.listOf(channel).toEnd();
    this.composer.moveTo(channel, `Message ${label}`);
    this.markRead();
    this.remember();
    this.drawSidebar();
    this.drawer(false);
    if (!NARROW.matches) this.composer.input.focus();
  }

  /**
   * @param {import("./state.js").Channel} channel
   * @returns {string}
   */
  aboutOf(channel) {
    const about = this.extras.about[channel.id];
    if (about) return about;
    if (channel.kind === "direct") return "only the two of you";
    return channel.with_app ? "" : "the app is not in here";
  }

  /** @param {string} person */
  be(person) {
    this.drawer(false);
    if (person !== this.state.me) this.look(person);
  }

  listenForHands() {
    byId("menu").addEventListener("click", () => this.drawer(!this.drawerOpen));
    byId("veil").addEventListener("click", () => this.drawer(false));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.drawerOpen) this.drawer(false);
      if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        this.step(event.key === "ArrowUp" ? -1 : 1);
      }
    });
    addEventListener("focus", () => this.markRead());
  }

  /** @param {1 | -1} by */
  step(by) {
    const all = [...this.state.channels.keys()];
    const next = all[(all.indexOf(this.here) + by + all.length) % all.length];
    if (next) this.go(next);
  }

  get drawerOpen() {
    return byId("frame").classList.contains("drawer-open");
  }

  /** @param {boolean} open */
  drawer(open) {
    const was = this.drawerOpen;
    byId("frame").classList.toggle("drawer-open", open);
    byId("menu").setAttribute("aria-expanded", String(open));
    if (was && !open) byId("menu").focus();
  }

  // What is drawn

  /**
   * @param {string} channel
   * @returns {MessageList}
   */
  listOf(channel) {
    let list = this.lists.get(channel);
    if (!list) {
      const label = this.state.labelOf(channel);
      const deeds = {
        press: (/** @type {Message} */ message, /** @type {any} */ use) => this.press(message, use),
        openThread: (/** @type {Message} */ message) => this.thread.open(message),
      };
      const empty = `This is the beginning of ${label}.`;
      list = new MessageList(`Messages in ${label}`, this.state, deeds, empty);
      this.lists.set(channel, list);
    }
    return list;
  }

  drawSidebar() {
    const view = {
      here: this.here,
      about: this.extras.about,
      unread: (/** @type {string} */ channel) => this.unread(channel),
      go: (/** @type {string} */ channel) => this.go(channel),
      be: (/** @type {string} */ person) => this.be(person),
      addressWith,
    };
    const parts = { channels: channelRows, directs: directRows, people: peopleRows };
    for (const [id, rows] of Object.entries(parts)) swap(byId(id), rows(this.state, view));
    byId("links").hidden = !this.extras.links.length;
    swap(byId("link-list"), this.extras.links.map((/** @type {any} */ link) =>
      el("li", null, el("a", {
        class: "side-row", target: "_blank", href: `${link.path}#token=${encodeURIComponent(token())}`,
      }, el("span", { class: "side-sign" }, icon("window")), link.label))));
    this.drawTitle();
  }

  drawTitle() {
    const unread = [...this.state.channels.keys()].reduce((sum, id) => sum + this.unread(id), 0);
    const name = byId("channel-name").textContent;
    document.title = `${unread ? `(${unread}) ` : ""}${name} · ${this.extras.title}`;
  }

  /**
   * @param {string} channel
   * @returns {number}
   */
  unread(channel) {
    const until = this.memory.readUntil(channel) ?? "";
    let count = 0;
    for (const message of [...this.state.said(channel).values()].reverse()) {
      if (message.ts <= until) break;
      if (message.author !== this.state.me && !message.thread) count += 1;
    }
    return count;
  }

  markRead() {
    const last = [...this.state.said(this.here).keys()].at(-1);
    if (last && document.hasFocus()) this.memory.keepRead(this.here, last);
  }

  /** The address says who and where, so that a reload and a copied address come back here. */
  remember() {
    history.replaceState(null, "", addressWith({ as: this.state.me, in: this.here }));
  }
}

/**
 * @param {Record<string, string>} change
 * @returns {string}
 */
function addressWith(change) {
  const words = address();
  for (const [name, value] of Object.entries(change)) words.set(name, value);
  return `#${words}`;
}

/**
 * New rows in the place of old ones; the focus stays where it was.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement[]} rows
 */
function swap(list, rows) {
  const focused = [...list.querySelectorAll("button, a")].indexOf(
    /** @type {Element} */ (document.activeElement),
  );
  list.replaceChildren(...rows);
  const again = list.querySelectorAll("button, a")[focused];
  if (again instanceof HTMLElement) again.focus();
}

/**
 * What the page says about a message that Slack did not take.
 *
 * @param {any} refusal
 * @returns {Message}
 */
function refused(refusal) {
  return {
    ts: refusal.at.toFixed(6), channel: refusal.channel, version: 1, author: SLACKBOT, thread: null,
    broadcast: false, private: false, edited: false, text: escaped(refusal.text), blocks: [],
    attachments: [], refusal: true,
  };
}

/**
 * @param {string} text
 * @returns {string}
 */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

new Page().start();
