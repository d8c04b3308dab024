// undici's dispatchers. The host makes the connections, so that they differ only in
// what they may not ask for.
import { allows } from "../web/dispatcher.js";
import { EventEmitter } from "./events.js";
import { addressOf, checkSettings, proxyFault } from "./http-settings.js";
import { UnsupportedInSandboxError } from "./unsupported.js";
import { InvalidArgumentError } from "./undici-errors.js";

export const redirections = Symbol("redirections"); // of an interceptor and of a dispatcher: how many are followed

const connecting = "the host makes the connections: leave the option connect out";

export class Dispatcher extends EventEmitter {
  closed = false;
  destroyed = false;
  #options;

  constructor(options = {}) {
    super();
    this.#options = options;
  }

  [allows](url) {
    const { connect, socketPath, localAddress, factory } = this.#options;
    if (typeof connect === "function") throw new UnsupportedInSandboxError("a dispatcher with a connect function", connecting);
    if (factory !== undefined && typeof factory !== "function") throw new InvalidArgumentError("factory must be a function.");
    checkSettings({ ...connect, socketPath, localAddress });
    return url;
  }

  dispatch() {
    throw new UnsupportedInSandboxError("dispatch()", "use request(), stream() or fetch()");
  }

  // compose knows the interceptor that follows redirects, no other.
  compose(...interceptors) {
    const limits = interceptors.flat().map((one) => one?.[redirections]);
    if (limits.includes(undefined)) throw new UnsupportedInSandboxError("compose() with other interceptors than redirect", "repeat requests in the action's own code");
    return new Composed(this, limits.at(-1) ?? 0);
  }

  async close() {
    this.closed = true;
  }

  async destroy() {
    this.closed = this.destroyed = true;
  }
}

class Composed extends Dispatcher {
  #inner;
  constructor(inner, limit) {
    super();
    this.#inner = inner;
    this[redirections] = limit;
  }
  get origin() {
    return this.#inner.origin;
  }
  [allows](url) {
    return this.#inner[allows](url);
  }
}

export class Agent extends Dispatcher {}

// Client is also a pool: both are for one origin.
export class Client extends Dispatcher {
  #origin;
  constructor(url, options) {
    super(options);
    this.#origin = originOf(url);
  }
  get origin() {
    return this.#origin;
  }
}
export class Pool extends Client {}

export class BalancedPool extends Client {
  constructor(urls = [], options) {
    super([urls].flat()[0], options);
  }
}

function originOf(url) {
  if (typeof url !== "string" && !(url instanceof URL) && typeof url?.hostname !== "string") throw new InvalidArgumentError("Invalid URL: The URL argument must be a non-null object.");
  const { protocol, origin } = url instanceof URL || typeof url === "string" ? new URL(url) : new URL(`${url.protocol}//${url.hostname}:${url.port}`);
  if (!/^https?:$/.test(protocol)) throw new InvalidArgumentError("Invalid URL protocol: the URL must start with `http:` or `https:`.");
  return origin;
}

export class ProxyAgent extends Dispatcher {
  #uri;
  constructor(options) {
    const given = typeof options === "string" || options instanceof URL ? { uri: options } : options;
    if (!given?.uri) throw new InvalidArgumentError("Proxy uri is mandatory");
    super(given);
    this.#uri = new URL(given.uri);
  }
  [allows](url) {
    const fault = proxyFault(addressOf(this.#uri));
    if (fault) throw fault;
    return super[allows](url);
  }
}

export class EnvHttpProxyAgent extends Dispatcher {
  #options;
  constructor(options = {}) {
    super(options);
    this.#options = options;
  }
  [allows](url) {
    const { env } = process;
    const { httpProxy = env.http_proxy ?? env.HTTP_PROXY, httpsProxy = env.https_proxy ?? env.HTTPS_PROXY ?? httpProxy } = this.#options;
    const proxy = new URL(url).protocol === "https:" ? httpsProxy : httpProxy;
    const fault = proxy ? proxyFault(addressOf(new URL(proxy))) : null;
    if (fault) throw fault;
    return super[allows](url);
  }
}
