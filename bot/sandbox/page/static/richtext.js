// The rich_text block. Source: docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { unknown } from "./elements.js";
import { el, fragment } from "./dom.js";
import { emoji } from "./emoji.js";
import { link, mention } from "./mrkdwn.js";

/**
 * @typedef {import("./elements.js").Json} Json
 * @typedef {import("./elements.js").Scene} Scene
 */

/**
 * @param {Json} block
 * @param {Scene} scene
 * @returns {Node}
 */
export function richText(block, scene) {
  const parts = block.elements.map((/** @type {Json} */ part) => drawPart(part, scene));
  return el("div", { class: "text rich-text" }, ...parts);
}

/**
 * @param {Json} part
 * @param {Scene} scene
 * @returns {Node}
 */
function drawPart(part, scene) {
  switch (part.type) {
    case "rich_text_section":
      return el("div", null, run(part, scene));
    case "rich_text_preformatted":
      return el("pre", { class: "code-block" }, run(part, scene));
    case "rich_text_quote":
      return el("blockquote", null, run(part, scene));
    case "rich_text_list": {
      const items = part.elements.map((/** @type {Json} */ item) => el("li", null, run(item, scene)));
      return part.style === "ordered"
        ? el("ol", { class: "marked", start: (part.offset ?? 0) + 1 }, ...items)
        : el("ul", { class: "marked" }, ...items);
    }
    default:
      return unknown("element", part);
  }
}

/**
 * @param {Json} part
 * @param {Scene} scene
 * @returns {DocumentFragment}
 */
function run(part, scene) {
  return fragment(
    ...part.elements.map((/** @type {Json} */ one) => styled(drawInline(one, scene), one.style)),
  );
}

/**
 * @param {Json} one
 * @param {Scene} scene
 * @returns {Node}
 */
function drawInline(one, scene) {
  switch (one.type) {
    case "text":
      return document.createTextNode(one.text);
    case "link":
      return link(one.url, one.text ?? one.url);
    case "emoji":
      return emoji(one.name);
    case "user":
      return mention(`@${scene.names.person(one.user_id) ?? one.user_id}`);
    case "usergroup":
      return mention(`@${scene.names.group(one.usergroup_id) ?? one.usergroup_id}`);
    case "channel":
      return mention(`#${scene.names.channel(one.channel_id) ?? one.channel_id}`);
    case "broadcast":
      return mention(`@${one.range}`);
    case "date":
      return document.createTextNode(one.fallback ?? new Date(one.timestamp * 1000).toISOString());
    default:
      return unknown("element", one);
  }
}

/**
 * @param {Node} node
 * @param {Json} [style]
 * @returns {Node}
 */
function styled(node, style) {
  let made = node;
  if (style?.code) made = el("code", null, made);
  if (style?.bold) made = el("strong", null, made);
  if (style?.italic) made = el("em", null, made);
  if (style?.strike) made = el("s", null, made);
  return made;
}
