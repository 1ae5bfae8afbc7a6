// Lists that change in place: what stays is not built again, so focus and selection stay as well.

/**
 * Make a parent's children those of these items, in their order.
 *
 * @template Item
 * @template {HTMLElement} Row
 * @param {HTMLElement} parent
 * @param {Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {() => Row} make
 * @param {(row: Row, item: Item, isNew: boolean) => void} update
 */
export function keyed(parent, items, keyOf, make, update) {
  const rows = /** @type {Row[]} */ ([...parent.children]);
  const old = new Map(rows.map((row) => [row.dataset.key, row]));
  /** @type {Row[]} */
  const wanted = [];
  for (const item of items) {
    const key = keyOf(item);
    const kept = old.get(key);
    old.delete(key);
    const row = kept ?? make();
    row.dataset.key = key;
    update(row, item, !kept);
    wanted.push(row);
  }
  for (const gone of old.values()) gone.remove();
  wanted.forEach((row, place) => {
    if (parent.children[place] !== row) parent.insertBefore(row, parent.children[place] ?? null);
  });
}

/**
 * Write a text only where another one stands, so that a selection is not lost.
 *
 * @param {Element} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
