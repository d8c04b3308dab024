// FormData.
import { Blob, File, blobBytes } from "./blob.js";
import { define, expose, iterable, need, show, text } from "./idl.js";

let fill, list;

export class FormData {
  #entries = [];

  constructor(form = undefined) {
    if (form !== undefined) {
      throw new TypeError("FormData constructor: Argument 1 could not be converted to: undefined.");
    }
  }

  append(name, value, filename = undefined) {
    need(arguments, 2, "FormData.append");
    this.#entries.push(entryOf("append", arguments));
  }
  delete(name) {
    need(arguments, 1, "FormData.delete");
    const key = text(name);
    this.#entries = this.#entries.filter((entry) => entry[0] !== key);
  }
  get(name) {
    need(arguments, 1, "FormData.get");
    const key = text(name);
    return this.#entries.find((entry) => entry[0] === key)?.[1] ?? null;
  }
  getAll(name) {
    need(arguments, 1, "FormData.getAll");
    const key = text(name);
    return this.#entries.filter((entry) => entry[0] === key).map((entry) => entry[1]);
  }
  has(name) {
    need(arguments, 1, "FormData.has");
    const key = text(name);
    return this.#entries.some((entry) => entry[0] === key);
  }
  set(name, value, filename = undefined) {
    need(arguments, 2, "FormData.set");
    const entry = entryOf("set", arguments);
    const at = this.#entries.findIndex((other) => other[0] === entry[0]);
    if (at < 0) {
      this.#entries.push(entry);
      return;
    }
    this.#entries = this.#entries.filter((other, i) => i === at || other[0] !== entry[0]);
    this.#entries[at] = entry;
  }

  static {
    iterable(FormData, "FormData", (form) => form.#entries);
    list = (form) => form.#entries;
    fill = (entries) => {
      const form = new FormData();
      form.#entries = entries;
      return form;
    };
  }
}
expose(FormData, "FormData");
define(FormData.prototype, Symbol.iterator, FormData.prototype.entries);
show(FormData, (form) => {
  const fields = {};
  for (const [name, value] of form) fields[name] = name in fields ? [].concat(fields[name], value) : value;
  return fields;
});

// formEntries returns a form's [name, string or File] pairs.
export const formEntries = (form) => list(form);

// formOf makes a form of such pairs.
export const formOf = (entries) => fill(entries);

function entryOf(method, args) {
  const [name, value, filename] = args;
  const isBlob = value instanceof Blob;
  if (args.length > 2 && !isBlob) {
    throw new TypeError(`Failed to execute '${method}' on 'FormData': parameter 2 is not of type 'Blob'`);
  }
  const key = text(name);
  if (!isBlob) return [key, text(value)];
  if (value instanceof File && filename === undefined) return [key, value];
  const called = filename === undefined ? "blob" : text(filename);
  const { lastModified } = value;
  return [key, new File([blobBytes(value)], called, { type: value.type, lastModified })];
}
