// Response.
import { addBody } from "./body.js";
import { Headers, copyHeaders, fillHeaders, lockHeaders } from "./headers.js";
import { byteString, expose, need, show, text } from "./idl.js";
import { payloadOf } from "./payload.js";
import { URL } from "./url.js";

const bodyless = [101, 103, 204, 205, 304];
const redirects = [301, 302, 303, 307, 308];

let make;

export class Response {
  #fields;
  #headers;
  #payload = null;

  constructor(body = null, init = undefined) {
    this.#fields = fieldsOf(init ?? {});
    this.#headers = new Headers();
    if (init?.headers !== undefined) fillHeaders(this.#headers, init.headers);
    if (body === null) return;
    const { payload, type } = payloadOf(body);
    if (bodyless.includes(this.status)) {
      throw new TypeError(`Response constructor: Invalid response status code ${this.status}`);
    }
    this.#payload = payload;
    if (type && !this.#headers.has("content-type")) this.#headers.append("content-type", type);
  }

  static error() {
    return make({ type: "error", status: 0 }, lockHeaders(new Headers()), null);
  }

  static json(data, init = undefined) {
    need(arguments, 1, "Response.json");
    const body = JSON.stringify(data);
    if (body === undefined) throw new TypeError("Value is not JSON serializable");
    const response = new Response(body, init);
    if (new Headers(init?.headers ?? {}).has("content-type")) return response;
    response.headers.set("content-type", "application/json");
    return response;
  }

  static redirect(url, status = 302) {
    need(arguments, 1, "Response.redirect");
    const location = locationOf(text(url));
    if (!redirects.includes(+status)) throw new RangeError(`Invalid status code ${status}`);
    const headers = new Headers({ location });
    return make({ status: +status }, lockHeaders(headers), null);
  }

  get type() {
    return this.#fields.type;
  }
  get url() {
    return this.#fields.url;
  }
  get redirected() {
    return this.#fields.redirected;
  }
  get status() {
    return this.#fields.status;
  }
  get ok() {
    return this.status >= 200 && this.status <= 299;
  }
  get statusText() {
    return this.#fields.statusText;
  }
  get headers() {
    return this.#headers;
  }

  clone() {
    if (this.#payload?.unusable) throw new TypeError("Response.clone: Body has already been consumed.");
    return make(this.#fields, copyHeaders(this.#headers), this.#payload?.split() ?? null);
  }

  static {
    addBody(Response, (response) => response.#payload);
    make = (fields, headers, payload) => {
      const response = new Response();
      response.#fields = { ...response.#fields, ...fields };
      response.#headers = headers;
      response.#payload = payload;
      return response;
    };
  }
}
expose(Response, "Response");
const shown = "status statusText headers body bodyUsed ok redirected type url";
const valueOf = (response, name) => (name === "body" ? bodyOf(response) : response[name]);
show(Response, (response) => Object.fromEntries(shown.split(" ").map((name) => [name, valueOf(response, name)])));

// An action that was built without streams can print a response all the same.
function bodyOf(response) {
  try {
    return response.body;
  } catch {
    return undefined;
  }
}

// makeResponse returns the response that fetch got: its payload is null for
// none.
export function makeResponse(fields, headers, payload) {
  return make(fields, lockHeaders(headers), bodyless.includes(fields.status) ? null : payload);
}

function fieldsOf(init) {
  if (typeof init !== "object" && typeof init !== "function") {
    throw new TypeError(`Response constructor: Expected ${String(init)} to be one of: Null, Undefined, Object.`);
  }
  const status = init.status === undefined ? 200 : toShort(init.status);
  const statusText = init.statusText === undefined ? "" : byteString(init.statusText);
  if (status < 200 || status > 599) {
    throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
  }
  if (/[^\t\x20-\x7e\x80-\xff]/.test(statusText)) throw new TypeError("Invalid statusText");
  return { type: "default", url: "", redirected: false, status, statusText };
}

// toShort converts as Web IDL's unsigned short does.
function toShort(value) {
  const number = Math.trunc(Number(value)) || 0;
  return Number.isFinite(number) ? ((number % 65536) + 65536) % 65536 : 0;
}

function locationOf(string) {
  try {
    return new URL(string).href;
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${string}`, { cause });
  }
}
