// What this window knows of the workspace, as one person sees it.

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {boolean} bot
 * @property {boolean} guest
 * @property {boolean} stranger
 *
 * @typedef {object} Channel
 * @property {string} id
 * @property {string} name
 * @property {"public" | "private" | "direct"} kind
 * @property {boolean} with_app
 *
 * @typedef {object} Message
 * @property {string} ts unique, and in the order of time as a string
 * @property {string} channel
 * @property {boolean} [deleted] then there is nothing else
 * @property {number} version
 * @property {string} author
 * @property {string | null} thread
 * @property {boolean} broadcast
 * @property {boolean} private
 * @property {boolean} edited
 * @property {string} text
 * @property {any[]} blocks
 * @property {any[]} attachments
 * @property {boolean} [refusal] said by this page about a message that Slack did not take
 *
 * @typedef {object} Command
 * @property {string} name
 * @property {string} about
 * @property {string} usage
 */

/** Slack's own voice. */
export const SLACKBOT = "USLACKBOT";

export class State {
  constructor() {
    this.me = "";
    this.app = { user: "", name: "" };
    /** @type {Map<string, Person>} */
    this.people = new Map();
    /** @type {Map<string, string>} */
    this.groups = new Map();
    /** @type {Map<string, Channel>} */
    this.channels = new Map();
    /** @type {Command[]} */
    this.commands = [];
    /** @type {Map<string, Map<string, Message>>} channel -> ts -> message */
    this.messages = new Map();
    /** @type {Map<string, Set<string>>} channel and parent -> replies */
    this.replies = new Map();
  }

  /** @param {any} told */
  learn(told) {
    this.me = told.me;
    this.app = told.app;
    this.commands = told.commands;
    this.people = new Map(told.people.map((/** @type {Person} */ one) => [one.id, one]));
    this.groups = new Map(told.groups.map((/** @type {any} */ one) => [one.id, one.handle]));
    this.channels = new Map(told.channels.map((/** @type {Channel} */ one) => [one.id, one]));
  }

  /**
   * @param {Message} message
   * @returns {boolean} false if it was known like this before
   */
  put(message) {
    const said = this.said(message.channel);
    const known = said.get(message.ts);
    if (message.deleted ? !known : known?.version === message.version) return false;
    if (message.deleted) said.delete(message.ts);
    else said.set(message.ts, message);
    const parent = message.thread ?? known?.thread;
    if (parent && !message.private && !known?.private) {
      const replies = this.repliesTo(message.channel, parent);
      if (message.deleted) replies.delete(message.ts);
      else replies.add(message.ts);
    }
    return true;
  }

  /**
   * @param {string} channel
   * @returns {Map<string, Message>}
   */
  said(channel) {
    return made(this.messages, channel, () => new Map());
  }

  /**
   * @param {string} channel
   * @param {string} parent
   * @returns {Set<string>}
   */
  repliesTo(channel, parent) {
    return made(this.replies, `${channel} ${parent}`, () => new Set());
  }

  /** @type {import("./mrkdwn.js").Names} */
  names = {
    person: (id) => this.people.get(id)?.name,
    channel: (id) => this.channels.get(id)?.name,
    group: (id) => this.groups.get(id),
  };

  /**
   * @param {string} channel
   * @returns {string} "#ops", or whom one talks to
   */
  labelOf(channel) {
    const known = this.channels.get(channel);
    return known?.kind === "direct" ? known.name : `#${known?.name ?? channel}`;
  }

  /**
   * @param {string} id
   * @returns {string}
   */
  nameOf(id) {
    return id === SLACKBOT ? "Slackbot" : (this.people.get(id)?.name ?? id);
  }
}

/**
 * @template Key, Value
 * @param {Map<Key, Value>} map
 * @param {Key} key
 * @param {() => Value} make
 * @returns {Value}
 */
function made(map, key, make) {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
