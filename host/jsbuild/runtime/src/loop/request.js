// Requests through the host. Those that were started overlap; the loop waits
// for the next answer when nothing else is left to do.
import { native } from "../native.js";
import { base64, bytesOf } from "./base64.js";
import { now } from "./clock.js";
import { parse, stringify } from "./json.js";

let pending = new Map(); // by handle

// RequestError is the reason why there is no response. Its code is "refused" (a policy
// forbids it), "invalid" (it can't be sent), "timeout", "network" or "limit".
export class RequestError extends Error {
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

// request sends {method, url, headers, body, redirect, timeout_ms}: body is a
// string or a Uint8Array, headers an object of strings or lists of strings, and
// all but url may be missing. It returns {promise, cancel}: promise comes to
// {status, headers, body, url}, with lists of values under names in lower case and
// a body that is a string when it is valid UTF-8 and a Uint8Array when it is not,
// or to a RequestError. After cancel() it never settles.
export function request({ body, ...rest }) {
  now(); // the run's time counts from here, if not before
  const handle = native.http_start(stringify({ ...rest, ...encoded(body) }));
  const promise = new Promise((resolve, reject) => pending.set(handle, { resolve, reject }));
  return { promise, cancel: () => cancel(handle) };
}

// encoded returns body as the host takes it: bytes that are text go as text,
// which is cheaper on both sides.
function encoded(body) {
  if (body === undefined || body === null || typeof body === "string") return { body: body || undefined };
  if (body.length === 0) return {};
  const text = native.utf8_decode(body);
  return text.includes("\uFFFD") ? { body_base64: base64(body) } : { body: text };
}

function cancel(handle) {
  if (pending.delete(handle)) native.http_cancel(handle);
}

// waiting reports whether any request has no answer yet.
export function waiting() {
  return pending.size > 0;
}

// receive waits ms for the next answer, without end when ms is negative, and
// settles its promise.
export function receive(ms) {
  const text = native.http_wait(ms);
  if (text === null) return;
  const { id, error, status, headers, body, body_base64, url } = parse(text);
  const waiter = pending.get(id);
  pending.delete(id);
  if (!waiter) return;
  if (error) waiter.reject(new RequestError(error));
  else waiter.resolve({ status, headers: headers ?? {}, body: body_base64 === undefined ? body ?? "" : bytesOf(body_base64), url });
}

export function dropRequests() {
  if (pending.size > 0) pending = new Map();
}
