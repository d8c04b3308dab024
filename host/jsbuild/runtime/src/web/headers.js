// Headers, as a server's programs use them: no header is forbidden here, the
// host has the last word.
import { byteString, define, expose, iterable, need, show } from "./idl.js";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const compare = (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

let fill, lock, lists, copy;

export class Headers {
  #lists = new Map(); // the name in lower case to its values
  #sorted = null;
  #locked = false;

  constructor(init = undefined) {
    if (init !== undefined) this.#fill(init);
  }

  append(name, value) {
    need(arguments, 2, "Headers.append");
    const [key, content] = pair(name, value, "Headers.append");
    this.#change();
    const list = this.#lists.get(key);
    if (list) list.push(content);
    else this.#lists.set(key, [content]);
  }
  delete(name) {
    need(arguments, 1, "Headers.delete");
    const key = nameOf(name, "Headers.delete");
    this.#change();
    this.#lists.delete(key);
  }
  get(name) {
    need(arguments, 1, "Headers.get");
    const key = nameOf(name, "Headers.get");
    const list = this.#lists.get(key);
    return list ? joined(key, list) : null;
  }
  has(name) {
    need(arguments, 1, "Headers.has");
    return this.#lists.has(nameOf(name, "Headers.has"));
  }
  set(name, value) {
    need(arguments, 2, "Headers.set");
    const [key, content] = pair(name, value, "Headers.set");
    this.#change();
    this.#lists.set(key, [content]);
  }
  getSetCookie() {
    return [...(this.#lists.get("set-cookie") ?? [])];
  }

  #change() {
    if (this.#locked) throw new TypeError("immutable");
    this.#sorted = null;
  }

  #fill(init) {
    for (const [name, value] of pairsOf(init)) this.append(name, value);
  }

  #pairs() {
    return (this.#sorted ??= [...this.#lists]
      .flatMap(([key, list]) => (key === "set-cookie" ? list.map((value) => [key, value]) : [[key, joined(key, list)]]))
      .sort(compare));
  }

  static {
    iterable(Headers, "Headers", (headers) => headers.#pairs());
    fill = (headers, init) => headers.#fill(init);
    lock = (headers) => {
      headers.#locked = true;
      return headers;
    };
    lists = (headers) => headers.#lists;
    copy = (from) => {
      const headers = new Headers();
      for (const [key, list] of from.#lists) headers.#lists.set(key, [...list]);
      return headers;
    };
  }
}
expose(Headers, "Headers");
define(Headers.prototype, Symbol.iterator, Headers.prototype.entries);
show(Headers, (headers) => Object.fromEntries(headers));

// fillHeaders adds all of init to headers.
export const fillHeaders = (headers, init) => fill(headers, init);

// lockHeaders makes headers immutable.
export const lockHeaders = (headers) => lock(headers);

export const copyHeaders = (headers) => copy(headers);

// headersOf makes Headers of {name: [values]} as the host gives them.
export function headersOf(values) {
  const headers = new Headers();
  for (const name of Object.keys(values)) lists(headers).set(name.toLowerCase(), [...values[name]]);
  return headers;
}

// listHeaders returns headers as the host takes them: {name: [values]}.
export function listHeaders(headers) {
  const out = {};
  for (const [key, list] of lists(headers)) out[key] = key === "set-cookie" ? [...list] : [joined(key, list)];
  return out;
}

function joined(key, list) {
  return list.length === 1 ? list[0] : list.join(key === "cookie" ? "; " : ", ");
}

// Both arguments are converted before either is checked, in their order.
function pair(name, value, where) {
  const key = byteString(name);
  const content = byteString(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  checkName(key, where);
  if (/[\0\r\n]/.test(content)) throw new TypeError(`${where}: "${content}" is an invalid header value.`);
  return [key.toLowerCase(), content];
}

function nameOf(name, where) {
  const key = byteString(name);
  checkName(key, where);
  return key.toLowerCase();
}

function checkName(name, where) {
  if (!token.test(name)) throw new TypeError(`${where}: "${name}" is an invalid header name.`);
}

const wanted = "sequence<sequence<ByteString>>, record<ByteString, ByteString>";

function pairsOf(init) {
  if (init === null || (typeof init !== "object" && typeof init !== "function")) {
    throw new TypeError(`Headers constructor: Argument 1 could not be converted to one of: ${wanted}.`);
  }
  if (init instanceof Headers && init[Symbol.iterator] === Headers.prototype.entries) return [...copyPairs(init)];
  if (init[Symbol.iterator] != null) return Array.from(init, twoOf);
  const own = Reflect.ownKeys(init).filter((key) => Object.getOwnPropertyDescriptor(init, key)?.enumerable);
  return own.map((key) => [byteString(String(key) === key ? key : failSymbol()), byteString(init[key])]);
}

function* copyPairs(headers) {
  for (const [key, list] of lists(headers)) for (const value of list) yield [key, value];
}

function failSymbol() {
  throw new TypeError("Cannot convert a Symbol value to a string");
}

function twoOf(entry) {
  if (entry === null || typeof entry !== "object" || typeof entry[Symbol.iterator] !== "function") {
    throw new TypeError(`Headers constructor: Argument 1 could not be converted to: ${wanted.split(", ")[0]}.`);
  }
  const list = [...entry];
  if (list.length !== 2) {
    throw new TypeError(`Headers constructor: expected name/value pair to be length 2, found ${list.length}.`);
  }
  return list;
}
