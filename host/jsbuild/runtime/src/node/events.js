// node:events. The package's EventEmitter, on which streams stand, grows what
// newer versions of Node know.
import Plain from "events";
import { nextTick } from "../loop/ticks.js";
import { AsyncResource } from "./async-hooks.js";
import { iterate } from "./events-on.js";
import { once } from "./events-once.js";
import { hidden, invalidArgument, nodeError, outOfRange } from "./errors.js";
import { inspect } from "./inspect.js";

const errorMonitor = Symbol("events.errorMonitor");
const rejection = Symbol.for("nodejs.rejection");
const capture = Symbol("captureRejections");
const { prototype } = Plain;

Plain.captureRejectionSymbol = rejection; // streams have a method by that name

for (const name of ["on", "addListener", "once", "prependListener", "prependOnceListener", "off", "removeListener"]) {
  const original = prototype[name];
  prototype[name] = function (type, listener) {
    if (typeof listener !== "function") throw invalidArgument("listener", "of type function", listener);
    return original.call(this, type, listener);
  };
  hidden(prototype[name], "name", name);
}

prototype.emit = function emit(type, ...args) {
  if (type === "error") announce(this, args);
  const handler = this._events?.[type];
  if (handler === undefined) return false;
  const listeners = typeof handler === "function" ? [handler] : [...handler];
  for (const listener of listeners) {
    const result = Reflect.apply(listener, this, args);
    if (result !== undefined && this[capture]) watch(this, result, type, args);
  }
  return true;
};

// announce emits errorMonitor, and throws an error without a listener.
function announce(emitter, args) {
  if (emitter._events?.[errorMonitor]) emitter.emit(errorMonitor, ...args);
  if (emitter._events?.error) return;
  const [error] = args;
  if (error instanceof Error) throw error;
  throw nodeError(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${inspect(error)})`, { context: error });
}

// watch hands the rejection of an async listener to the emitter.
function watch(emitter, result, type, args) {
  if (typeof result?.then !== "function") return;
  result.then(undefined, (error) => nextTick(() => {
    if (typeof emitter[rejection] === "function") return emitter[rejection](error, type, ...args);
    emitter[capture] = false;
    try {
      emitter.emit("error", error);
    } finally {
      emitter[capture] = true;
    }
  }));
}

// EventEmitter is a function, because some code calls it on objects of its own.
// It has the package's prototype, so that streams are instances of it.
export function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

EventEmitter.prototype = prototype;
hidden(prototype, "constructor", EventEmitter);

EventEmitter.init = function (options) {
  void this._events; // throws when there is no object: the package would take the global one
  Plain.init.call(this);
  if (options?.captureRejections || EventEmitter.captureRejections) hidden(this, capture, true);
};

Object.defineProperty(EventEmitter, "defaultMaxListeners", Object.getOwnPropertyDescriptor(Plain, "defaultMaxListeners"));

const { setMaxListeners: limit } = prototype;

prototype.setMaxListeners = function (n) {
  checkLimit(n);
  return limit.call(this, n);
};
hidden(prototype.setMaxListeners, "name", "setMaxListeners");

function checkLimit(n) {
  if (typeof n !== "number") throw invalidArgument("setMaxListeners", "of type number", n);
  if (!(n >= 0)) throw outOfRange("setMaxListeners", ">= 0", n);
}

prototype.listenerCount = function listenerCount(type, listener) {
  const handler = this._events?.[type];
  if (handler === undefined) return 0;
  const all = typeof handler === "function" ? [handler] : handler;
  return listener ? all.filter((l) => l === listener || l.listener === listener).length : all.length;
};

function isTarget(value) {
  return typeof value?.addEventListener === "function";
}

function getEventListeners(emitter, type) {
  if (typeof emitter?.listeners === "function") return emitter.listeners(type);
  if (isTarget(emitter)) return [];
  throw invalidArgument("emitter", "an instance of EventEmitter or EventTarget", emitter);
}

function setMaxListeners(n = EventEmitter.defaultMaxListeners, ...emitters) {
  checkLimit(n);
  if (emitters.length === 0) EventEmitter.defaultMaxListeners = n;
  for (const emitter of emitters) emitter.setMaxListeners?.(n);
}

function addAbortListener(signal, listener) {
  if (signal.aborted) queueMicrotask(() => listener(new Event("abort")));
  else signal.addEventListener("abort", listener, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", listener) };
}

class EventEmitterAsyncResource extends EventEmitter {
  #resource;
  constructor(options) {
    super(typeof options === "string" ? undefined : options);
    this.#resource = new AsyncResource(typeof options === "string" ? options : options?.name ?? new.target.name);
  }
  get asyncResource() {
    return this.#resource;
  }
  get asyncId() {
    return this.#resource.asyncId();
  }
  get triggerAsyncId() {
    return this.#resource.triggerAsyncId();
  }
  emit(...args) {
    return this.#resource.runInAsyncScope(super.emit, this, ...args);
  }
  emitDestroy() {
    this.#resource.emitDestroy();
  }
}

Object.assign(EventEmitter, {
  EventEmitter,
  EventEmitterAsyncResource,
  addAbortListener,
  captureRejectionSymbol: rejection,
  captureRejections: false,
  errorMonitor,
  getEventListeners,
  getMaxListeners: function getMaxListeners(emitter) {
    return emitter.getMaxListeners?.() ?? EventEmitter.defaultMaxListeners;
  },
  listenerCount: function listenerCount(emitter, type) {
    return emitter.listenerCount(type);
  },
  on: iterate,
  once,
  setMaxListeners,
  usingDomains: false,
});
