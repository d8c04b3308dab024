// http.ClientRequest: a request that the host sends once it has ended.
import { request as send } from "../loop/request.js";
import { nextTick } from "../loop/ticks.js";
import { causeOf } from "../web/failure.js";
import { Buffer } from "./buffer.js";
import { abortError, checkFunction, invalidArgument, nodeError } from "./errors.js";
import { Fields, validateHeaderValue } from "./http-headers.js";
import { connectionReset, IncomingMessage } from "./http-message.js";
import { ClientSocket } from "./http-socket.js";
import { statusCodes } from "./http-status.js";
import { optionsOf, targetOf } from "./http-target.js";
import { stream } from "./stream.js";
import { UnsupportedInSandboxError } from "./unsupported.js";

const { Writable } = stream;
const bodiless = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

export class ClientRequest extends Writable {
  #fields = new Fields();
  #target;
  #chunks = [];
  #exchange = null; // {promise, cancel} while it is on its way
  #timer;
  #ended = false;
  #flush; // sends what has ended

  constructor(input, options, callback, secure = false) {
    super({ autoDestroy: false });
    if (typeof options === "function") [options, callback] = [undefined, options];
    const all = optionsOf(input, options);
    this.#target = targetOf(all, secure);
    const method = methodOf(all.method);
    Object.assign(this, {
      method, path: this.#target.path, host: this.#target.host, protocol: this.#target.protocol, agent: all.agent || all._defaultAgent, aborted: false, finished: false, res: null,
      reusedSocket: false, maxHeadersCount: null, shouldKeepAlive: true, useChunkedEncodingByDefault: !bodiless.has(method), timeout: all.timeout, socket: null, timeoutCb: null, parser: null, sendDate: false,
    });
    this.#setHeaders(all);
    if (callback) this.once("response", callback);
    if (all.timeout !== undefined) this.setTimeout(all.timeout);
    if (all.signal) this.#follow(all.signal);
    nextTick(() => this.#connect());
  }

  #setHeaders({ headers, setHost = true, auth, setDefaultHeaders = true }) {
    for (const [name, value] of pairsOf(headers)) this.#fields.append(name, value);
    if (auth && !this.hasHeader("authorization")) this.setHeader("Authorization", `Basic ${Buffer.from(auth).toString("base64")}`);
    if (setHost && setDefaultHeaders && !this.hasHeader("host")) this.setHeader("Host", this.#target.authority);
  }

  #follow(signal) {
    const abort = () => this.destroy(abortError(signal.reason));
    if (signal.aborted) return nextTick(abort);
    signal.addEventListener("abort", abort, { once: true });
    this.once("close", () => signal.removeEventListener("abort", abort));
  }

  #connect() {
    if (this.destroyed) return;
    this.socket = new ClientSocket(this, this.protocol === "https:");
    this.emit("socket", this.socket);
    this.#arm();
    if (/100-continue/i.test(`${this.getHeader("expect")}`)) this.emit("continue");
    this.#flush?.();
  }

  get connection() {
    return this.socket;
  }

  get headersSent() {
    return this.#ended;
  }

  get _header() {
    return this.#ended ? `${this.method} ${this.path} HTTP/1.1\r\n` : null;
  }

  // Headers.

  setHeader(name, value) {
    if (this.headersSent) throw nodeError(Error, "ERR_HTTP_HEADERS_SENT", "Cannot set headers after they are sent to the client");
    this.#fields.set(name, value);
    return this;
  }

  setHeaders(headers) {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }

  appendHeader(name, value) {
    validateHeaderValue(name, value);
    this.#fields.append(name, value);
    return this;
  }

  getHeader(name) {
    if (typeof name !== "string") throw invalidArgument("name", "of type string", name);
    return this.#fields.get(name);
  }

  hasHeader(name) {
    return this.#fields.has(String(name));
  }

  removeHeader(name) {
    this.#fields.delete(String(name));
  }

  getHeaders() {
    return this.#fields.object();
  }

  getHeaderNames() {
    return this.#fields.names();
  }

  getRawHeaderNames() {
    return this.#fields.rawNames();
  }

  flushHeaders() {}

  addTrailers() {
    throw new UnsupportedInSandboxError("ClientRequest.addTrailers()", "send their content in the body or in headers");
  }

  // The body.

  _write(chunk, _, callback) {
    this.#chunks.push(chunk);
    callback();
  }

  _final(callback) {
    this.#ended = true;
    this.finished = true;
    this.#flush = () => {
      this.#send();
      callback();
    };
    if (this.socket) this.#flush();
  }

  #send() {
    const { url, authority } = this.#target;
    this.#exchange = send({ method: this.method, url, headers: wire(this.#fields.wire(), authority), body: bodyOf(this.#chunks), redirect: "manual" });
    this.#chunks = [];
    this.#exchange.promise.then((answer) => this.#receive(answer), (error) => this.#fail(error));
  }

  #receive(answer) {
    this.#exchange = null;
    this.#disarm();
    if (this.destroyed) return;
    const message = new IncomingMessage(this.socket);
    message.take(this.method === "HEAD" ? { ...answer, body: "" } : answer, statusCodes[answer.status] ?? "");
    message.req = this;
    this.res = message;
    message.once(this.method === "HEAD" ? "close" : "end", () => nextTick(() => this.hangUp()));
    if (!this.emit("response", message)) message._dump();
  }

  #fail(error) {
    this.#exchange = null;
    if (!this.destroyed) this.destroy(failureOf(error, this.#target));
  }

  // hangUp ends the exchange. An error of it has been emitted before.
  hangUp() {
    if (!this.destroyed) super.destroy();
  }

  abort() {
    if (this.aborted) return;
    this.aborted = true;
    nextTick(() => this.emit("abort"));
    this.destroy();
  }

  _destroy(error, callback) {
    this.#disarm();
    this.#exchange?.cancel();
    this.#exchange = null;
    const { res, socket } = this;
    if (res && !res.readableEnded && !res.destroyed) res.destroy(connectionReset("aborted"));
    const shown = error ?? (res ? null : connectionReset("socket hang up"));
    nextTick(() => {
      socket?.close(Boolean(error));
      callback(shown);
    });
  }

  // Times.

  setTimeout(ms, callback) {
    if (callback !== undefined) {
      checkFunction(callback, "callback");
      this.once("timeout", callback);
    }
    if (typeof ms !== "number") throw invalidArgument("msecs", "of type number", ms);
    this.timeout = ms;
    if (this.socket) this.#arm();
    return this;
  }

  #arm() {
    this.#disarm();
    if (!(this.timeout > 0) || this.res) return;
    this.#timer = setTimeout(() => {
      this.socket.emit("timeout");
      this.emit("timeout");
    }, this.timeout);
    this.#timer.unref();
  }

  #disarm() {
    clearTimeout(this.#timer);
  }

  setNoDelay() {}

  setSocketKeepAlive() {}

  clearTimeout(callback) {
    this.setTimeout(0, callback);
  }

  onSocket() {}
}

function methodOf(method = "GET") {
  if (method === null) return "GET";
  if (typeof method !== "string") throw invalidArgument("options.method", "of type string", method);
  if (!/^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/.test(method || "GET")) throw nodeError(TypeError, "ERR_INVALID_HTTP_TOKEN", `Method must be a valid HTTP token ["${method}"]`);
  const upper = (method || "GET").toUpperCase();
  if (upper === "CONNECT") throw new UnsupportedInSandboxError("http.request() with CONNECT", "send the request itself: the host makes the connections");
  return upper;
}

// pairsOf takes headers as an object, as pairs, or as names and values in turn.
function pairsOf(headers) {
  if (!headers) return [];
  if (!Array.isArray(headers)) return Object.entries(headers).filter(([, value]) => value !== undefined);
  if (Array.isArray(headers[0])) return headers;
  if (headers.length % 2 === 1) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", "The argument 'headers' is invalid");
  return Array.from({ length: headers.length / 2 }, (_, i) => [headers[2 * i], headers[2 * i + 1]]);
}

// The connection is the host's business, and so is how the body is framed.
const hopByHop = new Set(["connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

function wire(headers, authority) {
  const entries = Object.entries(headers).filter(([name, value]) => !hopByHop.has(name.toLowerCase()) && !(name.toLowerCase() === "host" && value === authority));
  return Object.fromEntries(entries.map(([name, value]) => [name, name.toLowerCase() === "accept-encoding" ? readable(value) : value]));
}

// readable leaves of accept-encoding what node:zlib can read here.
function readable(value) {
  const codings = String(value).split(",").map((coding) => coding.trim()).filter((coding) => !/^(br|zstd)\b/.test(coding));
  return codings.join(", ") || "identity";
}

function bodyOf(chunks) {
  return chunks.length === 0 ? undefined : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

const codes = { UND_ERR_SOCKET: "ECONNRESET", UND_ERR_CONNECT_TIMEOUT: "ETIMEDOUT", UND_ERR_HEADERS_TIMEOUT: "ETIMEDOUT", UND_ERR_INVALID_ARG: "ERR_INVALID_ARG_VALUE", UND_ERR_RES_EXCEEDED_MAX_SIZE: "ERR_LIMIT_EXCEEDED", UND_ERR_HEADERS_OVERFLOW: "HPE_HEADER_OVERFLOW", UND_ERR: "ECONNRESET" };

// failureOf is the error that Node's client would have given.
function failureOf(error, target) {
  const failure = causeOf(error, new URL(target.url));
  failure.code = codes[failure.code] ?? failure.code;
  return failure;
}
