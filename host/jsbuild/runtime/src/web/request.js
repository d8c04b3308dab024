// Request.
import { follower, AbortSignal } from "./abort.js";
import { addBody } from "./body.js";
import { Headers, copyHeaders, fillHeaders } from "./headers.js";
import { expose, need, show, text } from "./idl.js";
import { payloadOf } from "./payload.js";
import { URL } from "./url.js";

const methods = /^(?:delete|get|head|options|post|put)$/i;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const choices = {
  referrerPolicy: [
    "", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
    "origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url",
  ],
  mode: ["navigate", "same-origin", "no-cors", "cors"],
  credentials: ["omit", "same-origin", "include"],
  cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"],
  redirect: ["follow", "manual", "error"],
};
const defaults = {
  method: "GET",
  referrerPolicy: "",
  mode: "cors",
  credentials: "same-origin",
  cache: "default",
  redirect: "follow",
  integrity: "",
  keepalive: false,
  referrer: "about:client",
};

let read;

export class Request {
  #url;
  #fields;
  #headers;
  #signal;
  #payload;

  constructor(input, init = undefined) {
    need(arguments, 1, "Request constructor");
    const options = optionsOf(init);
    const from = input instanceof Request ? input : null;
    this.#url = from ? from.#url : urlOf(input);
    this.#fields = fieldsOf(from ? from.#fields : defaults, options);
    this.#signal = signalOf(options, from);
    this.#headers = headersOf(options, from);
    this.#payload = this.#payloadOf(options, from);
  }

  #payloadOf(options, from) {
    const inherited = from?.#payload ?? null;
    const given = options.body != null;
    if ((given || inherited) && /^(?:GET|HEAD)$/.test(this.#fields.method)) {
      throw new TypeError("Request with GET/HEAD method cannot have body.");
    }
    if (!given) return inherit(inherited);
    const { payload, type } = payloadOf(options.body, this.#fields.keepalive);
    if (type && !this.#headers.has("content-type")) this.#headers.append("content-type", type);
    if (payload.source === null && options.duplex == null) {
      throw new TypeError("RequestInit: duplex option is required when sending a body.");
    }
    return payload;
  }

  get method() {
    return this.#fields.method;
  }
  get url() {
    return this.#url.href;
  }
  get headers() {
    return this.#headers;
  }
  get destination() {
    return "";
  }
  get referrer() {
    return this.#fields.referrer;
  }
  get referrerPolicy() {
    return this.#fields.referrerPolicy;
  }
  get mode() {
    return this.#fields.mode;
  }
  get credentials() {
    return this.#fields.credentials;
  }
  get cache() {
    return this.#fields.cache;
  }
  get redirect() {
    return this.#fields.redirect;
  }
  get integrity() {
    return this.#fields.integrity;
  }
  get keepalive() {
    return this.#fields.keepalive;
  }
  get isReloadNavigation() {
    return false;
  }
  get isHistoryNavigation() {
    return false;
  }
  get signal() {
    return (this.#signal ??= follower([]));
  }
  get duplex() {
    return "half";
  }

  clone() {
    if (this.#payload?.unusable) throw new TypeError("unusable");
    const copy = new Request(this.#url.href, { signal: this.signal });
    copy.#fields = this.#fields;
    copy.#headers = copyHeaders(this.#headers);
    copy.#payload = this.#payload?.split() ?? null;
    return copy;
  }

  static {
    addBody(Request, (request) => request.#payload);
    read = (request) => ({
      url: request.#url,
      method: request.#fields.method,
      redirect: request.#fields.redirect,
      mode: request.#fields.mode,
      cache: request.#fields.cache,
      headers: request.#headers,
      payload: request.#payload,
      signal: request.#signal,
    });
  }
}
expose(Request, "Request");
const shown =
  "method url headers destination referrer referrerPolicy mode credentials cache redirect integrity keepalive " +
  "isReloadNavigation isHistoryNavigation signal";
show(Request, (request) => Object.fromEntries(shown.split(" ").map((name) => [name, request[name]])));

// readRequest returns what fetch needs of a request; its signal may be null.
export const readRequest = (request) => read(request);

function optionsOf(init) {
  if (init == null) return {};
  if (typeof init !== "object" && typeof init !== "function") {
    throw new TypeError(`Request constructor: Expected ${String(init)} to be one of: Null, Undefined, Object.`);
  }
  return init;
}

function urlOf(input) {
  const string = text(input);
  let url;
  try {
    url = new URL(string);
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${string}`, { cause });
  }
  if (url.username || url.password) {
    throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${string}`);
  }
  return url;
}

function fieldsOf(base, options) {
  const fields = { ...base };
  if (options.window != null) throw new TypeError(`'window' option '${options.window}' must be null`);
  if (options.method !== undefined) fields.method = methodOf(options.method);
  for (const name of Object.keys(choices)) {
    if (options[name] !== undefined) fields[name] = choose(name, `${options[name]}`);
  }
  if (options.mode === "navigate") throw new TypeError("Request constructor: invalid request mode navigate.");
  if (options.referrer !== undefined) fields.referrer = referrerOf(`${options.referrer}`);
  if (options.integrity !== undefined) fields.integrity = `${options.integrity}`;
  if (options.keepalive !== undefined) fields.keepalive = !!options.keepalive;
  if (options.duplex !== undefined && options.duplex !== "half") choose("duplex", `${options.duplex}`);
  if (fields.cache === "only-if-cached" && fields.mode !== "same-origin") {
    throw new TypeError("'only-if-cached' can be set only with 'same-origin' mode");
  }
  return fields;
}

function choose(name, value) {
  const list = choices[name] ?? ["half"];
  if (list.includes(value)) return value;
  throw new TypeError(`Request constructor: ${value} is not an accepted type. Expected one of ${list.join(", ")}.`);
}

function methodOf(value) {
  const method = `${value}`;
  if (!token.test(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
  if (/^(?:connect|trace|track)$/i.test(method)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
  return methods.test(method) ? method.toUpperCase() : method;
}

function referrerOf(value) {
  if (value === "") return "";
  try {
    new URL(value);
    return "about:client";
  } catch (cause) {
    throw new TypeError(`Referrer "${value}" is not a valid URL.`, { cause });
  }
}

function signalOf(options, from) {
  const signal = options.signal === undefined ? (from ? readRequest(from).signal : null) : options.signal;
  if (signal === null) return null;
  if (signal instanceof AbortSignal) return follower([signal]);
  throw new TypeError("Failed to construct 'Request': member signal is not of type AbortSignal.");
}

function headersOf(options, from) {
  if (options.headers === undefined) return from ? copyHeaders(from.headers) : new Headers();
  const headers = new Headers();
  fillHeaders(headers, options.headers);
  return headers;
}

function inherit(payload) {
  if (payload?.unusable) throw new TypeError("Cannot construct a Request with a Request object that has already been used.");
  return payload?.hand() ?? null;
}
