// What a request has for a socket: nothing goes over it, but packages listen
// to it and set it up.
import { EventEmitter } from "./events.js";

export class ClientSocket extends EventEmitter {
  constructor(request, encrypted) {
    super();
    Object.assign(this, { connecting: false, destroyed: false, readable: true, writable: true, bytesRead: 0, bytesWritten: 0, timeout: 0 });
    Object.defineProperty(this, "_request", { value: request });
    if (encrypted) Object.assign(this, { encrypted: true, authorized: true, authorizationError: null, getPeerCertificate: () => ({}), getProtocol: () => "TLSv1.3", getSession: () => undefined, isSessionReused: () => false });
  }

  setTimeout(ms, callback) {
    this._request.setTimeout(ms, callback);
    return this;
  }

  setNoDelay() {
    return this;
  }

  setKeepAlive() {
    return this;
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  address() {
    return {};
  }

  end() {
    return this.destroy();
  }

  destroySoon() {
    this.destroy();
  }

  destroy(error) {
    if (!this.destroyed) this._request.destroy(error);
    return this;
  }

  // close emits the end of the exchange.
  close(failed) {
    if (this.destroyed) return;
    Object.assign(this, { destroyed: true, readable: false, writable: false });
    this.emit("close", failed);
  }
}
