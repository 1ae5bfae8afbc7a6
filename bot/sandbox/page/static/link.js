// The way to the server. The token stands in the page's address after "#", where it reaches neither
// a log nor another page; it goes with every request, and first over every socket.

const HEADER = "X-Page-Token";
const FIRST_WAIT = 300;
const LONGEST_WAIT = 5000;
/** The server closes a socket with this code when the token is of another start. */
const NOT_ALLOWED = 4401;

/** @returns {URLSearchParams} what the address says after "#" */
export function address() {
  return new URLSearchParams(location.hash.slice(1));
}

/** @returns {string} */
export function token() {
  return address().get("token") ?? "";
}

/** What the server said instead of doing it, in a sentence to show. */
export class Refused extends Error {}

/**
 * Ask the server. With a body it is a POST.
 *
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>}
 * @throws {Refused}
 */
export async function ask(path, body) {
  /** @type {RequestInit} */
  const request = { headers: { [HEADER]: token() } };
  if (body) {
    request.method = "POST";
    request.body = JSON.stringify(body);
    request.headers = { [HEADER]: token(), "Content-Type": "application/json" };
  }
  let response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new Refused("The demo does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer.error ?? `The demo answered ${response.status}.`);
  return answer;
}

/**
 * Listen at a socket, and open it again whenever it breaks.
 *
 * @param {string} path
 * @param {object} hello what to say first, beside the token
 * @param {(news: any) => void} heard
 * @param {(state: "open" | "lost" | "refused") => void} told
 * @returns {() => void} ends it
 */
export function listen(path, hello, heard, told) {
  let wait = FIRST_WAIT;
  let timer = 0;
  let ended = false;
  /** @type {WebSocket} */
  let socket;

  function open() {
    socket = new WebSocket(`ws://${location.host}${path}`);
    socket.onopen = () => socket.send(JSON.stringify({ token: token(), ...hello }));
    socket.onmessage = (event) => {
      if (ended) return;
      wait = FIRST_WAIT;
      told("open");
      heard(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (ended) return;
      if (event.code === NOT_ALLOWED) return told("refused");
      told("lost");
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  }

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket.close();
  };
}
