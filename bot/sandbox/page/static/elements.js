// What stands inside blocks: texts, pictures, buttons, menus.
// Source: docs.slack.dev/reference/block-kit/block-elements

import { confirmed } from "./dialog.js";
import { el, icon } from "./dom.js";
import { inline, mrkdwn } from "./mrkdwn.js";

/**
 * Where blocks are drawn.
 *
 * @typedef {object} Scene
 * @property {import("./mrkdwn.js").Names} names
 * @property {(use: Use) => Promise<string>} press tells the app; what Slack then shows, or ""
 *
 * @typedef {object} Use what a person did with an element
 * @property {string} action_id
 * @property {string} [value]
 * @property {string} [option]
 *
 * @typedef {Record<string, any>} Json one block, element or object as the app sent it
 */

/** @type {Record<string, (element: Json, scene: Scene) => Node>} */
const ELEMENTS = {
  button,
  image: picture,
  overflow,
  static_select: select,
  mrkdwn: text,
  plain_text: text,
};

/** Every type of element that is drawn as Slack draws it. */
export const KNOWN_ELEMENTS = Object.keys(ELEMENTS);

/**
 * @param {Json} element
 * @param {Scene} scene
 * @returns {Node}
 */
export function drawElement(element, scene) {
  const draw = Object.hasOwn(ELEMENTS, element.type) ? ELEMENTS[element.type] : null;
  return draw ? draw(element, scene) : unknown("element", element);
}

/**
 * A text object.
 *
 * @param {Json} object
 * @param {Scene} scene
 * @returns {Node}
 */
export function text(object, scene) {
  if (object.type === "mrkdwn") {
    return el("span", { class: "text" }, mrkdwn(String(object.text), scene.names));
  }
  return el("span", { class: "text" }, String(object.text));
}

/**
 * What this page does not draw is shown whole, not swallowed.
 *
 * @param {string} what
 * @param {Json} json
 * @returns {Node}
 */
export function unknown(what, json) {
  return el(
    "details",
    { class: "unknown", open: true },
    el("summary", null, `Unknown ${what}: ${json.type ?? "no type"}`),
    el("pre", { tabindex: "0" }, JSON.stringify(json, null, 2)),
  );
}

/**
 * @param {Json} element
 * @returns {Node} the words: pictures of other places are not loaded
 */
function picture(element) {
  return el("span", { class: "picture", role: "img", "aria-label": element.alt_text },
    element.alt_text);
}

/**
 * @param {Json} element
 * @param {Scene} scene
 * @returns {Node}
 */
function button(element, scene) {
  const style = ["primary", "danger"].includes(element.style) ? element.style : "";
  const made = el(
    "button",
    {
      type: "button",
      class: `button ${style}`.trim(),
      "aria-label": element.accessibility_label,
      "data-action": element.action_id,
      onclick: () => use(made, element, { value: element.value }, scene),
    },
    String(element.text.text),
  );
  return made;
}

/**
 * @param {Json} element
 * @param {Scene} scene
 * @returns {Node}
 */
function select(element, scene) {
  const first = element.placeholder?.text ?? "Choose an option";
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  const made = el(
    "select",
    {
      class: "select",
      "aria-label": first,
      "data-action": element.action_id,
      onkeydown: (/** @type {KeyboardEvent} */ event) => openByKey(made, event),
      onchange: async () => {
        const option = made.value;
        await use(made, element, { option }, scene);
        made.value = before; // so that the same can be picked again, also after a no
      },
    },
    el("option", { value: "", disabled: true, selected: true }, first),
    ...groups.map(optionGroup),
  );
  const before = element.initial_option?.value ?? "";
  made.value = before;
  return made;
}

/**
 * A key opens the menu. Browsers would take the next option at once, and picking one acts.
 *
 * @param {HTMLSelectElement} made
 * @param {KeyboardEvent} event
 */
function openByKey(made, event) {
  const picks = event.key.startsWith("Arrow") || /^(Home|End|Page.*|.)$/u.test(event.key);
  if (!picks || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  made.showPicker();
}

/**
 * @param {Json} group
 * @returns {Node}
 */
function optionGroup(group) {
  const options = group.options.map((/** @type {Json} */ option) =>
    el("option", { value: option.value }, option.text.text),
  );
  if (!group.label) {
    const all = document.createDocumentFragment();
    all.append(...options);
    return all;
  }
  return el("optgroup", { label: group.label.text }, ...options);
}

/**
 * @param {Json} element
 * @param {Scene} scene
 * @returns {Node}
 */
function overflow(element, scene) {
  const menu = el("details", { class: "overflow" });
  const choose = (/** @type {Json} */ option) => () => {
    menu.open = false;
    use(menu, element, { option: option.value }, scene);
  };
  const options = element.options.map((/** @type {Json} */ option) =>
    el("li", null, el("button", { type: "button", onclick: choose(option) }, option.text.text)),
  );
  menu.append(
    el("summary", { class: "icon-button", "aria-label": "More actions" }, icon("dots")),
    el("ul", { class: "overflow-list" }, ...options),
  );
  return menu;
}

/**
 * A person uses an element: asked again if the app wants that, then told to the app, once at a time.
 *
 * @param {HTMLElement} made
 * @param {Json} element
 * @param {{value?: string, option?: string}} how
 * @param {Scene} scene
 */
async function use(made, element, how, scene) {
  if (made.getAttribute("aria-busy") === "true") return;
  if (element.confirm && !(await confirmed(dialogOf(element.confirm, scene)))) return;
  if (element.url) window.open(element.url, "_blank", "noopener,noreferrer");
  made.setAttribute("aria-busy", "true");
  complain(made, "");
  const shown = await scene.press({ action_id: element.action_id, ...how });
  made.setAttribute("aria-busy", "false");
  complain(made, shown);
}

/**
 * @param {Json} confirm
 * @param {Scene} scene
 * @returns {import("./dialog.js").Question}
 */
function dialogOf(confirm, scene) {
  return {
    title: confirm.title.text,
    text: confirm.text.type === "mrkdwn" ? inline(confirm.text.text, scene.names) : confirm.text.text,
    yes: confirm.confirm.text,
    no: confirm.deny.text,
    danger: confirm.style === "danger",
  };
}

/**
 * What Slack says beside the button, and not as a message.
 *
 * @param {HTMLElement} made
 * @param {string} shown "" takes it away
 */
function complain(made, shown) {
  const row = made.closest(".block") ?? made.parentElement;
  row?.querySelector(".complaint")?.remove();
  if (shown) row?.append(el("p", { class: "complaint", role: "alert" }, shown));
}
