// Slack's text (mrkdwn) as nodes: marks, mentions, links, code, quotes, emoji.
// Source: docs.slack.dev/messaging/formatting-message-text

import { el, fragment } from "./dom.js";
import { emoji } from "./emoji.js";

/**
 * Looks names up; undefined for what is not there.
 *
 * @typedef {object} Names
 * @property {(id: string) => string | undefined} person
 * @property {(id: string) => string | undefined} channel
 * @property {(id: string) => string | undefined} group
 */

const SPECIAL = /`([^`\n]+)`|<([^<>\n]*)>|:([a-z0-9_+-]{1,60}):|[*_~]/g;
const LEADS_AWAY = /^(?:https?:\/\/|mailto:)/i;
const TAGS = /** @type {const} */ ({ "*": "strong", _: "em", "~": "s" });
const WORD = /[\p{L}\p{N}]/u;
/** Marks inside marks are read this deep; hostile text could go on for ever. */
const DEEPEST = 4;

/**
 * @param {string} text
 * @returns {string} with &amp; &lt; &gt; as the characters they stand for
 */
export function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/**
 * A whole text, with its code blocks and quotes.
 *
 * @param {string} text
 * @param {Names} names
 * @returns {DocumentFragment}
 */
export function mrkdwn(text, names) {
  const parts = text.split("```");
  const closed = parts.length % 2 === 1 ? parts.length : parts.length - 1;
  const whole = fragment();
  parts.forEach((part, place) => {
    if (place % 2 === 1 && place < closed) {
      whole.append(el("pre", { class: "code-block" }, plain(part.replace(/^\n/, ""), names)));
    } else if (part || place >= closed) {
      whole.append(quotes(place >= closed ? "```" + part : part, names));
    }
  });
  return whole;
}

/**
 * @param {string} text
 * @param {Names} names
 * @returns {DocumentFragment}
 */
function quotes(text, names) {
  const result = fragment();
  /** @type {string[]} */
  let run = [];
  let quoted = false;
  const flush = () => {
    if (!run.length) return;
    const inside = inline(run.join("\n"), names);
    result.append(quoted ? el("blockquote", null, inside) : inside);
    run = [];
  };
  for (const line of text.split("\n")) {
    const quote = /^&gt; ?/.exec(line);
    if (Boolean(quote) !== quoted) flush();
    quoted = Boolean(quote);
    run.push(quote ? line.slice(quote[0].length) : line);
  }
  flush();
  return result;
}

/**
 * Text of one paragraph; line ends are kept for the style sheet to show.
 *
 * @param {string} text
 * @param {Names} names
 * @param {number} [depth]
 * @returns {DocumentFragment}
 */
export function inline(text, names, depth = 0) {
  const result = fragment();
  let end = 0;
  SPECIAL.lastIndex = 0;
  for (let found = SPECIAL.exec(text); found; found = SPECIAL.exec(text)) {
    const at = found.index;
    const made = special(text, found, names, depth);
    if (!made) continue;
    result.append(unescaped(text.slice(end, at)), made.node);
    end = SPECIAL.lastIndex = made.end;
  }
  result.append(unescaped(text.slice(end)));
  return result;
}

/**
 * @param {string} text
 * @param {RegExpExecArray} found
 * @param {Names} names
 * @param {number} depth
 * @returns {{node: Node, end: number} | null} null: it is only a character
 */
function special(text, found, names, depth) {
  const [whole, code, token, name] = found;
  const end = found.index + whole.length;
  if (code !== undefined) return { node: el("code", null, plain(code, names)), end };
  if (token !== undefined) return { node: reference(token, names), end };
  if (name !== undefined) return { node: emoji(name), end };
  const closing = depth < DEEPEST ? closingMark(text, found.index) : -1;
  if (closing < 0) return null;
  const tag = TAGS[/** @type {keyof typeof TAGS} */ (whole)];
  const inside = text.slice(found.index + 1, closing);
  return { node: el(tag, null, inline(inside, names, depth + 1)), end: closing + 1 };
}

/**
 * Where the mark at `opening` closes: around words, in one line.
 *
 * @param {string} text
 * @param {number} opening
 * @returns {number} -1 if it does not
 */
function closingMark(text, opening) {
  const mark = text[opening];
  const first = text[opening + 1];
  if (!first || /\s/.test(first) || first === mark) return -1;
  if (opening > 0 && WORD.test(text[opening - 1])) return -1;
  const line = text.indexOf("\n", opening);
  const last = line < 0 ? text.length : line;
  for (let at = opening + 2; at < last; at += 1) {
    const ends = text[at] === mark && !/\s/.test(text[at - 1]);
    if (ends && !(at + 1 < text.length && WORD.test(text[at + 1]))) return at;
  }
  return -1;
}

/**
 * What stands between < and >: a mention, a link, or something that is shown as it is.
 *
 * @param {string} token
 * @param {Names} names
 * @returns {Node}
 */
function reference(token, names) {
  const bar = token.indexOf("|");
  const target = bar < 0 ? token : token.slice(0, bar);
  const label = bar < 0 ? "" : unescaped(token.slice(bar + 1));
  const id = target.slice(1);
  if (target[0] === "@") return mention(`@${names.person(id) ?? (label || id)}`);
  if (target[0] === "#") return mention(`#${names.channel(id) ?? (label || id)}`);
  if (target[0] === "!") return mention(broadcast(id, label, names));
  if (LEADS_AWAY.test(target)) return link(unescaped(target), label || unescaped(target));
  return document.createTextNode(unescaped(`<${token}>`));
}

/**
 * @param {string} command after "!"
 * @param {string} label
 * @param {Names} names
 * @returns {string}
 */
function broadcast(command, label, names) {
  const [name, id] = command.split("^");
  if (name === "subteam" && id) return `@${names.group(id) ?? (label.replace(/^@/, "") || id)}`;
  if (["here", "channel", "everyone"].includes(name)) return `@${name}`;
  return label || `<!${command}>`;
}

/**
 * @param {string} text
 * @returns {HTMLElement}
 */
export function mention(text) {
  return el("span", { class: "mention" }, text);
}

/**
 * @param {string} url
 * @param {string} label
 * @returns {Node} only a text, if the address is not one of the web or of mail
 */
export function link(url, label) {
  if (!LEADS_AWAY.test(url)) return document.createTextNode(label);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

/**
 * Code: mentions and links by name, no marks.
 *
 * @param {string} text
 * @param {Names} names
 * @returns {string}
 */
function plain(text, names) {
  return unescaped(
    text.replace(/<([^<>\n]*)>/g, (_, token) => reference(token, names).textContent ?? ""),
  );
}
