// Header fields as node:http checks, keeps and joins them.
import { nodeError } from "./errors.js";

const token = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const unprintable = /[^\t\x20-\x7e\x80-\xff]/;

export function validateHeaderName(name, label = "Header name") {
  if (typeof name !== "string" || !token.test(name)) throw nodeError(TypeError, "ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${name}"]`);
}

export function validateHeaderValue(name, value) {
  if (value === undefined) throw nodeError(TypeError, "ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`);
  if ([value].flat().some((one) => unprintable.test(`${one}`))) throw nodeError(TypeError, "ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`);
}

// Fields keeps header fields in the order in which they came, under the names
// that the program wrote.
export class Fields {
  #entries = new Map(); // by name in lower case: [name, value]

  set(name, value) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    this.#entries.set(name.toLowerCase(), [name, Array.isArray(value) ? [...value] : value]);
  }

  append(name, value) {
    const before = this.get(name);
    this.set(name, before === undefined ? value : [before, value].flat());
  }

  get(name) {
    return this.#entries.get(name.toLowerCase())?.[1];
  }

  has(name) {
    return this.#entries.has(name.toLowerCase());
  }

  delete(name) {
    this.#entries.delete(name.toLowerCase());
  }

  names() {
    return [...this.#entries.keys()];
  }

  rawNames() {
    return [...this.#entries.values()].map(([name]) => name);
  }

  // object returns the fields by name in lower case.
  object() {
    return Object.assign(Object.create(null), Object.fromEntries([...this.#entries].map(([key, [, value]]) => [key, value])));
  }

  // wire returns the fields as the host takes them.
  wire() {
    return Object.fromEntries([...this.#entries.values()].map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : `${value}`]));
  }
}

// Of these a second value is dropped; all others are joined.
const single = new Set(["age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host", "if-modified-since", "if-unmodified-since", "last-modified", "location", "max-forwards", "proxy-authorization", "referer", "retry-after", "server", "user-agent"]);

// joined returns the headers of a message as its program reads them, from
// lists of values by name.
export function joined(lists) {
  const headers = {};
  for (const [name, values] of Object.entries(lists)) {
    if (name === "set-cookie") headers[name] = values;
    else headers[name] = single.has(name) ? values[0] : values.join(name === "cookie" ? "; " : ", ");
  }
  return headers;
}
