// node:async_hooks.
import { begin, bound, current, swap, within } from "./async-context.js";
import { checkFunction, checkString } from "./errors.js";

export class AsyncLocalStorage {
  #fallback;
  #name;

  constructor({ defaultValue, name = "" } = {}) {
    this.#fallback = defaultValue;
    this.#name = name;
  }

  static bind(f) {
    checkFunction(f, "fn");
    return bound(f);
  }

  static snapshot() {
    const then = current();
    return (f, ...args) => within(then, f, undefined, args);
  }

  get name() {
    return this.#name;
  }

  getStore() {
    const frame = current();
    return frame?.has(this) ? frame.get(this) : this.#fallback;
  }

  run(store, callback, ...args) {
    return within(this.#with(store), callback, undefined, args);
  }

  exit(callback, ...args) {
    return within(this.#with(undefined), callback, undefined, args);
  }

  enterWith(store) {
    swap(this.#with(store));
  }

  disable() {
    const frame = new Map(current());
    frame.delete(this);
    swap(frame);
  }

  #with(store) {
    begin();
    return new Map(current()).set(this, store);
  }
}

let made = 1;
let running = 1; // the id of what runs

export class AsyncResource {
  #id = ++made;
  #trigger = running;
  #frame = current();

  constructor(type, options) {
    checkString(type, "type");
    if (typeof options === "number") this.#trigger = options;
    else if (options?.triggerAsyncId !== undefined) this.#trigger = options.triggerAsyncId;
  }

  static bind(f, type, self) {
    return new AsyncResource(type || f.name || "bound-anonymous-fn").bind(f, self);
  }

  bind(f, self) {
    checkFunction(f, "fn");
    const resource = this;
    const call = function (...args) {
      return resource.runInAsyncScope(f, self ?? this, ...args);
    };
    return Object.defineProperties(call, { length: { value: f.length, configurable: true } });
  }

  runInAsyncScope(f, self, ...args) {
    const before = running;
    running = this.#id;
    try {
      return within(this.#frame, f, self, args);
    } finally {
      running = before;
    }
  }

  emitDestroy() {
    return this;
  }

  asyncId() {
    return this.#id;
  }

  triggerAsyncId() {
    return this.#trigger;
  }
}

// createHook accepts hooks; the engine has no events for them.
function createHook() {
  const hook = { enable: () => hook, disable: () => hook };
  return hook;
}

export const asyncHooks = {
  AsyncLocalStorage,
  AsyncResource,
  asyncWrapProviders: Object.freeze({ __proto__: null, NONE: 0 }),
  createHook,
  executionAsyncId: function executionAsyncId() {
    return running;
  },
  executionAsyncResource: function executionAsyncResource() {
    return ({});
  },
  triggerAsyncId: function triggerAsyncId() {
    return 0;
  },
};
