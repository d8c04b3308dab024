// URL and URLSearchParams: whatwg-url-minimum does the work; here are Node's
// errors, Web IDL's shape, and blob: URLs, which live as long as the run.
import { URL as Parser, URLSearchParams as Params } from "whatwg-url-minimum";
import { native } from "../native.js";
import { Blob } from "./blob.js";
import { coded, define, expose, missing, show, text, wrongType } from "./idl.js";
import { plainURL } from "./plain-url.js";

export function URL(input, base = undefined) {
  if (!new.target) throw new TypeError("Class constructor URL cannot be invoked without 'new'");
  if (arguments.length === 0) throw missing('The "url" argument must be specified');
  const url = `${input}`;
  const from = base === undefined ? undefined : `${base}`;
  const plain = from === undefined && new.target === URL ? plainURL(url, URL.prototype) : undefined;
  if (plain) return plain;
  try {
    return Reflect.construct(Parser, from === undefined ? [url] : [url, from], new.target);
  } catch {
    throw invalid(url, from);
  }
}
inherit(URL, Parser, 1);

function invalid(input, base) {
  const error = Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL" });
  return Object.assign(error, { input }, base === undefined ? {} : { base });
}

// inherit makes Class the constructor of what Parent constructs.
function inherit(Class, Parent, length) {
  Object.defineProperty(Class, "length", { value: length });
  Object.defineProperty(Class, "prototype", { value: Parent.prototype, writable: false });
  define(Class.prototype, "constructor", Class);
}

const href = Object.getOwnPropertyDescriptor(Parser.prototype, "href");
Object.defineProperty(Parser.prototype, "href", {
  ...href,
  set(value) {
    const url = `${value}`;
    try {
      href.set.call(this, url);
    } catch {
      throw invalid(url);
    }
  },
});

// URLSearchParams takes null for nothing, as Node's does.
export function URLSearchParams(init = undefined) {
  if (!new.target) throw new TypeError("Class constructor URLSearchParams cannot be invoked without 'new'");
  const isObject = typeof init === "object" || typeof init === "function";
  return Reflect.construct(Params, init == null ? [] : [isObject ? pairsOf(init) : text(init)], new.target);
}
inherit(URLSearchParams, Params, 0);

function pairsOf(init) {
  if (init[Symbol.iterator] == null) {
    const keys = Reflect.ownKeys(init).filter((key) => Object.getOwnPropertyDescriptor(init, key)?.enumerable);
    return [...new Map(keys.map((key) => [text(key), text(init[key])]))];
  }
  if (typeof init[Symbol.iterator] !== "function") throw coded(TypeError, "ERR_ARG_NOT_ITERABLE", "Query pairs must be iterable");
  return Array.from(init, (pair) => {
    const list = pair != null && typeof pair === "object" && typeof pair[Symbol.iterator] === "function" ? [...pair] : [];
    if (list.length !== 2) throw coded(TypeError, "ERR_INVALID_TUPLE", "Each query pair must be an iterable [name, value] tuple");
    return list.map(text);
  });
}

const blobs = new Map();

const statics = {
  canParse(url, base = undefined) {
    if (arguments.length === 0) throw missing('The "url" argument must be specified');
    return URL.parse(url, base) !== null;
  },
  parse(url, base = undefined) {
    if (arguments.length === 0) throw missing('The "url" argument must be specified');
    const [input, from] = [`${url}`, base === undefined ? undefined : `${base}`];
    try {
      return new URL(input, from);
    } catch {
      return null;
    }
  },
  createObjectURL(blob) {
    if (!(blob instanceof Blob)) throw wrongType("obj", "an instance of Blob", blob);
    const url = `blob:nodedata:${uuid()}`;
    blobs.set(url, blob);
    return url;
  },
  revokeObjectURL(url) {
    blobs.delete(`${url}`);
  },
};
for (const name in statics) define(URL, name, statics[name]);

// blobAt returns the blob that a blob: URL names, or undefined.
export const blobAt = (url) => blobs.get(`${url}`.replace(/#.*$/s, ""));

function uuid() {
  const bytes = native.random(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const parts =
  "href origin protocol username password host hostname port pathname search searchParams hash".split(" ");
expose(URL, "URL");
show(URL, (url) => Object.fromEntries(parts.map((part) => [part, url[part]])));

repair(URLSearchParams.prototype);
expose(URLSearchParams, "URLSearchParams");
define(URLSearchParams.prototype, Symbol.iterator, URLSearchParams.prototype.entries);

// repair gives the methods the checks of their arguments, and iterators whose
// pairs are the caller's own.
function repair(prototype) {
  const counts = { append: 2, delete: 1, get: 1, getAll: 1, has: 1, set: 2 };
  for (const name in counts) checkCount(prototype, name, counts[name]);
  const { forEach } = prototype;
  define(prototype, "forEach", { forEach(callback, thisArg = undefined) {
    if (typeof callback !== "function") throw wrongType("callback", "of type function", callback);
    forEach.call(this, callback, thisArg);
  } }.forEach);
  const step = Object.create(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), {
    [Symbol.toStringTag]: { value: "URLSearchParams Iterator", configurable: true },
  });
  const inner = new WeakMap();
  define(step, "next", function next() {
    const { value, done } = inner.get(this).next();
    return { value: Array.isArray(value) ? [...value] : value, done };
  }, true);
  for (const name of ["entries", "keys", "values"]) {
    const make = prototype[name];
    define(prototype, name, { [name]() {
      const iterator = Object.create(step);
      inner.set(iterator, make.call(this));
      return iterator;
    } }[name]);
  }
}

function checkCount(prototype, name, count) {
  const method = prototype[name];
  const wanted = count === 1 ? 'The "name" argument must be specified' : 'The "name" and "value" arguments must be specified';
  const checked = { [name](...args) {
    if (args.length < count) throw missing(wanted);
    return method.apply(this, args);
  } }[name];
  Object.defineProperty(checked, "length", { value: count });
  define(prototype, name, checked);
}

Object.defineProperty(URLSearchParams.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(depth, options, print) {
    const pairs = [...this].map(([name, value]) => `${print?.(name, options) ?? name} => ${print?.(value, options) ?? value}`);
    return pairs.length ? `URLSearchParams { ${pairs.join(", ")} }` : "URLSearchParams {}";
  },
  writable: true,
  configurable: true,
});
