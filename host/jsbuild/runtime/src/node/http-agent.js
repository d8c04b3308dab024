// http.Agent: how many requests are on their way at once. The host makes the
// connections; an agent's sockets stand for requests.
import { EventEmitter } from "./events.js";
import { ClientSocket } from "./http-socket.js";
import { checkSettings } from "./http-settings.js";
import { inherit } from "./inherit.js";
import { nodeError } from "./errors.js";

const waitingFor = Symbol("options of a request that waits");

export function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  EventEmitter.call(this);
  this.defaultPort = 80;
  this.protocol = "http:";
  this.options = { __proto__: null, ...options };
  this.options.noDelay ??= true;
  this.options.path = null;
  Object.assign(this, { requests: { __proto__: null }, sockets: { __proto__: null }, freeSockets: { __proto__: null } });
  const { keepAliveMsecs = 1000, keepAlive = false, maxSockets, maxFreeSockets = 256, scheduling = "lifo", maxTotalSockets = Infinity } = this.options;
  Object.assign(this, { keepAliveMsecs: keepAliveMsecs || 1000, keepAlive: keepAlive || false, maxSockets: maxSockets || Infinity, maxFreeSockets, scheduling, maxTotalSockets, totalSocketCount: 0 });
  if (scheduling !== "lifo" && scheduling !== "fifo") throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'scheduling' must be one of: 'fifo', 'lifo'. Received '${scheduling}'`);
}
Agent.defaultMaxSockets = Infinity;

inherit(Agent, EventEmitter, class {
  createConnection(options) {
    checkSettings(options);
    return new ClientSocket(options);
  }

  getName({ host = "localhost", port = "", localAddress = "", family, socketPath } = {}) {
    return `${host}:${port}:${localAddress}${family === 4 || family === 6 ? `:${family}` : ""}${socketPath ? `:${socketPath}` : ""}`;
  }

  addRequest(request, options, port, localAddress) {
    const all = { __proto__: null, ...(typeof options === "string" ? { host: options, port, localAddress } : options), ...this.options };
    if (all.socketPath) all.path = all.socketPath;
    const name = this.getName(all);
    if ((this.sockets[name]?.length ?? 0) < this.maxSockets && this.totalSocketCount < this.maxTotalSockets) return start(this, request, all);
    request[waitingFor] = all;
    (this.requests[name] ??= []).push(request);
  }

  createSocket(request, options, callback) {
    const name = this.getName(options);
    const done = once((error, socket) => {
      if (error) return callback(error);
      (this.sockets[name] ??= []).push(socket);
      this.totalSocketCount++;
      socket.once?.("close", () => this.removeSocket(socket, options));
      callback(null, socket);
    });
    let made;
    try {
      made = this.createConnection(options, done);
    } catch (error) {
      return done(error);
    }
    if (made) done(null, made);
  }

  removeSocket(socket, options) {
    const name = this.getName(options);
    const list = this.sockets[name];
    const at = list?.indexOf(socket) ?? -1;
    if (at >= 0) {
      list.splice(at, 1);
      this.totalSocketCount--;
      if (list.length === 0) delete this.sockets[name];
    }
    const next = this.requests[name] ? name : Object.keys(this.requests)[0];
    if (next === undefined) return;
    const request = this.requests[next].shift();
    if (this.requests[next].length === 0) delete this.requests[next];
    start(this, request, request[waitingFor]);
  }

  keepSocketAlive() {
    return true;
  }

  reuseSocket(_, request) {
    request.reusedSocket = true;
  }

  destroy() {
    for (const list of Object.values(this.sockets)) for (const socket of [...list]) socket.destroy();
  }
});

function start(agent, request, options) {
  agent.createSocket(request, options, (error, socket) => request.onSocket(socket, error));
}

function once(f) {
  let called = false;
  return (...args) => {
    if (!called) f(...args);
    called = true;
  };
}

function SecureAgent(options) {
  if (!(this instanceof SecureAgent)) return new SecureAgent(options);
  Agent.call(this, options);
  this.defaultPort = 443;
  this.protocol = "https:";
  this.maxCachedSessions = this.options.maxCachedSessions ?? 100;
  this._sessionCache = { map: {}, list: [] };
}

inherit(SecureAgent, Agent, class {
  createConnection(options) {
    checkSettings(options);
    return new ClientSocket(options, true);
  }

  // getName has a part for each setting of TLS, in Node's order.
  getName(options = {}) {
    const { ca, cert, ciphers, key, rejectUnauthorized, servername, host, minVersion, maxVersion, secureProtocol } = options;
    const checked = rejectUnauthorized === undefined ? "" : rejectUnauthorized;
    const parts = [ca ?? "", cert ?? "", "", ciphers ?? "", key ?? "", "", checked, servername && servername !== host ? servername : "", minVersion ?? "", maxVersion ?? "", secureProtocol ?? "", ...Array(9).fill("")];
    return `${Agent.prototype.getName.call(this, options)}:${parts.join(":")}`;
  }
});

Object.defineProperty(SecureAgent, "name", { value: "Agent" });

export { SecureAgent };
export const globalAgent = new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5000 });
export const secureAgent = new SecureAgent({ keepAlive: true, scheduling: "lifo", timeout: 5000 });
