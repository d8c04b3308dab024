// http.ClientRequest: a request that the host sends once it has ended.
//
// An agent gives the request its socket, which is when its events begin:
// "socket", "connect" of the socket, then, when it has ended, "finish", the
// exchange with the host, and "response". It ends with "close": after the last
// of the response, or when its socket is destroyed.
import { request as send } from "../loop/request.js";
import { nextTick } from "../loop/ticks.js";
import { Buffer } from "./buffer.js";
import { abortError, checkFunction, invalidArgument, nodeError, received } from "./errors.js";
import { globalAgent } from "./http-agent.js";
import { failureOf } from "./http-failure.js";
import { connectionReset, IncomingMessage, interrupt, settle, take } from "./http-message.js";
import { bodyOf, failed, fieldsOf, finish, OutgoingMessage, written } from "./http-outgoing.js";
import { settled, takeOutcome } from "./http-outcome.js";
import { checkSettings, proxyFault, proxyOf } from "./http-settings.js";
import { ClientSocket } from "./http-socket.js";
import { addressOf, optionsOf, targetOf } from "./http-target.js";
import { UnsupportedInSandboxError } from "./unsupported.js";

const bodiless = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

export class ClientRequest extends OutgoingMessage {
  #target;
  #exchange = null; // {promise, cancel} while it is on its way
  #sent = false;
  #listens = false; // to the socket's timeout
  #error = null; // with which it was destroyed before it had a socket
  #outcome = takeOutcome();

  constructor(input, options, callback) {
    super();
    if (typeof options === "function") [options, callback] = [undefined, options];
    const all = optionsOf(input, options);
    const agent = agentOf(all);
    this.#target = targetOf(all, agent);
    const { path, host, protocol } = this.#target;
    const method = methodOf(all.method);
    const { maxHeaderSize, insecureHTTPParser, joinDuplicateHeaders } = checked(all);
    Object.assign(this, {
      agent, socketPath: all.socketPath ?? undefined, method, maxHeaderSize, insecureHTTPParser, joinDuplicateHeaders, path, _ended: false, res: null, aborted: false, timeoutCb: null,
      upgradeOrConnect: false, parser: null, maxHeadersCount: null, reusedSocket: false, host, protocol, useChunkedEncodingByDefault: !bodiless.has(method),
    });
    if (all.timeout !== undefined) this.timeout = checkTime(all.timeout, "timeout");
    if (callback) this.once("response", callback);
    this.#setHeaders(all);
    if (all.signal) this.#follow(all.signal);
    this.#connect({ ...all, ...this.#target, agent, signal: undefined });
  }

  #setHeaders({ headers, setHost = true, auth, setDefaultHeaders = true }) {
    const fields = fieldsOf(this);
    const listed = Array.isArray(headers);
    for (const [name, value] of pairsOf(headers)) listed ? fields.append(name, value) : fields.set(name, value);
    if (auth && !fields.has("authorization")) fields.set("Authorization", `Basic ${Buffer.from(auth).toString("base64")}`);
    if (setHost && setDefaultHeaders && !fields.has("host")) fields.set("Host", this.#target.authority);
    if (listed || fields.has("expect")) this._implicitHeader();
  }

  #follow(signal) {
    const abort = () => this.destroy(abortError(signal.reason));
    if (typeof signal !== "object" || !("aborted" in signal)) throw invalidArgument("signal", "an instance of AbortSignal", signal);
    if (signal.aborted) return nextTick(abort);
    signal.addEventListener("abort", abort, { once: true });
    this.once("close", () => signal.removeEventListener("abort", abort));
  }

  // #connect asks for a socket: of the agent, unless the program has a way of its own.
  #connect(options) {
    const { agent } = this;
    const proxy = this.#target.proxy || (agent && proxyOf(agent, this.#target.url));
    const fault = proxy ? proxyFault(proxy) : null;
    if (fault) return this.onSocket(null, fault);
    try {
      checkSettings(options);
      if (proxy) return this.onSocket(new ClientSocket(options, this.protocol === "https:"));
      if (agent) return agent.addRequest(this, options);
      const made = options.createConnection(options, (error, socket) => this.onSocket(socket, error));
      if (made) this.onSocket(made);
    } catch (error) {
      this.onSocket(null, error);
    }
  }

  // onSocket takes what the request goes over, or the reason why there is nothing.
  onSocket(socket, error) {
    if (!error && socket && !(socket instanceof ClientSocket)) error = new UnsupportedInSandboxError("a request over a socket of the program's own", "the host makes the connections: leave createConnection out");
    nextTick(() => {
      if (this.destroyed || error) return this.#end(this.#error ?? error, socket);
      this.#attach(socket);
    });
  }

  // #end is for a request that never had a socket.
  #end(error, socket) {
    this.destroyed = true;
    socket?.destroy?.();
    failed(this, error);
    this.emit("error", error ?? connectionReset("socket hang up"));
    this._closed = true;
    this.emit("close");
  }

  #attach(socket) {
    this.socket = socket;
    socket._httpMessage = this;
    socket.on("error", (error) => {
      socket._hadError = true;
      this.emit("error", error);
    });
    socket.on("close", () => this.#closed());
    if (this.timeout !== undefined || this.agent?.options?.timeout) this.#listen();
    this.emit("socket", socket);
    nextTick(() => {
      if (!this.destroyed) socket.connected(() => this.#connected(socket));
    });
  }

  #connected(socket) {
    if (this.#outcome?.late) nextTick(() => (this._redirectable ?? this).emit("timeout"));
    else if (this.timeout !== undefined) socket.setTimeout(this.timeout);
    else if (this.listenerCount("timeout") > 0 || socket.listenerCount("timeout") > 1) socket.restart();
    if (/100-continue/i.test(`${this.getHeader("expect")}`)) this.emit("continue");
    written(this);
    if (this.destroyed) return;
    if (!this.finished) return this.#whole();
    this.#send();
    finish(this);
  }

  // The request.

  _implicitHeader() {
    this._header = `${this.method} ${this.path} HTTP/1.1\r\n${Object.entries(fieldsOf(this).wire()).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  }

  _finish() {
    super._finish();
    if (!this.socket || this.socket.connecting || this.destroyed) return;
    if (!this.#sent) this.#send();
    nextTick(() => this.destroyed || finish(this));
  }

  _pushed() {
    if (this.socket && !this.socket.connecting) this.#whole();
  }

  // #whole sends a request that nothing ends once its body is as long as it said: a server
  // answers then.
  #whole() {
    const length = Number(this.getHeader("content-length"));
    if (!(length > 0) || this.outputData.reduce((sum, bytes) => sum + bytes.length, 0) < length) return;
    setImmediate(() => {
      if (!this.finished && !this.destroyed && !this.#sent) this.#send();
    });
  }

  #send() {
    this.#sent = true;
    const { method, path, socket } = this;
    const { authority } = this.#target;
    const headers = wire(fieldsOf(this).wire(), authority);
    const body = bodyOf(this);
    if (headers instanceof Error) return socket.destroy(headers);
    this.#exchange = this.#outcome ? settled(this.#outcome) : send({ method, url: addressOf(this.#target, path), headers, body, redirect: "manual" });
    this.#exchange.promise.then((answer) => this.#receive(answer), (error) => this.#fail(error));
  }

  #receive(answer) {
    this.#exchange = null;
    this.socket.still();
    if (this.destroyed) return;
    if (sizeOf(answer.headers) > (this.maxHeaderSize || 16 << 10)) return this.socket.destroy(nodeError(Error, "HPE_HEADER_OVERFLOW", "Parse Error: Header overflow"));
    const message = new IncomingMessage(this.socket);
    take(message, this.method === "HEAD" ? { ...answer, body: "" } : answer);
    message.req = this;
    this.res = message;
    message.once(this.method === "HEAD" ? "close" : "end", () => nextTick(() => this.#hangUp()));
    if (!this.emit("response", message)) message._dump();
    settle(message);
  }

  #fail(error) {
    this.#exchange = null;
    if (!this.destroyed) this.socket.destroy(failureOf(error, this.#target));
  }

  // #hangUp ends the exchange when all of the response has been read.
  #hangUp() {
    if (this._closed) return;
    this.destroyed = true;
    this._closed = true;
    this.emit("close");
    this.socket.emit("free");
    this.socket.destroy();
  }

  #closed() {
    const { res, socket } = this;
    this.destroyed = true;
    this.#exchange?.cancel();
    this.#exchange = null;
    if (res && !res.complete) res.destroy(connectionReset("aborted"));
    if (!res && !socket._hadError) {
      socket._hadError = true;
      this.emit("error", connectionReset("socket hang up"));
    }
    if (this._closed) return;
    this._closed = true;
    this.emit("close");
  }

  abort() {
    if (this.aborted) return;
    this.aborted = true;
    nextTick(() => this.emit("abort"));
    this.destroy();
  }

  destroy(error) {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#error = error ?? null;
    failed(this, error);
    if (this.res) interrupt(this.res);
    this.#exchange?.cancel();
    this.#exchange = null;
    this.socket?.destroy(error);
    return this;
  }

  // Times.

  setTimeout(ms, callback) {
    if (this._ended) return this;
    this.#listen();
    if (callback !== undefined) {
      checkFunction(callback, "callback");
      this.once("timeout", callback);
    }
    checkTime(ms, "msecs");
    this.timeout = ms;
    if (this.socket && !this.socket.connecting) this.socket.setTimeout(ms);
    return this;
  }

  #listen() {
    if (this.#listens) return;
    this.#listens = true;
    this.timeoutCb = () => this.emit("timeout");
    if (this.socket) this.socket.on("timeout", this.timeoutCb);
    else this.prependOnceListener("socket", (socket) => socket.on("timeout", this.timeoutCb));
  }

  setNoDelay() {}

  setSocketKeepAlive() {}

  clearTimeout(callback) {
    this.setTimeout(0, callback);
  }
}

function agentOf({ agent, _defaultAgent = globalAgent, createConnection }) {
  if (agent === false) return new _defaultAgent.constructor();
  if (agent === null || agent === undefined) return typeof createConnection === "function" ? undefined : _defaultAgent;
  if (typeof agent.addRequest !== "function") throw invalidArgument("options.agent", "one of Agent-like Object, undefined, or false", agent);
  return agent;
}

function methodOf(method) {
  if (method === null || method === undefined) return "GET";
  if (typeof method !== "string") throw invalidArgument("options.method", "of type string", method);
  if (!/^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/.test(method || "GET")) throw nodeError(TypeError, "ERR_INVALID_HTTP_TOKEN", `Method must be a valid HTTP token ["${method}"]`);
  const upper = (method || "GET").toUpperCase();
  if (upper === "CONNECT") throw new UnsupportedInSandboxError("http.request() with CONNECT", "send the request itself: the host makes the connections");
  return upper;
}

function checked({ maxHeaderSize, insecureHTTPParser, joinDuplicateHeaders }) {
  if (maxHeaderSize !== undefined && typeof maxHeaderSize !== "number") throw invalidArgument("maxHeaderSize", "of type number", maxHeaderSize);
  for (const [name, value] of Object.entries({ insecureHTTPParser, joinDuplicateHeaders })) {
    if (value !== undefined && value !== null && typeof value !== "boolean") throw invalidArgument(`options.${name}`, "of type boolean", value);
  }
  return { maxHeaderSize, insecureHTTPParser, joinDuplicateHeaders };
}

function checkTime(ms, name) {
  if (typeof ms !== "number") throw invalidArgument(name, "of type number", ms);
  if (!(ms >= 0 && Number.isFinite(ms))) throw nodeError(RangeError, "ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be a non-negative finite number.${received(ms).replace(/type number \((.*)\)/, "$1")}`);
  return ms;
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
const hopByHop = new Set(["connection", "content-length", "expect", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "transfer-encoding"]);

// wire returns the headers as the host takes them, or an error.
function wire(headers, authority) {
  const sent = {};
  for (const name in headers) {
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || (lower === "host" && headers[name] === authority)) continue;
    if (lower === "upgrade") return new UnsupportedInSandboxError("a request with the header Upgrade", "a run can't change the connection's protocol: use the service's HTTP API");
    sent[name] = lower === "accept-encoding" ? readable(headers[name]) : headers[name];
  }
  return sent;
}

// readable leaves of accept-encoding what node:zlib can read here.
function readable(value) {
  const codings = String(value).split(",").map((coding) => coding.trim()).filter((coding) => !/^(br|zstd)\b/.test(coding));
  return codings.join(", ") || "identity";
}

function sizeOf(headers) {
  let size = 0;
  for (const name in headers) for (const value of headers[name]) size += name.length + value.length;
  return size;
}
