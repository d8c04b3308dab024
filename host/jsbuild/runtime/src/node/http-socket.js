// What a request has for a socket: nothing goes over it, but packages listen
// to it and set it up.
import { nextTick } from "../loop/ticks.js";
import { EventEmitter } from "./events.js";
import { checkFunction, invalidArgument } from "./errors.js";

export class ClientSocket extends EventEmitter {
  #timer;

  constructor({ timeout } = {}, encrypted = false) {
    super();
    Object.assign(this, { connecting: true, destroyed: false, readable: true, writable: true, bytesRead: 0, bytesWritten: 0, timeout: timeout ?? 0, _hadError: false, _httpMessage: null });
    if (encrypted) Object.assign(this, { encrypted: true, authorized: false, authorizationError: null, alpnProtocol: false, servername: null });
  }

  get pending() {
    return this.connecting;
  }

  get readyState() {
    return this.connecting ? "opening" : this.destroyed ? "closed" : "open";
  }

  // connected emits what a socket emits when it can be written to; then comes
  // first among those who wait for it.
  connected(then) {
    this.connecting = false;
    this.emit("connect");
    then();
    this.emit("ready");
    if (!this.encrypted) return;
    this.authorized = true;
    this.emit("secureConnect");
  }

  setTimeout(ms, callback) {
    if (typeof ms !== "number") throw invalidArgument("msecs", "of type number", ms);
    if (callback !== undefined) {
      checkFunction(callback, "callback");
      if (ms > 0) this.once("timeout", callback);
      else this.removeListener("timeout", callback);
    }
    this.timeout = ms;
    this.restart();
    return this;
  }

  // restart starts the time again in which nothing may come.
  restart() {
    clearTimeout(this.#timer);
    if (!(this.timeout > 0) || this.destroyed) return;
    this.#timer = setTimeout(() => this.emit("timeout"), this.timeout);
    this.#timer.unref();
  }

  // still ends that time.
  still() {
    clearTimeout(this.#timer);
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

  cork() {}

  uncork() {}

  pause() {
    return this;
  }

  resume() {
    return this;
  }

  address() {
    return {};
  }

  getPeerCertificate() {
    return {};
  }

  getCipher() {
    return { name: "TLS_AES_128_GCM_SHA256", standardName: "TLS_AES_128_GCM_SHA256", version: "TLSv1.3" };
  }

  getProtocol() {
    return this.encrypted ? "TLSv1.3" : null;
  }

  getSession() {
    return undefined;
  }

  isSessionReused() {
    return false;
  }

  end() {
    return this.destroy();
  }

  destroySoon() {
    this.destroy();
  }

  resetAndDestroy() {
    return this.destroy();
  }

  destroy(error) {
    if (this.destroyed) return this;
    Object.assign(this, { destroyed: true, connecting: false, readable: false, writable: false });
    this.still();
    nextTick(() => {
      if (error) this.emit("error", error);
      nextTick(nextTick, () => this.emit("close", Boolean(error))); // a stream that it belonged to has closed before
    });
    return this;
  }
}

Object.defineProperty(ClientSocket, "name", { value: "Socket" });
