// events.on: events as an async iterator.
import { abortError } from "./errors.js";

export function iterate(emitter, type, { signal, close = [] } = {}) {
  if (signal?.aborted) throw abortError(signal.reason);
  const events = new Events();
  const off = [
    listen(emitter, type, (...args) => events.push(args)),
    ...close.map((name) => listen(emitter, name, () => events.end())),
  ];
  if (type !== "error" && typeof emitter.on === "function") off.push(listen(emitter, "error", (error) => events.fail(error)));
  if (signal) off.push(listen(signal, "abort", () => events.fail(abortError(signal.reason))));
  events.closed = () => off.forEach((stop) => stop());
  return events;
}

function listen(emitter, type, listener) {
  if (typeof emitter.on === "function") {
    emitter.on(type, listener);
    return () => emitter.removeListener(type, listener);
  }
  emitter.addEventListener(type, listener);
  return () => emitter.removeEventListener(type, listener);
}

class Events {
  #queue = [];
  #waiting = [];
  #error = null; // {error} once it has failed
  #ended = false;
  closed = () => {};

  push(value) {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve({ value, done: false });
    else this.#queue.push(value);
  }

  fail(error) {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.reject(error);
    else this.#error = { error };
    this.end();
  }

  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.closed();
    for (const waiter of this.#waiting.splice(0)) waiter.resolve({ value: undefined, done: true });
  }

  async next() {
    if (this.#queue.length > 0) return { value: this.#queue.shift(), done: false };
    if (this.#error) {
      const { error } = this.#error;
      this.#error = null;
      throw error;
    }
    if (this.#ended) return { value: undefined, done: true };
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async return() {
    this.end();
    this.#queue = [];
    return { value: undefined, done: true };
  }

  async throw(error) {
    this.fail(error);
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}
