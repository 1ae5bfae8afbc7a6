// What one window keeps over a reload: drafts, what was sent, how far each channel was read.

const MOST_SENT = 50;
/** Characters; a longer text is not worth the browser's room. */
const LONGEST = 50_000;

export class Memory {
  /** @param {() => string} owner whose memory it is: every person has their own */
  constructor(owner) {
    this.owner = owner;
  }

  /**
   * @param {string} place
   * @returns {string}
   */
  draft(place) {
    return this.read(`draft ${place}`, "");
  }

  /**
   * @param {string} place
   * @param {string} text
   */
  keepDraft(place, text) {
    this.write(`draft ${place}`, text);
  }

  /** @returns {number} */
  sentCount() {
    return this.read("sent", []).length;
  }

  /**
   * @param {number} back 1 is the last
   * @returns {string}
   */
  sent(back) {
    return this.read("sent", []).at(-back) ?? "";
  }

  /** @param {string} text */
  keepSent(text) {
    /** @type {string[]} */
    const all = this.read("sent", []);
    if (all.at(-1) !== text) this.write("sent", [...all, text].slice(-MOST_SENT));
  }

  /**
   * @param {string} channel
   * @returns {string | null} the last message that was seen; null: never here
   */
  readUntil(channel) {
    return this.read(`read ${channel}`, null);
  }

  /**
   * @param {string} channel
   * @param {string} ts
   */
  keepRead(channel, ts) {
    this.write(`read ${channel}`, ts);
  }

  /**
   * @template Value
   * @param {string} name
   * @param {Value} otherwise
   * @returns {Value}
   */
  read(name, otherwise) {
    const kept = sessionStorage.getItem(`${this.owner()} ${name}`);
    return kept === null ? otherwise : JSON.parse(kept);
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  write(name, value) {
    const text = JSON.stringify(value);
    const key = `${this.owner()} ${name}`;
    if (value === "" || text.length > LONGEST * 2) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  }
}
