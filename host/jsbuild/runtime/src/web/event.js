// Events, to the DOM standard as far as there is no tree.
import { coded, expose, missing, show, wrongType } from "./idl.js";
import { elapsed } from "./clock.js";

const phases = { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 };

let begin, end, stopped, takePassive, trust;

export class Event {
  #type;
  #init;
  #target = null;
  #current = null;
  #dispatching = false;
  #stop = false;
  #stopNow = false;
  #canceled = false;
  #passive = false;
  #trusted = false;
  #timeStamp = undefined;

  constructor(type, init = undefined) {
    if (arguments.length === 0) throw missing('The "type" argument must be specified');
    if (init != null && typeof init !== "object" && typeof init !== "function") {
      throw wrongType("options", "of type object", init);
    }
    this.#type = `${type}`;
    this.#init = { bubbles: !!init?.bubbles, cancelable: !!init?.cancelable, composed: !!init?.composed };
  }

  get type() {
    return this.#type;
  }
  get target() {
    return this.#target;
  }
  get currentTarget() {
    return this.#current;
  }
  get srcElement() {
    return this.#target;
  }
  get eventPhase() {
    return this.#dispatching ? phases.AT_TARGET : phases.NONE;
  }
  get bubbles() {
    return this.#init.bubbles;
  }
  get cancelable() {
    return this.#init.cancelable;
  }
  get composed() {
    return this.#init.composed;
  }
  get defaultPrevented() {
    return this.#canceled;
  }
  get isTrusted() {
    return this.#trusted;
  }
  // The time is taken when it is first asked for: most events are never asked,
  // and each look at the clock counts.
  get timeStamp() {
    return (this.#timeStamp ??= elapsed());
  }
  get returnValue() {
    return !this.#canceled;
  }
  set returnValue(value) {
    if (!value) this.preventDefault();
  }
  get cancelBubble() {
    return this.#stop;
  }
  set cancelBubble(value) {
    if (value) this.#stop = true;
  }
  composedPath() {
    return this.#dispatching ? [this.#current] : [];
  }
  preventDefault() {
    if (this.#init.cancelable && !this.#passive) this.#canceled = true;
  }
  stopPropagation() {
    this.#stop = true;
  }
  stopImmediatePropagation() {
    this.#stop = this.#stopNow = true;
  }
  initEvent(type, bubbles = false, cancelable = false) {
    if (arguments.length === 0) throw missing('The "type" argument must be specified');
    if (this.#dispatching) return;
    this.#type = `${type}`;
    this.#init = { ...this.#init, bubbles: !!bubbles, cancelable: !!cancelable };
    this.#stop = this.#stopNow = this.#canceled = false;
  }

  static {
    begin = (event, target) => {
      if (event.#dispatching) {
        throw coded(Error, "ERR_EVENT_RECURSION", `The event "${event.#type}" is already being dispatched`);
      }
      event.#dispatching = true;
      event.#target = event.#current = target;
    };
    end = (event) => {
      event.#dispatching = event.#stop = event.#stopNow = false;
      event.#current = null;
      return !event.#canceled;
    };
    stopped = (event) => event.#stopNow;
    takePassive = (event, passive) => (event.#passive = passive);
    trust = (event) => (event.#trusted = true);
  }
}
expose(Event, "Event", phases);
show(Event, ({ type, defaultPrevented, cancelable, timeStamp }) => ({ type, defaultPrevented, cancelable, timeStamp }));

export class CustomEvent extends Event {
  #detail;
  constructor(type, init = undefined) {
    super(...arguments);
    this.#detail = init?.detail ?? null;
  }
  get detail() {
    return this.#detail;
  }
  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    if (this.eventPhase !== phases.NONE) return;
    this.initEvent(...arguments);
    this.#detail = detail;
  }
}
expose(CustomEvent, "CustomEvent");

let listenersOf;

export class EventTarget {
  #listeners = new Map();

  addEventListener(type, listener, options = undefined) {
    if (arguments.length < 2) throw missing('The "type" and "listener" arguments must be specified');
    checkListener(listener);
    const entry = entryOf(listener, options);
    if (entry.signal !== undefined && typeof entry.signal?.aborted !== "boolean") {
      throw wrongType("options.signal", "an instance of AbortSignal", entry.signal);
    }
    if (listener == null || entry.signal?.aborted) return;
    const list = this.#listOf(`${type}`);
    if (list.some((other) => other.listener === listener && other.capture === entry.capture)) return;
    list.push(entry);
    entry.signal?.addEventListener("abort", () => remove(list, entry), { once: true });
  }

  removeEventListener(type, listener, options = undefined) {
    if (arguments.length < 2) throw missing('The "type" and "listener" arguments must be specified');
    checkListener(listener);
    const list = this.#listeners.get(`${type}`) ?? [];
    const capture = captureOf(options);
    const entry = list.find((other) => other.listener === listener && other.capture === capture);
    if (entry) remove(list, entry);
  }

  dispatchEvent(event) {
    if (!(event instanceof Event)) throw wrongType("event", "an instance of Event", event);
    const list = this.#listeners.get(event.type);
    begin(event, this);
    // What is left of the listeners then is called, and none that is added on
    // the way: capturing ones first, as at a target without a tree.
    if (list) {
      for (const capture of [true, false]) {
        for (const entry of list.filter((one) => one.capture === capture)) {
          if (stopped(event)) break;
          call(this, list, entry, event);
        }
      }
    }
    return end(event);
  }

  #listOf(type) {
    let list = this.#listeners.get(type);
    if (!list) this.#listeners.set(type, (list = []));
    return list;
  }

  static {
    listenersOf = (target, type) => target.#listeners.get(type)?.length ?? 0;
  }
}
expose(EventTarget, "EventTarget");
show(EventTarget, () => ({}));

// hasListeners reports whether an event of that type has listeners.
export const hasListeners = (target, type) => listenersOf(target, type) > 0;

function checkListener(listener) {
  if (listener != null && typeof listener !== "function" && typeof listener !== "object") {
    throw wrongType("listener", "an instance of EventListener", listener);
  }
}

function captureOf(options) {
  return typeof options === "object" && options !== null ? !!options.capture : !!options;
}

function entryOf(listener, options) {
  const { once, passive, signal } = typeof options === "object" && options !== null ? options : {};
  return { listener, capture: captureOf(options), once: !!once, passive: !!passive, signal, removed: false };
}

function remove(list, entry) {
  entry.removed = true;
  const at = list.indexOf(entry);
  if (at >= 0) list.splice(at, 1);
}

function call(target, list, entry, event) {
  if (entry.removed) return;
  if (entry.once) remove(list, entry);
  takePassive(event, entry.passive);
  try {
    const { listener } = entry;
    if (typeof listener === "function") listener.call(target, event);
    else listener.handleEvent(event);
  } catch (error) {
    report(error);
  }
  takePassive(event, false);
}

// report treats an error that no code can catch as an unhandled rejection: the loop
// reports it.
function report(error) {
  Promise.reject(error);
}

// fire dispatches an event that comes from the platform itself.
export function fire(target, event) {
  trust(event);
  return target.dispatchEvent(event);
}
