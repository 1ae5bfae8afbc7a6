// The JSON that the server tells, as in bot/demo/clouds/form.py. Types only.

/**
 * @typedef {object} Quota
 * @property {string} action
 * @property {number} limit
 * @property {number} used
 */

/**
 * @typedef {object} TaskState
 * @property {string} kind
 * @property {string} id
 * @property {string} region
 * @property {number | null} app
 * @property {string} name
 * @property {string} state
 * @property {string} means
 */

/**
 * @typedef {object} RequestSeen
 * @property {string} at
 * @property {string} action
 * @property {Record<string, string>} parameters
 * @property {string} request_id
 * @property {string} key
 * @property {"ok" | "refused"} signature
 * @property {string} verdict
 * @property {number} used
 * @property {number} limit
 * @property {string} answer
 */

/**
 * @typedef {object} CloudState
 * @property {string} name
 * @property {string} title
 * @property {string} url
 * @property {string[]} keys
 * @property {Quota[]} quotas
 * @property {TaskState[]} tasks
 * @property {RequestSeen[]} requests
 * @property {Record<string, number | null>} incidents
 */

/**
 * @typedef {object} Playable
 * @property {string} incident
 * @property {string} title
 * @property {string} about
 */

/** @typedef {(path: string, body: object) => Promise<void>} Change */

export {};
