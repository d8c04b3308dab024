// Timers, in the order of their times and then of their making. A timer
// is due when the run's clock has reached its time: when the loop has waited for it,
// or code has looked at the clock for so long.
import { native } from "../native.js";
import { bind } from "./context.js";
import { checkCallback } from "./callback.js";
import { now } from "./clock.js";
import { pop, push } from "./heap.js";
import { guarded } from "./uncaught.js";

const longest = 2 ** 31 - 1; // ms; what is longer fires at once, as in Node

let timers = []; // a heap, the first to fire on top; it may hold entries that are out of date
let immediates = [];
let batch = []; // of immediates, being run
let made = 0;
let known = new Map(); // by id, those that may fire still

// Timeout is what setTimeout and setInterval return, as in Node.
export class Timeout {
  #callback;
  #args;
  #ms;
  #repeats;
  #referenced = true;
  #entry = null; // in the heap; null when it won't fire

  constructor(callback, ms, args, repeats) {
    checkCallback(callback);
    const wait = Number(ms);
    this.#ms = wait >= 1 && wait <= longest ? Math.trunc(wait) : 1;
    this.#callback = bind(callback);
    this.#args = args;
    this.#repeats = repeats;
    this.id = ++made;
    this.#arm();
  }

  #arm() {
    this.#entry = { at: now() + this.#ms, order: ++made, early: native.building, timeout: this };
    known.set(this.id, this);
    push(timers, this.#entry);
  }

  // current reports whether entry is the one by which this timer fires.
  current(entry) {
    return this.#entry === entry;
  }

  // holds reports whether the run goes on for this timer once its handler has
  // settled: not without a reference, nor for an interval.
  holds() {
    return this.#referenced && !this.#repeats;
  }

  fire() {
    const entry = this.#entry;
    if (!this.#repeats) this.close();
    guarded(this.#callback.bind(this), ...this.#args);
    if (this.#entry === entry && this.#repeats) this.#arm();
  }

  ref() {
    this.#referenced = true;
    return this;
  }

  unref() {
    this.#referenced = false;
    return this;
  }

  hasRef() {
    return this.#referenced;
  }

  refresh() {
    this.#arm();
    return this;
  }

  close() {
    this.#entry = null;
    known.delete(this.id);
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.id;
  }
}

// Immediate is what setImmediate returns, as in Node.
export class Immediate {
  #callback;
  #args;
  #referenced = true;

  constructor(callback, args) {
    checkCallback(callback);
    this.#callback = bind(callback);
    this.#args = args;
    immediates.push(this);
  }

  fire() {
    const callback = this.#callback;
    this.#callback = null;
    if (callback) guarded(callback.bind(this), ...this.#args);
  }

  // holds reports whether the run must go on for it.
  holds() {
    return this.#referenced && this.#callback !== null;
  }

  close() {
    this.#callback = null;
  }

  ref() {
    this.#referenced = true;
    return this;
  }

  unref() {
    this.#referenced = false;
    return this;
  }

  hasRef() {
    return this.#referenced;
  }
}

if (Symbol.dispose) {
  for (const { prototype } of [Timeout, Immediate]) {
    Object.defineProperty(prototype, Symbol.dispose, { value: prototype.close, writable: true, configurable: true });
  }
}

export function setTimeout(callback, ms, ...args) {
  return new Timeout(callback, ms, args, false);
}

export function setInterval(callback, ms, ...args) {
  return new Timeout(callback, ms, args, true);
}

export function setImmediate(callback, ...args) {
  return new Immediate(callback, args);
}

export function clearTimeout(timer) {
  const timeout = timer instanceof Timeout ? timer : known.get(Number(timer));
  timeout?.close();
}

export const clearInterval = clearTimeout;

export function clearImmediate(immediate) {
  if (immediate instanceof Immediate) immediate.close();
}

// beginTimers makes the timers that the top level left count from now on.
export function beginTimers() {
  if (timers.length === 0) return;
  for (const entry of timers) {
    if (entry.early) entry.at += now();
    entry.early = false;
  }
}

export function dropTimers() {
  if (timers.length > 0) timers = [];
  if (immediates.length > 0) immediates = [];
  if (batch.length > 0) batch = [];
  if (known.size > 0) known = new Map();
}

// timing reports whether any timer or immediate is set.
export function timing() {
  return timers.length > 0 || immediates.length > 0 || batch.length > 0;
}

// fireNext fires one timer that is due, or one immediate, and reports whether there
// was one.
export function fireNext() {
  const immediate = batch.pop();
  if (immediate) {
    immediate.fire();
    return true;
  }
  const first = peek();
  if (first && first.at <= now()) {
    pop(timers);
    first.timeout.fire();
    return true;
  }
  return false;
}

// nextBatch makes the queued immediates ready to fire, and reports whether there are
// any. Those without a reference wait for others: alive is whether the run goes on
// anyway.
export function nextBatch(alive) {
  if (immediates.length === 0 || !(immediates.some((i) => i.holds()) || alive())) return false;
  batch = immediates.reverse();
  immediates = [];
  return true;
}

// untilNext returns how long it is to the next timer, in whole ms; -1 when
// there is none.
export function untilNext() {
  const first = peek();
  return first ? Math.max(Math.ceil(first.at - now()), 0) : -1;
}

// peek returns the entry that fires next, and drops those before it that are
// out of date.
function peek() {
  while (timers.length > 0 && !timers[0].timeout.current(timers[0])) pop(timers);
  return timers[0];
}

// heldUntil returns when the first timer fires that the run goes on for, see
// [Timeout.holds], and until the handler has settled, for any; Infinity when
// there is none.
export function heldUntil(settled) {
  let at = Infinity;
  if (timers.length === 0) return at;
  for (const entry of timers) {
    if (entry.at < at && entry.timeout.current(entry) && (!settled || entry.timeout.holds())) at = entry.at;
  }
  return at;
}

// mark returns the mark by which [abandoned] recognises timers.
export function mark() {
  return made;
}

// abandoned counts the timers that the run would go on for, those armed before
// the mark and those after it.
export function abandoned(since) {
  const held = timers.filter((e) => e.timeout.current(e) && e.timeout.holds());
  const after = held.filter((e) => e.order > since).length;
  return { before: held.length - after, after };
}

for (const [name, value] of Object.entries({ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate })) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
}
