// http.Agent. The host keeps connections; an agent only carries its settings.
import { EventEmitter } from "./events.js";
import { refused } from "./unsupported.js";

export class Agent extends EventEmitter {
  constructor(options = {}) {
    super();
    const { keepAlive = false, keepAliveMsecs = 1000, maxSockets = Infinity, maxTotalSockets = Infinity, maxFreeSockets = 256, scheduling = "lifo" } = options;
    Object.assign(this, { defaultPort: 80, protocol: "http:", options: { ...options, noDelay: options.noDelay ?? true, path: null }, requests: {}, sockets: {}, freeSockets: {}, keepAlive, keepAliveMsecs, maxSockets, maxTotalSockets, maxFreeSockets, scheduling });
  }

  getName({ host = "localhost", port = "", localAddress = "", family } = {}) {
    return `${host}:${port}:${localAddress}${family ? `:${family}` : ""}`;
  }

  addRequest() {}

  destroy() {}
}

Agent.prototype.createConnection = refused("Agent.createConnection", "the host makes the connections: send the request without a socket of your own");

export class SecureAgent extends Agent {
  constructor(options) {
    super(options);
    Object.assign(this, { defaultPort: 443, protocol: "https:", maxCachedSessions: options?.maxCachedSessions ?? 100 });
  }
}

Object.defineProperty(SecureAgent, "name", { value: "Agent" });
