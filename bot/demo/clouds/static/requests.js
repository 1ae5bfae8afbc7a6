// What came over the wire: the last requests, and how much of the quota they used.

import { el } from "/page/static/dom.js";
import { keyed, write } from "./keyed.js";

/** @typedef {import("./form.js").RequestSeen} RequestSeen */
/** @typedef {import("./form.js").Quota} Quota */

const LOST = {
  hang: "never answered",
  drop: "connection dropped",
  gateway: "gateway page answered",
};

/**
 * @param {HTMLElement} list
 * @param {Quota[]} quotas
 */
export function showQuotas(list, quotas) {
  keyed(list, quotas, (quota) => quota.action, makeQuota, updateQuota);
}

function makeQuota() {
  return el(
    "li",
    { class: "quota" },
    el("span", { class: "quota-action" }),
    el("meter", { min: 0 }),
    el("span", { class: "quota-used" }),
  );
}

/**
 * @param {HTMLElement} row
 * @param {Quota} quota
 */
function updateQuota(row, quota) {
  const [action, meter, used] = /** @type {[HTMLElement, HTMLMeterElement, HTMLElement]} */ ([
    ...row.children,
  ]);
  write(action, quota.action);
  meter.max = quota.limit;
  meter.high = quota.limit * 0.9;
  meter.value = quota.used;
  meter.setAttribute("aria-label", `${quota.action}, calls in the last second`);
  write(used, `${quota.used} of ${quota.limit}/s`);
}

/**
 * @param {HTMLElement} list
 * @param {RequestSeen[]} requests
 */
export function showRequests(list, requests) {
  keyed(list, requests, (request) => request.request_id, makeRequest, updateRequest);
}

function makeRequest() {
  return el(
    "li",
    { class: "request" },
    el("div", { class: "request-line" }, el("b"), el("span", { class: "verdict" })),
    el("p", { class: "request-what" }),
    el("p", { class: "request-id" }, "RequestId ", el("code")),
    el("p", { class: "request-how" }, el("time"), el("span")),
  );
}

/**
 * @param {HTMLElement} row
 * @param {RequestSeen} request
 */
function updateRequest(row, request) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (row.querySelector(name));
  const verdict = part(".verdict");
  write(part("b"), request.action || "not understood");
  write(verdict, verdictOf(request));
  verdict.dataset.look = request.verdict !== "ok" ? "bad" : lostOf(request) ? "warn" : "good";
  write(part(".request-what"), entries(request.parameters));
  write(part("code"), request.request_id);
  part("time").setAttribute("datetime", request.at);
  write(part("time"), request.at.slice(11, 19));
  write(part(".request-how span"), ` UTC · ${how(request)}`);
}

/** @param {RequestSeen} request */
function verdictOf(request) {
  return [request.verdict, lostOf(request)].filter(Boolean).join(", ");
}

/** @param {RequestSeen} request */
function lostOf(request) {
  if (request.answer === "sent") return "";
  return LOST[/** @type {keyof LOST} */ (request.answer)] ?? request.answer;
}

/** @param {RequestSeen} request */
function how(request) {
  if (request.signature !== "ok") return `key ${request.key || "missing"} · signature refused`;
  const used = `${request.used} of ${request.limit} in that second`;
  return `key ${request.key} · signature ok · ${used}`;
}

/** @param {Record<string, string>} parameters */
function entries(parameters) {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");
}
