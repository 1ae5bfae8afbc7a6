// Blocks, from top to bottom. Source: docs.slack.dev/reference/block-kit/blocks

import { el } from "./dom.js";
import { drawElement, text, unknown } from "./elements.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/**
 * @typedef {import("./elements.js").Json} Json
 * @typedef {import("./elements.js").Scene} Scene
 */

/** @type {Record<string, (block: Json, scene: Scene) => Node>} */
const BLOCKS = {
  actions,
  context,
  divider: () => el("hr"),
  header: (block) => el("h3", null, block.text.text),
  image: (block, scene) => drawElement({ ...block, type: "image" }, scene),
  markdown: (block, scene) => el("div", { class: "text" }, mrkdwn(block.text, scene.names)),
  rich_text: richText,
  section,
  table,
};

/** Every type of block that is drawn as Slack draws it. */
export const KNOWN_BLOCKS = Object.keys(BLOCKS);

/**
 * @param {Json[]} blocks
 * @param {Scene} scene
 * @returns {Node[]}
 */
export function drawBlocks(blocks, scene) {
  return blocks.map((block) => {
    const draw = Object.hasOwn(BLOCKS, block.type) ? BLOCKS[block.type] : null;
    const inside = draw ? draw(block, scene) : unknown("block", block);
    return el("div", { class: `block block-${draw ? block.type : "unknown"}` }, inside);
  });
}

/**
 * @param {Json} block
 * @param {Scene} scene
 * @returns {Node}
 */
function section(block, scene) {
  const fields = (block.fields ?? []).map((/** @type {Json} */ field) =>
    el("div", { class: "field" }, text(field, scene)),
  );
  return el(
    "div",
    { class: "section" },
    el(
      "div",
      { class: "section-text" },
      block.text && text(block.text, scene),
      fields.length > 0 && el("div", { class: "fields" }, ...fields),
    ),
    block.accessory && el("div", { class: "accessory" }, drawElement(block.accessory, scene)),
  );
}

/**
 * @param {Json} block
 * @param {Scene} scene
 * @returns {Node}
 */
function context(block, scene) {
  const parts = block.elements.map((/** @type {Json} */ one) => drawElement(one, scene));
  return el("div", { class: "context" }, ...parts);
}

/**
 * @param {Json} block
 * @param {Scene} scene
 * @returns {Node}
 */
function actions(block, scene) {
  const controls = block.elements.map((/** @type {Json} */ one) => drawElement(one, scene));
  return el("div", { class: "actions", role: "group", "aria-label": "Actions" }, ...controls);
}

/**
 * @param {Json} block
 * @param {Scene} scene
 * @returns {Node} the first row is the heading, as in Slack
 */
function table(block, scene) {
  const columns = block.column_settings ?? [];
  const rows = block.rows.map((/** @type {Json[]} */ row, /** @type {number} */ place) =>
    el("tr", null, ...row.map((cell, column) =>
      el(place === 0 ? "th" : "td", {
        scope: place === 0 ? "col" : null,
        "data-align": columns[column]?.align,
        "data-wrapped": columns[column]?.is_wrapped === true,
      }, cell.type === "rich_text" ? richText(cell, scene) : String(cell.text ?? cell.value)),
    )),
  );
  const [head, ...rest] = rows;
  return el("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "Table" },
    el("table", null, el("thead", null, head), el("tbody", null, ...rest)));
}
