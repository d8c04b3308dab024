// structuredClone.
import { Blob } from "./blob.js";
import { DOMException } from "./exception.js";
import { define, missing } from "./idl.js";

const typed = Object.getPrototypeOf(Uint8Array);
const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const has = (test, value) => {
  try {
    test.call(value);
    return true;
  } catch {
    return false;
  }
};
const getter = (Class, name) => Object.getOwnPropertyDescriptor(Class.prototype, name).get;
// The kind of a value, whatever its prototype or its toStringTag is.
const inner = {
  Map: getter(Map, "size"),
  Set: getter(Set, "size"),
  ArrayBuffer: getter(ArrayBuffer, "byteLength"),
  DataView: getter(DataView, "byteLength"),
  Date: Date.prototype.getTime,
  Boolean: Boolean.prototype.valueOf,
  Number: Number.prototype.valueOf,
  String: String.prototype.valueOf,
  BigInt: BigInt.prototype.valueOf,
  Symbol: Symbol.prototype.valueOf,
  WeakMap: function () { WeakMap.prototype.has.call(this, {}); },
  WeakSet: function () { WeakSet.prototype.has.call(this, {}); },
  WeakRef: WeakRef.prototype.deref,
  Promise: function () { Promise.prototype.then.call(this, () => {}, () => {}); },
};

// structuredClone copies value; the buffers listed in transfer are moved.
export function structuredClone(value, options = undefined) {
  if (arguments.length === 0) throw missing("The value argument must be specified");
  const transfer = Array.from(options?.transfer ?? []);
  checkTransfer(transfer);
  const copier = new Copier(transfer);
  const result = copier.copy(value);
  copier.detach();
  return result;
}
Object.defineProperty(structuredClone, "name", { value: "structuredClone" });

function refuse(text) {
  return new DOMException(text, "DataCloneError");
}

function checkTransfer(list) {
  list.forEach((value, i) => {
    if (!(value instanceof ArrayBuffer)) throw refuse("Value not transferable: only ArrayBuffer can be transferred");
    if (list.indexOf(value) < i) throw refuse(`ArrayBuffer at index ${i} is a duplicate of an earlier ArrayBuffer.`);
    if (value.detached) throw refuse("An ArrayBuffer is detached and could not be cloned.");
  });
}

class Copier {
  #seen = new Map();
  #moving;

  constructor(transfer) {
    this.#moving = transfer;
  }

  detach() {
    for (const buffer of this.#moving) buffer.transfer();
  }

  copy(value) {
    if (typeof value === "symbol") throw refuse(`${String(value)} could not be cloned.`);
    if (typeof value === "function") throw refuse(`${String(value)} could not be cloned.`);
    if (typeof value !== "object" || value === null) return value;
    if (this.#seen.has(value)) return this.#seen.get(value);
    return this.#object(value);
  }

  #keep(value, copied) {
    this.#seen.set(value, copied);
    return copied;
  }

  #object(value) {
    if (Array.isArray(value)) return this.#fields(value, this.#keep(value, new Array(value.length)));
    if (value instanceof Blob) return this.#keep(value, value);
    if (Error.isError(value)) return this.#error(value);
    if (ArrayBuffer.isView(value)) return this.#view(value);
    if (value instanceof RegExp) return this.#keep(value, new RegExp(value.source, value.flags));
    const kind = Object.keys(inner).find((name) => has(inner[name], value));
    if (kind) return this.#builtIn(kind, value);
    if (isForeign(value)) throw refuse(`${shown(value)} could not be cloned.`);
    return this.#fields(value, this.#keep(value, {}));
  }

  #fields(value, copied) {
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(value, key)) continue;
      const field = this.copy(value[key]);
      if (key === "__proto__") define(copied, key, field, true);
      else copied[key] = field;
    }
    return copied;
  }

  #builtIn(kind, value) {
    switch (kind) {
      case "Map":
        return this.#map(value);
      case "Set":
        return this.#set(value);
      case "ArrayBuffer":
        return this.#buffer(value);
      case "Date":
        return this.#keep(value, new Date(inner.Date.call(value)));
      case "Boolean":
      case "Number":
      case "String":
      case "BigInt":
        return this.#keep(value, Object(inner[kind].call(value)));
    }
    throw refuse(`${shown(value)} could not be cloned.`);
  }

  #map(value) {
    const copied = this.#keep(value, new Map());
    for (const [key, item] of [...Map.prototype.entries.call(value)]) copied.set(this.copy(key), this.copy(item));
    return copied;
  }

  #set(value) {
    const copied = this.#keep(value, new Set());
    for (const item of [...Set.prototype.values.call(value)]) copied.add(this.copy(item));
    return copied;
  }

  #buffer(value) {
    if (value.detached) throw refuse("An ArrayBuffer is detached and could not be cloned.");
    return this.#keep(value, value.resizable ? resizable(value) : value.slice(0));
  }

  #view(value) {
    const length = value instanceof typed ? value.length : value.byteLength;
    const buffer = this.copy(value.buffer);
    const Class = value instanceof typed ? globalThis[Reflect.get(typed.prototype, Symbol.toStringTag, value)] : DataView;
    return this.#keep(value, new Class(buffer, value.byteOffset, length));
  }

  #error(value) {
    if (value instanceof DOMException) {
      return this.#keep(value, new DOMException(value.message, value.name));
    }
    const Class = errors[value.name] ?? Error;
    const copied = this.#keep(value, errorLike(Class, value));
    if (Object.hasOwn(value, "cause")) {
      Object.defineProperty(copied, "cause", { value: this.copy(value.cause), writable: true, configurable: true });
    }
    return copied;
  }
}

function errorLike(Class, value) {
  const copied = new Class();
  const set = (key, field) => Object.defineProperty(copied, key, { value: field, writable: true, configurable: true });
  const message = Object.getOwnPropertyDescriptor(value, "message");
  if (message && "value" in message) set("message", `${message.value}`);
  set("stack", `${value.stack}`);
  return copied;
}

function resizable(buffer) {
  const copied = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(copied).set(new Uint8Array(buffer));
  return copied;
}

// Objects of the platform's own classes hold what no copy would.
function isForeign(value) {
  if (/^\[object (?:Arguments|(?:Async)?Generator)\]$/.test(Object.prototype.toString.call(value))) return true;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return false;
  return Symbol.toStringTag in value && typeof value.constructor === "function" && value.constructor.name in globalThis &&
    globalThis[value.constructor.name] === value.constructor;
}

function shown(value) {
  const name = value.constructor?.name;
  return name ? `#<${name}>` : Object.prototype.toString.call(value);
}
