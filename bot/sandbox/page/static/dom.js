// Building the page out of nodes. Text goes in as text, so it never becomes markup.

/**
 * @typedef {Node | string | null | undefined | false} Child
 * @typedef {Record<string, string | number | boolean | null | undefined |
 *   ((event: any) => void)>} Attributes
 */

/**
 * A new element. Attributes: `class`, `aria-label`, ... as in HTML; true sets an empty one, false
 * and null leave it out; a function `onclick` listens.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...given(children));
  return node;
}

/**
 * Several nodes without one around them.
 *
 * @param {...Child} children
 * @returns {DocumentFragment}
 */
export function fragment(...children) {
  const all = document.createDocumentFragment();
  all.append(...given(children));
  return all;
}

/**
 * The element with this id, which the page's HTML has.
 *
 * @template {HTMLElement} [Found=HTMLElement]
 * @param {string} id
 * @returns {Found}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return /** @type {Found} */ (found);
}

/**
 * An icon of the sprite in the page.
 *
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function given(children) {
  return /** @type {(Node | string)[]} */ (children.filter((c) => c != null && c !== false));
}
