// performance: the clock of the web platform, and marks on it.
import { elapsed, timeOrigin } from "./clock.js";
import { EventTarget } from "./event.js";
import { DOMException } from "./exception.js";
import { expose, missing, show } from "./idl.js";

let entries = [];

const secret = Symbol("PerformanceEntry");
const entryDetail = Symbol("detail");

export class PerformanceEntry {
  #fields;
  constructor(key = undefined, fields = undefined) {
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
  get [entryDetail]() {
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
  get detail() {
    return this[entryDetail];
  }
}
expose(PerformanceMark, "PerformanceMark");

export class PerformanceMeasure extends PerformanceEntry {
  get detail() {
    return this[entryDetail];
  }
}
expose(PerformanceMeasure, "PerformanceMeasure");

// Performance keeps to what needs no observer.
export class Performance extends EventTarget {
  constructor(key = undefined) {
    if (key !== secret) throw new TypeError("Illegal constructor");
    super();
  }
  get timeOrigin() {
    return timeOrigin();
  }
  now() {
    return elapsed();
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
