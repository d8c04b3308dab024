// AbortController and AbortSignal.
import { DOMException } from "./exception.js";
import { coded, expose, handlers, show, wrongType } from "./idl.js";
import { Event, EventTarget, fire } from "./event.js";

const secret = Symbol("AbortSignal");

let follow, run, signalAbort;

export class AbortSignal extends EventTarget {
  #reason = undefined;
  #aborted = false;
  #steps = new Set();
  #dependents = new Set();
  #sources = new Set();
  #dependent = false;

  constructor(key = undefined) {
    if (key !== secret) throw coded(TypeError, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
    super();
  }

  static abort(reason = aborted()) {
    const signal = new AbortSignal(secret);
    signal.#abort(reason);
    return signal;
  }

  static timeout(delay) {
    checkDelay(delay);
    const signal = new AbortSignal(secret);
    const late = () => signal.#abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    globalThis.setTimeout(late, delay)?.unref?.();
    return signal;
  }

  static any(signals) {
    if (signals == null || typeof signals[Symbol.iterator] !== "function") {
      throw wrongType("signals", "an instance of Iterable", signals);
    }
    const sources = [...signals];
    sources.forEach((source, i) => {
      if (!(source instanceof AbortSignal)) throw wrongType(`signals[${i}]`, "an instance of AbortSignal", source);
    });
    return follow(sources);
  }

  get aborted() {
    return this.#aborted;
  }
  get reason() {
    return this.#reason;
  }
  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }

  #abort(reason) {
    if (this.#aborted) return;
    const late = this.#mark(reason);
    this.#fire();
    for (const signal of late) signal.#fire();
  }

  // mark aborts the signal and all that follow it, before any event.
  #mark(reason) {
    this.#aborted = true;
    this.#reason = reason;
    const open = [...this.#dependents].filter((signal) => !signal.#aborted);
    for (const signal of open) signal.#mark(reason);
    return open;
  }

  #fire() {
    for (const step of this.#steps) step(this.#reason);
    this.#steps.clear();
    fire(this, new Event("abort"));
  }

  static {
    signalAbort = (signal, reason) => signal.#abort(reason);
    run = (signal, step) => {
      signal.#steps.add(step);
      return () => signal.#steps.delete(step);
    };
    follow = (sources) => {
      const signal = new AbortSignal(secret);
      signal.#dependent = true;
      const ended = sources.find((source) => source.#aborted);
      if (ended) {
        signal.#aborted = true;
        signal.#reason = ended.#reason;
        return signal;
      }
      for (const source of sources) {
        for (const root of source.#dependent ? source.#sources : [source]) {
          signal.#sources.add(root);
          root.#dependents.add(signal);
        }
      }
      return signal;
    };
  }
}
expose(AbortSignal, "AbortSignal");
handlers(AbortSignal, ["abort"]);
show(AbortSignal, ({ aborted }) => ({ aborted }));

export class AbortController {
  #signal = new AbortSignal(secret);

  get signal() {
    return this.#signal;
  }
  abort(reason = aborted()) {
    signalAbort(this.#signal, reason);
  }
}
expose(AbortController, "AbortController");
show(AbortController, ({ signal }) => ({ signal }));

function aborted() {
  return new DOMException("This operation was aborted", "AbortError");
}

function checkDelay(delay) {
  if (typeof delay !== "number") throw wrongType("delay", "of type number", delay);
  if (!Number.isInteger(delay)) {
    throw coded(RangeError, "ERR_OUT_OF_RANGE", `The value of "delay" is out of range. It must be an integer. Received ${delay}`);
  }
  if (delay < 0 || delay > 4294967295) {
    throw coded(
      RangeError,
      "ERR_OUT_OF_RANGE",
      `The value of "delay" is out of range. It must be >= 0 && <= 4294967295. Received ${delay}`,
    );
  }
}

// follower returns a signal that is aborted when one of sources is.
export const follower = (sources) => follow(sources);

// onAbort runs step(reason) before the signal's event is dispatched. It
// returns a function that calls it off.
export const onAbort = (signal, step) => run(signal, step);
