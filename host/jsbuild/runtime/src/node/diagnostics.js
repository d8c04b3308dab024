// node:diagnostics_channel.
import { checkFunction, invalidArgument } from "./errors.js";

const channels = new Map();

export class Channel {
  #subscribers = [];
  #stores = new Map();

  constructor(name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(listener) {
    checkFunction(listener, "subscription");
    this.#subscribers = [...this.#subscribers, listener];
  }

  unsubscribe(listener) {
    const i = this.#subscribers.indexOf(listener);
    if (i >= 0) this.#subscribers = this.#subscribers.toSpliced(i, 1);
    return i >= 0;
  }

  bindStore(store, transform = (data) => data) {
    this.#stores.set(store, transform);
  }

  unbindStore(store) {
    return this.#stores.delete(store);
  }

  publish(message) {
    for (const listener of this.#subscribers) {
      try {
        listener(message, this.name);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  runStores(data, f, self, ...args) {
    const call = () => {
      this.publish(data);
      return Reflect.apply(f, self, args);
    };
    const nested = [...this.#stores].reduce((inner, [store, transform]) => () => store.run(transform(data), inner), call);
    return nested();
  }
}

export function channel(name) {
  if (typeof name !== "string" && typeof name !== "symbol") throw invalidArgument("channel", "one of type string or symbol", name);
  if (!channels.has(name)) channels.set(name, new Channel(name));
  return channels.get(name);
}

const moments = ["start", "end", "asyncStart", "asyncEnd", "error"];

class TracingChannel {
  constructor(nameOrChannels) {
    for (const moment of moments) this[moment] = typeof nameOrChannels === "string" ? channel(`tracing:${nameOrChannels}:${moment}`) : nameOrChannels[moment];
  }

  get hasSubscribers() {
    return moments.some((moment) => this[moment]?.hasSubscribers);
  }

  subscribe(handlers) {
    for (const moment of moments) if (handlers[moment]) this[moment].subscribe(handlers[moment]);
  }

  unsubscribe(handlers) {
    return moments.filter((moment) => handlers[moment]).map((moment) => this[moment].unsubscribe(handlers[moment])).every(Boolean);
  }

  traceSync(f, context = {}, self, ...args) {
    return this.#traced(f, context, self, args, (result) => {
      context.result = result;
      return result;
    });
  }

  tracePromise(f, context = {}, self, ...args) {
    return this.#traced(f, context, self, args, (result) => Promise.resolve(result).then(
      (value) => this.#later(Object.assign(context, { result: value }), () => value),
      (error) => {
        this.error.publish(Object.assign(context, { error }));
        return this.#later(context, () => Promise.reject(error));
      },
    ));
  }

  traceCallback(f, position = -1, context = {}, self, ...args) {
    const at = position < 0 ? args.length + position : position;
    const callback = args[at];
    checkFunction(callback, "callback");
    const trace = this;
    args[at] = function (error, result) {
      if (error) trace.error.publish(Object.assign(context, { error }));
      else Object.assign(context, { result });
      return trace.#later(context, () => Reflect.apply(callback, this, arguments));
    };
    return this.#traced(f, context, self, args, (result) => result);
  }

  #traced(f, context, self, args, then) {
    return this.start.runStores(context, () => {
      try {
        return then(Reflect.apply(f, self, args));
      } catch (error) {
        this.error.publish(Object.assign(context, { error }));
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  #later(context, f) {
    return this.asyncStart.runStores(context, () => {
      try {
        return f();
      } finally {
        this.asyncEnd.publish(context);
      }
    });
  }
}

export const diagnosticsChannel = {
  Channel,
  channel,
  hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
  subscribe: (name, listener) => channel(name).subscribe(listener),
  tracingChannel: (nameOrChannels) => new TracingChannel(nameOrChannels),
  unsubscribe: (name, listener) => channel(name).unsubscribe(listener),
};
