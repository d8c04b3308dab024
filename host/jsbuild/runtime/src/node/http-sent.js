// A ClientRequest that has been sent and answered without the events of one. It is
// there to be looked at, and most of it is made then.
import { joined } from "./http-headers.js";
import { IncomingMessage, take } from "./http-message.js";
import { ClientRequest } from "./http-request.js";
import { globalAgent, secureAgent } from "./http-agent.js";

const secret = Symbol("SentRequest");

export function SentRequest({ method, url, path, parts, headers, answer }) {
  Object.assign(this, { method, path, host: parts.host, protocol: `${parts.scheme}:`, finished: true, aborted: false, destroyed: true, writable: true, _ended: true, _header: `${method} ${path} HTTP/1.1\r\n` });
  Object.defineProperty(this, secret, { value: { url, headers, answer, res: null, agent: parts.scheme === "https" ? secureAgent : globalAgent } });
  this._redirectable = { _currentRequest: this, _currentUrl: url, _redirectCount: 0, _ended: true };
}

const own = (request, name) => Object.keys(request[secret].headers).find((key) => key.toLowerCase() === String(name).toLowerCase());

class Members {
  get agent() {
    return this[secret].agent;
  }
  get res() {
    return (this[secret].res ??= messageOf(this));
  }
  get writableEnded() {
    return true;
  }
  get writableFinished() {
    return true;
  }
  get closed() {
    return true;
  }
  get headersSent() {
    return true;
  }
  getHeader(name) {
    return this[secret].headers[own(this, name)];
  }
  hasHeader(name) {
    return own(this, name) !== undefined;
  }
  getHeaders() {
    return Object.assign({ __proto__: null }, joined(Object.fromEntries(Object.entries(this[secret].headers).map(([name, value]) => [name.toLowerCase(), [value]]))));
  }
  getHeaderNames() {
    return Object.keys(this[secret].headers).map((name) => name.toLowerCase());
  }
  getRawHeaderNames() {
    return Object.keys(this[secret].headers);
  }
  setTimeout() {
    return this;
  }
  destroy() {
    return this;
  }
  abort() {}
}

SentRequest.prototype = Object.create(ClientRequest.prototype);
const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(Members.prototype);
Object.defineProperties(SentRequest.prototype, members);

function messageOf(request) {
  const { answer, url } = request[secret];
  const message = new IncomingMessage(null);
  take(message, answer);
  return Object.assign(message, { complete: true, req: request, responseUrl: url, redirects: [] });
}
