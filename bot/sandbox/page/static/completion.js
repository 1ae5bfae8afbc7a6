// What may come next in the composer: a command's words, or somebody's name. Knows the page's
// state and the words that the scene gave; draws nothing.

/**
 * @typedef {object} Word
 * @property {string} text
 * @property {string} about
 * @property {Word[]} then
 *
 * @typedef {object} Completion
 * @property {number} from where the word begins that is being typed
 * @property {{text: string, about: string}[]} items
 * @property {string} usage
 */

const MOST = 50;

/**
 * @param {string} typed up to the caret
 * @param {import("./state.js").State} state
 * @param {Record<string, Word[]>} words by command
 * @returns {Completion | null}
 */
export function complete(typed, state, words) {
  if (typed.startsWith("/")) return ofCommand(typed, state, words);
  const name = /(?:^|\s)@([\w.-]*)$/.exec(typed);
  return name ? ofNames(typed.length - name[1].length - 1, name[1], state) : null;
}

/**
 * @param {string} typed
 * @param {import("./state.js").State} state
 * @returns {import("./state.js").Command | undefined} the command that a text begins with
 */
export function commandOf(typed, state) {
  const [first] = typed.split(/\s/, 1);
  return state.commands.find((command) => command.name === first);
}

/**
 * @param {string} typed
 * @param {import("./state.js").State} state
 * @param {Record<string, Word[]>} words
 * @returns {Completion | null}
 */
function ofCommand(typed, state, words) {
  const from = typed.search(/\S*$/);
  const before = typed.slice(0, from).trim().split(/\s+/).filter(Boolean);
  const usage = commandOf(typed, state)?.usage ?? "";
  if (!before.length) {
    const names = state.commands.map(({ name, about }) => ({ text: name, about }));
    return completion(from, names, typed.slice(from), usage);
  }
  const [command, ...said] = before;
  let next = Object.hasOwn(words, command) ? words[command] : [];
  for (const word of said) {
    next = next.find((one) => one.text === word.toLowerCase() || one.text === word)?.then ?? [];
  }
  return completion(from, next, typed.slice(from), usage);
}

/**
 * @param {number} from
 * @param {string} begun
 * @param {import("./state.js").State} state
 * @returns {Completion | null}
 */
function ofNames(from, begun, state) {
  const people = [...state.people.values()].map(({ id, name, bot }) => ({
    text: `@${name}`,
    about: id === state.me ? "you" : bot ? "app" : "",
  }));
  return completion(from, people, `@${begun}`, "");
}

/**
 * @param {number} from
 * @param {{text: string, about: string}[]} all
 * @param {string} begun
 * @param {string} usage
 * @returns {Completion | null} null if nothing is left to type
 */
function completion(from, all, begun, usage) {
  const start = begun.toLowerCase();
  const items = all.filter(
    ({ text }) => text.toLowerCase().startsWith(start) && text.toLowerCase() !== start,
  );
  return items.length ? { from, items: items.slice(0, MOST), usage } : null;
}
