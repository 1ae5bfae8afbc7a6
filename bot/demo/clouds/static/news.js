// What changed, in a sentence each, for who hears the page instead of seeing it.

/** @typedef {import("./form.js").CloudState} CloudState */
/** @typedef {import("./form.js").TaskState} TaskState */

/**
 * The state of a task in plain English, or in the vendor's word where there is nothing plainer.
 *
 * @param {TaskState} task
 */
export function stateOf(task) {
  return task.means || task.state;
}

/** @param {TaskState} task */
export function taskKey(task) {
  return [task.kind, task.region, task.id].join(" ");
}

/**
 * @param {CloudState} before
 * @param {CloudState} after
 * @returns {string[]}
 */
export function differences(before, after) {
  return [...moved(before, after), ...switched(before, after)];
}

/**
 * @param {CloudState} before
 * @param {CloudState} after
 */
function moved(before, after) {
  const old = new Map(before.tasks.map((task) => [taskKey(task), stateOf(task)]));
  const now = new Set(after.tasks.map(taskKey));
  const gone = before.tasks.filter((task) => !now.has(taskKey(task)));
  const other = after.tasks.filter((task) => old.get(taskKey(task)) !== stateOf(task));
  return [
    ...other.map((task) => `${after.title}: task ${task.id}: ${stateOf(task)}`),
    ...gone.map((task) => `${after.title}: task ${task.id}: gone`),
  ];
}

/**
 * @param {CloudState} before
 * @param {CloudState} after
 */
function switched(before, after) {
  const on = Object.keys(after.incidents).filter((name) => !(name in before.incidents));
  const off = Object.keys(before.incidents).filter((name) => !(name in after.incidents));
  return [
    ...on.map((name) => `${after.title}: ${name} is on`),
    ...off.map((name) => `${after.title}: ${name} is over`),
  ];
}
