// The clouds page: one card for each vendor, kept as the vendor is now.

import { byId, el } from "/page/static/dom.js";
import { Refused, address, ask, listen, token } from "/page/static/link.js";
import { makeCard } from "./card.js";
import { differences } from "./news.js";

/** @typedef {import("./form.js").CloudState} CloudState */

const WORDS = { open: "live", lost: "connecting again", refused: "not connected" };
const NEWS_KEPT = 20;
const OTHER_START = "This page is of another start of the demo. Open the address printed last.";

const main = byId("clouds");
const trouble = byId("trouble");
const calm = /** @type {HTMLButtonElement} */ (byId("calm"));
const news = byId("news");

/** @type {Map<string, ReturnType<typeof makeCard>>} */
const cards = new Map();
/** @type {Map<string, CloudState>} */
const known = new Map();

/**
 * Ask the server for a change. What is so then is told by the socket alone: the answer to this may
 * come later than news from there, and would put an old state over it.
 *
 * @param {string} path
 * @param {object} body
 */
async function change(path, body) {
  try {
    await ask(path, body);
    tell("");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    tell(error.message);
  }
}

/** @param {string} text shown above everything; "" takes it away */
function tell(text) {
  trouble.textContent = text;
  trouble.hidden = !text;
}

/** @param {{clouds: CloudState[]}} update */
function heard({ clouds }) {
  for (const cloud of clouds) {
    const before = known.get(cloud.name);
    if (before) differences(before, cloud).forEach(announce);
    known.set(cloud.name, cloud);
    cards.get(cloud.name)?.show(cloud) ?? add(cloud);
  }
  calm.disabled = ![...known.values()].some((cloud) => Object.keys(cloud.incidents).length);
}

/** @param {CloudState} cloud */
function add(cloud) {
  const card = makeCard(cloud, playable, change);
  cards.set(cloud.name, card);
  card.show(cloud);
  main.append(card.node);
}

/** @param {string} text for a screen reader */
function announce(text) {
  news.append(el("p", null, text));
  while (news.childElementCount > NEWS_KEPT) news.firstElementChild?.remove();
}

/** @param {"open" | "lost" | "refused"} state */
function connected(state) {
  const shown = byId("connection");
  if (shown.textContent !== WORDS[state]) shown.textContent = WORDS[state];
  shown.dataset.state = state;
  if (state === "refused") tell(OTHER_START);
}

/** @type {import("./form.js").Playable[]} */
let playable = [];

async function start() {
  const home = /** @type {HTMLAnchorElement} */ (byId("workspace"));
  home.href = `/#${new URLSearchParams({ token: token() })}`;
  calm.addEventListener("click", () => change("/clouds/calm", { cloud: null }));
  addEventListener("hashchange", () => location.reload());
  try {
    playable = (await ask("/clouds/incidents")).incidents;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    connected("refused");
    return tell(address().has("token") ? error.message : OTHER_START);
  }
  listen("/clouds/socket", {}, heard, connected);
}

start();
