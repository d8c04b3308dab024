// The clock as the web platform tells it. The engine's own has its origin at
// the time when the base image was made; this one begins with each run.
import { native } from "../native.js";
import { DOMException } from "./exception.js";
import { expose, missing, show } from "./idl.js";

let origin;
let entries = [];

function start() {
  return (origin ??= native.now());
}

// restart begins the time of a run: its origin is now.
export function restart() {
  origin = native.now();
  entries = [];
}

const secret = Symbol("PerformanceEntry");

export class PerformanceEntry {
  #fields;
  constructor(key, fields) {
    if (key !== secret) throw new TypeError("Illegal constructor");
    this.#fields = fields;
  }
  get name() {
    return this.#fields.name;
  }
  get entryType() {
    return this.#fields.entryType;
  }
  get startTime() {
    return this.#fields.startTime;
  }
  get duration() {
    return this.#fields.duration;
  }
  get detail() {
    return this.#fields.detail;
  }
  toJSON() {
    return { ...this.#fields };
  }
}
expose(PerformanceEntry, "PerformanceEntry");
show(PerformanceEntry, (entry) => entry.toJSON());

export class PerformanceMark extends PerformanceEntry {
  constructor(name, options = undefined) {
    if (arguments.length === 0) throw missing('The "name" argument must be specified');
    const startTime = options?.startTime ?? performance.now();
    super(secret, { name: `${name}`, entryType: "mark", startTime, duration: 0, detail: options?.detail ?? null });
  }
}
expose(PerformanceMark, "PerformanceMark");

export class PerformanceMeasure extends PerformanceEntry {}
expose(PerformanceMeasure, "PerformanceMeasure");

// Performance keeps to what needs no observer.
export class Performance {
  constructor(key) {
    if (key !== secret) throw new TypeError("Illegal constructor");
  }
  get timeOrigin() {
    return start();
  }
  now() {
    const begun = start();
    return native.now() - begun;
  }
  mark(name, options = undefined) {
    const mark = new PerformanceMark(...arguments);
    entries.push(mark);
    return mark;
  }
  measure(name, from = undefined, to = undefined) {
    const { start: begin, end, duration, detail = null } = typeof from === "object" && from ? from : { start: from, end: to };
    const last = end === undefined && duration !== undefined && begin !== undefined ? at(begin) + duration : at(end, this.now());
    const first = begin === undefined && duration !== undefined ? last - duration : at(begin, 0);
    const fields = { name: `${name}`, entryType: "measure", startTime: first, duration: last - first, detail };
    const measure = new PerformanceMeasure(secret, fields);
    entries.push(measure);
    return measure;
  }
  clearMarks(name = undefined) {
    clear("mark", name);
  }
  clearMeasures(name = undefined) {
    clear("measure", name);
  }
  getEntries() {
    return entries.toSorted((a, b) => a.startTime - b.startTime);
  }
  getEntriesByName(name, type = undefined) {
    return this.getEntries().filter((entry) => entry.name === name && (type === undefined || entry.entryType === type));
  }
  getEntriesByType(type) {
    return this.getEntries().filter((entry) => entry.entryType === type);
  }
  toJSON() {
    return { timeOrigin: this.timeOrigin };
  }
}
expose(Performance, "Performance");

function at(mark, missing) {
  if (mark === undefined) return missing;
  if (typeof mark === "number") return mark;
  const found = entries.findLast((entry) => entry.entryType === "mark" && entry.name === `${mark}`);
  if (!found) throw new DOMException(`The "${mark}" performance mark has not been set`, "SyntaxError");
  return found.startTime;
}

function clear(type, name) {
  entries = entries.filter((entry) => entry.entryType !== type || (name !== undefined && entry.name !== `${name}`));
}

export const performance = new Performance(secret);
